"""The scene of a proposal: the scenario, its trees, the structured merge and the loci that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from forkmerge.model.source import EXECUTABLE, REGULAR, Entry, SourceFile, Tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.alignment.located import Homology
    from forkmerge.git.repository import Repository
    from forkmerge.merge.rules import Allowed
    from forkmerge.model.revision import Scenario
    from forkmerge.model.treemerge import TreeMerge
    from forkmerge.recombination.moving import Move
    from forkmerge.recombination.rewording import Rewording
    from forkmerge.recombination.values import LocusMap
    from forkmerge.syntax.catalogue import Catalogue

_LARGEST = 1_000_000
"""Files above this many bytes are not looked into for units."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything about a scenario that can be known without running a test."""

    scenario: Scenario
    base: Tree
    ours: Tree
    theirs: Tree
    homologies: tuple[Homology, ...]
    merge: TreeMerge
    loci: LocusMap
    rewordings: tuple[Rewording, ...] = ()
    moves: tuple[Move, ...] = ()


def scene(
    repo: Repository,
    scenario: Scenario,
    *,
    allowed: Allowed | None = None,
    adapt: bool = True,
    given: tuple[str, ...] | None = None,
) -> Scene:
    """Return the scene of ``scenario``; raises UnusableInput when an object can't be read.

    With ``adapt``, one side's new code also comes in alleles that follow the other side's renames; with ``given``, the
    paths of tests (none: by their names), its tests in such that follow the other side's rewordings.
    """
    from forkmerge.alignment.align import align  # noqa: PLC0415 - what is below is loaded when it is needed
    from forkmerge.app.catalogue import catalogue_of  # noqa: PLC0415
    from forkmerge.app.sanity import sane  # noqa: PLC0415
    from forkmerge.git.linemerge import line_merge  # noqa: PLC0415
    from forkmerge.git.renames import renames  # noqa: PLC0415
    from forkmerge.merge.moves import moved_units  # noqa: PLC0415
    from forkmerge.merge.rules import Allowed  # noqa: PLC0415
    from forkmerge.merge.tree import Inputs, merge_trees  # noqa: PLC0415
    from forkmerge.recombination.cuts import cut_at_units  # noqa: PLC0415
    from forkmerge.recombination.folders import following_folders, renamed_folders  # noqa: PLC0415
    from forkmerge.recombination.loci import linked, loci  # noqa: PLC0415

    base, ours, theirs = (repo.entries(r.tree) for r in (scenario.base, scenario.ours, scenario.theirs))
    rootless = not scenario.bases
    read = cache(repo.read)

    def by_entry(entry: Entry) -> bytes:
        return read(entry.oid)

    languages = catalogue_of(repo, base, ours, theirs)
    sources = [_sources(read, repo, languages, tree, (base, ours, theirs)) for tree in (base, ours, theirs)]
    homologies = align(None if rootless else sources[0], sources[1], sources[2], languages=languages)
    inputs = Inputs(
        base,
        ours,
        theirs,
        read,
        line_merge,
        {old: r.new for old, r in renames(repo, scenario.base.tree, scenario.ours.tree).items()},
        {old: r.new for old, r in renames(repo, scenario.base.tree, scenario.theirs.tree).items()},
        moved_units(homologies),
        replace(allowed or Allowed(), least=0.0),  # what is unlikely as a whole file is for the tests to tell
        languages=languages,
    )
    merged = cut_at_units(merge_trees(inputs), languages.for_path)
    whole = loci(merged, profile_for=languages.for_path, read=by_entry)
    folders = (renamed_folders(ours, inputs.renames_ours), renamed_folders(theirs, inputs.renames_theirs))
    found = sane(following_folders(whole, *folders, {*base, *ours, *theirs}) if any(folders) else whole)
    if found is not whole:
        found = linked(found, by_entry)
    moves: tuple[Move, ...] = ()
    reworded = () if given is None else _rewordings(base, ours, theirs, read, given, languages)
    if adapt:
        from forkmerge.app.moved import moves_of  # noqa: PLC0415 - as above

        moves = moves_of(
            homologies, {"ours": (ours, inputs.renames_ours), "theirs": (theirs, inputs.renames_theirs)}, read
        )
        found = _adapted(found, homologies, by_entry, reworded, given or (), moves)
    return Scene(scenario, base, ours, theirs, homologies, merged, found, reworded, moves)


def _adapted(
    found: LocusMap,
    homologies: tuple[Homology, ...],
    read: Callable[[Entry], bytes],
    reworded: tuple[Rewording, ...],
    given: tuple[str, ...],
    moves: tuple[Move, ...],
) -> LocusMap:
    """Return the loci with alleles in which one side's new code follows the other's renames, moves and parameters."""
    from forkmerge.app.adaptation import adapted  # noqa: PLC0415 - as above

    return adapted(found, homologies, read, reworded, given, moves)


def _rewordings(
    base: Tree,
    ours: Tree,
    theirs: Tree,
    read: Callable[[str], bytes],
    given: tuple[str, ...],
    languages: Catalogue,
) -> tuple[Rewording, ...]:
    from forkmerge.app.reworded import rewordings  # noqa: PLC0415 - as above

    return rewordings(base, ours, theirs, read=read, given=given, profile_for=languages.for_path)


def _sources(
    read: Callable[[str], bytes], repo: Repository, languages: Catalogue, tree: Tree, trees: tuple[Tree, ...]
) -> tuple[SourceFile, ...]:
    def wanted(path: str, entry: Entry) -> bool:
        if entry.mode not in (REGULAR, EXECUTABLE) or all(t.get(path) == entry for t in trees):
            return False
        return languages.for_path(path) is not None and repo.size(entry.oid) <= _LARGEST

    return tuple(SourceFile(path, read(e.oid), e.mode) for path, e in sorted(tree.items()) if wanted(path, e))
