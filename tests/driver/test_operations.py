"""Every way in which git merges files, with forkmerge as its driver, and with the driver's program removed.

Removed must be the same as never installed: git's own conflict, with both sides in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from support.driven import BASE, IMPORTS, OURS, THEIRS, Repo, version, without_labels

if TYPE_CHECKING:
    from pathlib import Path

Operation = Callable[[Repo], None]


def fork(repo: Repo) -> None:
    repo.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": THEIRS})


def merge(repo: Repo) -> None:
    fork(repo)
    repo.git("merge", "--no-edit", "topic", check=False)


def rebase(repo: Repo) -> None:
    fork(repo)
    repo.git("checkout", "-q", "topic")
    repo.git("rebase", "main", check=False)


def rebase_apply(repo: Repo) -> None:
    fork(repo)
    repo.git("checkout", "-q", "topic")
    repo.git("rebase", "--apply", "main", check=False)


def cherry_pick(repo: Repo) -> None:
    fork(repo)
    repo.git("cherry-pick", "topic", check=False)


def revert(repo: Repo) -> None:
    both = OURS.replace("import json\n", "import io\nimport json\n")
    repo.commit("base", {"mod.py": BASE.replace("import os\n", "import re\nimport os\n")})
    repo.commit("take re out", {"mod.py": BASE})
    repo.commit("json and io", {"mod.py": both})
    repo.git("revert", "--no-edit", "HEAD~1", check=False)


def stash_pop(repo: Repo) -> None:
    repo.commit("base", {"mod.py": BASE})
    repo.write({"mod.py": THEIRS})
    repo.git("stash", "-q")
    repo.commit("ours", {"mod.py": OURS})
    repo.git("stash", "pop", check=False)


def am(repo: Repo) -> None:
    fork(repo)
    repo.git("format-patch", "-q", "-o", "../patches", "main..topic")
    (patch,) = (repo.path.parent / "patches").iterdir()
    repo.git("am", "-q", "-3", str(patch), check=False)


def checkout_m(repo: Repo) -> None:
    fork(repo)
    repo.git("checkout", "-q", "HEAD~1")
    repo.write({"mod.py": OURS})
    repo.git("checkout", "-m", "topic", check=False)


OPERATIONS: list[Operation] = [merge, rebase, rebase_apply, cherry_pick, revert, stash_pop, am, checkout_m]
each = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.__name__)


@each
def test_what_lines_conflict_in_is_merged(operation: Operation, repo: Repo, program: Path) -> None:
    repo.install(program)
    operation(repo)
    assert set(repo.read().splitlines()) >= IMPORTS
    assert "<<<<<<<" not in repo.read()
    assert not repo.unmerged()
    assert {p.name for p in repo.path.iterdir()} == {".git", "mod.py"}


@each
def test_with_the_program_removed_it_is_gits_own_merge(
    operation: Operation, tmp_path: Path, env: dict[str, str], gone: Path
) -> None:
    found = []
    for name in ("never", "removed"):
        (tmp_path / name).mkdir()
        repo = Repo(tmp_path / name, env)
        repo.git("init", "-qb", "main")
        if name == "removed":
            repo.install(gone)
        operation(repo)
        found.append((without_labels(repo.read()), repo.unmerged()))
        for patches in tmp_path.glob("patches/*"):
            patches.unlink()
    assert found[0] == found[1]
    assert "<<<<<<<" in found[0][0]
    assert set(found[1][0]) >= IMPORTS


def replayed(repo: Repo) -> tuple[int, str]:
    if "git replay" not in repo.git("replay", "-h", check=False).stdout.replace("usage: (EXPERIMENTAL!) ", ""):
        pytest.skip("this git has no `git replay` (2.44 and newer)")
    fork(repo)
    done = repo.git("replay", "--ref-action=print", "--onto", "main", "main..topic", check=False)
    if done.returncode == 129:
        done = repo.git("replay", "--onto", "main", "main..topic", check=False)
    return done.returncode, done.stdout


def test_replay(repo: Repo, program: Path) -> None:
    repo.install(program)
    code, told = replayed(repo)
    assert code == 0
    commit = told.split()[2]
    assert set(repo.git("show", f"{commit}:mod.py").stdout.splitlines()) >= IMPORTS


def test_replay_with_the_program_removed_refuses(repo: Repo, gone: Path) -> None:
    repo.install(gone)
    assert replayed(repo)[0] == 1


CLASH_OURS = OURS.replace("return a", "return a + 1")
CLASH_THEIRS = THEIRS.replace("return a", "return a - 1")


@pytest.mark.parametrize("removed", [False, True])
def test_rerere_records_and_reuses(removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    repo.install(gone if removed else program)
    repo.git("config", "rerere.enabled", "true")
    repo.fork({"mod.py": BASE}, {"mod.py": CLASH_OURS}, {"mod.py": CLASH_THEIRS})
    assert repo.git("merge", "topic", check=False).returncode == 1
    assert ("import io" in repo.read().split("<<<<<<<")[0]) is not removed
    resolved = BASE.replace("import os\n", "import io\nimport json\nimport os\n").replace("return a", "return a * 2")
    repo.commit("merged", {"mod.py": resolved})
    repo.git("reset", "-q", "--hard", "HEAD~1")
    again = repo.git("merge", "topic", check=False)
    assert "using previous resolution" in again.stdout + again.stderr
    assert repo.read() == resolved


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize("how", ["config", "option"])
@pytest.mark.parametrize("removed", [False, True])
def test_what_is_left_is_marked_as_git_is_told(
    style: str, how: str, removed: bool, repo: Repo, program: Path, gone: Path
) -> None:
    if style == "zdiff3" and version(repo) < (2, 35):
        pytest.skip("this git has no zdiff3 (2.35 and newer)")
    ours, theirs = (BASE.replace("return a", f"return a {sign} 1") for sign in "+-")
    repo.fork({"mod.py": BASE}, {"mod.py": ours}, {"mod.py": theirs})
    option = ["-c", f"merge.conflictStyle={style}"] if how == "option" else []
    if how == "config":
        repo.git("config", "merge.conflictStyle", style)
    repo.git(*option, "merge", "topic", check=False)
    expected = repo.read()
    repo.git("merge", "--abort")
    repo.install(gone if removed else program)
    assert repo.git(*option, "merge", "topic", check=False).returncode == 1
    assert without_labels(repo.read()) == without_labels(expected)
    if version(repo) >= (2, 44):
        assert repo.read() == expected
    assert not any(mark in repo.read() for mark in ("%S", "%X", "%Y", ".merge_file"))
    assert repo.unmerged() == {"mod.py"}
