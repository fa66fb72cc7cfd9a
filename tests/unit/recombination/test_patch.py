"""The parts of a difference: independent of each other, nothing gives the old tree, all the new one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forkmerge.model.source import EXECUTABLE, REGULAR, SYMLINK, Entry
from forkmerge.recombination.patch import Patch, patch
from forkmerge.syntax.profiles import for_path

Lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n"]), max_size=12).map(b"".join)


def made(
    old: bytes | None, new: bytes | None, path: str = "m.py", modes: tuple[int, int] = (REGULAR, REGULAR)
) -> Patch:
    blobs = {"old": old, "new": new}
    entries = [
        None if data is None else Entry(mode, oid) for (oid, data), mode in zip(blobs.items(), modes, strict=True)
    ]
    return patch([(path, entries[0], entries[1])], lambda oid: blobs[oid] or b"", for_path)


def text(found: Patch, taken: set[int], old: bytes, new: bytes, path: str = "m.py") -> bytes | None:
    written = found.written(frozenset(taken))
    if path not in written:
        return old
    change = written[path]
    if isinstance(change, Entry):
        return {"old": old, "new": new}[change.oid]
    return None if change is None else change[1]


@given(Lines, Lines, st.data())
def test_parts_are_independent(old: bytes, new: bytes, data: st.DataObject) -> None:
    found = made(old, new)
    everything = set(range(len(found.parts)))
    assert text(found, set(), old, new) == old
    assert text(found, everything, old, new) == new
    taken = data.draw(st.sets(st.sampled_from(sorted(everything)))) if everything else set()
    size = len(old) + sum(len(found.parts[i].new) - len(found.parts[i].old) for i in taken)
    assert len(text(found, taken, old, new) or b"") == size


OLD = b"import os\n\n\ndef one():\n    return 1\n"
NEW = b"""import os


def one():
    return 11


def two():
    def inner():
        return 2

    return inner


class C:
    def three(self):
        return 3

    def four(self):
        return 4
"""


def test_definitions_that_come_together_are_cut_apart_but_not_inside_of_functions() -> None:
    found = made(OLD, NEW)
    assert [p.unit for p in found.parts] == ["one", "two", "C", "C.three", "C.four"]
    assert [p.added for p in found.parts] == [1, 7, 3, 2, 3]


def test_a_part_of_what_came_together_can_be_left() -> None:
    found = made(OLD, NEW)
    two = next(i for i, p in enumerate(found.parts) if b"def two" in p.new)
    kept = text(found, {two}, OLD, NEW)
    assert kept == OLD + b"\n\ndef two():\n    def inner():\n        return 2\n\n    return inner\n"


def test_a_new_file_stands_when_any_part_of_it_is_taken() -> None:
    found = made(None, b"def a():\n    pass\n\n\ndef b():\n    pass\n")
    assert found.written(frozenset()) == {}
    assert found.written(frozenset({1})) == {"m.py": (REGULAR, b"\n\ndef b():\n    pass\n")}


def test_the_head_of_a_new_file_comes_with_any_part_of_it() -> None:
    new = b'"""M."""\n\nimport os\n\n\ndef a():\n    pass\n\n\ndef b():\n    pass\n'
    blobs = {"new": new}
    found = patch([("m.py", None, Entry(REGULAR, "new"))], blobs.__getitem__, for_path, heads=True)
    assert [p.unit for p in found.parts] == ["a", "b"]
    wanted = b'"""M."""\n\nimport os\n\n\ndef b():\n    pass\n'
    assert found.written(frozenset({1})) == {"m.py": (REGULAR, wanted)}
    assert found.written(frozenset()) == {}
    assert [p.added for p in made(None, new).parts] == [3, 4, 4]


def test_what_has_no_lines_is_one_part() -> None:
    for old, new, modes in (
        (b"a\n", None, (REGULAR, REGULAR)),
        (b"a\n", b"a\n", (REGULAR, EXECUTABLE)),
        (b"a", b"b", (REGULAR, SYMLINK)),
        (b"a\0", b"b\0", (REGULAR, REGULAR)),
        (None, b"", (REGULAR, REGULAR)),
    ):
        found = made(old, new, modes=modes)
        assert [p.whole for p in found.parts] == [True]
        assert found.written(frozenset({0})) == {"m.py": None if new is None else Entry(modes[1], "new")}
