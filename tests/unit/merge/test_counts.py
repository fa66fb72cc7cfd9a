"""A number that both sides raised for something of their own is not the same edit."""

from __future__ import annotations

import pytest

from forkmerge.merge.counts import raised_by_both

BASE = b"plan(3);\nbake(rye);\n"
MORE = b"plan(4);\nsalt(rye, 2);\nbake(rye);\n"


def test_a_count_raised_by_both_beside_a_line_of_one_is_told() -> None:
    raised = BASE.replace(b"3", b"4")
    assert raised_by_both(BASE, MORE, raised)
    assert raised_by_both(BASE, raised, MORE)
    assert raised_by_both(BASE, MORE, raised + b"slice(rye);\n")


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        pytest.param(BASE, MORE, MORE, id="the same lines put in"),
        pytest.param(BASE, MORE, BASE + b"slice(rye);\n", id="raised by one side"),
        pytest.param(BASE, BASE.replace(b"3", b"4"), BASE.replace(b"3", b"5"), id="raised differently"),
        pytest.param(BASE, MORE.replace(b"4", b"2"), BASE.replace(b"3", b"2"), id="lowered"),
        pytest.param(b"since 2013\n", b"since 2014\nby us\n", b"since 2014\n", id="a year"),
        pytest.param(b'v = "1.3"\n', b'v = "1.4"\nby = us\n', b'v = "1.4"\n', id="a version"),
        pytest.param(b"plan(3);\n", b"plan(4);\n}\n", b"plan(4);\n", id="nothing said beside it"),
    ],
)
def test_other_numbers_are_left_alone(base: bytes, ours: bytes, theirs: bytes) -> None:
    assert not raised_by_both(base, ours, theirs)
