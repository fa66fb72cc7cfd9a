"""Slots follow trees by difference; what is handed out is the tree, bit for bit, or nothing."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forkmerge.errors import UnusableInput
from forkmerge.execution import clone
from forkmerge.execution.clone import CloneError, Slot
from forkmerge.execution.treeid import TreeIds, object_hash, object_id, tree_id
from forkmerge.model.source import EXECUTABLE, SUBMODULE, SYMLINK, Entry

from .conftest import Blobs


def snapshot(root: Path) -> dict[str, object]:
    found = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = Path(folder, name)
            relative = str(path.relative_to(root))
            if path.is_symlink():
                found[relative] = ("link", str(path.readlink()))
            elif path.is_file():
                found[relative] = (path.stat().st_mode & 0o777, path.read_bytes())
            elif not any(path.iterdir()):
                found[relative] = "empty"
    return found


def test_switch_writes_every_kind_of_entry(tmp_path, blobs):
    entries = {
        "a": blobs.entry("one"),
        "d/e/run": blobs.entry("#!", EXECUTABLE),
        "l": blobs.entry("d/../a", SYMLINK),
        "sub": Entry(SUBMODULE, "1" * 40),
        "caf\udce9": blobs.entry("bytes"),
    }
    slot = Slot(str(tmp_path / "s"))
    assert slot.switch(entries, blobs.read) == 5
    slot.verify(entries)
    assert snapshot(tmp_path / "s") == {
        "a": (0o644, b"one"),
        "d/e/run": (0o755, b"#!"),
        "l": ("link", "d/../a"),
        "sub": "empty",
        "caf\udce9": (0o644, b"bytes"),
    }


def test_switch_writes_only_what_differs(tmp_path, blobs):
    first = {"same": blobs.entry("same"), "old/x": blobs.entry("x"), "m": blobs.entry("1")}
    second = {"same": first["same"], "m": Entry(EXECUTABLE, first["m"].oid), "new/y": blobs.entry("y")}
    slot = Slot(str(tmp_path / "s"))
    slot.switch(first, blobs.read)
    blobs.reads.clear()
    assert slot.switch(second, blobs.read) == 3
    assert sorted(blobs.reads) == sorted([first["m"].oid, second["new/y"].oid])
    slot.verify(second)
    assert not (tmp_path / "s/old").exists()


def test_switch_between_file_folder_and_symlink(tmp_path, blobs):
    slot = Slot(str(tmp_path / "s"))
    outside = tmp_path / "outside"
    outside.mkdir()
    trees = [
        {"p": blobs.entry(str(outside), SYMLINK)},
        {"p/q": blobs.entry("inside")},
        {"p": blobs.entry("file")},
        {"p/q/r": blobs.entry("deep")},
        {"p": Entry(SUBMODULE, "2" * 40)},
        {"p/q": blobs.entry("inside")},
        {},
    ]
    for entries in trees:
        slot.switch(entries, blobs.read)
        slot.verify(entries)
    assert list(outside.iterdir()) == []


def test_switch_never_writes_through_a_planted_symlink(tmp_path, blobs):
    slot = Slot(str(tmp_path / "s"))
    slot.switch({"d/a": blobs.entry("a")}, blobs.read)
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "s/d/a").unlink()
    (tmp_path / "s/d").rmdir()
    (tmp_path / "s/d").symlink_to(outside)
    with pytest.raises(CloneError):
        slot.switch({"d/a": blobs.entry("a"), "d/b": blobs.entry("b")}, blobs.read)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/x", "a//b", ".git/config", "d/.GIT/hooks/x", ".", "a/.", ""])
def test_switch_refuses_paths_that_lead_out(tmp_path, blobs, path):
    slot = Slot(str(tmp_path / "s"))
    with pytest.raises(UnusableInput):
        slot.switch({"good": blobs.entry("x"), path: blobs.entry("evil")}, blobs.read)
    assert [p.name for p in tmp_path.iterdir()] == ["s"]
    assert list((tmp_path / "s").iterdir()) == []


def test_file_that_nothing_touched_is_hashed_once_and_copied_whole(tmp_path, blobs, monkeypatch):
    entries = {"a": blobs.entry("one" * 1000), "d/run": blobs.entry("#!", EXECUTABLE), "e": blobs.entry("")}
    slot = Slot(str(tmp_path / "s"))
    slot.switch(entries, blobs.read)
    time.sleep(0.1)  # what was written a moment ago is not trusted yet
    slot.checkout(str(tmp_path / "c1"))
    hashed = []
    monkeypatch.setattr(clone, "object_hash", lambda *values: hashed.append(values) or object_hash(*values))
    slot.checkout(str(tmp_path / "c2"))
    assert hashed == []
    assert snapshot(tmp_path / "c1") == snapshot(tmp_path / "c2") == snapshot(tmp_path / "s")
    (tmp_path / "c2/a").write_text("a run may write here")
    assert (tmp_path / "s/a").read_text() == "one" * 1000
    slot.switch({**entries, "e": blobs.entry("new")}, blobs.read)
    slot.checkout(str(tmp_path / "c3"))
    assert len(hashed) == 1


@pytest.mark.parametrize("kept", [False, True])
def test_change_of_a_file_that_was_hashed_before_is_noticed(tmp_path, blobs, kept):
    entries = {"a": blobs.entry("one")}
    slot = Slot(str(tmp_path / "s"))
    slot.switch(entries, blobs.read)
    time.sleep(0.1)
    slot.checkout(str(tmp_path / "c1"))
    before = (tmp_path / "s/a").stat()
    (tmp_path / "s/a").write_text("One")
    if kept:
        os.utime(tmp_path / "s/a", ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(CloneError):
        slot.checkout(str(tmp_path / "c2"))


@pytest.mark.parametrize("errno_", [errno.EXDEV, errno.EOPNOTSUPP])
def test_files_are_copied_where_the_kernel_can_not_do_it_alone(tmp_path, blobs, monkeypatch, errno_):
    def refuse(*_):
        raise OSError(errno_, "no")

    monkeypatch.setattr(os, "copy_file_range", refuse)
    slot = Slot(str(tmp_path / "s"))
    slot.switch({"a": blobs.entry("x" * 3_000_000)}, blobs.read)
    time.sleep(0.1)
    for name in ("c1", "c2"):
        slot.checkout(str(tmp_path / name))
    assert (tmp_path / "c2/a").read_text() == "x" * 3_000_000


@pytest.mark.parametrize("damage", ["changed", "mode", "gone", "extra", "kind", "link", "extra-folder-file"])
def test_damage_is_noticed_and_nothing_is_handed_out(tmp_path, blobs, damage):
    entries = {"a": blobs.entry("one"), "d/b": blobs.entry("two"), "l": blobs.entry("a", SYMLINK)}
    slot = Slot(str(tmp_path / "s"))
    slot.switch(entries, blobs.read)
    root = tmp_path / "s"
    if damage == "changed":
        (root / "a").write_text("One")
    elif damage == "mode":
        (root / "a").chmod(0o755)
    elif damage == "gone":
        (root / "d/b").unlink()
    elif damage == "extra":
        (root / "d/conftest.py").write_text("")
    elif damage == "kind":
        (root / "a").unlink()
        (root / "a").symlink_to("d/b")
    elif damage == "link":
        (root / "l").unlink()
        (root / "l").symlink_to("d")
    else:
        (root / "n").mkdir()
        (root / "n/f").write_text("")
    with pytest.raises(CloneError):
        slot.verify(entries)
    with pytest.raises(CloneError):
        slot.checkout(str(tmp_path / "c"))


def test_a_fifo_in_a_slot_does_not_hang_the_check(tmp_path, blobs):
    entries = {"a": blobs.entry("one")}
    slot = Slot(str(tmp_path / "s"))
    slot.switch(entries, blobs.read)
    (tmp_path / "s/a").unlink()
    os.mkfifo(tmp_path / "s/a")
    with pytest.raises(CloneError):
        slot.verify(entries)


def test_wrong_blob_from_the_store_is_noticed(tmp_path, blobs):
    entries = {"a": blobs.entry("one")}
    slot = Slot(str(tmp_path / "s"))
    slot.switch(entries, lambda oid: b"another")
    with pytest.raises(CloneError):
        slot.checkout(str(tmp_path / "c"))


def test_checkout_is_an_independent_copy_with_fixed_modes(tmp_path, blobs):
    entries = {"a": blobs.entry("one"), "d/run": blobs.entry("#!", EXECUTABLE), "l": blobs.entry("/etc", SYMLINK)}
    slot = Slot(str(tmp_path / "s"))
    before = os.umask(0o077)
    try:
        slot.switch(entries, blobs.read)
        slot.checkout(str(tmp_path / "c"))
    finally:
        os.umask(before)
    assert snapshot(tmp_path / "c") == snapshot(tmp_path / "s")
    assert (tmp_path / "c/d").stat().st_mode & 0o777 == 0o755
    (tmp_path / "c/a").write_text("changed by a test")
    slot.verify(entries)


def test_sha256_trees_are_verified(tmp_path):
    blobs = Blobs("sha256")
    entries = {"a": blobs.entry("one")}
    slot = Slot(str(tmp_path / "s"), "sha256")
    slot.switch(entries, blobs.read)
    slot.verify(entries)
    with pytest.raises(CloneError):
        slot.verify({"a": Entry(entries["a"].mode, object_id("blob", b"two", "sha256"))})


PATHS = st.lists(
    st.sampled_from(["a", "b", "a/b", "a/c", "b/d/e", "c", "c/d", "c-d", "c.d", "c/d/e"]), unique=True, max_size=7
)
KINDS = st.sampled_from(["x", "y", "run", "link", "sub"])


def tree_of(blobs: Blobs, pairs: list[tuple[str, str]]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for path, kind in pairs:
        if any(p == path or p.startswith(path + "/") or path.startswith(p + "/") for p in entries):
            continue
        mode = {"run": EXECUTABLE, "link": SYMLINK}.get(kind)
        sub = Entry(SUBMODULE, "3" * 40)
        entries[path] = sub if kind == "sub" else blobs.entry(kind, *([mode] if mode else []))
    return entries


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(PATHS.map(lambda p: p[0] if p else "z"), KINDS), max_size=6), max_size=5))
def test_any_sequence_of_trees_is_followed(tmp_path_factory, sequence):
    root = tmp_path_factory.mktemp("slot")
    blobs = Blobs()
    slot = Slot(str(root / "s"))
    for number, pairs in enumerate(sequence):
        entries = tree_of(blobs, pairs)
        slot.switch(entries, blobs.read)
        slot.verify(entries)
        slot.checkout(str(root / str(number)))
        assert snapshot(root / str(number)) == snapshot(root / "s")


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(PATHS.map(lambda p: p[0] if p else "z"), KINDS.filter(lambda k: k != "sub")), max_size=6))
def test_tree_id_is_that_of_git(tmp_path_factory, pairs):
    root = tmp_path_factory.mktemp("git")
    blobs = Blobs()
    entries = tree_of(blobs, pairs)
    slot = Slot(str(root / "s"))
    slot.switch(entries, blobs.read)
    env = {"PATH": os.environ["PATH"], "GIT_DIR": str(root / "g"), "GIT_WORK_TREE": str(root / "s"), "HOME": str(root)}
    for args in (["init", "-q"], ["add", "-A", "-f"]):
        subprocess.run(["git", *args], env=env, cwd=root / "s", check=True)
    written = subprocess.run(["git", "write-tree"], env=env, cwd=root / "s", check=True, capture_output=True, text=True)
    assert tree_id(entries, "sha1") == written.stdout.strip()


_PATHS = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/a", "d/e/f/a", "e", "e/a", "f.txt", "f/x", "caf\udce9"])
_TREES = st.lists(st.dictionaries(_PATHS, st.sampled_from(["1", "2", "3"]), max_size=7), max_size=6)


def without_collisions(tree: dict[str, str]) -> dict[str, str]:
    return {p: text for p, text in tree.items() if not any(q.startswith(f"{p}/") for q in tree)}


@given(_TREES)
def test_ids_of_trees_that_follow_each_other_are_those_worked_out_anew(drawn):
    blobs, ids = Blobs(), TreeIds("sha1")
    for tree in map(without_collisions, drawn):
        entries = {p: blobs.entry(text, EXECUTABLE if text == "3" else 0o100644) for p, text in tree.items()}
        assert ids.id_of(entries) == tree_id(entries, "sha1")


def test_a_file_where_a_folder_is_needed_is_refused_and_the_next_tree_is_right(blobs):
    ids, good = TreeIds("sha1"), {"d/a": blobs.entry("1"), "x": blobs.entry("2")}
    expected = ids.id_of(good)
    for bad in ({**good, "d": blobs.entry("3")}, {"x/y": blobs.entry("1"), **good}):
        with pytest.raises(UnusableInput):
            ids.id_of(bad)
        assert ids.id_of(good) == expected


@given(_TREES)
@settings(max_examples=25, deadline=None)
def test_a_slot_that_was_switched_is_found_to_be_its_tree_and_no_other(tmp_path_factory, drawn):
    blobs = Blobs()
    slot = Slot(str(tmp_path_factory.mktemp("slots") / "s"))
    before = None
    for tree in map(without_collisions, drawn):
        entries = {p: blobs.entry(text) for p, text in tree.items()}
        slot.switch(entries, blobs.read)
        slot.check(entries)
        slot.check(entries)
        if before is not None and before != entries:
            with pytest.raises(CloneError):
                slot.check(before)
        before = entries


@pytest.mark.parametrize(
    "damage",
    [
        lambda s: (s / "d/b").write_text("evil"),
        lambda s: (s / "d/b").unlink(),
        lambda s: (s / "new").write_text("evil"),
        lambda s: (s / "d/new").mkdir(),
        lambda s: (s / "a").chmod(0o755),
        lambda s: (s / "d").chmod(0o777),
        lambda s: ((s / "a").unlink(), (s / "a").symlink_to("d/b")),
        lambda s: ((s / "d").rename(s / "x"), (s / "d").symlink_to("x")),
        lambda s: (s / "sub/in").write_text("evil"),
        lambda s: ((s / "l").unlink(), (s / "l").symlink_to("elsewhere")),
    ],
)
@pytest.mark.parametrize("rest", [0.0, 0.12])
def test_whatever_is_changed_in_a_slot_is_found(tmp_path, blobs, damage, rest):
    entries = {
        "a": blobs.entry("one"), "d/b": blobs.entry("two"), "l": blobs.entry("a", SYMLINK),
        "sub": Entry(SUBMODULE, "1" * 40),
    }  # fmt: skip
    slot = Slot(str(tmp_path / "s"))
    slot.switch(entries, blobs.read)
    time.sleep(rest)  # what was looked at later is taken at its word afterwards
    slot.check(entries)
    times = (tmp_path / "s/d/b").stat()
    damage(tmp_path / "s")
    if (tmp_path / "s/d/b").is_file() and not (tmp_path / "s/d").is_symlink():
        os.utime(tmp_path / "s/d/b", ns=(times.st_atime_ns, times.st_mtime_ns))  # times that are set back hide nothing
    with pytest.raises(CloneError):
        slot.check(entries)
