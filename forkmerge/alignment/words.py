"""Words of source text, and how much each of them tells.

Alignment compares bags of words, not trees: a word is an identifier, a number or a single sign, cut out by one regular
expression that fits every language.  A word that the texts use all the time says little when two units share it; a rare
one says much.  Its weight is its self-information, ``-log2`` of how often it stands in the files that differ, in bits.

Names that only one side knows can't meet on the other side.  They are replaced by one placeholder, so that a renamed
function's callers still look alike; as soon as a match shows what such a name became, it is translated instead.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*|[0-9][\w.]*|[^\s\w]")
_OWN, _UNKNOWN = b"\x01", b"\x02"
_LEAST_BITS = 0.5
_COMMON_BITS = 3.0
"""Signs such as ``(`` carry about this much; it is taken off every weight, for sharing them means nothing."""


def words(text: bytes) -> list[bytes]:
    """Return the words of ``text`` in order; white space and quotes are left out, so formatting hardly counts."""
    return [w for w in _WORD.findall(text) if w not in _QUOTES]


_QUOTES = frozenset((b'"', b"'", b"`"))


Run: TypeAlias = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Bag:
    """What a unit holds: words and runs of three words with their counts, and the bits of both."""

    words: dict[bytes, int]
    runs: dict[Run, int]
    word_bits: float
    run_bits: float


class Lexicon:
    """The words of both sides of one comparison: their weights, who knows them, and what renamed ones became."""

    def __init__(self, left: Iterable[bytes], right: Iterable[bytes]) -> None:
        left_counts: Counter[bytes] = Counter()
        right_counts: Counter[bytes] = Counter()
        for text in left:
            left_counts.update(words(text))
        for text in right:
            right_counts.update(words(text))
        both = left_counts + right_counts
        total = max(1, both.total())
        self._bits = {w: max(_LEAST_BITS, log2(total / n) - _COMMON_BITS) for w, n in both.items()}
        self._bits[_OWN] = self._bits[_UNKNOWN] = _LEAST_BITS
        self._shared = left_counts.keys() & right_counts.keys()
        self._became: dict[bytes, bytes] = {}
        self._targets: frozenset[bytes] = frozenset()

    def bits(self, word: bytes) -> float:
        """Return how much it tells when two units share ``word``."""
        return self._bits.get(word, _LEAST_BITS)

    def learn(self, renames: Iterable[tuple[bytes, bytes]]) -> bool:
        """Take over what names became, where left and right agree on it; return whether anything is new.

        Only names that the other side does not know are translated: one that still stands there may mean another thing.
        """
        seen: dict[bytes, set[bytes]] = {}
        back: dict[bytes, set[bytes]] = {}
        for old, new in renames:
            if old not in self._shared and new not in self._shared:
                seen.setdefault(old, set()).add(new)
                back.setdefault(new, set()).add(old)
        became = {old: min(news) for old, news in seen.items() if len(news) == 1 and len(back[min(news)]) == 1}
        if became == self._became:
            return False
        self._became = became
        self._targets = frozenset(became.values())
        return True

    def bag(self, text: bytes, own: bytes, *, left: bool) -> Bag:
        """Return the bag of a unit's ``text``; its ``own`` name is masked, its words are those of the right side."""
        known = [self._known(word, own, left=left) for word in words(text)]
        counts: dict[bytes, int] = Counter(known)
        runs: dict[Run, int] = Counter(zip(known, known[1:], known[2:], strict=False))
        return Bag(
            counts,
            runs,
            sum(self.bits(w) * n for w, n in counts.items()),
            sum(self.run_bits(run) * n for run, n in runs.items()),
        )

    def run_bits(self, run: Run) -> float:
        """Return how much it tells when two units share this run of words."""
        return self.bits(run[0]) + self.bits(run[1]) + self.bits(run[2])

    def shared_bits(self, one: Bag, other: Bag) -> float:
        """Return how much the words tell that both bags hold."""
        small, large = (one.words, other.words) if len(one.words) <= len(other.words) else (other.words, one.words)
        return sum(self.bits(w) * min(n, large[w]) for w, n in small.items() if w in large)

    def similarity(self, one: Bag, other: Bag) -> float:
        """Return how alike two bags are in 0..1: weighted Dice of words and of runs (so order counts too)."""
        if not one.words and not other.words:
            return 1.0
        alike = 2 * self.shared_bits(one, other) / max(1e-9, one.word_bits + other.word_bits)
        if not one.runs or not other.runs:
            return alike
        small, large = (one.runs, other.runs) if len(one.runs) <= len(other.runs) else (other.runs, one.runs)
        shared = sum(self.run_bits(r) * min(n, large[r]) for r, n in small.items() if r in large)
        return (alike + 2 * shared / (one.run_bits + other.run_bits)) / 2

    def _known(self, word: bytes, own: bytes, *, left: bool) -> bytes:
        if word == own:
            return _OWN
        if word in self._shared:
            return word
        if left:
            return self._became.get(word, _UNKNOWN)
        return word if word in self._targets else _UNKNOWN


def digest(text: bytes, own: bytes) -> bytes:
    """Return ``text`` with its ``own`` name masked and white space taken out: equal for bodies that are unchanged."""
    squeezed = text.replace(own, _OWN) if own else text
    return b"".join(squeezed.split())
