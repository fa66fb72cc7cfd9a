"""Which items of two versions of one sequence are the same item: equal, of one name, or alike; order is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge.diff import common, longest_increasing
from forkmerge.merge.items import Item, similarity
from forkmerge.syntax import commutative

if TYPE_CHECKING:
    from forkmerge.syntax.profile import Profile

_ALIKE = 0.5
_WORDS = re.compile(rb"\w+")
_LEAST_TEXT = 8
"""Length from which on comments and strings are compared by their words."""
_MAX_CELLS = 4000


def match(
    left: Sequence[Item], right: Sequence[Item], *, loose: bool = False, profile: Profile | None = None
) -> dict[int, int]:
    """Return an order-preserving, one-to-one map from items of ``left`` to the items of ``right`` they became.

    With ``loose`` a part that alone stands where another alone stood is that part, whatever it is now (the right side
    of an assignment is the right side still).  With a ``profile``, elements of sets that are known by what they say are
    never one element that says two things.
    """
    pairs = dict(common([(i.kind, i.tokens) for i in left], [(i.kind, i.tokens) for i in right]))
    pairs.update(_between(left, right, pairs, _by_key))
    pairs.update(_between(left, right, pairs, _by_likeness if profile is None else partial(_in_set, profile)))
    if loose:
        pairs.update(_between(left, right, pairs, partial(_by_place, profile)))
    return pairs


def _by_place(
    profile: Profile | None, left: Sequence[Item], right: Sequence[Item], rows: range, columns: range
) -> dict[int, int]:
    """Match what alone stands in a gap on both sides; not where one of the two is known by its name (``f(a=1)``)."""
    if len(rows) != 1 or len(columns) != 1:
        return {}
    both = (left[rows[0]], right[columns[0]])
    if not all(map(_named, both)):
        return {}
    keyed = profile is not None and any(i.main and commutative.rule_for(profile, i.main) for i in both)
    return {} if keyed else {rows[0]: columns[0]}


def _named(item: Item) -> bool:
    return item.main is not None and item.main.is_named


_Matcher: TypeAlias = Callable[[Sequence[Item], Sequence[Item], range, range], dict[int, int]]


def _between(left: Sequence[Item], right: Sequence[Item], pairs: dict[int, int], matcher: _Matcher) -> dict[int, int]:
    """Return what ``matcher`` finds in the gaps between ``pairs``."""
    found: dict[int, int] = {}
    last_i = last_j = 0
    for i, j in [*sorted(pairs.items()), (len(left), len(right))]:
        if last_i < i and last_j < j:
            found.update(matcher(left, right, range(last_i, i), range(last_j, j)))
        last_i, last_j = i + 1, j + 1
    return found


def _by_key(left: Sequence[Item], right: Sequence[Item], rows: range, columns: range) -> dict[int, int]:
    """Match items of one name, and of one kind if they can be; where a name stands several times by the signature."""
    out: list[tuple[int, int]] = []
    for known_by in (_signed, _keyed, _written):
        have = {i for i, _ in out}, {j for _, j in out}
        keys_l = {i: k for i in rows if i not in have[0] and (k := known_by(left[i]))}
        keys_r = {j: k for j in columns if j not in have[1] and (k := known_by(right[j]))}
        count_l, count_r = Counter(keys_l.values()), Counter(keys_r.values())
        where = {k: j for j, k in keys_r.items()}
        out += [(i, where[k]) for i, k in keys_l.items() if count_l[k] == count_r[k] == 1]
    return dict(longest_increasing(sorted(out)))


def _signed(item: Item) -> tuple[str, ...] | None:
    return item.key


def _keyed(item: Item) -> tuple[str, ...] | None:
    return item.key and item.key[:2]


def _written(item: Item) -> tuple[str, ...] | None:
    """Return what tells an item that was a value and is a function now, or the other way round."""
    return item.key and (item.kind, item.key[1])


def _by_likeness(left: Sequence[Item], right: Sequence[Item], rows: range, columns: range) -> dict[int, int]:
    """Match the items of a gap by likeness: the alignment with the greatest sum of similarities (Needleman-Wunsch)."""
    if len(rows) * len(columns) > _MAX_CELLS:
        return {}
    if len(rows) == len(columns) == 1:
        i, j = rows[0], columns[0]
        score = _score(left[i], right[j])
        return {i: j} if score >= _ALIKE / 2 else {}
    n, m = len(rows), len(columns)
    best = [[0.0] * (m + 1) for _ in range(n + 1)]
    scores = [[_score(left[i], right[j]) for j in columns] for i in rows]
    for x in range(n - 1, -1, -1):
        for y in range(m - 1, -1, -1):
            take = scores[x][y] + best[x + 1][y + 1] if scores[x][y] >= _ALIKE else 0.0
            best[x][y] = max(take, best[x + 1][y], best[x][y + 1])
    out: dict[int, int] = {}
    x = y = 0
    while x < n and y < m:
        if scores[x][y] >= _ALIKE and best[x][y] == scores[x][y] + best[x + 1][y + 1]:
            out[rows[x]] = columns[y]
            x, y = x + 1, y + 1
        elif best[x][y] == best[x + 1][y]:
            x += 1
        else:
            y += 1
    return out


def _in_set(
    profile: Profile, left: Sequence[Item], right: Sequence[Item], rows: range, columns: range
) -> dict[int, int]:
    """Match the items of a gap by likeness, those that a set holds under their own words left out."""
    said = [[_said(profile, side[i]) for i in part] for side, part in ((left, rows), (right, columns))]
    if any(all(part) and part for part in said):
        return {}
    found = _by_likeness(left, right, rows, columns)
    return {i: j for i, j in found.items() if not (said[0][i - rows.start] and said[1][j - columns.start])}


def _said(profile: Profile, item: Item) -> bool:
    rule = commutative.rule_for(profile, item.main) if item.main is not None else None
    return rule is not None and rule.key == "text" and bool(rule.separator)


def _score(a: Item, b: Item) -> float:
    """Return 0..1; items of another kind, or of one kind with other names, are never the same item."""
    if a.kind != b.kind or a.end or b.end:
        return 0.0
    if a.key is not None and b.key is not None and a.key[:2] != b.key[:2]:
        return 0.0
    if _other_import(a, b):
        return 0.0
    if len(a.tokens) == len(b.tokens) == 1 and min(len(a.text), len(b.text)) >= _LEAST_TEXT:
        return similarity(_WORDS.findall(a.text), _WORDS.findall(b.text))
    return similarity(a.tokens, b.tokens)


def _other_import(a: Item, b: Item) -> bool:
    """Return whether two imports take different names from different places: neither became the other."""
    sources = _source(a), _source(b)
    if b"" in sources or sources[0] == sources[1]:
        return False
    rest = [[t for t in item.tokens if t != source] for item, source in zip((a, b), sources, strict=True)]
    return rest[0] != rest[1]


def _source(item: Item) -> bytes:
    """Return where an import takes its names from, "" for anything that is no import, or one of a whole module."""
    if item.main is None:
        return b""
    source = item.main.child_by_field_name("source") or item.main.child_by_field_name("module_name")
    return item.data[source.start_byte : source.end_byte] if source is not None else b""
