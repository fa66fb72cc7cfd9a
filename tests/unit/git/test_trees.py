from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forkmerge.errors import UnusableInput
from forkmerge.git import refs, trees
from forkmerge.git.repository import Repository
from forkmerge.model.source import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Entry

READERS = ("pygit2", "git")

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Workshop


def as_git_lists(shop: Workshop, tree: str) -> str:
    return shop.git("ls-tree", "-r", tree)


@pytest.mark.parametrize("reader", READERS)
def test_a_tree_is_written_as_git_would(diverged: Workshop, reader: str) -> None:
    with Repository.open(diverged.path, reader=reader) as repo:
        changes = {
            "text": (REGULAR, b"changed\n"),
            "a/b/c": (EXECUTABLE, b"run\n"),
            "link": (SYMLINK, b"text"),
            "module": Entry(SUBMODULE, "1" * 40),
            "folder/kept": None,
            "not/there": None,
        }
        tree = trees.write(repo, repo.resolve("HEAD").tree, changes)
    diverged.git("fsck", "--strict")
    diverged.write({"text": "changed\n", "a/b/c": "run\n", "folder/kept": None})
    (diverged.path / "a/b/c").chmod(0o755)
    (diverged.path / "link").symlink_to("text")
    status = diverged.git("status", "--porcelain")
    diverged.git("add", "-A")
    diverged.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    assert diverged.git("write-tree") == tree
    assert status  # the writing itself had touched neither index nor work tree
    assert "folder" not in as_git_lists(diverged, tree)


def test_writing_touches_neither_index_nor_work_tree_nor_references(diverged: Workshop) -> None:
    before = (diverged.files(), (diverged.path / ".git/index").read_bytes(), diverged.git("for-each-ref"))
    with Repository.open(diverged.path) as repo:
        head = repo.resolve("HEAD")
        tree = trees.write(repo, head.tree, {"text": (REGULAR, b"x")})
        trees.commit(repo, tree, [head.commit or ""], "message")
    assert (diverged.files(), (diverged.path / ".git/index").read_bytes(), diverged.git("for-each-ref")) == before
    assert diverged.git("status", "--porcelain") == ""


def test_a_file_may_become_a_folder_and_back(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        tree = repo.resolve("HEAD").tree
        folder = trees.write(repo, tree, {"text": None, "text/inner": (REGULAR, b"x")})
        assert "text/inner" in repo.entries(folder)
        assert trees.write(repo, folder, {"text/inner": None, "text": repo.entries(tree)["text"]}) == tree


@pytest.mark.parametrize(
    "changes",
    [
        {"text/inner": (REGULAR, b"x")},
        {"folder": (REGULAR, b"x")},
        {"new": (REGULAR, b"x"), "new/inner": (REGULAR, b"x")},
        {"text": (REGULAR, b"y"), "text/inner/deep": (REGULAR, b"x")},
    ],
)
def test_a_path_that_would_be_file_and_folder_is_refused(diverged: Workshop, changes: dict) -> None:
    with Repository.open(diverged.path) as repo, pytest.raises(UnusableInput, match="both a file and a folder"):
        trees.write(repo, repo.resolve("HEAD").tree, changes)


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", ".git/config", "a/.GIT/hooks/x", "a//b", "", "a/", "a/./b"])
def test_unsafe_paths_are_refused(diverged: Workshop, path: str) -> None:
    with Repository.open(diverged.path) as repo, pytest.raises(UnusableInput):
        trees.write(repo, repo.resolve("HEAD").tree, {path: (REGULAR, b"x")})


def test_entries_that_git_can_not_hold_are_refused(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        head = repo.resolve("HEAD")
        for change in (
            (0o100600, b"x"),
            (0o040000, b""),
            (SUBMODULE, b"x"),
            Entry(REGULAR, "1" * 40),
            Entry(REGULAR, head.tree),
        ):
            with pytest.raises(UnusableInput):
                trees.write(repo, head.tree, {"new": change})


def test_removing_everything_gives_the_empty_tree(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        tree = repo.resolve("HEAD").tree
        assert trees.write(repo, tree, dict.fromkeys(repo.entries(tree))) == trees.empty_tree(repo)
        assert trees.write(repo, repo.empty_tree, repo.entries(tree)) == tree
        assert trees.write(repo, tree, {}) == tree


NAMES = st.lists(st.sampled_from(["a", "a.b", "a-b", "b", "a0"]), min_size=1, max_size=3).map("/".join)

CONTENT = st.binary(max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(NAMES, st.binary(max_size=3), max_size=8), st.dictionaries(NAMES, st.none() | st.binary(max_size=3))
)
def test_written_trees_hold_exactly_what_was_asked_for(workshop: Workshop, base: dict, changes: dict) -> None:
    with Repository.open(workshop.path) as repo:

        def write(tree: str, files: dict) -> str | None:
            try:
                return trees.write(repo, tree, {p: d if d is None else (REGULAR, d) for p, d in files.items()})
            except UnusableInput:
                return None

        start = write(repo.empty_tree, base)
        expected = {p: d for p, d in {**base, **changes}.items() if d is not None}
        clash = any(p.startswith(f"{q}/") for p in expected for q in expected)
        if start is not None:
            tree = write(start, changes)
            assert (tree is None) == clash
            if tree is not None:
                assert {p: repo.read(e.oid) for p, e in repo.entries(tree).items()} == expected
                again = write(repo.empty_tree, expected)
                assert again == tree


def test_a_commit_has_the_user_s_identity_and_no_hook_runs(diverged: Workshop) -> None:
    hook = diverged.path / ".git/hooks/commit-msg"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with Repository.open(diverged.path) as repo:
        head = repo.resolve("HEAD")
        oid = trees.commit(repo, head.tree, [head.commit or "", repo.resolve("theirs").commit or ""], "Subject\n\nT: x")
    shown = diverged.git("log", "-1", "--format=%an <%ae>|%cn|%B|%P", oid)
    parents = f"{diverged.git('rev-parse', 'main')} {diverged.git('rev-parse', 'theirs')}"
    assert shown == f"A Tester <tester@example.com>|A Tester|Subject\n\nT: x\n|{parents}"


def test_a_commit_takes_the_repository_s_identity_and_given_ones(diverged: Workshop) -> None:
    diverged.git("config", "user.name", "Local Name")
    with Repository.open(diverged.path) as repo:
        tree = repo.resolve("HEAD").tree
        oid = trees.commit(repo, tree, [], "m", author="Élise <e@example.com>", date="2020-01-02T03:04:05+02:00")
        same = trees.commit(repo, tree, [], "m", author="Élise <e@example.com>", date="2020-01-02T03:04:05+02:00")
        with pytest.raises(UnusableInput, match="Name <email>"):
            trees.commit(repo, tree, [], "m", author="nobody")
    assert oid == same
    shown = diverged.git("log", "-1", "--format=%an|%cn|%aI|%cI", oid)
    assert shown == "Élise|Local Name|2020-01-02T03:04:05+02:00|2020-01-02T03:04:05+02:00"


def test_a_commit_without_an_identity_names_the_mend(diverged: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    diverged.git("config", "user.useConfigOnly", "true")
    with Repository.open(diverged.path) as repo, pytest.raises(UnusableInput) as caught:
        trees.commit(repo, repo.resolve("HEAD").tree, [], "m")
    assert "git config --global user.name" in caught.value.hint


def test_references_are_kept_under_the_prefix(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        ours, theirs = (repo.resolve(name).commit or "" for name in ("main", "theirs"))
        refs.set(repo, "runs/1/1", ours)
        refs.set(repo, "refs/forkmerge/runs/1/2", theirs)
        refs.set(repo, "runs/2/1", theirs)
        assert refs.get(repo, "runs/1/1") == ours
        assert refs.list(repo, "runs/1/") == {
            "refs/forkmerge/runs/1/1": ours,
            "refs/forkmerge/runs/1/2": theirs,
        }
        refs.delete(repo, "runs/1/1")
        refs.delete(repo, "runs/1/1")
        assert refs.get(repo, "runs/1/1") is None
        assert len(refs.list(repo)) == 2
        for name in ("../heads/main", "a..b", "", "a b", "x.lock", "a\nupdate refs/heads/main"):
            with pytest.raises(UnusableInput):
                refs.set(repo, name, ours)
    assert diverged.git("rev-parse", "main") == ours


def test_a_set_of_references_changes_whole_or_not_at_all(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        head = repo.resolve("HEAD").commit or ""
        with pytest.raises(UnusableInput):
            refs.update(repo, {"good": head, "bad": "1" * 40})
        assert refs.list(repo) == {}
        refs.update(repo, {"a": head, "b": head})
        refs.update(repo, {"a": None, "c": head, "never": None})
        assert list(refs.list(repo)) == ["refs/forkmerge/b", "refs/forkmerge/c"]


def test_commits_are_signed_if_the_user_says_so_not_if_the_repository_does(diverged: Workshop, tmp_path: Path) -> None:
    signer = tmp_path / "signer"
    signer.write_text(
        "#!/bin/sh\necho '[GNUPG:] SIG_CREATED ' >&2\necho '-----BEGIN PGP SIGNATURE-----'\ncat >/dev/null\n"
    )
    signer.chmod(0o755)
    diverged.git("config", "commit.gpgSign", "true")
    diverged.git("config", "gpg.program", str(signer))
    with Repository.open(diverged.path) as repo:
        tree = repo.resolve("HEAD").tree
        assert b"gpgsig" not in repo.read(trees.commit(repo, tree, [], "m", sign=True))
        diverged.git("config", "--global", "commit.gpgSign", "true")
        diverged.git("config", "--global", "gpg.program", str(signer))
        assert b"gpgsig" in repo.read(trees.commit(repo, tree, [], "m", sign=True))
        assert b"gpgsig" not in repo.read(trees.commit(repo, tree, [], "m"))


def test_objects_of_a_shared_repository_can_be_written_by_the_group(diverged: Workshop) -> None:
    diverged.git("config", "core.sharedRepository", "group")
    with Repository.open(diverged.path) as repo:
        oid = trees.write_blob(repo, b"shared\n")
    folder = diverged.path / ".git" / "objects" / oid[:2]
    assert folder.stat().st_mode & 0o070 == 0o070
