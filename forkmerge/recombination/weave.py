"""Both sides' edits of one place woven word by word, however either side laid its text out.

Where a side broke one line into many (a call that grew too long, a formatter), its edit fits no line of the other text,
though nearly every word of the base still stands.  So lines count for nothing here: the three texts are compared as
words, a comma before a closing bracket being layout, and what one side changed is done in the other side's text.  Where
both put an item into the same place of a list, either may come first.

Invariants: the text that is woven into keeps its own edits and its layout; an edit whose place the other side changed
as well is left out, and nothing is made where that is more than a small part.  Whether what comes out makes sense is
for the tests to say.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from forkmerge.recombination.lines import WORD, changes
from forkmerge.recombination.words import as_quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.recombination.lines import Change

MOST_WORDS = 2000
"""Longer texts are not looked into."""

MOST_LEFT = 0.25
"""Where more of a side's changed words than this share finds no place, nothing is woven."""

_CLOSING = (b")", b"]", b"}")
_BRACKETS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
_ENDS = re.compile(rb",?[ \t]*\n\s*[)\]}]|,[ \t]*\n")
"""What follows an item that ends its line: the list's end on another line, or the next item on one."""


class _Words(NamedTuple):
    """A text, and the keys and the bytes ``start <= i < end`` of its words; commas that are layout are none."""

    data: bytes
    keys: tuple[bytes, ...]
    spans: tuple[tuple[int, int], ...]

    def end(self, index: int) -> int:
        """Return where the word before ``index`` ends, 0 for the first."""
        return self.spans[index - 1][1] if index else 0

    def slice(self, first: int, last: int) -> bytes:
        """Return the words ``first <= i < last`` with the white space before them."""
        return self.data[self.end(first) : self.spans[last - 1][1]]


def weaves(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, ...]:
    """Return ours with theirs' edits and theirs with ours' edits, in both orders where both put something in one place.

    () where too little of an edit has a place, for a text that is made of nothing, and for long ones.
    """
    texts = [_words(data) for data in (base, ours, theirs)]
    if not texts[0].keys or ours == theirs or any(len(t.keys) > MOST_WORDS for t in texts):
        return ()
    old, left, right = texts
    mine, other = changes(old.keys, left.keys), changes(old.keys, right.keys)
    if not mine or not other:
        return ()
    out: dict[bytes, None] = {}
    for onto, side, kept, brought in ((left, right, mine, other), (right, left, other, mine)):
        for behind in (False, True):
            made = _woven(onto, side, kept, brought, behind=behind)
            if made is not None:
                out.setdefault(as_quoted(made, (base, ours, theirs)))
    return tuple(out)


def _words(data: bytes) -> _Words:
    found = [(m[0], m.start(), m.end()) for m in WORD.finditer(data)]
    following = (*(word for word, _, _ in found[1:]), b"")
    kept = [f for f, after in zip(found, following, strict=False) if not (f[0] == b"," and after in _CLOSING)]
    return _Words(data, tuple(w.replace(b'"', b"'") for w, _, _ in kept), tuple((a, b) for _, a, b in kept))


def _woven(
    onto: _Words, side: _Words, kept: Sequence[Change], brought: Sequence[Change], *, behind: bool
) -> bytes | None:
    """Return ``onto`` with what ``side`` ``brought``; ``behind``: after what ``onto`` put in at the same place."""
    parts: list[bytes] = []
    at = lost = 0
    starts = [c.a1 for c in kept]
    for edit in brought:
        place = _place(onto, side, edit, kept, starts, behind=behind)
        if place is None or place[0] < at:
            lost += edit.a2 - edit.a1 + edit.b2 - edit.b1
            continue
        start, end, text = place
        parts += [onto.data[at:start], text]
        at = end
    if not parts or lost > MOST_LEFT * sum(e.a2 - e.a1 + e.b2 - e.b1 for e in brought):
        return None
    return b"".join((*parts, onto.data[at:]))


def _place(
    onto: _Words, side: _Words, edit: Change, kept: Sequence[Change], starts: Sequence[int], *, behind: bool
) -> tuple[int, int, bytes] | None:
    """Return which bytes of ``onto`` are replaced, and by what; None where ``onto`` changed that place itself."""
    number = bisect_left(starts, edit.a1)
    shift = kept[number - 1].b2 - kept[number - 1].a2 if number else 0
    if number and kept[number - 1].a2 > edit.a1:
        return None
    near = kept[number] if number < len(kept) else None
    text = side.slice(edit.b1, edit.b2) if edit.b1 < edit.b2 else b""
    first = edit.a1 + shift
    if near is not None and near.a1 == edit.a1 == edit.a2:
        if near.a2 != near.a1 or not _items(onto, near, side, edit):
            return None
        spot = onto.end(near.b2 if behind else first)
        return spot, spot, _laid_out(onto.data, spot, text)
    if near is not None and near.a1 < edit.a2:
        return None
    start, end = onto.end(first), onto.end(first + edit.a2 - edit.a1)
    if edit.a1 == edit.a2:
        return start, start, _laid_out(onto.data, start, text)
    return start, end, text or _between(onto.data, start, end)


def _laid_out(data: bytes, spot: int, text: bytes) -> bytes:
    """Return the item ``text`` on a line of its own where it follows one that has a line of its own."""
    if not text.startswith(b",") or b"\n" in text or not _ENDS.match(data, spot):
        return text
    line = data[data.rfind(b"\n", 0, spot) + 1 : spot]
    if any(line.count(a) != line.count(b) for a, b in _BRACKETS):
        return text
    return b",\n" + line[: len(line) - len(line.lstrip())] + text[1:].lstrip()


def _items(onto: _Words, near: Change, side: _Words, edit: Change) -> bool:
    """Return whether both put something into the same place of a list, each with a comma of its own."""
    ours, theirs = onto.keys[near.b1 : near.b2], side.keys[edit.b1 : edit.b2]
    return ours != theirs and (ours[0] == theirs[0] == b"," or ours[-1] == theirs[-1] == b",")


def _between(data: bytes, start: int, end: int) -> bytes:
    """Return the blank that keeps two words apart when what stands between them is taken out."""
    before, after = data[max(0, start - 1) : start], data[end : end + 1]
    return b" " if before[-1:].isalnum() and after[:1].isalnum() else b""
