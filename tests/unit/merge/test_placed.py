"""What stands where in a file of data: under the names it was put in under, and once."""

from __future__ import annotations

import pytest

from forkmerge.merge.placed import misplaced
from forkmerge.syntax.profiles import for_path

BASE = b'{"old": {"a": 1, "b": 2}, "tags": ["x"], "rows": [{"c": 1}]}'


@pytest.mark.parametrize(
    ("ours", "theirs", "result", "found"),
    [
        (  # ours takes ``a`` into a table of its own, theirs' ``n`` goes with it
            b'{"new": {"a": 1}, "old": {"b": 2}, "tags": ["x"]}',
            BASE.replace(b'"b"', b'"n": 3, "b"'),
            b'{"new": {"a": 1, "n": 3}, "old": {"b": 2}, "tags": ["x"]}',
            (b"n", b""),
        ),
        (  # it stays where it was put in
            b'{"new": {"a": 1}, "old": {"b": 2}, "tags": ["x"]}',
            BASE.replace(b'"b"', b'"n": 3, "b"'),
            b'{"new": {"a": 1}, "old": {"n": 3, "b": 2}, "tags": ["x"]}',
            (b"", b""),
        ),
        (  # ours calls the whole table something else, and what theirs put in has that name, too
            BASE.replace(b"old", b"new"),
            BASE.replace(b'"b"', b'"n": 3, "b"'),
            BASE.replace(b"old", b"new").replace(b'"b"', b'"n": 3, "b"'),
            (b"", b""),
        ),
        (  # both put one text into a list
            BASE.replace(b'"x"', b'"v", "x"'),
            BASE.replace(b'"x"', b'"x", "v"'),
            BASE.replace(b'"x"', b'"v", "x", "v"'),
            (b"", b"v"),
        ),
        (  # one side says twice what it says
            BASE.replace(b'"x"', b'"v", "x", "v"'),
            BASE.replace(b'"x"', b'"x", "v"'),
            BASE.replace(b'"x"', b'"v", "x", "v"'),
            (b"", b""),
        ),
        (  # no names lead to what stands in a list of tables
            BASE.replace(b'"c": 1', b'"c": 1, "d": 2'),
            BASE.replace(b'"x"', b'"x", "v"'),
            BASE.replace(b'"x"', b'"x", "v"'),
            (b"", b""),
        ),
        (BASE[:-1], BASE.replace(b'"b"', b'"n": 3, "b"'), BASE, (b"", b"")),  # what does not load tells nothing
    ],
)
def test_what_stands_elsewhere_or_twice(ours: bytes, theirs: bytes, result: bytes, found: tuple[bytes, bytes]) -> None:
    profile = for_path("a.json", b"")
    assert profile is not None
    assert misplaced(profile, (BASE, ours, theirs), result) == found
    assert misplaced(profile, (BASE, theirs, ours), result) == found


def test_tables_of_toml_are_read_and_files_of_yaml_are_not() -> None:
    base, side, merge = b"[old]\na = 1\n[new]\n", b"[old]\na = 1\nn = 2\n[new]\n", b"[old]\na = 1\n[new]\nn = 2\n"
    for path, found in (("a.toml", b"n"), ("a.yaml", b"")):
        profile = for_path(path, b"")
        assert profile is not None
        assert misplaced(profile, (base, side, base), merge) == (found, b"")
