"""One side's edits made, word by word, in the other side's text.

Where one side laid its code out anew, or wrote part of it again, no line of the other side's edit fits any more, though
most words that it changed still stand.  What the side changed is found between the base and its own text (``words``);
each edit is made where the base's words next to it stand in the other text, and left out where they are gone.

Where the other text gave a name of the base another one throughout, the words that are brought in follow it.

Invariants: a graft never takes away what the other side brought in; nothing is put between two words of which neither
is the base's neighbour of the edit, nor beside what the other side put at the same place of a line.  Whether what comes
out makes sense is for the tests to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from forkmerge.merge.diff import common
from forkmerge.recombination.lines import changes
from forkmerge.recombination.space import best_first
from forkmerge.recombination.words import Edit, Text, as_quoted, edits_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_WORDS = 4000
"""Longer texts are not looked into."""

MOST_EDITS = 24
"""With more edits than that only all of them together are tried."""

LEAST = 0.4
"""Where less of a side's edit fits than this share of its words, the two texts are strangers."""

_APART_BY = 2
"""So many words around a name are the same where one place is enough to tell that it is a new name."""

_IDENTIFIER = re.compile(rb"[A-Za-z_][\w]*\Z")
_FUSED = re.compile(rb"\w\w")
_APART = re.compile(
    rb"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|\.[ \t]*[A-Za-z_]\w*|[A-Za-z_]\w*",
    re.DOTALL,
)


class _Change(NamedTuple):
    """Bytes ``start <= i < end`` of the other text are replaced; ``weight`` is how many words that changes."""

    start: int
    end: int
    text: bytes
    weight: int


@dataclass(frozen=True, slots=True)
class Graft:
    """A text with edits of the other side made in it; ``plain`` is the same before its words followed new names."""

    content: bytes
    plain: bytes

    @property
    def adapted(self) -> bool:
        """Return whether words in it were changed to follow a new name: it holds code that stands in no version."""
        return self.content != self.plain


def grafts(
    base: bytes, onto: bytes, side: bytes, *, names: Mapping[bytes, bytes] | None = None, most: int = 4
) -> tuple[Graft, ...]:
    """Return ``onto`` with edits base -> ``side`` made in it: all that fit, then fewer of them, at most ``most``.

    ``names`` are the base's names that ``onto`` gave others (``renamed``).  () where too little of the edit fits, and
    for long texts.
    """
    texts = [Text(x) for x in (base, onto, side)]
    if base in (onto, side) or onto == side or any(len(t.words) > MOST_WORDS for t in texts):
        return ()
    edits, placing = edits_of(texts[0], texts[2]), _Placing(*texts)
    found = [c for edit in edits if (c := placing.change(edit)) is not None and not _fuses(onto, c)]
    disjoint: list[_Change] = []
    for change in sorted(found):
        if not disjoint or disjoint[-1].end <= change.start:
            disjoint.append(change)
    if sum(c.weight for c in disjoint) <= LEAST * sum(e.weight for e in edits):
        return ()
    worded = [c for c in disjoint if c.weight]
    choices = [((change,), ()) for change in worded] if len(worded) <= MOST_EDITS else [(tuple(worded), ())]
    scores = [[float(sum(c.weight for c in part)) for part in choice] for choice in choices]
    out = []
    for picks in islice(best_first(scores), most):
        chosen = [c for choice, pick in zip(choices, picks, strict=True) for c in choice[pick]]
        if chosen:
            chosen = sorted(chosen + [c for c in disjoint if not c.weight])
            plain = as_quoted(_applied(onto, chosen), (base, onto, side))
            anew = [c._replace(text=_following(c.text, names)) for c in chosen] if names else chosen
            adapted = as_quoted(_applied(onto, anew), (base, onto, side)) if names else plain
            out.append(Graft(adapted, plain))
    return tuple(out)


def renamed(base: bytes, onto: bytes) -> dict[bytes, bytes]:
    """Return the names of ``base`` that stand nowhere in ``onto``, and the new name that stands in place of each.

    A name counts whose places were all given one other name, with the same words around them, or went away; a name that
    the base has already is not new.
    """
    texts = [Text(base), Text(onto)]
    if base == onto or any(len(t.words) > MOST_WORDS for t in texts):
        return {}
    old, new = ([w.key for w in t.words] for t in texts)
    gone, fresh = set(old) - set(new), set(new) - set(old)
    found: dict[bytes, list[bytes]] = {}
    sure: set[bytes] = set()
    differ = changes(old, new)
    for number, (a1, a2, b1, b2) in enumerate(differ):
        if a2 - a1 == b2 - b1 == 1 and old[a1] in gone and _IDENTIFIER.match(old[a1]):
            found.setdefault(old[a1], []).append(new[b1])
            near = [c for c in differ[max(0, number - 1) : number + 2] if c.a1 != a1]
            if all(c.a2 <= a1 - _APART_BY or c.a1 >= a2 + _APART_BY for c in near):
                sure.add(old[a1])
    single = {was: now[0] for was, now in found.items() if len(set(now)) == 1 and (len(now) > 1 or was in sure)}
    return {was: now for was, now in single.items() if now in fresh and _IDENTIFIER.match(now)}


class _Placing:
    """Finds where an edit of the base has its place in another text."""

    def __init__(self, base: Text, onto: Text, side: Text) -> None:
        self.base, self.onto, self.side = base, onto, side
        self.at = dict(common(base.keys, onto.keys))
        self.at |= {-1: -1, len(base.words): len(onto.words)}

    def change(self, edit: Edit) -> _Change | None:
        """Return what ``edit`` changes in the other text, None where its place is gone."""
        if not edit.weight:
            return self._deeper(edit)
        if edit.a1 == edit.a2:
            place = self._line(edit) if edit.lines else self._within(edit)
            return None if place is None else _Change(place[0], place[0], place[1], edit.weight)
        where = [self.at.get(i, -1) for i in range(edit.a1, edit.a2)]
        first, last = where[0], where[-1]
        if first < 0 or where != list(range(first, last + 1)):
            return None
        if not edit.lines and self.at.get(edit.a1 - 1) != first - 1 and self.at.get(edit.a2) != last + 1:
            return None
        weight = edit.weight
        start, end = self.onto.words[first].start, self.onto.words[last].end
        if edit.b1 < edit.b2:
            words = self.side.words
            text = self.side.data[words[edit.b1].start : words[edit.b2 - 1].end]
            head, line_end, rest = text.partition(b"\n")
            return _Change(start, end, head + line_end + _moved(rest, self._shift(edit.a1)), weight)
        if edit.lines and self.onto.first(first) and self.onto.first(last + 1):
            return _Change(self.onto.line_start(first), self.onto.line_end(last + 1), b"", weight)
        before = self.onto.words[first - 1].end if first else start
        return _Change(before, end, b"" if edit.lines or not self._fuses(first, last + 1) else b" ", weight)

    def _fuses(self, first: int, after: int) -> bool:
        """Return whether the words around those from ``first`` to ``after`` would become one without a blank."""
        onto = self.onto
        if first == 0 or after == len(onto.words) or onto.gap(after):
            return False
        return onto.words[first - 1].key[-1:].isalnum() and onto.words[after].key[:1].isalnum()

    def _deeper(self, edit: Edit) -> _Change | None:
        """Return what puts a line of the other text as much deeper as the side put the base's."""
        place = self.at.get(edit.a1)
        was, now = self.base.indent(edit.a1), self.side.indent(edit.b1)
        if place is None or not self.onto.first(place) or was.strip(b" ") or now.strip(b" "):
            return None
        depth = max(0, len(self.onto.indent(place)) + len(now) - len(was))
        return _Change(self.onto.line_start(place), self.onto.words[place].start, b" " * depth, 0)

    def _line(self, edit: Edit) -> tuple[int, bytes] | None:
        """Return where whole lines are put in, and their text."""
        before, after = self.at.get(edit.a1 - 1), self.at.get(edit.a1)
        text = self.side.data[self.side.line_start(edit.b1) : self.side.line_end(edit.b2)]
        text = text if text.endswith(b"\n") else text + b"\n"
        onto = self.onto
        if before is not None and onto.first(before + 1):
            return onto.line_end(before + 1), _moved(text, self._shift(edit.a1) or self._shift(edit.a1 - 1))
        if after is not None and onto.first(after):
            return onto.line_start(after), _moved(text, self._shift(edit.a1))
        return None

    def _shift(self, index: int) -> int:
        """Return how much deeper the line of the base's word ``index`` lies in the other text."""
        if not 0 <= index < len(self.base.words):
            return 0
        while not self.base.first(index):
            index -= 1
        place = self.at.get(index)
        if place is None or not self.onto.first(place):
            return 0
        return len(self.onto.indent(place)) - len(self.base.indent(index))

    def _within(self, edit: Edit) -> tuple[int, bytes] | None:
        """Return where words are put in within a line, and their text with the space that goes with it."""
        before, after = self.at.get(edit.a1 - 1), self.at.get(edit.a1)
        words, data = self.side.words, self.side.data
        first, last = words[edit.b1], words[edit.b2 - 1]
        if before is not None and after is not None and before + 1 < after and not self.onto.first(before + 1):
            return None  # the other text has something there, too: in which order they stand nobody knows
        if self.side.first(edit.b1):  # what begins a line begins one in the other text, too
            before = before if before is not None and self.onto.first(before + 1) else None
            after = after if after is not None and self.onto.first(after) else None
        if before is not None and before >= 0 and edit.b1:
            return self.onto.words[before].end, data[words[edit.b1 - 1].end : last.end]
        if after is not None and after < len(self.onto.words) and edit.b2 < len(words):
            return self.onto.words[after].start, data[first.start : words[edit.b2].start]
        return None


def _fuses(data: bytes, change: _Change) -> bool:
    """Return whether a word that stays and one next to it would become one word."""
    before, after = data[change.start - 1 : change.start] if change.start else b"", data[change.end : change.end + 1]
    ends = (before + change.text[:1], change.text[-1:] + after) if change.text else (before + after,)
    return any(_FUSED.match(end) for end in ends)


def _applied(data: bytes, changes: Sequence[_Change]) -> bytes:
    parts, at = [], 0
    for change in changes:
        parts += [data[at : change.start], change.text]
        at = change.end
    return b"".join((*parts, data[at:]))


def _moved(lines: bytes, depth: int) -> bytes:
    """Return ``lines`` deeper by ``depth`` blanks, or less deep."""
    if not depth or b"\t" in lines:
        return lines
    out = []
    for line in lines.splitlines(keepends=True):
        bare = line.lstrip(b" ")
        out.append(b" " * max(0, len(line) - len(bare) + depth) + bare if bare.strip() else line)
    return b"".join(out)


def _following(text: bytes, names: Mapping[bytes, bytes]) -> bytes:
    """Return ``text`` with names outside of texts and attributes replaced."""
    return _APART.sub(lambda m: names.get(m[0], m[0]), text)
