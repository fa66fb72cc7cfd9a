"""Marks stay on what a side put them on."""

from __future__ import annotations

import pytest

from forkmerge.merge.marks import astray
from forkmerge.merge.passages import by_text
from forkmerge.merge.pieces import Conflict
from forkmerge.merge.rules import Allowed

_BASE = b"  @Test public void bakes() {\n    oven.heat(1);\n    oven.bake();\n  }\n"
_MARKED = b"  @Slow\n" + _BASE
_OTHER = b"  @Test public void cools() {\n    oven.heat(1);\n    oven.air();\n  }\n"


def test_mark_before_a_definition_that_the_other_side_made_another_is_astray() -> None:
    assert astray(_BASE, _MARKED, _OTHER, b"  @Slow\n" + _OTHER)
    assert not astray(_BASE, _MARKED, _BASE + _OTHER, _MARKED + _OTHER)


def test_text_is_not_merged_where_a_mark_would_go_astray() -> None:
    assert by_text(Conflict(_BASE, _MARKED, _OTHER), Allowed()) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"pub fn bake() {", b"pub(crate) fn bake() -> Loaf {"),
        (b"int flour = 3;", b"private final long flour = 3;"),
        (b"struct Oven {", b"pub struct Oven<T> {"),
    ],
)
@pytest.mark.parametrize("mark", [b"@Slow\n", b"#[cfg(slow)]\n", b"@app.route('/x', methods=['GET'])\n"])
def test_mark_stays_where_only_what_is_around_the_name_changed(mark: bytes, before: bytes, after: bytes) -> None:
    assert not astray(before, mark + before, after, mark + after)
    assert astray(before, mark + before, after, mark + b"// a comment\n" + after)
