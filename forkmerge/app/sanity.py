"""Alleles that no test needs to be run on: code that reads as neither side wrote it.

Joining lines of both sides can put a definition where no version has one (a method after another function's
``return``), give text that is no program, or leave out what sets a variable that a function goes on to read.  Tests may
not see it, and cost a suite where they do, so such alleles are taken out before the search.  Nor do tests see a module
that stands beside a package of its name: what one side deleted doesn't come back there by itself.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.errors import ForkmergeError
from forkmerge.recombination.entries import collisions
from forkmerge.recombination.genome import all_ours, all_theirs
from forkmerge.recombination.offspring import text
from forkmerge.recombination.values import ENTRY_SLOT, Genome, Locus, LocusMap
from forkmerge.syntax.parsing import parse, sound
from forkmerge.syntax.profiles import for_path
from forkmerge.syntax.references import names
from forkmerge.syntax.units import units, walk

if TYPE_CHECKING:
    from forkmerge.recombination.values import Clause
    from forkmerge.syntax.profile import Profile

_DEFINING = frozenset(("function", "method", "class", "type"))
Defined = frozenset[tuple[str, tuple[str, ...], str]]
Used: TypeAlias = tuple[tuple[str, ...], str]
"""A scope, and a name that is looked up there."""


def sane(found: LocusMap) -> LocusMap:
    """Return the loci without the made-up alleles that don't parse or define something where no version does.

    Each is judged beside alleles that are sane themselves: what is made up elsewhere in its file is no fault of its.
    Where nothing had to go that is ``found`` itself; else its clauses and groups have to be made anew.
    """
    loci = list(found.loci)
    beside = [locus.ours if locus.has_conflict else locus.default for locus in loci]
    for index, locus in enumerate(found.loci):
        if not locus.has_conflict or locus.slots == (ENTRY_SLOT,):
            continue
        profile = for_path(locus.path)
        if profile is None or profile.data:
            continue
        loci[index] = _without(locus, _strange(found, index, profile, tuple(beside)))
        beside[index] = locus.alleles.index(loci[index].alleles[loci[index].default])
    hidden = {index for clause in collisions(tuple(loci)) for index in _hidden(loci, clause)}
    for index in hidden:
        loci[index] = replace(loci[index], default=_nowhere(loci[index]))
    return replace(found, loci=tuple(loci)) if tuple(loci) != found.loci else found


def _hidden(loci: list[Locus], clause: Clause) -> list[int]:
    """Return the locus of a file in conflict that would by default stand where another one hides it."""
    if not clause.violated(tuple(locus.default for locus in loci)):
        return []
    (index, _), _ = clause.cells
    return [index] if loci[index].has_conflict and _nowhere(loci[index]) != loci[index].default else []


def _nowhere(locus: Locus) -> int:
    """Return the allele of an entry that is not there, its default where there is none."""
    return next((i for i, a in enumerate(locus.alleles) if a.contents == (None,)), locus.default)


def _strange(found: LocusMap, index: int, profile: Profile, start: Genome) -> frozenset[int]:
    """Return the alleles of a locus, made of both sides, that beside ``start`` no program of either side looks like."""
    locus = found.loci[index]
    sides = (all_ours(found), all_theirs(found))
    strict = profile.name == "python" and all(_compiles(text(found, side, locus.file)) for side in sides)
    versions = [_read(found, g, locus, profile) for g in sides]
    if any(v is None for v in versions):
        return frozenset()
    known = frozenset().union(*(v for v in versions if v is not None))
    written = [text(found, side, locus.file) for side in sides]
    own = frozenset().union(*(_own(profile, data) for data in written))
    own -= frozenset().union(*(_unset(profile, data) for data in written))
    out = set()
    for number, allele in enumerate(locus.alleles):
        if number in (locus.base, locus.ours, locus.theirs) or allele.origin.startswith(("rule", "merged", "adapted")):
            continue
        genome = (*start[:index], number, *start[index + 1 :])
        read, data = _read(found, genome, locus, profile), text(found, genome, locus.file)
        if read is None or read - known or (strict and not _compiles(data)) or own & _unset(profile, data):
            out.add(number)
    return frozenset(out)


def _unset(profile: Profile, data: bytes) -> frozenset[Used]:
    """Return the names that a function reads before it sets them, or that nothing does; none where any may be bound."""
    found = names(profile, data)
    scopes: dict[str, set[tuple[str, ...]]] = {}
    first: dict[Used, int] = {}
    for name in found.definitions:
        scopes.setdefault(name.text, set()).add(name.scope)
        place = (name.scope, name.text)
        first[place] = min(name.span.start, first.get(place, name.span.start))
    if "*" in scopes:
        return frozenset()
    out: set[Used] = set()
    for use in found.uses:
        place = (use.scope, use.text)
        around = scopes.get(use.text, set())
        nowhere = not any(use.scope[:depth] in around for depth in range(len(use.scope) + 1))
        if use.kind == "name" and use.scope and (nowhere or use.span.start < first.get(place, 0)):
            out.add(place)
    return frozenset(out)


def _own(profile: Profile, data: bytes) -> frozenset[Used]:
    """Return the names that functions set for themselves."""
    return frozenset((name.scope, name.text) for name in names(profile, data).definitions if name.scope)


def _compiles(data: bytes) -> bool:
    """Return whether Python itself takes the text: it sees lines at a wrong depth, which tree-sitter lets pass.

    And a parameter that both sides added, which its parser lets pass.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, "<merge>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _read(found: LocusMap, genome: Genome, locus: Locus, profile: Profile) -> Defined | None:
    """Return what the file of a locus defines under ``genome``, None where it does not parse."""
    data = text(found, genome, locus.file)
    try:
        tree = parse(profile, data)
        if not sound(tree):
            return None
        return frozenset((u.kind, u.scope, u.name) for u in walk(units(profile, data, tree)) if u.kind in _DEFINING)
    except ForkmergeError:
        return None


def _without(locus: Locus, gone: frozenset[int]) -> Locus:
    if not gone:
        return locus
    kept = [i for i in range(len(locus.alleles)) if i not in gone]
    where = {old: new for new, old in enumerate(kept)}
    alleles = tuple(locus.alleles[i] for i in kept)
    start = where.get(locus.default)
    if start is None:
        start = max(
            range(len(alleles)),
            key=lambda i: (
                min(alleles[i].kept_ours / (locus.edit_ours or 1), alleles[i].kept_theirs / (locus.edit_theirs or 1)),
                alleles[i].kept_ours + alleles[i].kept_theirs,
                -i,
            ),
        )
    return replace(
        locus,
        alleles=alleles,
        default=start,
        base=where[locus.base],
        ours=where[locus.ours],
        theirs=where[locus.theirs],
    )
