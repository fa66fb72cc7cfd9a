"""``align``: the homologous units of fork and upstream, and the loci of their merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.alignment.align import Reader
from forkmerge.alignment.align import align as align_sources
from forkmerge.alignment.located import Kind
from forkmerge.app.catalogue import catalogue_of
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import resolve
from forkmerge.model.source import EXECUTABLE, REGULAR, SourceFile
from forkmerge.report.documents import AlignedUnits, Alignment, LocusPlace, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.alignment.located import Homology, Located, Match, Sources
    from forkmerge.model.revision import Revision, Scenario
    from forkmerge.model.source import Entry
    from forkmerge.syntax.catalogue import Catalogue

LARGEST = 2_000_000
"""Bytes above which a file is not taken apart into units."""
_STEPS = (
    *("same", "renamed", "moved", "moved+renamed", "moved-file", "moved-file+renamed", "split", "joined"),
    *("added", "deleted"),
)


def align(repository: str, fork: str, upstream: str, *, everything: bool = False) -> Alignment:
    """Return the units of the files that differ between base, fork and upstream (``everything``: of all files).

    Raises UnusableInput for a folder that is no repository and for names that are no revisions.
    """
    with Repository.open(repository) as repo:
        scenario = resolve(repo, fork, upstream)
        trees = tuple(repo.entries(r.tree) for r in (scenario.base, scenario.ours, scenario.theirs))
        skipped: list[str] = []
        languages = catalogue_of(repo, *trees)
        sources = [_sources(repo, tree, trees, skipped, languages, everything=everything) for tree in trees]
        base, ours, theirs = sources
        rootless = not scenario.bases
        reader = Reader(languages=languages)
        homologies = align_sources(None if rootless else base, ours, theirs, changed_only=not everything, reader=reader)
        units = tuple(filter(None, (_row(h) for h in homologies)))
        places = _loci(repo, scenario, languages, reader)
    return Alignment(scenario, units, places, tuple(dict.fromkeys(skipped)))


def _sources(
    repo: Repository,
    tree: Mapping[str, Entry],
    trees: tuple[Mapping[str, Entry], ...],
    skipped: list[str],
    languages: Catalogue,
    *,
    everything: bool,
) -> Sources:
    out: list[SourceFile] = []
    for path, entry in tree.items():
        if entry.mode not in (REGULAR, EXECUTABLE):
            continue
        if not everything and all(other.get(path) == entry for other in trees):
            continue
        if languages.for_path(path) is None:
            continue
        if repo.size(entry.oid) > LARGEST:
            skipped.append(path)
            continue
        out.append(SourceFile(path, repo.read(entry.oid), entry.mode))
    return tuple(out)


def _row(homology: Homology) -> AlignedUnits | None:
    matches = [m for m in (homology.ours_match, homology.theirs_match, homology.cross_match) if m is not None]
    kinds = [str(kind) for kind in (homology.ours_kind, homology.theirs_kind) if kind is not None]
    cross = homology.cross_match
    if cross is not None and cross.left is not None and cross.right is not None:
        kinds.append(str(cross.kind))
    paired = [m for m in matches if m.left is not None and m.right is not None]
    part, told = _part(homology)
    if part is not None:
        kinds, paired = [str(part.kind)], [part]
    return AlignedUnits(
        kind=max(kinds, key=_step, default="same"),
        fork_kind=str(homology.ours_kind or ""),
        upstream_kind=str(homology.theirs_kind or ""),
        change=_change(homology),
        score=round(min((m.score for m in paired), default=0.0), 4),
        doubtful=homology.doubtful or part is not None,
        base=_place(homology.base),
        fork=_place(homology.ours),
        upstream=_place(homology.theirs),
        evidence=(*_evidence(homology), *told),
    )


def _part(homology: Homology) -> tuple[Match | None, tuple[str, ...]]:
    """Return the match by which a unit of one side is a part of another unit, and what is told of all such matches."""
    own = {u.key for u in (homology.base, homology.ours, homology.theirs) if u is not None}
    found: Match | None = None
    told = []
    for m in homology.parts:
        if m.left is None or m.right is None:
            continue
        split = m.kind == Kind.SPLIT
        piece, whole = (m.right, m.left) if split else (m.left, m.right)
        lacking = homology.base is None if split else None in (homology.ours, homology.theirs)
        if piece.key in own and lacking:
            found = found or m
            told.append(f"{'split off' if split else 'joined into'} {_said(whole)}: {', '.join(m.evidence)}")
        elif whole.key in own:
            told.append(f"{'gave a part to' if split else 'took in'} {_said(piece)}")
    return found, tuple(told)


def _said(located: Located) -> str:
    place = _place(located)
    return f"{place.path}:{place.line} {place.unit}" if place is not None else ""


def _step(kind: str) -> int:
    return _STEPS.index(kind) if kind in _STEPS else 0


def _change(homology: Homology) -> str:
    base, ours, theirs = (unit.text if unit else None for unit in (homology.base, homology.ours, homology.theirs))
    if ours == theirs:
        return "none" if ours == base else "same"
    if theirs == base:
        return "fork"
    return "upstream" if ours == base else "both"


def _evidence(homology: Homology) -> tuple[str, ...]:
    sides: tuple[tuple[str, Match | None], ...] = (
        ("fork", homology.ours_match),
        ("upstream", homology.theirs_match),
        ("fork and upstream", homology.cross_match),
    )
    told = [(name, m.evidence) for name, m in sides if m is not None and m.left is not None and m.right is not None]
    if len(told) == 2 and told[0][1] == told[1][1]:
        return told[0][1]
    return tuple(f"{name}: {', '.join(evidence)}" for name, evidence in told if evidence)


def _place(located: Located | None) -> Place | None:
    if located is None:
        return None
    name = located.unit.name or f"({located.unit.kind})"
    return Place(located.path, located.line, ".".join((*located.unit.scope, name)))


def _loci(repo: Repository, scenario: Scenario, languages: Catalogue, reader: Reader) -> tuple[LocusPlace, ...]:
    from forkmerge.git.linemerge import line_merge  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.git.renames import renames  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.merge.tree import Inputs, merge_trees  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.recombination.loci import loci  # noqa: PLC0415 - loaded when it is needed

    base, ours, theirs = (repo.entries(r.tree) for r in (scenario.base, scenario.ours, scenario.theirs))

    def read(entry: Entry) -> bytes:
        return repo.read(entry.oid)

    def renamed(side: Revision) -> dict[str, str]:
        return {old: rename.new for old, rename in renames(repo, scenario.base.tree, side.tree).items()}

    merged = merge_trees(
        Inputs(
            base,
            ours,
            theirs,
            repo.read,
            line_merge,
            renames_ours=renamed(scenario.ours),
            renames_theirs=renamed(scenario.theirs),
            alternatives=False,
            languages=languages,
        )
    )
    return tuple(
        LocusPlace(
            id=locus.id,
            path=locus.path,
            unit=locus.unit,
            sides=tuple(
                side for side, index in (("ours", locus.ours), ("theirs", locus.theirs)) if index != locus.base
            ),
            conflict=locus.has_conflict,
            alleles=tuple(allele.origin for allele in locus.alleles),
        )
        for locus in loci(merged, profile_for=languages.for_path, read=read, units_of=reader.units).loci
    )
