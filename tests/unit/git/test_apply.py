from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from forkmerge.errors import ForkmergeError, UnusableInput, UsageError
from forkmerge.git import apply as applying
from forkmerge.git import mergetree, scenario, trees
from forkmerge.git.apply import apply
from forkmerge.git.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Make, Workshop

MERGED = {"text": b"one\n2\n3\n4\n5\n6\nseven\n", "folder/kept": b"kept\n", "new/file": b"new\n"}
MESSAGE = "Merge theirs\n\nForkmerge-Proposal: 1\n"


class Case:
    """A repository with a merge that is ready to be applied."""

    def __init__(self, shop: Workshop, repo: Repository) -> None:
        self.shop = shop
        self.repo = repo
        found = scenario.resolve(repo, "main", "theirs")
        self.ours, self.theirs = found.ours.commit or "", found.theirs.commit or ""
        self.tree = mergetree.git_merge(repo, found).tree or ""

    def apply(self, **options: object) -> applying.ApplyResult:
        return apply(self.repo, self.tree, (self.ours, self.theirs), MESSAGE, **options)

    def state(self) -> tuple[object, ...]:
        git = self.shop.path / ".git"
        left = sorted(path.name for path in git.iterdir() if path.name not in ("index", "objects", "logs"))
        return self.shop.files(), self.shop.git("ls-files", "-s"), self.shop.git("for-each-ref"), left

    def refused(self, words: str, **options: object) -> UnusableInput:
        before = self.state()
        with pytest.raises(UnusableInput, match=words) as caught:
            self.apply(**options)
        assert self.state() == before
        assert caught.value.hint
        return caught.value

    def check_merged(self) -> None:
        assert self.shop.files() == MERGED
        assert self.shop.git("status", "--porcelain") == ""
        assert self.shop.git("rev-parse", "HEAD^{tree}") == self.tree
        assert self.shop.git("log", "-1", "--format=%P") == f"{self.ours} {self.theirs}"


@pytest.fixture
def case(diverged: Workshop) -> Iterator[Case]:
    with Repository.open(diverged.path) as repo:
        yield Case(diverged, repo)


def test_the_merge_becomes_a_commit_with_both_parents(case: Case) -> None:
    result = case.apply()
    case.check_merged()
    assert result == applying.ApplyResult(
        case.shop.git("rev-parse", "main"), case.tree, "refs/heads/main", ("gone", "new/file", "text")
    )
    assert case.shop.git("log", "-1", "--format=%(trailers:key=Forkmerge-Proposal,valueonly)") == "1"
    assert case.shop.git("rev-parse", "ORIG_HEAD") == case.ours
    assert case.shop.git("reflog", "-1", "--format=%gs") == "forkmerge apply: Merge theirs"
    case.shop.git("fsck", "--strict")


def test_applying_twice_changes_nothing_more(case: Case) -> None:
    assert case.apply() == case.apply()
    case.check_merged()


def test_a_detached_head_moves_itself(case: Case) -> None:
    case.shop.git("switch", "-q", "--detach", "main")
    result = case.apply()
    assert (result.ref, result.commit) == ("HEAD", case.shop.git("rev-parse", "HEAD"))
    assert case.shop.git("rev-parse", "main") == case.ours


def test_without_a_commit_the_merge_is_left_as_git_leaves_it(case: Case) -> None:
    result = case.apply(commit=False)
    assert (result.commit, result.ref) == (None, "")
    assert case.shop.files() == MERGED
    assert case.shop.git("rev-parse", "HEAD", "MERGE_HEAD").split() == [case.ours, case.theirs]
    case.shop.git("commit", "-q", "--no-edit")
    case.check_merged()
    assert case.shop.git("log", "-1", "--format=%B").strip() == MESSAGE.strip()


def test_without_a_commit_git_can_abort(case: Case) -> None:
    before = case.shop.files()
    case.apply(commit=False)
    case.shop.git("merge", "--abort")
    assert case.shop.files() == before
    assert case.shop.git("status", "--porcelain") == ""


def test_a_branch_is_made_and_nothing_else_moves(case: Case) -> None:
    case.shop.write({"text": "mine\n"})
    before = (case.shop.files(), case.shop.git("ls-files", "-s"), case.shop.git("rev-parse", "HEAD"))
    result = case.apply(branch="merged/1")
    assert result.ref == "refs/heads/merged/1"
    assert case.shop.git("rev-parse", "merged/1^{tree}") == case.tree
    assert (case.shop.files(), case.shop.git("ls-files", "-s"), case.shop.git("rev-parse", "HEAD")) == before


@pytest.mark.parametrize(
    ("branch", "words"), [("theirs", "already"), ("a..b", "can't be"), ("-d", "can't be"), ("a b", "can't be")]
)
def test_a_branch_that_can_not_be_made_is_refused(case: Case, branch: str, words: str) -> None:
    with pytest.raises(UnusableInput, match=words):
        case.apply(branch=branch)


def test_a_branch_without_a_commit_is_a_usage_error(case: Case) -> None:
    with pytest.raises(UsageError):
        case.apply(branch="x", commit=False)


def test_a_bare_repository_takes_a_branch_only(case: Case, tmp_path: Path) -> None:
    case.shop.git("clone", "-q", "--bare", str(case.shop.path), str(tmp_path / "bare"))
    with Repository.open(tmp_path / "bare") as repo:
        with pytest.raises(UnusableInput, match="no work tree") as caught:
            apply(repo, case.tree, (case.ours, case.theirs), MESSAGE)
        assert "branch" in caught.value.hint


def test_a_linked_work_tree_moves_its_own_branch(case: Case, tmp_path: Path) -> None:
    case.shop.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"), "main")
    before = case.shop.files()
    with Repository.open(tmp_path / "linked") as repo:
        assert apply(repo, case.tree, (case.ours, case.theirs), MESSAGE).ref == "refs/heads/linked"
    assert (tmp_path / "linked" / "new" / "file").read_bytes() == b"new\n"
    assert case.shop.files() == before
    assert case.shop.git("rev-parse", "linked^{tree}") == case.tree


def test_git_directory_and_work_tree_given_by_the_user_are_used(case: Case, tmp_path: Path) -> None:
    away = tmp_path / "away.git"
    (case.shop.path / ".git").rename(away)
    with Repository.open(case.shop.path, git_dir=away, work_tree=case.shop.path) as repo:
        apply(repo, case.tree, (case.ours, case.theirs), MESSAGE)
    assert case.shop.files() == MERGED


# What is in the way


def test_changes_in_the_work_tree_are_not_overwritten(case: Case) -> None:
    case.shop.write({"text": "mine\n", "gone": "mine\n"})
    assert "gone, text" in case.refused("changes that are not committed").message


def test_changes_elsewhere_are_kept(case: Case) -> None:
    case.shop.write({"folder/kept": "mine\n", "unknown": "mine\n"})
    case.apply()
    assert case.shop.files() == {**MERGED, "folder/kept": b"mine\n", "unknown": b"mine\n"}
    assert case.shop.git("status", "--porcelain") == "M folder/kept\n?? unknown"


@pytest.mark.parametrize("path", ["text", "folder/kept", "staged"])
def test_staged_changes_are_refused(case: Case, path: str) -> None:
    case.shop.write({path: "mine\n"})
    case.shop.git("add", path)
    assert path in case.refused("index has changes").message


def test_a_staged_deletion_is_refused(case: Case) -> None:
    case.shop.git("rm", "-q", "--cached", "folder/kept")
    assert "folder/kept" in case.refused("index has changes").message


def test_files_that_git_does_not_know_are_not_overwritten(case: Case) -> None:
    case.shop.write({"new/file": "mine\n"})
    assert "new/file" in case.refused("files that git does not know").message


def test_ignored_files_are_not_overwritten(case: Case) -> None:
    (case.shop.path / ".git/info/exclude").write_text("new\n")
    case.shop.write({"new/file": "mine\n"})
    assert "new/file" in case.refused("files that git does not know").message


def test_a_file_that_already_is_as_the_result_is_no_obstacle(case: Case) -> None:
    case.shop.write({"new/file": "new\n", "text": MERGED["text"], "gone": None})
    case.apply()
    case.check_merged()


def test_a_deleted_file_that_the_merge_changes_is_in_the_way(case: Case) -> None:
    case.shop.write({"text": None})
    assert "text" in case.refused("not committed").message


def test_a_file_in_the_place_of_a_folder_is_in_the_way(case: Case) -> None:
    case.shop.write({"new": "mine\n"})
    assert case.refused("new")


def test_a_folder_in_the_place_of_a_file_is_in_the_way(case: Case) -> None:
    case.shop.write({"new/file/inner": "mine\n"})
    case.refused("new/file")


def test_unknown_files_in_a_folder_that_becomes_a_file_are_kept(case: Case) -> None:
    case.tree = trees.write(case.repo, case.tree, {"folder/kept": None, "folder": (0o100644, b"file\n")})
    case.shop.write({"folder/mine": "mine\n"})
    case.refused("folder")
    (case.shop.path / "folder/mine").unlink()
    case.apply()
    assert (case.shop.path / "folder").read_bytes() == b"file\n"


def test_a_file_may_become_a_folder(case: Case) -> None:
    case.tree = trees.write(case.repo, case.tree, {"text": None, "text/inner": (0o100755, b"x\n")})
    case.apply()
    assert os.access(case.shop.path / "text/inner", os.X_OK)


def test_a_head_that_moved_is_refused(case: Case) -> None:
    case.shop.commit_files("more", {"more": "more\n"})
    case.refused("HEAD has moved")


@pytest.mark.parametrize("operation", ["merge", "cherry-pick", "rebase"])
def test_an_operation_in_progress_is_refused(case: Case, operation: str) -> None:
    case.shop.git("switch", "-q", "-c", "other", "theirs")
    case.shop.commit_files("conflict", {"text": "UNO\n2\n3\n4\n5\n6\nseven\n"})
    case.shop.git("switch", "-q", "main")
    case.shop.git(operation, "other", check=False)
    case.refused(f"a {operation} is in progress")


def test_unresolved_conflicts_are_refused(case: Case) -> None:
    case.shop.git("switch", "-q", "-c", "other", "theirs")
    case.shop.commit_files("conflict", {"text": "UNO\n2\n3\n4\n5\n6\nseven\n"})
    case.shop.git("switch", "-q", "main")
    case.shop.git("merge", "other", check=False)
    (case.shop.path / ".git/MERGE_HEAD").unlink()
    case.refused("conflicts that are not resolved: text")


def test_a_repository_without_commits_says_so(make: Make, tmp_path: Path, case: Case) -> None:
    shop = make(tmp_path / "empty")
    case.apply(branch="merged")
    shop.git("fetch", "-q", str(case.shop.path), "merged:refs/other")
    shop.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    with Repository.open(shop.path) as repo, pytest.raises(UnusableInput, match="no commit here yet"):
        apply(repo, case.tree, (case.ours, case.theirs), MESSAGE)


def test_missing_objects_are_named_before_anything_moves(case: Case) -> None:
    oid = case.repo.entries(case.tree)["new/file"].oid
    (case.shop.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    case.refused(oid)


# Links


@pytest.mark.parametrize("path", ["folder/kept", "folder/added"])
def test_nothing_is_written_through_a_linked_folder(case: Case, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"kept\n")
    (case.shop.path / "folder/kept").unlink()
    (case.shop.path / "folder").rmdir()
    (case.shop.path / "folder").symlink_to(outside)
    case.tree = trees.write(case.repo, case.tree, {path: (0o100644, b"written\n")})
    assert path in case.refused("symbolic link").message
    case.refused("symbolic link", commit=False)
    assert {p.name: p.read_bytes() for p in outside.iterdir()} == {"kept": b"kept\n"}


def test_a_deletion_behind_a_linked_folder_is_refused(case: Case, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (case.shop.path / "folder").rename(outside)
    (case.shop.path / "folder").symlink_to(outside)
    case.tree = trees.write(case.repo, case.tree, {"folder/kept": None})
    case.refused("symbolic link")
    assert (outside / "kept").exists()


def test_a_tracked_link_that_becomes_a_folder_is_replaced_not_followed(diverged: Workshop, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (diverged.path / "place").symlink_to(outside)
    diverged.commit_files("link", {})
    with Repository.open(diverged.path) as repo:
        case = Case(diverged, repo)
        case.tree = trees.write(repo, case.tree, {"place": None, "place/file": (0o100644, b"x\n")})
        case.apply()
    assert (diverged.path / "place/file").read_bytes() == b"x\n"
    assert not (diverged.path / "place").is_symlink()
    assert list(outside.iterdir()) == []


# Stopping half-way


def test_stopped_before_the_branch_moves_it_is_completed_by_the_next_run(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(applying, "_move", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            case.apply()
    assert case.shop.git("rev-parse", "HEAD") == case.ours
    case.apply()
    case.check_merged()


def test_stopped_before_the_branch_moves_it_can_be_taken_back(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    before = case.shop.files()
    case.shop.write({"folder/kept": "mine\n"})
    with monkeypatch.context() as patched:
        patched.setattr(applying, "_move", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            case.apply()
    case.shop.git("restore", "--source=HEAD", "--staged", "--worktree", "--", "text", "gone", "new/file")
    assert case.shop.files() == {**before, "folder/kept": b"mine\n"}


def test_killed_while_files_are_written_it_is_completed_by_the_next_run(case: Case) -> None:
    # The user's own filter kills git (kill -9) at the last of the files, so that some are written and some are not.
    killer = case.shop.path.parent / "killer"
    killer.write_text('#!/bin/sh\ncase $1 in *3*) [ -e "$0.on" ] && kill -9 $PPID;; esac\ncat\n')
    killer.chmod(0o755)
    case.shop.git("config", "--global", "filter.killer.smudge", f"exec {killer} %f")
    files = {f"many/{n}": (0o100644, b"%d\n" % n) for n in range(5)}
    attributes = {".gitattributes": (0o100644, b"many/* filter=killer\n")}
    case.tree = trees.write(case.repo, case.tree, {**files, **attributes})
    killer.with_name("killer.on").touch()
    with pytest.raises(ForkmergeError):
        case.apply()
    assert (case.shop.path / "many/1").exists()
    assert not (case.shop.path / "many/4").exists()
    assert case.shop.git("rev-parse", "HEAD") == case.ours
    killer.with_name("killer.on").unlink()
    with pytest.raises(UnusableInput) as caught:
        case.apply()
    assert "remove the index.lock file" in caught.value.hint
    (case.shop.path / ".git/index.lock").unlink()
    case.apply()
    assert case.shop.git("status", "--porcelain") == ""
    assert case.shop.git("rev-parse", "HEAD^{tree}") == case.tree


# What a tree may hold


def test_line_ends_modes_links_submodules_and_odd_names_are_checked_out_as_git_does(case: Case) -> None:
    changes = {
        ".gitattributes": (0o100644, b"*.crlf text eol=crlf\n"),
        "a.crlf": (0o100644, b"1\n2\n"),
        "run": (0o100755, b"#!/bin/sh\n"),
        "link": (0o120000, b"text"),
        "module": applying.Entry(0o160000, "1" * 40),
        "caf\udce9 \n\t\"'": (0o100644, b"odd\n"),
    }
    case.tree = trees.write(case.repo, case.tree, changes)
    case.shop.write({".gitattributes": "*.crlf text eol=crlf\n", "a.crlf": "1\r\n2\r\n"})
    result = case.apply()
    assert set(changes) <= set(result.changed)
    top = case.shop.path
    assert (top / "a.crlf").read_bytes() == b"1\r\n2\r\n"
    assert os.access(top / "run", os.X_OK)
    assert (top / "link").readlink().name == "text"
    assert (top / "caf\udce9 \n\t\"'").read_bytes() == b"odd\n"
    assert case.shop.git("rev-parse", "HEAD^{tree}") == case.tree
    assert case.shop.git("status", "--porcelain") == ""


def test_a_tree_with_unsafe_names_is_never_checked_out(case: Case) -> None:
    blob = case.repo.write_object("blob", b"[core]\n")
    inner = case.repo.write_object("tree", b"100644 config\0" + bytes.fromhex(blob))
    raw = b"40000 .GIT\0" + bytes.fromhex(inner)
    case.tree = case.shop.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=raw)
    case.refused("stands for .git")


def test_the_result_is_as_git_merge_leaves_it(case: Case, tmp_path: Path) -> None:
    case.shop.git("clone", "-q", str(case.shop.path), str(tmp_path / "clone"))
    case.apply()
    other = type(case.shop)(tmp_path / "clone")
    other.git("merge", "-q", "--no-edit", "origin/theirs")
    assert other.files() == case.shop.files()
    assert other.git("ls-files", "-s") == case.shop.git("ls-files", "-s")
    assert other.git("rev-parse", "HEAD^{tree}") == case.shop.git("rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize("sparse_index", ["--no-sparse-index", "--sparse-index"])
def test_a_sparse_work_tree_stays_sparse(case: Case, sparse_index: str) -> None:
    case.tree = trees.write(case.repo, case.tree, {"folder/kept": (0o100644, b"changed\n")})
    case.shop.git("sparse-checkout", "set", "--cone", sparse_index, "new")
    case.apply()
    assert case.shop.files() == {path: data for path, data in MERGED.items() if path != "folder/kept"}
    assert case.shop.git("status", "--porcelain") == ""
    assert case.shop.git("rev-parse", "HEAD^{tree}") == case.tree
