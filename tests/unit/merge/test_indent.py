"""Indentation: what stood where, and where a side moved it to."""

from __future__ import annotations

import pytest

from forkmerge.merge.indent import lines_and_blanks


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        (b"\n\n  ", b"\n  ", b"\n\n    ", b"\n    "),
        (b"\n  ", b"\n    ", b"\n\n  ", b"\n\n    "),
        (b"\n  ", b"\n    ", b"\n\n   ", None),
        (b"\n  ", b"\n\n  ", b"\n\n\n  ", None),
        (b" ", b"\n  ", b"  ", None),
        (b",\n  ", b",\n\n  ", b",\n    ", None),
    ],
)
def test_blank_lines_and_indentation_are_merged_apart(
    base: bytes, ours: bytes, theirs: bytes, expected: bytes | None
) -> None:
    assert lines_and_blanks(base, ours, theirs) == expected
    assert lines_and_blanks(base, theirs, ours) == expected
