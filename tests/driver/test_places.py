"""Where git may stand when it calls the driver, and what files may be called."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from support.driven import BASE, IMPORTS, OURS, THEIRS, Repo, version

if TYPE_CHECKING:
    from pathlib import Path

REMOVED = pytest.mark.parametrize("removed", [False, True], ids=["installed", "removed"])


def merged(text: str, removed: bool) -> bool:
    return set(text.splitlines()) >= IMPORTS and ("<<<<<<<" in text) is removed


@REMOVED
def test_a_linked_worktree(removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    repo.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": THEIRS})
    repo.git("worktree", "add", "-q", "-b", "side", "../linked folder", "main")
    linked = dataclasses.replace(repo, path=repo.path.parent / "linked folder")
    linked.install(gone if removed else program)
    repo.git("config", "merge.conflictStyle", "diff3")
    assert linked.git("merge", "--no-edit", "topic", check=False).returncode == int(removed)
    assert merged(linked.read(), removed)
    assert ("|||||||" in linked.read()) is removed
    assert repo.read() == OURS


@REMOVED
def test_a_submodule(removed: bool, repo: Repo, program: Path, gone: Path, tmp_path: Path) -> None:
    inner = Repo(tmp_path / "inner", repo.env)
    inner.path.mkdir()
    inner.git("init", "-qb", "main")
    inner.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": THEIRS})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../inner", "sub")
    sub = dataclasses.replace(repo, path=repo.path / "sub")
    sub.install(gone if removed else program)
    assert sub.git("merge", "--no-edit", "origin/topic", check=False).returncode == int(removed)
    assert merged(sub.read(), removed)


@REMOVED
def test_from_a_folder_below_the_top(removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    repo.fork({"a b/mod.py": BASE}, {"a b/mod.py": OURS}, {"a b/mod.py": THEIRS})
    repo.install(gone if removed else program)
    below = dataclasses.replace(repo, path=repo.path / "a b")
    assert below.git("merge", "--no-edit", "topic", check=False).returncode == int(removed)
    assert merged(below.read(), removed)
    assert {p.name for p in repo.path.rglob("*") if ".git" not in p.parts} == {"a b", "mod.py"}


@REMOVED
def test_git_dir_and_work_tree_told_from_elsewhere(removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    repo.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": THEIRS})
    repo.install(gone if removed else program)
    elsewhere = dataclasses.replace(repo, path=repo.path.parent)
    options = (f"--git-dir={repo.path}/.git", f"--work-tree={repo.path}", "-c", "merge.conflictStyle=diff3")
    assert elsewhere.git(*options, "merge", "--no-edit", "topic", check=False).returncode == int(removed)
    assert merged(repo.read(), removed)
    assert ("|||||||" in repo.read()) is removed


@pytest.mark.parametrize("bare", [False, True], ids=["worktree", "bare"])
@REMOVED
def test_a_tree_merged_without_a_worktree(bare: bool, removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    if version(repo) < (2, 38):
        pytest.skip("this git has no `git merge-tree --write-tree` (2.38 and newer)")
    repo.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": THEIRS})
    if bare:
        repo.git("clone", "-q", "--bare", ".", "../bare.git")
        repo = dataclasses.replace(repo, path=repo.path.parent / "bare.git")
    repo.install(gone if removed else program)
    before = {p.name for p in repo.path.iterdir()}
    done = repo.git("merge-tree", "--write-tree", "main", "topic", check=False)
    assert done.returncode == int(removed)
    assert merged(repo.git("show", f"{done.stdout.splitlines()[0]}:mod.py").stdout, removed)
    assert {p.name for p in repo.path.iterdir()} == before


NAMES = [
    "with blank.py",
    "it's.py",
    'say "so".py',
    "für Größe/übel.py",
    "100%S%X.py",
    "$(touch hacked)`touch hacked`.py",
    "-rf.py",
    "line\nbreak.py",
    "back\\slash;&|*?.py",
]


@REMOVED
def test_whatever_files_are_called(removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    repo.fork(*(dict.fromkeys(NAMES, text) for text in (BASE, OURS, THEIRS)))
    repo.install(gone if removed else program)
    repo.git("merge", "--no-edit", "topic", check=False)
    for name in NAMES:
        assert merged(repo.read(name), removed), name
    assert not (repo.path / "hacked").exists()
    assert repo.unmerged() == (set(NAMES) if removed else set())


@REMOVED
def test_whatever_branches_are_called(removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    ours, theirs = (BASE.replace("return a", f"return a {sign} 1") for sign in "+-")
    repo.fork({"mod.py": BASE}, {"mod.py": ours}, {"mod.py": theirs})
    repo.git("branch", "-m", "topic", "it's-$(touch${IFS}hacked)-%S")
    repo.install(gone if removed else program)
    assert repo.git("merge", "--no-edit", "it's-$(touch${IFS}hacked)-%S", check=False).returncode == 1
    label = "it's-$(touch${IFS}hacked)-%S" if version(repo) >= (2, 44) else "theirs"
    assert f">>>>>>> {label}\n" in repo.read()
    assert not (repo.path / "hacked").exists()


@REMOVED
def test_a_renamed_file(removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    repo.commit("base", {"mod.py": BASE})
    repo.git("checkout", "-qb", "topic")
    repo.git("mv", "mod.py", "new.py")
    repo.commit("theirs", {"new.py": THEIRS})
    repo.git("checkout", "-q", "main")
    repo.commit("ours", {"mod.py": OURS})
    repo.install(gone if removed else program)
    repo.git("merge", "--no-edit", "topic", check=False)
    assert merged(repo.read("new.py"), removed)
    assert not (repo.path / "mod.py").exists()


def test_criss_cross_merges_have_bases_merged_by_git(repo: Repo, program: Path) -> None:
    """The two bases conflict, so their merge holds markers: git's own, longer ones, and nothing made up."""
    ours, theirs = (BASE.replace("return a", f"return a {sign} 1") for sign in "+-")
    repo.fork({"mod.py": BASE}, {"mod.py": ours}, {"mod.py": theirs})
    repo.git("branch", "old", "main")
    for branch, other, kept in (("main", "topic", "ours"), ("topic", "old", "theirs")):
        repo.git("checkout", "-q", branch)
        repo.git("merge", "-q", "--no-edit", "-X", "ours", other)
        repo.commit(kept, {"mod.py": repo.read().replace("import os", f"import os  # {kept}")})
    repo.git("config", "merge.conflictStyle", "diff3")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "--no-edit", "topic", check=False)
    expected = repo.read()
    repo.git("merge", "--abort")
    repo.install(program)
    repo.git("merge", "--no-edit", "topic", check=False)
    assert "<<<<<<<<<" in expected
    assert [li.split(" ")[0] if li[:1] in "<|>" else li for li in repo.read().splitlines()] == [
        li.split(" ")[0] if li[:1] in "<|>" else li for li in expected.splitlines()
    ]
