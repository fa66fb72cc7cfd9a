"""A repository whose configuration, hooks and attributes all try to run something: nothing of it may run."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from forkmerge.errors import ForkmergeError
from forkmerge.git import apply, attributes, command, linemerge, mergetree, refs, renames, scenario, trees
from forkmerge.git.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Elsewhere, Workshop

HOOKS = ("applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit", "prepare-commit-msg")
HOOKS += ("commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-push", "reference-transaction")
HOOKS += ("post-rewrite", "post-index-change", "fsmonitor-watchman")


class Hostile:
    """The repository, and the folder in which whatever runs leaves a file with its name."""

    def __init__(self, shop: Workshop, marks: Path) -> None:
        self.shop = shop
        self.marks = marks
        marks.mkdir(exist_ok=True)

    def leaves(self, name: str, *, then: str = "cat") -> str:
        return f"touch '{self.marks}/{name}'; {then}"

    @property
    def ran(self) -> list[str]:
        return sorted(path.name for path in self.marks.iterdir())


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory, elsewhere: Elsewhere) -> Hostile:
    """The repository that every test has a copy of; what runs in a copy marks the same folder."""
    top = tmp_path_factory.mktemp("hostile")
    with elsewhere(top) as shop:
        bad = Hostile(shop, top / "marks")
        fill(bad)
    return bad


@pytest.fixture
def hostile(trap: Hostile, workshop: Workshop) -> Hostile:
    for mark in trap.marks.iterdir():
        mark.unlink()
    shutil.rmtree(workshop.path)
    shutil.copytree(trap.shop.path, workshop.path, symlinks=True)
    return Hostile(workshop, trap.marks)


def fill(bad: Hostile) -> None:
    shop = bad.shop
    every = "* filter=evil diff=evil merge=evil\n*.odd filter=a=b.c\ntext filter=evil diff=evil merge=evil\n"
    for branch in ("theirs", "main"):
        shop.git("switch", "-q", branch)
        shop.commit_files("attributes", {".gitattributes": every})
    shop.git("switch", "-q", "theirs")
    shop.commit_files(
        "odd", {"x.odd": "odd\n", "text": "1\n2\n3\n4\n5\n6\nseven\n8\n", "y.included": "y\n", "z.tree": "z\n"}
    )
    shop.git("switch", "-q", "main")
    for name in HOOKS:
        for folder in ("own-hooks", ".git/hooks"):
            hook = shop.path / folder / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(f"#!/bin/sh\n{bad.leaves('hook-' + name)}\n")
            hook.chmod(0o755)
    (shop.path / ".git" / "info" / "attributes").write_text("*.included filter=included\n*.tree filter=tree\n")
    smudge, clean = bad.leaves("included-smudge"), bad.leaves("included-clean")
    included = f'[filter "included"]\n\tsmudge = "{smudge}"\n\tclean = "{clean}"\n'
    (shop.path / ".git" / "included").write_text(included)
    (shop.path / ".git" / "config.worktree").write_text(f'[filter "tree"]\n\tsmudge = "{bad.leaves("tree-smudge")}"\n')
    for key, value in {
        "filter.evil.clean": bad.leaves("filter-clean"),
        "filter.evil.smudge": bad.leaves("filter-smudge"),
        "filter.evil.process": bad.leaves("filter-process"),
        "filter.evil.required": "true",
        "filter.a=b.c.clean": bad.leaves("odd-clean"),
        "filter.a=b.c.smudge": bad.leaves("odd-smudge"),
        "diff.evil.textconv": bad.leaves("textconv"),
        "diff.evil.command": bad.leaves("diff-command", then=":"),
        "diff.external": bad.leaves("diff-external", then=":"),
        "merge.evil.driver": bad.leaves("merge-driver", then="exit 0"),
        "merge.default": "evil",
        "core.fsmonitor": bad.leaves("fsmonitor", then=":"),
        "core.hooksPath": str(shop.path / "own-hooks"),
        "core.pager": bad.leaves("pager"),
        "core.editor": bad.leaves("editor", then=":"),
        "sequence.editor": bad.leaves("sequence-editor", then=":"),
        "core.sshCommand": bad.leaves("ssh", then=":"),
        "core.askPass": bad.leaves("askpass", then=":"),
        "core.gitProxy": bad.leaves("proxy", then=":"),
        "core.alternateRefsCommand": bad.leaves("alternates", then=":"),
        "credential.helper": "!" + bad.leaves("credential", then=":"),
        "gpg.program": str(shop.path / "own-hooks" / "pre-commit"),
        "gpg.ssh.program": str(shop.path / "own-hooks" / "pre-commit"),
        "commit.gpgSign": "true",
        "log.showSignature": "true",
        "interactive.diffFilter": bad.leaves("diff-filter"),
        "trailer.evil.command": bad.leaves("trailer", then=":"),
        "tar.evil.command": bad.leaves("tar"),
        "alias.evil": "!" + bad.leaves("alias", then=":"),
        "alias.read-tree": "!" + bad.leaves("alias-read-tree", then=":"),
        "hook.evil.command": bad.leaves("configured-hook", then=":"),
        "hook.evil.event": "reference-transaction",
        "include.path": "included",
        "submodule.recurse": "true",
        "pager.log": bad.leaves("pager-log"),
        "extensions.worktreeConfig": "true",
    }.items():
        shop.git("config", key, value)
    assert bad.ran == []


def dirty(bad: Hostile) -> None:
    """Make git compare contents: same files, other times."""
    for path in bad.shop.path.rglob("*"):
        if ".git" not in path.relative_to(bad.shop.path).parts and path.is_file():
            os.utime(path, (1, 1))


PLAIN: dict[str, list[str]] = {
    "filter-process": ["checkout", "--", "text"],
    "odd-smudge": ["checkout", "theirs", "--", "x.odd"],
    "included-smudge": ["checkout", "theirs", "--", "y.included"],
    "tree-smudge": ["checkout", "theirs", "--", "z.tree"],
    "hook-reference-transaction": ["update-ref", "refs/heads/x", "HEAD"],
    "hook-post-index-change": ["add", "text"],
    "fsmonitor": ["status"],
    "diff-external": ["diff", "HEAD~1", "HEAD", "--", "folder"],
    "diff-command": ["diff", "HEAD~1", "HEAD"],
    "textconv": ["diff", "--no-ext-diff", "HEAD~2", "HEAD"],
    "merge-driver": ["merge-tree", "--write-tree", "main", "theirs"],
    "alias": ["evil"],
    "pager-log": ["-p", "log"],
    "hook-pre-commit": ["commit-tree", "-S", "-m", "x", "HEAD^{tree}"],
}


@pytest.mark.parametrize("name", [name for name in PLAIN if name not in ("diff-external", "pager-log")])
def test_plain_git_falls_for_it(hostile: Hostile, name: str) -> None:
    # Without this the tests below would prove nothing.
    (hostile.shop.path / "text").unlink()
    calm = [] if name == "filter-process" else ["-c", "filter.evil.process=", "-c", "filter.evil.required=false"]
    hostile.shop.git(*calm, *PLAIN[name], check=False)
    assert name in hostile.ran


@pytest.mark.parametrize("name", list(PLAIN))
def test_the_one_place_where_git_is_called_does_not(hostile: Hostile, name: str) -> None:
    (hostile.shop.path / "text").unlink()
    command.run(PLAIN[name], cwd=hostile.shop.path, check=False)
    assert hostile.ran == []


def merge_all(bad: Hostile, repo: Repository) -> tuple[Any, str]:
    found = scenario.resolve(repo, "main", "theirs")
    merged = mergetree.git_merge(repo, found)
    assert merged.clean
    return found, merged.tree or ""


def make_it(bad: Hostile, repo: Repository, **options: Any) -> None:
    found, tree = merge_all(bad, repo)
    result = apply.apply(repo, tree, (found.ours.commit, found.theirs.commit), "Merge", **options)
    if result.commit:
        assert repo.tree_of(result.commit) == tree
    if "branch" not in options:
        assert (bad.shop.path / "text").read_bytes() == b"one\n2\n3\n4\n5\n6\nseven\n8\n"
        assert (bad.shop.path / "x.odd").read_bytes() == b"odd\n"


def refused(bad: Hostile, repo: Repository) -> None:
    found, tree = merge_all(bad, repo)
    bad.shop.write({"text": "mine\n", "x.odd": "mine\n"})
    with pytest.raises(ForkmergeError, match=r"text, x\.odd"):
        apply.apply(repo, tree, (found.ours.commit, found.theirs.commit), "Merge")


def use_references(bad: Hostile, repo: Repository) -> None:
    oid = repo.resolve("HEAD").commit or ""
    refs.set(repo, "a", oid)
    assert refs.get(repo, "a") == oid
    assert refs.list(repo)
    refs.delete(repo, "a")


def read_all(bad: Hostile, repo: Repository) -> None:
    repo.read_many(entry.oid for entry in repo.entries(repo.resolve("theirs").tree).values())
    repo.merge_bases("main", "theirs")
    repo.names()
    for name in ("nothing", "1" * 40, ":text", "HEAD:text"):
        with contextlib.suppress(ForkmergeError):
            repo.resolve(name)


def write_all(bad: Hostile, repo: Repository) -> None:
    tree = trees.write(repo, repo.resolve("HEAD").tree, {"text": (0o100644, b"x"), "n/x.odd": (0o100644, b"y")})
    trees.commit(repo, tree, [], "m", sign=True)
    trees.empty_tree(repo)


def look_around(bad: Hostile, repo: Repository) -> None:
    found, tree = merge_all(bad, repo)
    renames.renames(repo, found.base.tree, tree)
    attributes.attributes(repo, tree)
    scenario.notes(repo)
    scenario.in_progress(repo)
    for name in ("upstream", "nothing"):
        with contextlib.suppress(ForkmergeError):
            scenario.resolve(repo, "main", name)


def merge_lines(bad: Hostile, repo: Repository) -> None:
    os.chdir(bad.shop.path)
    assert linemerge.line_merge(b"a\n", b"b\n", b"c\n")[1] == 1


def ask_git(bad: Hostile, repo: Repository) -> None:
    for args in (
        ["status", "--porcelain"],
        ["diff", "HEAD~1"],
        ["log", "-p", "-3"],
        ["show", "HEAD"],
        ["diff-tree", "-p", "main", "theirs"],
        ["archive", "--format=evil", "HEAD"],
        ["cat-file", "--textconv", "HEAD:text"],
        ["cat-file", "--filters", "HEAD:text"],
        ["ls-remote", "ext::sh -c touch% x"],
        ["checkout", "--", "."],
        ["stash"],
    ):
        repo.run(args, check=False)


ACTIONS: dict[str, Callable[[Hostile, Repository], None]] = {
    "read": read_all,
    "write": write_all,
    "references": use_references,
    "look": look_around,
    "line merge": merge_lines,
    "apply": make_it,
    "apply without commit": lambda bad, repo: make_it(bad, repo, commit=False),
    "apply to a branch": lambda bad, repo: make_it(bad, repo, branch="result"),
    "apply refused": refused,
    "ask git": ask_git,
}


@pytest.mark.parametrize("reader", ["pygit2", "git"])
@pytest.mark.parametrize("action", list(ACTIONS))
def test_nothing_runs(hostile: Hostile, action: str, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hostile.shop.path)
    dirty(hostile)
    with Repository.open(hostile.shop.path, reader=reader) as repo:
        ACTIONS[action](hostile, repo)
    assert hostile.ran == []


@pytest.fixture
def promising(diverged: Workshop, tmp_path: Path) -> Hostile:
    """A partial clone whose remote would run a program to fetch what is missing."""
    bad = Hostile(diverged, tmp_path / "marks")
    diverged.git("config", "core.repositoryFormatVersion", "1")
    diverged.git("config", "extensions.partialClone", "evil")
    diverged.git("config", "remote.evil.promisor", "true")
    diverged.git("config", "remote.evil.url", f"ext::sh -c touch% {bad.marks}/fetched")
    diverged.git("config", "protocol.ext.allow", "always")
    return bad


def test_plain_git_would_fetch_what_is_missing(promising: Hostile) -> None:
    promising.shop.git("cat-file", "-p", "1" * 40, check=False)
    assert promising.ran == ["fetched"]


@pytest.mark.parametrize("reader", ["pygit2", "git"])
def test_what_is_missing_is_never_fetched(promising: Hostile, reader: str) -> None:
    shop = promising.shop
    row = f"100644 {'1' * 40}\tmissing\n".encode()
    shop.git("update-index", "--add", "--index-info", stdin=row, GIT_INDEX_FILE=str(shop.path / ".git/other"))
    tree = shop.git("write-tree", "--missing-ok", GIT_INDEX_FILE=str(shop.path / ".git/other"))
    for path in promising.marks.iterdir():
        path.unlink()
    with Repository.open(shop.path, reader=reader) as repo:
        ours, theirs = (repo.resolve(name).commit or "" for name in ("main", "theirs"))
        for attempt in (
            lambda: repo.read("1" * 40),
            lambda: repo.resolve("1" * 40),
            lambda: repo.run(["cat-file", "-p", "1" * 40]),
            lambda: renames.renames(repo, ours, tree),
            lambda: apply.apply(repo, tree, (ours, theirs), "Merge"),
            lambda: apply.apply(repo, tree, (ours, theirs), "Merge", commit=False),
            lambda: attributes.attributes(repo, "1" * 40),
        ):
            with pytest.raises(ForkmergeError):
                attempt()
        assert shop.git("status", "--porcelain") == ""
        repo.run(["checkout", tree, "--", "missing"], check=False)
    assert promising.ran == []


def test_a_filter_of_the_user_s_own_goes_on_working(hostile: Hostile) -> None:
    # As git-lfs, set up globally; the repository's own definition of the same name does not count.
    hostile.shop.git("config", "--global", "filter.lfs.smudge", "sed s/small/large/")
    hostile.shop.git("config", "--global", "filter.lfs.clean", "sed s/large/small/")
    hostile.shop.git("config", "filter.lfs.smudge", hostile.leaves("lfs-smudge"))
    with Repository.open(hostile.shop.path) as repo:
        found, tree = merge_all(hostile, repo)
        changes = {".gitattributes": (0o100644, b"*.bin filter=lfs\n"), "a.bin": (0o100644, b"small\n")}
        tree = trees.write(repo, tree, changes)
        apply.apply(repo, tree, (found.ours.commit, found.theirs.commit), "Merge")
    assert (hostile.shop.path / "a.bin").read_bytes() == b"large\n"
    assert hostile.ran == []


def test_a_work_tree_that_is_not_the_repository_s_own_is_not_written(diverged: Workshop, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    with Repository.open(diverged.path) as repo:
        found = scenario.resolve(repo, "main", "theirs")
        tree = mergetree.git_merge(repo, found).tree or ""
    diverged.git("config", "core.worktree", str(victim))
    for place in (diverged.path, victim):
        with Repository.open(place, git_dir=diverged.path / ".git") as repo, pytest.raises(ForkmergeError):
            apply.apply(repo, tree, (found.ours.commit, found.theirs.commit), "Merge")
    assert list(victim.iterdir()) == []
