"""A text as words and lines, and how one text became another: by whole lines, and by words within a line.

Lines are paired by likeness first and compared by words within a pair, so that a new line stays a whole line whatever
words it shares with the one after it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from forkmerge.merge.items import similarity
from forkmerge.recombination.lines import WORD, changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STRING = re.compile(
    rb"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`", re.DOTALL
)
_ALIKE = 0.5
"""Lines that share this part of their words are versions of one line."""


class Word(NamedTuple):
    """One word and its bytes ``start <= i < end``; words with one ``key`` are the same."""

    key: bytes
    start: int
    end: int


class Edit(NamedTuple):
    """Words ``a1 <= i < a2`` of the base became words ``b1 <= i < b2`` of the side; ``lines``: they are whole lines."""

    a1: int
    a2: int
    b1: int
    b2: int
    lines: bool

    @property
    def weight(self) -> int:
        """Return how many words it takes away and brings."""
        return self.a2 - self.a1 + self.b2 - self.b1


class Text:
    """A text with its words and lines; quotes of either kind are the same word."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.words = [Word(m[0].replace(b'"', b"'"), m.start(), m.end()) for m in WORD.finditer(data)]
        self.keys = [w.key for w in self.words]
        self.lines: list[tuple[int, int]] = []  # the words of each line that has any
        line = -1
        at = 0
        for index, word in enumerate(self.words):
            breaks = data.count(b"\n", at, word.start)
            at = word.start
            if breaks or line < 0:
                self.lines.append((index, index + 1))
                line = len(self.lines) - 1
            else:
                self.lines[line] = (self.lines[line][0], index + 1)

    def gap(self, index: int) -> bytes:
        """Return what stands before word ``index``: white space, and the text's end for the number of words."""
        start = self.words[index - 1].end if index else 0
        return self.data[start : self.words[index].start if index < len(self.words) else len(self.data)]

    def first(self, index: int) -> bool:
        """Return whether a line begins with word ``index`` (the end of the text counts as a line)."""
        return index == 0 or index == len(self.words) or b"\n" in self.gap(index)

    def line_start(self, index: int) -> int:
        """Return where the line of word ``index``, its first word, begins."""
        if index == len(self.words):
            return len(self.data)
        return self.data.rfind(b"\n", 0, self.words[index].start) + 1

    def line_end(self, index: int) -> int:
        """Return where the line that ends with the word before ``index`` ends, with its line end."""
        if index == 0:
            return 0
        end = self.data.find(b"\n", self.words[index - 1].end)
        return len(self.data) if end < 0 else end + 1

    def indent(self, index: int) -> bytes:
        """Return the indentation of the line that begins with word ``index``."""
        if index == len(self.words):
            return b""
        return self.data[self.line_start(index) : self.words[index].start]


def edits_of(base: Text, side: Text) -> list[Edit]:
    """Return what turns ``base`` into ``side``: within lines where they are versions of one, else whole lines.

    A line that lies at another depth is an edit without words, before its first one.
    """
    old, new = ([tuple(t.keys[a:b]) for a, b in t.lines] for t in (base, side))
    out: list[Edit] = []
    pairs: list[tuple[int, int]] = []
    at = (0, 0)
    for a1, a2, b1, b2 in [*changes(old, new), (len(old), len(old), len(new), len(new))]:
        pairs += zip(range(at[0], a1), range(at[1], b1), strict=True)
        at = (a1, b1)
        for i, j in [*_pairs(old[a1:a2], new[b1:b2]), (a2 - a1, b2 - b1)]:
            x, y = a1 + i, b1 + j
            if (x, y) != at:
                out.append(Edit(*_span(base, at[0], x), *_span(side, at[1], y), lines=True))
            if x < a2 and y < b2:
                pairs.append((x, y))
                (p, _), (q, _) = base.lines[x], side.lines[y]
                out += [Edit(p + c.a1, p + c.a2, q + c.b1, q + c.b2, lines=False) for c in changes(old[x], new[y])]
            at = (x + 1, y + 1)
        at = (a2, b2)
    for x, y in pairs:
        p, q = base.lines[x][0], side.lines[y][0]
        if base.indent(p) != side.indent(q):
            out.append(Edit(p, p, q, q, lines=True))
    return out


def as_quoted(data: bytes, versions: Sequence[bytes]) -> bytes:
    """Return ``data`` with the blanks inside its strings as the strings of ``versions`` have them.

    Between words of code blanks are layout, inside a string they are what it says.  Where a version has two words side
    by side in a string, what stands between them there holds.
    """
    known: dict[tuple[bytes, bytes], set[bytes]] = {}
    for version in versions:
        for before, after in _quoted(version):
            known.setdefault((before.key, after.key), set()).add(version[before.end : after.start])
    parts, at = [], 0
    for before, after in _quoted(data):
        gap, gaps = data[before.end : after.start], known.get((before.key, after.key), set())
        if len(gaps) == 1 and gap not in gaps and b"\n" not in gap + (other := next(iter(gaps))):
            parts += [data[at : before.end], other]
            at = after.start
    return b"".join((*parts, data[at:]))


def _quoted(data: bytes) -> Iterator[tuple[Word, Word]]:
    """Yield the pairs of neighbouring words of each string, its quotes being words of it."""
    for string in _STRING.finditer(data):
        yield from pairwise(Word(m[0], m.start(), m.end()) for m in WORD.finditer(data, string.start(), string.end()))


def _span(text: Text, start: int, end: int) -> tuple[int, int]:
    """Return the words of the lines ``start <= i < end``."""
    first = text.lines[start][0] if start < len(text.lines) else len(text.words)
    return first, text.lines[end - 1][1] if end > start else first


def _pairs(old: Sequence[tuple[bytes, ...]], new: Sequence[tuple[bytes, ...]]) -> list[tuple[int, int]]:
    """Return which lines are versions of one another, in order, those that are most alike together."""
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    alike = [[_alike(a, b) for b in new] for a in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    found = []
    i = j = 0
    while i < len(old) and j < len(new):
        if alike[i][j] and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _alike(one: Sequence[bytes], two: Sequence[bytes]) -> float:
    """Return the share of words that two lines have in common, 0 below ``_ALIKE``."""
    share = similarity(one, two)
    return share if share >= _ALIKE else 0.0
