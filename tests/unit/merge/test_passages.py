"""Conflicts of which the edits keep apart as text."""

from __future__ import annotations

import pytest

from forkmerge.merge.passages import by_text
from forkmerge.merge.pieces import Conflict
from forkmerge.merge.rules import TOUCHING, Allowed

BASE = b"read(level, one)\nread(tide, two)\n"
EDITED = b"read(levels.one)\nread(tides.two)\n"
LINE = b"write(book, three)\n"


@pytest.mark.parametrize(
    ("edited", "put", "merged"),
    [
        pytest.param(EDITED, BASE + LINE, EDITED + LINE, id="below"),
        pytest.param(EDITED, LINE + BASE, LINE + EDITED, id="above"),
        pytest.param(EDITED, BASE.replace(b"\n", b"\n" + LINE, 1), None, id="in between"),
        pytest.param(EDITED + b"close()\n", BASE + LINE, None, id="put below by both"),
        pytest.param(b"levels.read(one)\ntides.read(two)\n", BASE + LINE, None, id="other lines"),
        pytest.param(b"read(levels.one, tides.two)\n", BASE + LINE, None, id="one line of two"),
    ],
)
def test_lines_above_or_below_lines_that_were_edited_each_for_itself(
    edited: bytes, put: bytes, merged: bytes | None
) -> None:
    for ours, theirs in ((edited, put), (put, edited)):
        found = by_text(Conflict(BASE, ours, theirs), Allowed(frozenset((TOUCHING,))))
        assert found == (None if merged is None else (merged, TOUCHING))
