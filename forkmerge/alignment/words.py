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
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*|[0-9][\w.]*|[^\s\w\"'`]")
_OWN, _UNKNOWN = b"\x01", b"\x02"
SCALE = 16
_LEAST = SCALE // 2
_COMMON_BITS = 3.0
"""Signs such as ``(`` carry about this much; it is taken off every weight, for sharing them means nothing."""


def words(text: bytes) -> list[bytes]:
    """Return the words of ``text`` in order; white space and quotes are left out, so formatting hardly counts."""
    return _WORD.findall(text)


def counts(text: bytes) -> Counter[bytes]:
    """Return how often each word stands in ``text``."""
    return Counter(words(text))


Run: TypeAlias = tuple[bytes, bytes, bytes]
Item = TypeVar("Item", bytes, Run)


@dataclass(frozen=True, slots=True)
class Bag:
    """What a unit holds: each word and each run of three words with what it weighs (its bits times its count).

    PERF: a run weighs what its middle word does; over a whole text that is the same, and one look-up instead of three.

    ``secret`` holds the words that only this unit's side knows.  Weights are whole numbers (``SCALE`` to the bit), so
    that sums do not depend on their order.
    """

    words: dict[bytes, int]
    runs: dict[Run, int]
    secret: frozenset[bytes]
    word_weight: int
    run_weight: int

    @property
    def bits(self) -> float:
        """Return how much the words tell, in bits."""
        return self.word_weight / SCALE


class _Weights(dict[bytes, int]):
    """Weights of words; one that was never counted (in files that do not differ) has the least."""

    def __missing__(self, _: bytes) -> int:
        return _LEAST


class Lexicon:
    """The words of both sides of one comparison: their weights, who knows them, and what renamed ones became."""

    def __init__(self, left: Iterable[Counter[bytes]], right: Iterable[Counter[bytes]]) -> None:
        """Take the counted words (``counts``) of each text that only one side has."""
        left_counts: Counter[bytes] = Counter()
        right_counts: Counter[bytes] = Counter()
        for count in left:
            left_counts.update(count)
        for count in right:
            right_counts.update(count)
        both = left_counts + right_counts
        total = max(1, both.total())
        self._weight = _Weights(
            (word, max(_LEAST, round(SCALE * (log2(total / n) - _COMMON_BITS)))) for word, n in both.items()
        )
        self._weight[_OWN] = self._weight[_UNKNOWN] = _LEAST
        self._shared = left_counts.keys() & right_counts.keys()
        self._became: dict[bytes, bytes] = {}
        self._targets: dict[bytes, bytes] = {}

    def learn(self, renames: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
        """Take over what names became, where left and right agree on it; return the names that now mean more, or less.

        Only names that the other side does not know are translated: one that still stands there may mean another thing.
        """
        seen: dict[bytes, set[bytes]] = {}
        back: dict[bytes, set[bytes]] = {}
        for old, new in renames:
            if old not in self._shared and new not in self._shared:
                seen.setdefault(old, set()).add(new)
                back.setdefault(new, set()).add(old)
        became = {old: min(news) for old, news in seen.items() if len(news) == 1 and len(back[min(news)]) == 1}
        changed = {name for pair in became.items() ^ self._became.items() for name in pair}
        self._became = became
        self._targets = {new: new for new in became.values()}
        return frozenset(changed)

    def bag(self, head: bytes, body: bytes, own: bytes, *, left: bool) -> Bag:
        """Return the bag of a unit's text; its ``own`` name is masked, its words are those of the right side.

        In the ``body`` a name that both sides know is not masked: ``size`` that calls ``inner.size`` calls another one.
        """
        top = words(head)
        found = top + words(body)
        secret = frozenset(found) - self._shared - {own}
        meaning = self._became if left else self._targets
        told = {word: meaning.get(word, _UNKNOWN) for word in secret}
        known = [_OWN if word == own else told.get(word, word) for word in found[: len(top)]]
        if own not in self._shared:
            told[own] = _OWN
        known += [told.get(word, word) for word in found[len(top) :]]
        weight = self._weight
        by_word = {word: n * weight[word] for word, n in Counter(known).items()}
        by_run = {run: n * weight[run[1]] for run, n in Counter(zip(known, known[1:], known[2:], strict=False)).items()}
        return Bag(by_word, by_run, secret, sum(by_word.values()), sum(by_run.values()))


def shared(one: dict[Item, int], other: dict[Item, int]) -> int:
    """Return the weight that two bags' words, or runs, have in common."""
    return sum([min(one[item], other[item]) for item in one.keys() & other.keys()])


def compare(one: Bag, other: Bag) -> tuple[float, float]:
    """Return how alike two bags are in 0..1 (weighted Dice of words and of runs: order counts), and the shared bits."""
    if not one.words and not other.words:
        return 1.0, 0.0
    common = shared(one.words, other.words)
    alike = 2 * common / (one.word_weight + other.word_weight)
    if one.runs and other.runs:
        alike = (alike + 2 * shared(one.runs, other.runs) / (one.run_weight + other.run_weight)) / 2
    return alike, common / SCALE


def digest(head: bytes, body: bytes, own: bytes, *, recursive: bool = False) -> bytes:
    """Return a unit's text without white space and without its ``own`` name: equal for bodies that are unchanged.

    The name is masked in the ``head`` alone, or in the ``body`` too (``recursive``).
    """
    if own:
        head = head.replace(own, _OWN)
        body = body.replace(own, _OWN) if recursive else body
    return b"".join((head + body).split())
