"""Pairs by measure: candidates from rare words and from context, weighed, and assigned as a whole.

A candidate's weight is its similarity plus what speaks for it besides: its name, its scope, its neighbours.  How much
it needs depends on how much there is to compare: two getters of three words are alike by chance, two parsers of three
hundred are not.  Strict rounds come first, for what they settle is context for the looser ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.alignment.assignment import assign
from forkmerge.alignment.candidates import candidates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.alignment.pairing import Pairing
    from forkmerge.alignment.weigh import Scale

_MARGIN = 0.06
_NAME_BONUS, _SCOPE_BONUS, _FILE_BONUS, _GAP_BONUS = 0.2, 0.06, 0.06, 0.2
_LITTLE_BITS = 30.0
_SURE = 0.1
_WAIT = 0.2
"""Members of two classes that have no partner yet need more: when the classes are paired, they are easier to tell."""
_RIVALS_FROM = 0.2
"""A candidate so far below the level is no rival any more."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible pair: ``weight`` is ``score`` (similarity) plus bonuses; ``needed`` is what it has to reach."""

    score: float
    weight: float
    needed: float
    evidence: tuple[str, ...]


def measured_round(pairing: Pairing, scale: Scale, least: float, by_words: Iterable[tuple[int, int]]) -> bool:
    """Pair what is alike enough for the level ``least`` (0..1); return whether anything was found.

    ``by_words`` are the candidates of ``by_rare_words``; others come from the neighbours and the names as they are now.
    """
    found = {}
    for (one, other), place in candidates(pairing, by_words):
        candidate = _weigh(pairing, scale, one, other, place, least)
        if candidate.weight > least - _RIVALS_FROM:
            found[one, other] = candidate
    passing = {pair: c.weight - c.needed + 0.01 for pair, c in found.items() if c.weight >= c.needed}
    chosen = assign(passing)
    margins = _margins(found, chosen)
    for one, other in chosen.items():
        candidate = found[one, other]
        low = candidate.weight - candidate.needed < _SURE and candidate.score < 0.5
        doubtful = low or margins[one] < _MARGIN
        pairing.join(one, other, *candidate.evidence, score=candidate.score, doubtful=doubtful)
    return bool(chosen)


def _weigh(pairing: Pairing, scale: Scale, one: int, other: int, place: float, least: float) -> Candidate:
    score, bits = scale.compare(one, other)
    weight, evidence = score, []
    name = pairing.left.located[one].unit.name
    if name and name == pairing.right.located[other].unit.name:
        weight += _NAME_BONUS
        evidence.append("same name")
    evidence.append("body unchanged" if score > 0.999 else f"similarity {score:.2f}")
    if pairing.same_file(one, other):
        weight += _FILE_BONUS
    if pairing.siblings(one, other) and pairing.left.parent[one] >= 0:
        weight += _SCOPE_BONUS
        evidence.append("same scope")
    if place:
        weight += _GAP_BONUS * place
        evidence.append("neighbours match")
    needed = least + (1 - least) * _LITTLE_BITS / (_LITTLE_BITS + bits)
    if pairing.both_homeless(one, other):
        needed += _WAIT
    return Candidate(score, weight, needed, tuple(evidence))


def _margins(candidates: dict[tuple[int, int], Candidate], chosen: dict[int, int]) -> dict[int, float]:
    """Return for each chosen left unit what the best other choice would cost, exchanges of two pairs included."""
    weight = {pair: candidate.weight for pair, candidate in candidates.items()}
    owner = {other: one for one, other in chosen.items()}
    margins = dict.fromkeys(chosen, 1.0)
    for (one, other), rival in weight.items():
        mine, holder = chosen.get(one), owner.get(other)
        if mine == other or (mine is None and holder is None):
            continue
        lost = -rival
        if mine is not None:
            lost += weight[one, mine]
        if holder is not None:
            lost += weight[holder, other]
        if mine is not None and holder is not None:
            lost -= weight.get((holder, mine), 0.0)
        for number in (one if mine is not None else None, holder):
            if number is not None:
                margins[number] = min(margins[number], lost)
    return margins
