"""Nothing lost, nothing back from the dead: the token balance of a resolved place."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from forkmerge.merge.diff import hunks
from forkmerge.merge.pieces import filled_lines, middles, uneven

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOKEN = re.compile(rb"\w+|[^\w\s]")
_WORD = re.compile(rb"\w+")
_COMMON = frozenset(b"from import static type use using require var const let include package".split())
"""Words of imports that say nothing of what is imported."""
LAYOUT = frozenset((b",", b"(", b")", b";", b"'", b'"', b"\\", b"{", b"}"))
"""Signs that formatters add and take away."""


def words_of(text: bytes) -> tuple[bytes, ...]:
    """Return the words and signs of ``text`` in order, without layout."""
    return tuple(_TOKEN.findall(text))


def tokens_of(text: bytes) -> Counter[bytes]:
    """Return the words and signs of ``text`` with how often they stand there."""
    return Counter(_TOKEN.findall(text))


def unbalanced(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> tuple[bytes, ...]:
    """Return the tokens of which ``result`` has too few or too many to hold both sides' edits, each once.

    A token that both sides added (or both took away) may have been the same edit, so its count has some room; one that
    only one side touched, or that the sides moved in opposite directions, has none, unless ``result`` has all lines
    that a side put in and none that one took away, those that both did once.  Signs that formatters add and remove are
    not counted.
    """
    found = _unbalanced(tokens_of(base), tokens_of(ours), tokens_of(theirs), tokens_of(result))
    return () if found and _whole_lines(base, ours, theirs, result) else found


def _whole_lines(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    b, o, t, r = (Counter(filled_lines(x)) for x in (base, ours, theirs, result))
    mine, other = o - b, t - b
    if r != (b - ((b - o) | (b - t))) + (mine | other):
        return False
    gone, alone = _said((b - o) & (b - t)), _said((mine | other) - (mine & other))
    return not gone & alone  # else what both took away may be what one of them wrote otherwise


def _said(lines: Iterable[bytes]) -> set[bytes]:
    return {word for line in lines for word in _WORD.findall(line) if len(word) > 1} - _COMMON


def unbalanced_around(
    base: bytes, ours: bytes, theirs: bytes, result: bytes, conflicts: Iterable[tuple[bytes, bytes, bytes]]
) -> tuple[bytes, ...]:
    """Return the same of a ``result`` that leaves ``conflicts`` (base, ours, theirs of each) open.

    What stands in them is counted as if both sides' edits were made there.
    """
    found = tokens_of(result)
    for one in conflicts:
        b, o, t = (tokens_of(x) for x in one)
        for token in set(b) | set(o) | set(t):
            found[token] += max(o[token] + t[token] - b[token], 0)
    return _unbalanced(tokens_of(base), tokens_of(ours), tokens_of(theirs), found)


def _unbalanced(b: Counter[bytes], o: Counter[bytes], t: Counter[bytes], r: Counter[bytes]) -> tuple[bytes, ...]:
    out = []
    for token in set(b) | set(o) | set(t) | set(r):
        if token in LAYOUT:
            continue
        by_ours, by_theirs = o[token] - b[token], t[token] - b[token]
        both = b[token] + by_ours + by_theirs
        if by_ours > 0 and by_theirs > 0:
            low, high = max(o[token], t[token]), both
        elif by_ours < 0 and by_theirs < 0:
            low, high = max(both, 0), min(o[token], t[token])
        else:
            low = high = both
        if not low <= r[token] <= high:
            out.append(token)
    return tuple(sorted(out))


STRING = rb"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
"""The pattern of a string on one line.  No group of a pattern is possessive: Python 3.11.2 reads those wrongly."""
_WINDOW = 3
_LEAST_WORDS = 8
_LEAST_LINE = 5
_LEAST_CALL = 3
_CALL = re.compile(rb"[\w.]+\([^()]*\);?")
"""A call that is a statement of its own: what it does should not be done twice, however few words it says."""
_PART = re.compile(rb"[^\W_]+")
_TELLING = 3
"""Words from which on it is no chance that both sides say them."""
_MOST_WORDS = 4000
"""Words past which no spellings are compared: differences take the square of them at worst."""


def doubled(base: bytes, ours: bytes, theirs: bytes, result: bytes, *, least: int = _LEAST_LINE) -> bool:
    """Return whether ``result`` has a passage that both sides added more often than either of them has it.

    A passage is three lines with something on them, and with eight words together: what both sides took over from one
    source; or one line of ``least`` words.  Where it lands in two places, somebody has to say which one is right.
    """
    for split in (_runs, partial(_lines, least=least)):
        b, o, t, r = (split(x) for x in (base, ours, theirs, result))
        if any(r[p] > max(o[p], t[p]) for p in r if o[p] > b[p] and t[p] > b[p]):
            return True
    return False


def respelled(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """Return whether ``result`` has twice what both sides put in once: the same words with other signs or capitals."""
    said: list[dict[tuple[bytes, ...], bytes]] = []
    before = words_of(base)
    for side in (ours, theirs):
        after = words_of(side)
        if max(len(before), len(after)) > _MOST_WORDS:
            return False
        put = [after[j:y] for _, _, j, y in hunks(before, after)]
        said.append({tuple(_PART.findall(b" ".join(new).lower())): _signs(new) for new in put})
    both = [w for w, new in said[0].items() if len(w) >= _TELLING and said[1].get(w, new) != new]
    texts = [b" ".join((b"", *_PART.findall(text.lower()), b"")) for text in (result, ours, theirs)] if both else []
    runs = [b" ".join((b"", *words, b"")) for words in both]
    return any(texts[0].count(run) > max(texts[1].count(run), texts[2].count(run)) for run in runs)


def _signs(words: Iterable[bytes]) -> bytes:
    return b" ".join(word for word in words if word not in LAYOUT)


def strayed(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> tuple[bytes, ...]:
    """Return the lines, without blanks at their ends, that stand once in each version and not once in ``result``.

    Nobody put such a line in or took it away: a side moved it.  Where both did so, to two places that are merged apart,
    it may stand there twice, or in none.
    """
    four = (base, ours, theirs, result)
    for texts in (middles(*four), four):  # PERF: where no line has strayed the first will do
        b, o, t, r = map(_stripped, texts)
        found = {line for line in uneven(b, r) if line and b[line] == o[line] == t[line]}
        if not found:
            return ()
    return tuple(line for line, count in b.items() if count == 1 and line in found)


@lru_cache(maxsize=8)  # PERF: it is asked again with the sides swapped
def _stripped(text: bytes) -> Counter[bytes]:
    return Counter(map(bytes.strip, text.split(b"\n")))


def passages(text: bytes) -> dict[tuple[bytes, ...], list[int]]:
    """Return the passages of ``text``, of a line and of three, with the bytes where the first word stands."""
    lines: list[tuple[bytes, int]] = []
    start = 0
    for raw in text.split(b"\n"):
        if line := raw.strip():
            lines.append((line, start + raw.index(line)))
        start += len(raw) + 1
    words = [len(_WORD.findall(line)) for line, _ in lines]
    out: dict[tuple[bytes, ...], list[int]] = {}
    for (line, at), size in zip(lines, words, strict=True):
        if size >= _LEAST_LINE or (size >= _LEAST_CALL and _CALL.fullmatch(line)):
            out.setdefault((line,), []).append(at)
    for i in range(len(lines) - _WINDOW + 1):
        if sum(words[i : i + _WINDOW]) >= _LEAST_WORDS:
            out.setdefault(tuple(line for line, _ in lines[i : i + _WINDOW]), []).append(lines[i][1])
    return out


def may_repeat(text: bytes) -> bool:
    """Return whether a passage may stand in ``text`` twice: each of its lines does.  PERF: mostly none does."""
    lines = filled_lines(text)
    counts = Counter(lines)
    for line, count in counts.items():
        if count > 1 and len(_WORD.findall(line)) >= (_LEAST_CALL if _CALL.fullmatch(line) else _LEAST_LINE):
            return True
    often = [counts[line] > 1 for line in lines]
    return any(map(all, zip(*(often[i:] for i in range(_WINDOW)), strict=False)))


def _runs(text: bytes) -> Counter[tuple[bytes, ...]]:
    return Counter({run: len(at) for run, at in passages(text).items() if len(run) == _WINDOW})


def _lines(text: bytes, least: int) -> Counter[tuple[bytes, ...]]:
    return Counter((line,) for line in filled_lines(text) if len(_WORD.findall(line)) >= least)
