from __future__ import annotations

import pytest

from forkmerge.merge.returned import returned


@pytest.mark.parametrize(
    ("ours", "theirs", "result", "line"),
    [
        pytest.param(b"a b\nc d\n", b"c d\n", b"a b\nc d\n", b"a b", id="back"),
        pytest.param(b"c d\na b\n", b"c d\n", b"c d\na b\n", b"a b", id="moved there"),
        pytest.param(b"c d\na b\n", b"c d\n", b"c d\n", b"", id="gone"),
        pytest.param(b"a b\nc d\nx(a, b)\n", b"c d\n", b"c d\nx(a, b)\n", b"", id="used more there"),
        pytest.param(b"c d\nx(a, b)\n", b"c d\n", b"c d\nx(a, b)\n", b"", id="in a line of its own"),
        pytest.param(b"c d\na b\n", b"c d\nb\na\n", b"c d\na b\n", b"", id="words are left"),
    ],
)
def test_a_line_that_a_side_took_away_and_the_other_moved_is_found(
    ours: bytes, theirs: bytes, result: bytes, line: bytes
) -> None:
    base = b"a b\nc d\n"
    assert returned((base, ours, theirs), result, data=False) == line
    assert returned((base, theirs, ours), result, data=False) == line


def test_in_data_the_line_may_read_otherwise() -> None:
    base, ours, theirs = b"- boat: 2.6\n- boat: 3\n", b"boat:\n- 2.6\n- 3\n", b"- boat: 3\n"
    assert returned((base, ours, theirs), ours, data=True) == b"- 2.6"
    assert returned((base, ours, theirs), ours, data=False) == b""


def test_a_line_of_words_that_are_used_elsewhere_is_known_by_all_it_says() -> None:
    first, second = b"if ready(boat, 2):\n    sail(boat)\n", b"boat = 2\nready(boat)\nif boat:\n    wait()\n"
    base = second + first
    moved, without = first + second, second + b"    sail(boat)\n"
    for three in ((base, moved, without), (base, without, moved)):
        assert returned(three, moved, data=False) == b"if ready(boat, 2):"
        assert returned(three, b"    sail(boat)\n" + second, data=False) == b""


def test_a_line_that_one_side_only_laid_out_anew_is_not_taken_away() -> None:
    first, second = b"sail(boat, two, three)\n", b"boat = two\nthree = sail\n"
    base, moved, anew = second + first, first + second, second + b"sail(\n    boat, two, three,\n)\n"
    assert returned((base, moved, anew), moved, data=False) == b""
