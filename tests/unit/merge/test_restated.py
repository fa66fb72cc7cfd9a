from __future__ import annotations

from forkmerge.merge.repeats import restated
from forkmerge.merge.returned import returned

BASE = b"def f():\n    first()\n    second(left)\n    third(right)\n"
DEEPER = b"def f():\n    if ready:\n        first()\n        second(left)\n        third(right)\n"


def test_a_line_that_was_moved_and_one_that_was_put_deeper_are_one() -> None:
    moved = b"def f():\n    third(right, wide)\n    first()\n    second(left)\n"
    twice = DEEPER.replace(b"        first", b"        third(right, wide)\n        first")
    assert restated(BASE, DEEPER, moved, twice) == b"third(right)"
    assert restated(BASE, moved, DEEPER, twice) == b"third(right)"


def test_a_single_word_in_two_lines_says_nothing() -> None:
    assert restated(BASE, BASE, BASE, BASE + b"    fourth(right)\n") == b""


def test_what_a_side_says_twice_itself_may_stand_twice() -> None:
    ours = BASE + b"    third(right)\n"
    assert restated(BASE, ours, DEEPER, DEEPER + b"    third(right)\n") == b""


def test_a_line_taken_away_is_back_where_the_other_side_moved_and_edited_it() -> None:
    theirs = BASE.replace(b"    third(right)\n", b"")
    ours = DEEPER.replace(b"third(right)", b"third(right, wide)")
    assert returned((BASE, ours, theirs), ours, data=False) == b"third(right, wide)"
    assert returned((BASE, theirs, ours), ours, data=False) == b"third(right, wide)"
