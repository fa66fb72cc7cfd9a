"""Lines that moved on one side, and were edited on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from forkmerge.merge import carried as module
from forkmerge.merge.carried import _found, _likely, _Lines, _put_in, carried
from forkmerge.merge.diff import hunks

if TYPE_CHECKING:
    import pytest

LINES = st.lists(
    st.sampled_from([b"alpha beta gamma delta\n", b"  one two three\n", b"x = f(y, z)\n", b"\n"]), max_size=14
)


@given(LINES, LINES)
def test_no_place_where_lines_stand_is_left_out(base, mover) -> None:
    moved = hunks(base, mover)
    put_in = _put_in(mover, moved)
    for start, stop, _, _ in moved:
        lines = _Lines.of(base[start:stop])
        likely = _likely(lines, put_in, moved)
        assert [h for h in moved if _found(lines, mover, h)] == [h for h in likely if _found(lines, mover, h)]


def test_what_changed_at_many_places_is_not_compared_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 400
    base = "".join(f"name_{n} = first({n}, {n})\nother_{n} = second({n})\nsame_{n}\n" for n in range(count)).encode()
    ours = "".join(f"name_{n} = third({n}, {n})\nsame_{n}\n" for n in range(count)).encode()
    theirs = base.replace(b"second", b"fourth")
    compared = []
    real = module.common
    monkeypatch.setattr(module, "common", lambda a, b: compared.append(1) or real(a, b))
    assert carried(base, ours, theirs) is None
    assert len(compared) < count
