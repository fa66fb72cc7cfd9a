from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forkmerge.errors import UnusableInput
from forkmerge.git import treedata
from forkmerge.git.objects import GitStore, OdbStore
from forkmerge.git.repository import Repository
from forkmerge.model.source import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Entry

if TYPE_CHECKING:
    from conftest import Make, Workshop

READERS = ("pygit2", "git")


def raw_tree(shop: Workshop, *entries: tuple[bytes, bytes, str]) -> str:
    data = b"".join(b"%s %s\0%s" % (mode, name, bytes.fromhex(oid)) for mode, name, oid in entries)
    return shop.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=data)


def test_opening_tells_where_the_parts_are(diverged: Workshop) -> None:
    with Repository.open(diverged.path / "folder") as repo:
        assert repo.worktree == diverged.path
        assert repo.git_dir == repo.common_dir == diverged.path / ".git"
        assert repo.object_format == "sha1"


def test_a_bare_repository_has_no_work_tree(diverged: Workshop, tmp_path: Path) -> None:
    diverged.git("clone", "-q", "--bare", str(diverged.path), str(tmp_path / "bare"))
    with Repository.open(tmp_path / "bare") as repo:
        assert repo.worktree is None
        assert "text" in repo.entries(repo.resolve("main").tree)


def test_inside_the_git_directory_there_is_no_work_tree(diverged: Workshop) -> None:
    with Repository.open(diverged.path / ".git") as repo:
        assert repo.worktree is None


def test_a_linked_work_tree_shares_the_objects(diverged: Workshop, tmp_path: Path) -> None:
    diverged.git("worktree", "add", "-q", str(tmp_path / "linked"), "theirs")
    with Repository.open(tmp_path / "linked") as repo:
        assert repo.common_dir == diverged.path / ".git"
        assert repo.git_dir == diverged.path / ".git" / "worktrees" / "linked"
        assert repo.resolve("HEAD").commit == diverged.git("rev-parse", "theirs")
    # As git does it for a driver: the git directory given, the top of the work tree as working directory.
    with Repository.open(tmp_path / "linked", git_dir=diverged.path / ".git" / "worktrees" / "linked") as repo:
        assert repo.worktree == tmp_path / "linked"


@pytest.mark.parametrize("name", [b"with space", b"not utf-8 \xff\xfe", b"new\nline"])
def test_any_path_will_do(make: Make, tmp_path: Path, name: bytes) -> None:
    shop = make(tmp_path / os.fsdecode(name))
    shop.commit_files("one", {"a": "a\n"})
    with Repository.open(shop.path) as repo:
        assert repo.worktree == shop.path
        assert repo.read(repo.entries(repo.resolve("HEAD").tree)["a"].oid) == b"a\n"


def test_outside_a_repository_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="not a git repository") as caught:
        Repository.open(tmp_path)
    assert "git init" in caught.value.hint


def test_a_repository_of_somebody_else_is_refused(diverged: Workshop) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    for folder, _, files in os.walk(diverged.path):
        for name in (".", *files):
            os.chown(Path(folder) / name, 12345, 12345)
    with pytest.raises(UnusableInput, match="dubious ownership") as caught:
        Repository.open(diverged.path)
    assert "safe.directory" in caught.value.hint


@pytest.mark.parametrize("reader", READERS)
def test_objects_read_the_same_through_both_readers(diverged: Workshop, reader: str) -> None:
    packed, loose = "\n" * 5000, b"\0binary\r\n\xff"
    diverged.commit_files("more", {"packed": packed})
    diverged.git("repack", "-adq")
    diverged.commit_files("more", {"loose": loose, "empty": b""})
    with Repository.open(diverged.path, reader=reader) as repo:
        assert isinstance(repo._store, OdbStore if reader == "pygit2" else GitStore)
        entries = repo.entries(repo.resolve("HEAD").tree)
        oids = [entries[name].oid for name in ("packed", "loose", "empty")]
        assert list(repo.read_many(oids).values()) == [packed.encode(), loose, b""]
        assert [repo.size(oid) for oid in oids] == [5000, len(loose), 0]
        assert repo.read_object(repo.resolve("HEAD").commit or "")[0] == "commit"
        assert repo.kind("1" * 40) is None
        for _ in range(2):  # the process goes on after a miss
            with pytest.raises(UnusableInput, match="1" * 40):
                repo.read("1" * 40)
        assert repo.read(oids[1]) == loose
        with pytest.raises(UnusableInput, match="1" * 40):
            repo.size("1" * 40)
        assert repo.read(repo.empty_tree) == b""


@pytest.mark.parametrize("reader", READERS)
def test_many_objects_are_read_at_once_whatever_is_wrong_with_one(diverged: Workshop, reader: str) -> None:
    texts = {f"f{n}": f"{n}\n" * 3000 for n in range(130)}
    diverged.commit_files("many", texts)
    with Repository.open(diverged.path, reader=reader) as repo:
        entries = repo.entries(repo.resolve("HEAD").tree)
        oids = {name: entries[name].oid for name in texts}
        wanted = [*oids.values(), repo.empty_tree]
        assert repo.read_many(wanted) == {**{oids[n]: t.encode() for n, t in texts.items()}, repo.empty_tree: b""}
        with pytest.raises(UnusableInput, match="1" * 40):
            repo.read_many([oids["f0"], "1" * 40, oids["f1"]])
        broken = diverged.path / ".git" / "objects" / oids["f7"][:2] / oids["f7"][2:]
        broken.chmod(0o600)
        broken.write_bytes(b"no object")
        store = GitStore(repo.sterile())
        found = store.read_many(list(oids.values()))
        assert [data and data[1] for data in found] == [
            None if name == "f7" else text.encode() for name, text in texts.items()
        ]
        store.close()


def test_after_an_interrupt_no_answer_is_taken_for_another(diverged: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    diverged.commit_files("two", {"one": "1\n", "two": "2\n"})
    with Repository.open(diverged.path, reader="git") as repo:
        entries = repo.entries(repo.resolve("HEAD").tree)
        oids = [entries["one"].oid, entries["two"].oid]
        answer = GitStore._answer

        def interrupted(store: GitStore) -> tuple[str, int] | None:
            answer(store)
            raise KeyboardInterrupt

        monkeypatch.setattr(GitStore, "_answer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            repo.read_many(oids)
        monkeypatch.setattr(GitStore, "_answer", answer)
        assert repo.read(oids[1]) == b"2\n"


@pytest.mark.parametrize("reader", READERS)
def test_objects_written_are_found_by_git(diverged: Workshop, reader: str) -> None:
    with Repository.open(diverged.path, reader=reader) as repo:
        oid = repo.write_object("blob", b"written\r\n")
        assert repo.read(oid) == b"written\r\n"
    assert diverged.git("cat-file", "-t", oid) == "blob"
    diverged.git("fsck", "--strict")


def test_objects_that_appear_later_are_found(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        repo.resolve("HEAD")
        diverged.commit_files("later", {"later": "later\n"})
        diverged.git("gc", "-q", "--prune=now")
        assert repo.read(repo.entries(repo.resolve("HEAD").tree)["later"].oid) == b"later\n"


def test_abbreviated_ids_are_no_ids(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        for bad in ("abc", "", "g" * 40, "HEAD", "a" * 40 + "\n"):
            with pytest.raises(UnusableInput, match="not a full object id"):
                repo.read(bad)


def test_a_sha256_repository_is_read_through_git(make: Make, tmp_path: Path) -> None:
    shop = make(tmp_path / "sha256", "--object-format=sha256")
    head = shop.commit_files("one", {"a": "a\n", "b/c": "c\n"})
    with Repository.open(shop.path) as repo:
        assert repo.object_format == "sha256"
        assert isinstance(repo._store, GitStore)
        assert repo.resolve("HEAD").commit == head
        assert len(head) == 64
        assert {p: repo.read(e.oid) for p, e in repo.entries(head).items()} == {"a": b"a\n", "b/c": b"c\n"}
        assert repo.write_object("tree", b"") == repo.empty_tree


def test_a_reftable_repository_is_read(make: Make, tmp_path: Path) -> None:
    try:
        shop = make(tmp_path / "reftable", "--ref-format=reftable")
    except AssertionError:
        pytest.skip("this git does not know reftable (2.45 and newer do)")
    head = shop.commit_files("one", {"a": "a\n"})
    with Repository.open(shop.path) as repo:
        assert repo.resolve("HEAD").commit == head
        assert repo.read(repo.entries(head)["a"].oid) == b"a\n"


@pytest.mark.parametrize("reader", READERS)
def test_a_partial_clone_names_what_is_missing_and_fetches_nothing(
    diverged: Workshop, tmp_path: Path, reader: str
) -> None:
    diverged.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{diverged.path}"
    diverged.git("clone", "-q", "--no-checkout", "--filter=blob:none", url, str(tmp_path / "partial"))
    with Repository.open(tmp_path / "partial", reader=reader) as repo:
        entry = repo.entries(repo.resolve("HEAD").tree)["text"]
        with pytest.raises(UnusableInput, match=entry.oid) as caught:
            repo.read(entry.oid)
        assert "partial clone" in caught.value.hint


@pytest.mark.parametrize("reader", READERS)
def test_entries_flatten_the_tree_with_every_kind_of_leaf(workshop: Workshop, reader: str) -> None:
    workshop.write({"a/b/c": "c\n", "a.txt": "a\n", "a-b/x": "x\n", "run": "run\n", "caf\udce9": "latin\n"})
    (workshop.path / "link").symlink_to("a.txt")
    (workshop.path / "run").chmod(0o755)
    workshop.git("add", "-A")
    workshop.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    workshop.git("commit", "-q", "-m", "all kinds")
    with Repository.open(workshop.path, reader=reader) as repo:
        entries = repo.entries(repo.resolve("HEAD").commit or "")
    assert list(entries) == ["a-b/x", "a.txt", "a/b/c", "caf\udce9", "link", "module", "run"]
    assert [entries[p].mode for p in ("a.txt", "link", "module", "run")] == [REGULAR, SYMLINK, SUBMODULE, EXECUTABLE]
    assert entries["module"] == Entry(SUBMODULE, "1" * 40)


@pytest.mark.parametrize(
    "name",
    [
        b".",
        b"..",
        b".git",
        b".GIT",
        b".Git",
        b"a/b",
        b"",
        b"git~1",
        b".git ",
        b".git.",
        b".git::$INDEX_ALLOCATION",
        ".g\u200cit".encode(),
        b".git\\config",
    ],
)
def test_unsafe_names_in_a_tree_are_refused(workshop: Workshop, name: bytes) -> None:
    blob = workshop.git("hash-object", "-w", "--stdin", stdin=b"x")
    inner = raw_tree(workshop, (b"100644", name, blob))
    outer = raw_tree(workshop, (b"40000", b"folder", inner))
    with Repository.open(workshop.path) as repo, pytest.raises(UnusableInput, match="the tree has the name"):
        repo.entries(outer)


@pytest.mark.parametrize("name", [".github", ".gitignore", "..a", "git", "git~2", "a.git", ".gi", "-"])
def test_names_that_only_look_unsafe_are_taken(name: str) -> None:
    assert treedata.unsafe(name) == ""


def test_doubled_names_and_malformed_trees_are_refused(workshop: Workshop) -> None:
    blob = workshop.git("hash-object", "-w", "--stdin", stdin=b"x")
    doubled = raw_tree(workshop, (b"100644", b"a", blob), (b"100644", b"a", blob))
    cut = workshop.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=b"100644 a\0short")
    odd = raw_tree(workshop, (b"x", b"a", blob))
    with Repository.open(workshop.path) as repo:
        for tree, words in ((doubled, "twice"), (cut, "malformed"), (odd, "malformed")):
            with pytest.raises(UnusableInput, match=words):
                repo.entries(tree)
        with pytest.raises(UnusableInput, match="neither a commit nor a tree"):
            repo.entries(blob)


def test_a_tree_that_stands_for_billions_of_files_is_refused(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forkmerge.git.repository._MOST_ENTRIES", 1000)
    tree = workshop.git("hash-object", "-w", "--stdin", stdin=b"x")
    mode = b"100644"
    for _ in range(10):
        tree, mode = raw_tree(workshop, *((mode, b"%d" % n, tree) for n in range(10))), b"40000"
    with Repository.open(workshop.path) as repo, pytest.raises(UnusableInput, match="more than 1000 entries"):
        repo.entries(tree)


def test_every_way_to_name_a_revision_is_resolved(diverged: Workshop) -> None:
    head = diverged.git("rev-parse", "HEAD")
    diverged.git("tag", "-a", "-m", "annotated", "v1")
    diverged.git("update-ref", "refs/remotes/upstream/main", head)
    with Repository.open(diverged.path) as repo:
        for name in ("HEAD", "main", "v1", "upstream/main", head, head[:10], "refs/heads/main", "@"):
            revision = repo.resolve(name)
            assert (revision.name, revision.commit) == (name, head)
            assert revision.tree == diverged.git("rev-parse", "HEAD^{tree}")
        assert repo.resolve("HEAD~1").commit == diverged.git("rev-parse", "HEAD~1")
        assert repo.resolve("HEAD^{tree}").commit is None


@pytest.mark.parametrize(
    ("name", "hint"), [("mian", "main"), ("upstraem/feature", "upstream/feature"), ("featrue", "upstream/feature")]
)
def test_an_unknown_name_is_answered_with_the_nearest(diverged: Workshop, name: str, hint: str) -> None:
    diverged.git("update-ref", "refs/remotes/upstream/feature", "HEAD")
    with Repository.open(diverged.path) as repo:
        with pytest.raises(UnusableInput, match=f"unknown revision: {name}") as caught:
            repo.resolve(name)
        assert caught.value.hint == f"did you mean {hint}?"


@pytest.mark.parametrize("name", ["--help", "-n", "", "a\nb", "a\0b"])
def test_what_can_be_no_name_is_refused(diverged: Workshop, name: str) -> None:
    with Repository.open(diverged.path) as repo, pytest.raises(UnusableInput, match="not the name of a revision"):
        repo.resolve(name)


def test_a_repository_without_commits_says_so(workshop: Workshop) -> None:
    with Repository.open(workshop.path) as repo:
        for name in ("HEAD", "main"):
            with pytest.raises(UnusableInput, match="no commit here yet"):
                repo.resolve(name)


def test_merge_bases_are_those_of_git(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        assert repo.merge_bases("main", "theirs") == (diverged.git("merge-base", "main", "theirs"),)
        with pytest.raises(UnusableInput):
            repo.merge_bases("main", "nothing")


def test_nothing_is_left_behind_after_close(diverged: Workshop) -> None:
    with Repository.open(diverged.path, reader="git") as repo:
        repo.entries(repo.resolve("HEAD").tree)
        process = repo._store._process
        assert process.poll() is None
    assert process.poll() == 0
    assert list(Path(os.environ["TMPDIR"]).iterdir()) == []


def test_names_are_resolved_together_as_one_by_one(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        names = ("HEAD", "theirs")
        assert repo.resolve_all(*names) == tuple(repo.resolve(name) for name in names)
        tree = repo.resolve("HEAD").tree
        assert repo.resolve_all("HEAD", tree) == (repo.resolve("HEAD"), repo.resolve(tree))
        for wrong in ("nothing", "HEAD..theirs", "^theirs", "--all", ""):
            with pytest.raises(UnusableInput):
                repo.resolve_all("HEAD", wrong)


def test_a_settled_repository_knows_what_is_configured(diverged: Workshop) -> None:
    diverged.git("config", "merge.conflictStyle", "zdiff3")
    diverged.git("config", "forkmerge.risk", "2")
    with Repository.open(diverged.path, settled=True) as settled, Repository.open(diverged.path) as plain:
        assert plain.configured is None
        assert ("local", "forkmerge.risk", "2") in [(c.scope, c.key, c.value) for c in settled.configured or ()]
        for key in ("merge.conflictStyle", "core.bare", "core.sharedRepository", "no.such"):
            assert settled.setting(key) == plain.setting(key)
