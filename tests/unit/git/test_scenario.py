from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forkmerge.errors import UnusableInput
from forkmerge.git import scenario
from forkmerge.git.mergetree import git_merge
from forkmerge.git.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Workshop


def criss_cross(shop: Workshop, *, conflict: bool) -> None:
    """Two branches that each merged the other's first commit, so that there are two merge bases."""
    shop.commit_files("root", {"top": "1\n2\n3\n4\n5\n", "end": "1\n2\n3\n4\n5\n"})
    shop.git("switch", "-q", "-c", "side")
    a = shop.commit_files("side 1", {"top" if conflict else "end": "1\n2\n3\n4\nside\n"})
    shop.git("switch", "-q", "main")
    b = shop.commit_files("main 1", {"top": "1\n2\n3\n4\nmain\n"})
    shop.git("merge", "-q", "--no-edit", "-X", "ours", a)
    shop.git("switch", "-q", "side")
    shop.git("merge", "-q", "--no-edit", "-X", "ours", b)
    shop.commit_files("side 2", {"end": shop.path.joinpath("end").read_text().replace("1\n", "first\n")})
    shop.git("switch", "-q", "main")
    shop.commit_files("main 2", {"new": "new\n"})


def test_names_give_the_three_trees(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        found = scenario.resolve(repo, "main", "theirs")
    base = diverged.git("merge-base", "main", "theirs")
    assert (found.ours.name, found.theirs.name, found.base.commit, found.bases) == ("main", "theirs", base, (base,))
    assert found.base.tree == diverged.git("rev-parse", f"{base}^{{tree}}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a..b", ("a", "b")),
        ("a...b", ("a", "b")),
        ("..b", ("HEAD", "b")),
        ("a..", ("a", "HEAD")),
        ("HEAD~2..v1.2", ("HEAD~2", "v1.2")),
        ("main", None),
    ],
)
def test_ranges_are_taken_apart(text: str, expected: tuple[str, str] | None) -> None:
    assert scenario.parse_range(text) == expected


def test_a_range_stands_for_both_sides(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        assert scenario.resolve(repo, "..theirs").theirs == scenario.resolve(repo, "HEAD", "theirs").theirs


def test_a_named_base_is_taken(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        found = scenario.resolve(repo, "main", "theirs", base="main")
        assert found.base.commit == found.ours.commit
        merged = git_merge(repo, found)
        assert merged.tree == found.theirs.tree  # ours did nothing since that base


@pytest.mark.parametrize(("branch", "symbolic"), [("main", False), ("master", False), ("odd", False), ("odd", True)])
def test_a_remote_stands_for_its_default_branch(diverged: Workshop, branch: str, symbolic: bool) -> None:
    diverged.git("update-ref", f"refs/remotes/upstream/{branch}", "theirs")
    if symbolic:
        diverged.git("update-ref", "refs/remotes/upstream/another", "main")
        diverged.git("symbolic-ref", "refs/remotes/upstream/HEAD", f"refs/remotes/upstream/{branch}")
    with Repository.open(diverged.path) as repo:
        assert scenario.resolve(repo, "HEAD", "upstream").theirs.commit == diverged.git("rev-parse", "theirs")


def test_a_remote_that_was_not_fetched_says_so(diverged: Workshop) -> None:
    diverged.git("remote", "add", "upstream", "https://example.com/upstream.git")
    with Repository.open(diverged.path) as repo:
        with pytest.raises(UnusableInput, match="has not been fetched") as caught:
            scenario.resolve(repo, "HEAD", "upstream")
        assert caught.value.hint == "git fetch upstream"
        with pytest.raises(UnusableInput, match="unknown revision: nowhere"):
            scenario.resolve(repo, "HEAD", "nowhere")


def test_a_merge_in_progress_needs_no_name(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        with pytest.raises(UnusableInput, match="no merge is in progress"):
            scenario.resolve(repo)
        diverged.git("merge", "-q", "--no-commit", "theirs")
        assert scenario.in_progress(repo) == "merge"
        assert scenario.resolve(repo).theirs.commit == diverged.git("rev-parse", "theirs")


def test_histories_without_a_common_ancestor_have_an_empty_base(diverged: Workshop) -> None:
    diverged.git("switch", "-q", "--orphan", "other")
    diverged.commit_files("other", {"text": "other\n", "only": "only\n"})
    with Repository.open(diverged.path) as repo:
        found = scenario.resolve(repo, "main", "other")
        assert (found.bases, found.base.commit, found.base.tree) == ((), None, repo.empty_tree)
        assert repo.entries(found.base.tree) == {}
        merged = git_merge(repo, found)
    assert dict(merged.conflicts) == {"text": "add/add"}


def test_a_clean_criss_cross_has_the_merge_of_its_bases_as_base(workshop: Workshop) -> None:
    criss_cross(workshop, conflict=False)
    with Repository.open(workshop.path) as repo:
        found = scenario.resolve(repo, "main", "side")
        assert len(found.bases) == 2
        assert found.base.commit is None
        content = {p: repo.read(e.oid) for p, e in repo.entries(found.base.tree).items()}
        assert content == {"top": b"1\n2\n3\n4\nmain\n", "end": b"1\n2\n3\n4\nside\n"}
        merged = git_merge(repo, found)
    workshop.git("merge", "-q", "--no-edit", "side")
    assert merged.clean
    assert merged.tree == workshop.git("rev-parse", "HEAD^{tree}")


def test_a_conflicting_criss_cross_is_merged_as_git_does(workshop: Workshop) -> None:
    criss_cross(workshop, conflict=True)
    with Repository.open(workshop.path) as repo:
        found = scenario.resolve(repo, "main", "side")
        base = repo.read(repo.entries(found.base.tree)["top"].oid)
        assert base.count(b"<<<<<<<") == 1
        assert b"main\n" in base
        assert b"side\n" in base
        merged = git_merge(repo, found)
        workshop.git("merge", "-q", "--no-edit", "side", check=False)
        status = workshop.git("diff", "--name-only", "--diff-filter=U").split()
        assert [path for path, _ in merged.conflicts] == status


def test_shallow_clones_and_changed_histories_are_noted(diverged: Workshop, tmp_path: Path) -> None:
    with Repository.open(diverged.path) as repo:
        assert scenario.notes(repo) == ()
        diverged.git("replace", "theirs", "main")
        assert [note.code for note in scenario.notes(repo)] == ["replaced-objects"]
    diverged.git("replace", "-d", "theirs")
    url = f"file://{diverged.path}"
    diverged.git("clone", "-q", "--depth=1", "--no-single-branch", url, str(tmp_path / "shallow"))
    with Repository.open(tmp_path / "shallow") as repo:
        assert [note.code for note in scenario.notes(repo)] == ["shallow-clone"]
        found = scenario.resolve(repo, "HEAD", "origin/theirs")
        assert found.bases == ()
        git_merge(repo, found)


@pytest.mark.parametrize(
    ("command", "name"), [("merge", "merge"), ("cherry-pick", "cherry-pick"), ("rebase", "rebase")]
)
def test_an_operation_under_way_is_known_by_name(diverged: Workshop, command: str, name: str) -> None:
    diverged.git("switch", "-q", "theirs")
    diverged.commit_files("conflict", {"text": "UNO\n2\n3\n4\n5\n6\nseven\n"})
    diverged.git("switch", "-q", "main")
    diverged.git(command, "theirs", check=False)
    with Repository.open(diverged.path) as repo:
        assert scenario.in_progress(repo) == name
