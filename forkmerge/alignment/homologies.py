"""From matches of two revisions to homologies of three.

The base leads: what ours and theirs made of one unit of the base belongs together.  The direct match of ours and theirs
adds two things: units that both sides added, and links that one side's matching missed but the other side's way around
shows (base to theirs, theirs to ours).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.alignment.located import Homology, Key, Kind, Located, Match

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def without_base(cross: Sequence[Match]) -> tuple[Homology, ...]:
    """Return the homologies of two revisions without a common ancestor."""
    pieces = _Pieces((), (), cross)
    pairs = (Homology(None, m.left, m.right, cross_match=m if m.left and m.right else None) for m in _whole(cross))
    return tuple(pieces.added_to(pairs))


def by_way_of(to_ours: Sequence[Match], to_theirs: Sequence[Match]) -> dict[Key, Key]:
    """Return what ours has of the base -> what theirs has of the same unit, where both have it (their ``key``)."""
    theirs_of = {_key(m.left): m.right for m in _whole(to_theirs) if m.left}
    pairs = ((m.right, theirs_of[_key(m.left)]) for m in _whole(to_ours) if m.left)
    return {_key(mine): _key(yours) for mine, yours in pairs if mine is not None and yours is not None}


def compose(to_ours: Sequence[Match], to_theirs: Sequence[Match], cross: Sequence[Match]) -> tuple[Homology, ...]:
    """Return the homologies of three revisions: the base's by path and place, then what ours and theirs added."""
    ours_of = {_key(m.left): m for m in _whole(to_ours) if m.left}
    theirs_of = {_key(m.left): m for m in _whole(to_theirs) if m.left}
    new_ours = {_key(m.right): m.right for m in to_ours if m.kind == Kind.ADDED and m.right}
    new_theirs = {_key(m.right): m.right for m in to_theirs if m.kind == Kind.ADDED and m.right}
    across = {_key(m.left): m for m in _whole(cross) if m.left and m.right}
    back = {_key(m.right): m for m in across.values() if m.right}
    found = []
    for key in sorted(ours_of.keys() | theirs_of.keys()):
        mine, yours = ours_of[key], theirs_of[key]
        if mine.right is None and yours.right is not None:
            mine = _around(mine, yours, back.get(_key(yours.right)), new_ours)
        elif yours.right is None and mine.right is not None:
            yours = _around(yours, mine, across.get(_key(mine.right)), new_theirs)
        found.append(Homology(mine.left, mine.right, yours.right, _if_pair(mine), _if_pair(yours)))
    for key, unit in new_ours.items():
        link = across.get(key)
        partner = new_theirs.pop(_key(link.right), None) if link and link.right else None
        found.append(Homology(None, unit, partner, cross_match=link if partner else None))
    found += [Homology(None, None, unit) for unit in new_theirs.values()]
    return tuple(_Pieces(to_ours, to_theirs, ()).added_to(found))


def _around(missing: Match, known: Match, link: Match | None, free: dict[Key, Located]) -> Match:
    """Return the match that ``missing`` lacks, by way of the other side, and take its unit out of ``free``."""
    if link is None or link.doubtful or known.doubtful or missing.left is None or known.right is None:
        return missing
    end = link.left if link.right is not None and _key(link.right) == _key(known.right) else link.right
    if end is None or free.pop(_key(end), None) is None:
        return missing
    evidence = ("found by way of the other side", *link.evidence)
    kind = _kind(missing.left, end)
    score = min(known.score, link.score)
    return Match(missing.left, end, kind, score, evidence, unchanged=missing.left.text == end.text)


def _if_pair(m: Match) -> Match | None:
    return m if m.right else None


def _kind(before: Located, after: Located) -> Kind:
    renamed = before.unit.name != after.unit.name
    if before.path != after.path:
        return Kind.MOVED_FILE_RENAMED if renamed else Kind.MOVED_FILE
    if before.unit.scope != after.unit.scope:
        return Kind.MOVED_RENAMED if renamed else Kind.MOVED
    return Kind.RENAMED if renamed else Kind.SAME


class _Pieces:
    """The split and joined matches, by the unit of each side that they touch."""

    def __init__(self, to_ours: Sequence[Match], to_theirs: Sequence[Match], cross: Sequence[Match]) -> None:
        self._of: dict[tuple[str, Key], list[Match]] = defaultdict(list)
        for left, right, matches in (
            ("base", "ours", to_ours),
            ("base", "theirs", to_theirs),
            ("ours", "theirs", cross),
        ):
            for m in matches:
                if m.kind in (Kind.SPLIT, Kind.JOINED) and m.left and m.right:
                    self._of[left, _key(m.left)].append(m)
                    self._of[right, _key(m.right)].append(m)

    def added_to(self, homologies: Iterable[Homology]) -> Iterator[Homology]:
        for homology in homologies:
            sides = (("base", homology.base), ("ours", homology.ours), ("theirs", homology.theirs))
            touching = [m for side, unit in sides if unit for m in self._of.get((side, _key(unit)), ())]
            yield replace(homology, parts=tuple(touching)) if touching else homology


def _whole(matches: Iterable[Match]) -> Iterator[Match]:
    return (m for m in matches if m.kind not in (Kind.SPLIT, Kind.JOINED))


def _key(located: Located | None) -> Key:
    return ("", 0, 0, "", "") if located is None else located.key
