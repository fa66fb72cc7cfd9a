"""Homologous units of two and of three revisions: this module is the way through, its helpers are the steps.

1. Files of one path, and unchanged files elsewhere (``exact``); files that are alike everywhere are not even parsed.
2. The same name at the same place, downwards (``exact``).
3. Unchanged bodies anywhere, then the classes and files that their members point to (``exact``, ``context``).
4. Measured rounds, from strict to loose: similarity with names, scopes and neighbours as evidence, and an optimal
   assignment (``measured``, ``assignment``).  What was renamed is learnt on the way (``words``).
5. What is left of one name at one place is paired, doubtful; then parts that were split off or joined (``parts``).

It is pure and deterministic; swapping the sides swaps the matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.alignment.candidates import by_rare_words
from forkmerge.alignment.context import by_members
from forkmerge.alignment.exact import by_body, by_name, by_place, left_over_names, same_files, take_over
from forkmerge.alignment.homologies import by_way_of, compose, without_base
from forkmerge.alignment.located import Homology, Key, Kind, Located, Match, Sources
from forkmerge.alignment.matches import to_matches
from forkmerge.alignment.measured import measured_round
from forkmerge.alignment.pairing import Pairing
from forkmerge.alignment.parts import parts
from forkmerge.alignment.table import Table
from forkmerge.alignment.weigh import Scale
from forkmerge.alignment.words import counts
from forkmerge.errors import MissingTool
from forkmerge.syntax.catalogue import BUILTIN, Catalogue
from forkmerge.syntax.units import units

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from forkmerge.model.source import SourceFile
    from forkmerge.syntax.profile import Profile
    from forkmerge.syntax.units import Unit

__all__ = ["Homology", "Kind", "Limits", "Located", "Match", "Reader", "align", "match"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one comparison.

    ``file_bytes``: above it a file is taken as one piece without units.  ``levels``: similarity of the measured rounds,
    from strict to loose.
    """

    file_bytes: int = 2_000_000
    levels: tuple[float, ...] = (0.8, 0.65, 0.5, 0.4)


_DEFAULT = Limits()


def match(
    left: Sources,
    right: Sources,
    *,
    changed_only: bool = True,
    limits: Limits = _DEFAULT,
    languages: Catalogue = BUILTIN,
) -> tuple[Match, ...]:
    """Return the matches of two revisions: pairs in the order of the left, then deleted, then added units.

    ``changed_only`` leaves out the units of files that are the same, byte for byte at the same path, and spares parsing
    them.  Files of a language without a profile, or whose grammar is not installed, have no units, nor have the lock
    files of package managers.  Never raises for
    unparsable files: their units are what the syntax floor finds in them.
    """
    if changed_only:
        left, right = _differing(left, right)
    return to_matches(_pairing(left, right, Reader(limits=limits, languages=languages), limits))


def align(
    base: Sources | None,
    ours: Sources,
    theirs: Sources,
    *,
    changed_only: bool = True,
    limits: Limits = _DEFAULT,
    languages: Catalogue = BUILTIN,
    reader: Reader | None = None,
) -> tuple[Homology, ...]:
    """Return the homologous units of three revisions, in the order of the base, then those added by ours, by theirs.

    Without a ``base`` (no common ancestor) ours and theirs are matched directly.  ``changed_only`` leaves out the units
    of files that all given revisions have, byte for byte, at the same path.  ``languages`` tell the language of each.
    A ``reader`` that is given, in place of ``limits`` and ``languages``, knows afterwards what it has taken apart.
    """
    reader = reader or Reader(limits=limits, languages=languages)
    if base is None:
        if changed_only:
            ours, theirs = _differing(ours, theirs)
        return without_base(to_matches(_pairing(ours, theirs, reader, limits)))
    if changed_only:
        base, ours, theirs = _differing(base, ours, theirs)
    to_ours = to_matches(_pairing(base, ours, reader, limits))
    to_theirs = to_matches(_pairing(base, theirs, reader, limits))
    cross: tuple[Match, ...] = ()
    if (_grown(to_ours) or _grown(to_theirs)) and all(_differing(base, side) != ((), ()) for side in (ours, theirs)):
        cross = to_matches(_pairing(ours, theirs, reader, limits, settled=by_way_of(to_ours, to_theirs)))
    return compose(to_ours, to_theirs, cross)


def _pairing(
    left: Sources,
    right: Sources,
    reader: Reader,
    limits: Limits,
    settled: Mapping[Key, Key] | None = None,
) -> Pairing:
    """Return the pairs of two revisions; what is ``settled`` beforehand is taken over, and parts are not looked for."""
    pairing = Pairing(Table(left, reader), Table(right, reader))
    scale = Scale(pairing.left, pairing.right, reader.counts)
    if settled is not None:
        take_over(pairing, settled)
    same_files(pairing)
    by_name(pairing, scale)
    by_body(pairing, scale)
    _descend(pairing, scale)
    for level in limits.levels:
        scale.learn(pairing.to_right)
        by_words = by_rare_words(pairing, scale)
        while measured_round(pairing, scale, level, by_words):
            _descend(pairing, scale)
            scale.learn(pairing.to_right)
    left_over_names(pairing, scale)
    if settled is None:
        pairing.parts = parts(pairing, scale)
    return pairing


def _descend(pairing: Pairing, scale: Scale) -> None:
    """Follow new pairs of groups to their members, and members to their groups, until nothing is new."""
    while True:
        by_name(pairing, scale)
        by_place(pairing)
        if not pairing.fresh and not by_members(pairing):
            return


def _grown(matches: tuple[Match, ...]) -> bool:
    return any(m.kind == Kind.ADDED for m in matches)


def _differing(*revisions: Sources) -> tuple[Sources, ...]:
    """Return the files of each revision that not all revisions have alike at the same path."""
    by_path = [{source.path: source.data for source in revision} for revision in revisions]

    def differs(source: SourceFile) -> bool:
        return any(known.get(source.path) != source.data for known in by_path)

    return tuple(tuple(filter(differs, revision)) for revision in revisions)


_GENERATED = re.compile(
    r"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum|packages\.lock\.json|[^/]*\.lock)$"
)
"""Files that a package manager writes: whoever changes what they come from has them written anew."""


class Reader:
    """Takes each content apart once, however many revisions have it, and counts its words once."""

    def __init__(self, *, limits: Limits = _DEFAULT, languages: Catalogue = BUILTIN) -> None:
        self._limits = limits
        self._languages = languages
        self._known: dict[tuple[str, bytes], tuple[Unit, ...]] = {}
        self._counts: dict[bytes, Counter[bytes]] = {}

    def __call__(self, source: SourceFile) -> tuple[Unit, ...]:
        """Return the units of a file, none where it is not to be taken apart."""
        if len(source.data) > self._limits.file_bytes:
            return ()
        profile = self._languages.for_path(source.path, source.data)
        if profile is None or (profile.data and _GENERATED.search(source.path)):
            return ()
        try:
            return self.units(profile, source.data)
        except MissingTool:
            return ()

    def units(self, profile: Profile, data: bytes) -> tuple[Unit, ...]:
        """Return the units of ``data``; raises what ``syntax.units`` raises."""
        key = profile.name, data
        if key not in self._known:
            self._known[key] = units(profile, data)
        return self._known[key]

    def counts(self, data: bytes) -> Counter[bytes]:
        """Return how often each word stands in ``data``."""
        if data not in self._counts:
            self._counts[data] = counts(data)
        return self._counts[data]
