"""The alleles of a group of hunks: whole versions first, then combinations of what each hunk can have, best first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from forkmerge.recombination.kept import Kept
from forkmerge.recombination.options import MOST_PICKS, Names, Option, measure, options
from forkmerge.recombination.space import best_first
from forkmerge.recombination.values import Allele

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.model.hunk import Hunk

MOST_MIXED = 16
"""How many combinations of the hunks' options one locus offers beside the whole versions."""


@dataclass(frozen=True, slots=True)
class AlleleSet:
    """The alleles of a locus with the indices of the whole versions and of the one to start from."""

    alleles: tuple[Allele, ...]
    base: int
    ours: int
    theirs: int
    default: int


def allele_set(hunks: Sequence[Hunk], *, most_mixed: int = MOST_MIXED, most_picks: int = MOST_PICKS) -> AlleleSet:
    """Return the alleles of a locus made of ``hunks``.

    The default is the structured merge where every hunk is resolved, else the allele that keeps most (the poorer side
    first, then both together, then the fewest new combinations).
    """
    base, ours, theirs = (tuple(getattr(h, side) for h in hunks) for side in ("base", "ours", "theirs"))
    origins: dict[tuple[bytes, ...], str] = {}
    for origin, contents in (("ours", ours), ("theirs", theirs), ("base", base)):
        origins.setdefault(contents, origin)
    merged = None
    if all(h.merged is not None for h in hunks):
        merged = tuple(h.merged or b"" for h in hunks)
        origins.setdefault(merged, "merged")
    names = Names.of(hunks)
    per_hunk = [_choices(h, most_picks, names) for h in hunks]
    fresh = {(i, o.content) for i, choices in enumerate(per_hunk) for o in choices if o.new_code}
    scores = [[float(o.kept.ours + o.kept.theirs) for o in choices] for choices in per_hunk]
    for picks in islice(best_first(scores), most_mixed):
        chosen = [choices[i] for choices, i in zip(per_hunk, picks, strict=True)]
        origins.setdefault(tuple(o.content for o in chosen), _origin(chosen))
    best = [max(c, key=lambda o: o.kept.ours + o.kept.theirs).content for c in per_hunk]
    for index, choices in enumerate(per_hunk):
        for option in choices:
            contents = (*best[:index], option.content, *best[index + 1 :])
            origins.setdefault(tuple(contents), option.origin if len(hunks) == 1 else "mixed")
    memo = {(i, o.content): o.kept for i, choices in enumerate(per_hunk) for o in choices}
    alleles = tuple(
        replace(made, new_code=any(part in fresh for part in enumerate(contents)))
        for contents, origin in origins.items()
        for made in (_allele(hunks, contents, origin, (ours, theirs), memo),)
    )
    where = {a.contents: i for i, a in enumerate(alleles)}
    default = where[merged] if merged is not None else best_kept(alleles, where[ours], where[theirs])
    return AlleleSet(alleles, where[base], where[ours], where[theirs], default)


def allele_of(hunks: Sequence[Hunk], contents: tuple[bytes, ...], origin: str) -> Allele:
    """Return the allele of ``contents``, one for each of ``hunks``, with what it keeps."""
    ours, theirs = tuple(h.ours for h in hunks), tuple(h.theirs for h in hunks)
    return _allele(hunks, contents, origin, (ours, theirs), {})


def best_kept(alleles: Sequence[Allele], ours: int, theirs: int) -> int:
    """Return the index of the allele that keeps most: the poorer side first, then both, then the least chimeric.

    Where the same text was made to follow a new name, that goes first: the old one is gone.
    """
    most_ours, most_theirs = max(1, alleles[ours].kept_ours), max(1, alleles[theirs].kept_theirs)

    def key(index: int) -> tuple[float, float, bool, bool, bool, int]:
        allele = alleles[index]
        shares = (allele.kept_ours / most_ours, allele.kept_theirs / most_theirs)
        by_rule = allele.origin.startswith("rule:")
        return (min(shares), sum(shares), allele.new_code, by_rule, not allele.chimeric, -index)

    return max(range(len(alleles)), key=key)


def _choices(hunk: Hunk, most_picks: int, names: Names) -> tuple[Option, ...]:
    if hunk.merged is not None:
        return (Option("merged", hunk.merged, measure(hunk, hunk.merged)),)
    return options(hunk, most_picks=most_picks, names=names)


def _origin(chosen: Sequence[Option]) -> str:
    origins = {o.origin for o in chosen if o.origin != "merged"}
    return origins.pop() if len(chosen) == 1 and origins else "mixed"


def _allele(
    hunks: Sequence[Hunk],
    contents: tuple[bytes, ...],
    origin: str,
    parents: tuple[tuple[bytes, ...], tuple[bytes, ...]],
    memo: dict[tuple[int, bytes], Kept],
) -> Allele:
    total = Kept()
    for index, (hunk, content) in enumerate(zip(hunks, contents, strict=True)):
        if (index, content) not in memo:
            memo[index, content] = measure(hunk, content)
        total += memo[index, content]
    return Allele(origin, contents, total.ours, total.theirs, contents not in parents)
