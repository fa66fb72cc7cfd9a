"""What one side rewrote in a place, and the other went on with."""

from __future__ import annotations

import pytest

from forkmerge.merge.habits import broken

BASE = b"check(one, size, 3)\nclose(one)\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "answer"),
    [
        (b"expect(size(one), 3)\nclose(one)\n", BASE, False),
        (b"check(one, len(size), 3)\nclose(one)\n", BASE + b"check(two, size, 3)\n", True),
        (b"check(one, len(size), 3)\nclose(one)\n", BASE + b"check(two, len(size), 3)\n", False),
        (b"check(one, len(size), 3)\nclose(one)\n", BASE + b"write(to, file, 'end', 12)\n", False),
        (b"check(\n    one, size, 3\n)\nclose(one)\n", BASE + b"check(two, size, 3)\n", False),
    ],
    ids=["only one side", "like the line as it was", "like the line as it is", "another line", "only laid out anew"],
)
def test_a_line_put_next_to_one_that_the_other_side_edited(ours: bytes, theirs: bytes, answer: bool) -> None:
    assert broken(BASE, ours, theirs) is answer
    assert broken(BASE, theirs, ours) is answer


def test_a_name_that_is_gone_from_the_place_and_used_more() -> None:
    base = b"if not host:\n    host = find()\n"
    ours = b"if not value:\n    value = find()\n"
    assert broken(base, ours, base + b"host = cut(host)\n")
    assert not broken(base, ours, base + b"done = True\n")


def test_imports_stand_for_themselves() -> None:
    base = b"import { Query } from './parts/query'\n"
    ours = b"import type { Query } from './parts/query'\n"
    assert not broken(base, ours, base + b"import { Table } from './parts/table'\n")
