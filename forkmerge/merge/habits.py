"""What one side rewrote in a place, and what the other side put there as if it had not.

Who moves a place from one way of saying a thing to another would have moved what the other side wrote there meanwhile,
too.  Nothing tells how the new lines should read, so such a place stays a conflict.  Texts are compared by pairs of
neighbouring words on one line: layout does not count, nor which quotes are used.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge.conservation import LAYOUT
from forkmerge.merge.diff import hunks
from forkmerge.merge.items import similarity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Said: TypeAlias = "tuple[bytes, ...]"
"""A word, a version, or two neighbours of which one at least is a word."""

_TOKEN = re.compile(rb"\w+|[^\w\s]")
_NAME = re.compile(rb"[^\W\d]\w+")
_VERSION = re.compile(rb"\b\d+\.\d[\w.+-]*")
_WORD = re.compile(rb"\w")
_STRING = re.compile(rb"\"[^\"\n]*\"")
_REMARK = re.compile(rb" (?:#|/ [/*]).*")
_OFTEN = 2
"""How often something has to have been done away with in one place to be called a habit."""
_ALIKE = 0.75
_ALIKE_WORDS = 0.65
_LEAST_WORDS = 3
"""Lines of so many words that have so much in common say the same of something else."""
_EDITED = 0.5
_MOST = 200
"""Lines of a place past which it is not looked for lines that are alike: that takes the square of them."""
_HEADING = re.compile(rb"^(#{1,6})[ \t]+([^\s#][^\n]*)", re.MULTILINE)
_CLOSING = b" \t\r#"
_PATH = frozenset((b".", b"/"))
"""Signs between the parts of a path."""
_ENDS = frozenset((b",", b";", b"\\"))
"""Signs that formatters add and take away at the ends of lines."""
_SHAPED = 3
_LEAST_SHAPE = 4
"""Lines of one shape, and signs and words of it, from which on it is no chance that all of them were edited."""
_OTHER = re.compile(rb"(?:import|from|export|use|using|include|package|def|class|func|fn)\b")
"""Beginnings of lines that stand for themselves: what one of them says, its neighbour need not."""
_VERBS = frozenset(b"return else await throw new yield delete case go defer do".split())
_MARKS = frozenset((b"*", b"&"))
"""What stands before a name and its parameters in a statement, and in a declaration."""


def broken(base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Return whether one side rewrote in a place what the other side's additions there go on with.

    That is a word or a pair of words (``import {``, ``instanceof Array``) that stood in the place at least twice, that
    one side wrote otherwise each time without making the place shorter, and that the other side has more of; or one
    line that one side edited, and that the other side put another like next to, as it was before; or all lines of one
    shape, of which the other side has more; or what one side put into every line, and not one that the other side added
    has; or the depth of a heading, and the other side put another heading there.
    """
    b, o, t = (_said(x) for x in (base, ours, theirs))
    for gone, more, text in ((o, t, ours), (t, o, theirs)):
        if text.count(b"\n") >= base.count(b"\n") and any(
            count >= _OFTEN and not gone[said] and more[said] > count and _worded(said) for said, count in b.items()
        ):
            return True
    if _sunk(base, ours, theirs):
        return True
    lines = [_lines(x) for x in (base, ours, theirs)]
    if max(map(len, lines)) > _MOST:
        return False
    pairs = (lines[1:], lines[:0:-1])
    told = (_goes_on, _reshaped, _left_out)
    return any(tells(lines[0], mine, other) for tells in told for mine, other in pairs)


def _sunk(base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Return whether one side put a heading of a text at another depth, and the other side one of its own there."""
    b, o, t = ({m[2].rstrip(_CLOSING): len(m[1]) for m in _HEADING.finditer(x)} for x in (base, ours, theirs))
    return any(
        any(title in b and b[title] != depth for title, depth in mine.items()) and not other.keys() <= b.keys()
        for mine, other in ((o, t), (t, o))
    )


def _reshaped(base: Sequence[Said], mine: Sequence[Said], other: Sequence[Said]) -> bool:
    """Return whether ``mine`` edited all lines of one shape, and ``other`` has more of that shape than there were.

    The shape of a line is what is left of it if one word or string is as good as another, and remarks count nothing.
    """
    if len(base) < _SHAPED or len(mine) < len(base) or len(other) <= _SHAPED:
        return False
    before, now, more = (Counter(map(_shape, lines)) for lines in (base, mine, other))
    signs = [sum(1 for line in lines for token in line if token not in LAYOUT) for lines in (base, mine)]
    return any(
        count >= _SHAPED and not now[shape] and more[shape] > count and abs(signs[1] - signs[0]) >= count
        for shape, count in before.items()
        if len(shape) >= _LEAST_SHAPE
    )


def _shape(line: Said) -> Said:
    text = _REMARK.sub(b"", _STRING.sub(b"w", b" ".join(line)))
    return tuple(b"w" if _WORD.match(token) else token for token in _TOKEN.findall(text) if token not in _ENDS)


def _worded(said: Said) -> bool:
    """Return whether it is a whole word, or has one that is no number: ``.2`` is a habit of nobody."""
    return len(said) == 1 or any(token[:1].isalnum() and not token.isdigit() for token in said)


def _said(text: bytes) -> Counter[Said]:
    """Return the words, versions and pairs of words of ``text`` with how often they stand there."""
    out: Counter[Said] = Counter()
    for line in text.split(b"\n"):
        tokens = _TOKEN.findall(line)
        out.update(_pairs(tokens))
        out.update((word,) for word in tokens if _NAME.fullmatch(word))
        if b"." in line:
            out.update((version,) for version in _VERSION.findall(line))
    return out


def _pairs(tokens: Sequence[bytes]) -> list[Said]:
    return [p for p in pairwise(tokens) if p[0][:1].isalnum() or p[1][:1].isalnum()]


def _joined(tokens: Sequence[bytes]) -> set[Said]:
    """Return the pairs of words of a line and what its paths join: who puts a part into a path leaves all its pairs."""
    threes = zip(tokens, tokens[1:], tokens[2:], strict=False)
    return {*_pairs(tokens), *(x for x in threes if x[1] in _PATH and x[0][:1].isalnum() and x[2][:1].isalnum())}


def _lines(text: bytes) -> list[Said]:
    return [tuple(tokens) for line in text.replace(b"'", b'"').split(b"\n") if (tokens := _TOKEN.findall(line))]


def _goes_on(base: Sequence[Said], mine: Sequence[Said], other: Sequence[Said]) -> bool:
    """Return whether ``other`` put in a line that is like one of the base, as it was before ``mine`` edited it."""
    edited: list[tuple[Said, set[Said]]] = []
    for old, new in _changes(base, mine):
        kept = _joined([token for line in new for token in line])
        for line in old:
            gone = _joined(line) - kept
            alone = not gone or _OTHER.match(line[0]) or _prototype(line)
            if not alone and any(_EDITED <= similarity(line, n) < 1 for n in new):
                edited.append((line, gone))
    if not edited:
        return False
    added = [line for old, new in _changes(base, other) for line in _put_in(old, new)]
    return any(_like(line, put) and not gone.isdisjoint(_joined(put)) for line, gone in edited for put in added)


def _prototype(line: Said) -> bool:
    """Return whether the line declares a function and no more: ``void stop(struct job *job);``."""
    if line[-1] != b";" or b"(" not in line:
        return False
    before = line[: line.index(b"(")]
    return (
        len(before) > 1
        and before[0] not in _VERBS
        and _NAME.fullmatch(before[0]) is not None
        and _NAME.fullmatch(before[-1]) is not None
        and all(token in _MARKS or _WORD.match(token) for token in before)
    )


def _left_out(base: Sequence[Said], mine: Sequence[Said], other: Sequence[Said]) -> bool:
    """Return whether ``mine`` put the same words into every line of the place, and ``other`` a line of that kind there.

    Such a line begins as all the others do, and has nothing of what was put into those.
    """
    heads = {line[0] for line in base}
    if len(base) < _OFTEN or len(base) != len(mine) or len(heads) > 1:
        return False
    changes = {
        (frozenset((now - was).items()), frozenset((was - now).items()))
        for was, now in zip(map(_unremarked, base), map(_unremarked, mine), strict=True)
    }
    come, gone = changes.pop()
    if changes or not come or gone:
        return False
    words = {word for word, _ in come if _NAME.fullmatch(word)}
    added = [line for old, new in _changes(base, other) for line in _put_in(old, new)]
    return bool(words) and any(line[0] in heads and words.isdisjoint(line) for line in added)


def _unremarked(line: Said) -> Counter[bytes]:
    """Return the words of ``line`` up to a remark behind it, with how often they stand there."""
    return Counter(_TOKEN.findall(_REMARK.sub(b"", b" ".join(line))))


def _like(line: Said, other: Said) -> bool:
    if similarity(line, other) < _ALIKE:
        return False
    words = [[token for token in x if token[:1].isalnum()] for x in (line, other)]
    return min(map(len, words)) >= _LEAST_WORDS and similarity(*words) >= _ALIKE_WORDS


def _changes(before: Sequence[Said], after: Sequence[Said]) -> Iterable[tuple[Sequence[Said], Sequence[Said]]]:
    return [(before[i:x], after[j:y]) for i, x, j, y in hunks(before, after)]


def _put_in(old: Sequence[Said], new: Sequence[Said]) -> list[Said]:
    """Return the lines of ``new`` that are no edit of a line of ``old``, nor part of one that was broken."""
    told = b"\0" + b"\0".join(token for line in old for token in line) + b"\0"
    left = [line for line in new if b"\0" + b"\0".join(line) + b"\0" not in told]
    for line in old:
        best = max(left, key=lambda n: similarity(line, n), default=())
        if similarity(line, best) >= _EDITED:
            left.remove(best)
    return left
