"""The loci as the search sees them, and genomes as trees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.app.applied import Taste
from forkmerge.app.moved import following, moved_in
from forkmerge.app.renamed import holds, read_anew, tops, with_new_names
from forkmerge.app.reworded import says, with_new_words
from forkmerge.app.testpaths import asked_in_merged, is_test, tests_of, with_tests
from forkmerge.git import trees
from forkmerge.recombination.genome import all_ours, all_theirs, default
from forkmerge.recombination.offspring import express
from forkmerge.search.protocol import Covers, Hints, Landscape, Worth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.app.experience import Experience
    from forkmerge.app.reaches import Reaches
    from forkmerge.app.testpaths import Asked
    from forkmerge.fitness.required import Owner
    from forkmerge.git.repository import Repository
    from forkmerge.git.trees import Change
    from forkmerge.model.source import Tree
    from forkmerge.recombination.adapt import Rename
    from forkmerge.recombination.moving import Move
    from forkmerge.recombination.rewording import Rewording
    from forkmerge.recombination.values import Clause, Genome, LocusMap


@dataclass(frozen=True, slots=True)
class Genotype:
    """A genome of the loci as they were after ``generation`` refinements."""

    genome: Genome
    generation: int = 0


Candidate: TypeAlias = "Genotype | str"
"""A genotype, or the id of a tree that comes from elsewhere (git's merge)."""


def landscape(
    found: LocusMap,
    given: tuple[str, ...],
    tests: frozenset[str],
    merged: Asked = frozenset(),
    reaches: Reaches | None = None,
    experience: Experience | None = None,
) -> Landscape:
    """Return the search's view: what each allele is worth, and which loci stand still until a failure blames them.

    Those are all that the engine resolved, and those in test files (each side brings its own).  What the engine made of
    both sides counts as keeping all of both: by its gates no token is lost, only laid out anew or put elsewhere.
    ``merged`` as in ``Materialiser``: all other tests see nothing of the loci in test files.  ``reaches`` tells which
    of the other loci they touch, ``experience`` what earlier searches let expect.
    """
    start = default(found)
    still = frozenset(i for i, locus in enumerate(found.loci) if is_test(locus.path, given))
    touched = None if reaches is None or not reaches.known else reaches.covers(found, without=still)
    worths = []
    far = len(start) + 1  # what people took in such places goes before how near an offspring is to the plain merge
    taste = experience.taste if experience is not None else Taste()
    for index, locus in enumerate(found.loci):
        settled = index in still or not locus.has_conflict
        worths.append(
            tuple(
                Worth(locus.edit_ours, locus.edit_theirs)
                if settled and number == start[index]
                else Worth(
                    a.kept_ours,
                    a.kept_theirs,
                    a.chimeric,
                    int(number != start[index]) + far * taste.unusual(locus, number),
                    a.size,
                )
                for number, a in enumerate(locus.alleles)
            )
        )
    dormant = frozenset(i for i, locus in enumerate(found.loci) if locus.dormant or not locus.has_conflict) | still
    return Landscape(
        tuple(worths),
        start,
        all_ours(found),
        all_theirs(found),
        dormant,
        found.clauses,
        tuple(g.loci for g in found.groups),
        covers=_covers(frozenset(range(len(found.loci))) - still, merged, touched) if still or touched else None,
        tests=tests,
        gate=True,
        files=tuple(locus.path for locus in found.loci),
        near=reaches.near(found) if reaches is not None and reaches.known else None,
        hints=experience.hints(found, tests) if experience is not None else Hints(),
        certain=certain(found, start),
    )


def certain(found: LocusMap, genome: Genome) -> frozenset[Clause]:
    """Return the clauses that ``genome`` breaks for sure: what uses the name stands in a file that binds it nowhere.

    Tests that pass all the same don't run that place, or belong to a side whose tests could not be run at all.
    """
    from forkmerge.merge.names import objections  # noqa: PLC0415 - parses, and most merges break no clause
    from forkmerge.recombination.offspring import text  # noqa: PLC0415 - the same
    from forkmerge.syntax.profiles import for_path  # noqa: PLC0415 - the same

    out = set()
    for clause in found.clauses:
        if not clause.name or not clause.violated(genome):
            continue
        number = found.loci[clause.cells[0][0]].file
        file = found.files[number].file
        profile = for_path(found.files[number].path)
        if file is None or profile is None or profile.data:
            continue
        inputs = [file.side(side) for side in ("base", "ours", "theirs")]
        name = frozenset((clause.name.encode(),))
        result = text(found, genome, number)
        if objections(profile, "", inputs, result, doubled=frozenset(), loose=name):
            out.add(clause)
    return frozenset(out)


def _covers(code: frozenset[int], merged: Asked, touched: Covers | None) -> Covers:
    def covers(duty: str) -> frozenset[int] | None:
        owner, _, test = duty.partition(":")
        if asked_in_merged(merged, owner, test.partition("::")[0]):
            return None
        loci = touched(duty) if touched is not None else None
        return code if loci is None else loci & code

    return covers


@dataclass(slots=True)
class Materialiser:
    """Writes candidates as trees of ``repo``: as they are, or with the complete test tree of one side.

    ``tests`` are the trees whose tests the owners have that are neither of the two sides, or another one than theirs.
    ``idle`` are owners whose tests can't even be collected on their own parent: nothing of theirs is asked, and the
    tree for them is that of another owner.
    ``renamed`` are old and new names of packages, for the tests of who knows the old one, ``names`` are renames of what
    stands in a module, for the tests of the other side (``app.renamed``), ``words`` what was reworded,
    with the tests that ask for it (``app.reworded``), ``moves`` what stands in another module now (``app.moved``).
    ``merged`` are the sides, and the test files of a side, that can't even be collected on the other side's code: these
    tests are asked as the offspring itself has them, merged.
    """

    repo: Repository
    maps: list[LocusMap]
    ours: Tree
    theirs: Tree
    ours_tree: str
    given: tuple[str, ...] = ()
    merged: Asked = frozenset()
    tests: Mapping[Owner, Tree] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    names: tuple[Rename, ...] = ()
    words: Mapping[Rewording, tuple[str, ...]] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    idle: frozenset[Owner] = frozenset()
    _plain: dict[Candidate, str] = field(default_factory=dict)
    _owned: dict[tuple[str, Owner], str] = field(default_factory=dict, init=False)  # it depends on ``merged``

    def plain(self, candidate: Candidate) -> str:
        """Return the tree of the candidate itself."""
        if isinstance(candidate, str):
            return candidate
        if candidate not in self._plain:
            changes = express(self.maps[candidate.generation], candidate.genome)
            self._plain[candidate] = trees.write(self.repo, self.ours_tree, changes)
        return self._plain[candidate]

    def __call__(self, candidate: Candidate, owner: Owner) -> str:
        """Return the tree of the candidate with the tests of ``owner``."""
        if owner in self.idle:
            owner = next(o for o in ("ours", "theirs", *self.tests) if o not in self.idle)
        tree = self.plain(candidate)
        if (owner, "") in self.merged:
            return tree
        if (tree, owner) not in self._owned:
            tests = self.tests.get(owner, self.ours if owner == "ours" else self.theirs)
            entries = self.repo.entries(tree)
            changes: dict[str, Change] = dict(with_tests(entries, tests, self.given))
            changes |= self._read_anew(entries, tests, owner)
            changes = {path: entry for path, entry in changes.items() if (owner, path) not in self.merged}
            self._owned[tree, owner] = trees.write(self.repo, tree, changes) if changes else tree
        return self._owned[tree, owner]

    def _new_to(self, owner: Owner, change: Rename | Rewording | Move) -> bool:
        return owner in ("ours", "theirs") and owner != change.side

    def _holds(self, entries: Tree, rename: Rename) -> bool:
        entry = entries.get(rename.now or rename.path)
        return entry is not None and holds(rename, self.repo.read(entry.oid))

    def _says(self, entries: Tree, rewording: Rewording) -> bool:
        entry = entries.get(rewording.path)
        return entry is not None and says(self.repo.read(entry.oid), rewording)

    def _read_anew(self, entries: Tree, tests: Tree, owner: Owner) -> dict[str, Change]:
        """Return the files of ``tests`` that speak of what ``entries`` have under another name or say otherwise."""
        packages: dict[str, str] = {}
        if self.renamed:
            have = tops(entries, self.given)
            known = (*self.renamed.items(), *((new, old) for old, new in self.renamed.items()))
            packages = {one: other for one, other in known if one not in have and other in have}
        names = tuple(r for r in self.names if self._new_to(owner, r) and self._holds(entries, r))
        words = tuple(w for w in self.words if self._new_to(owner, w) and self._says(entries, w))
        moves = tuple(m for m in self.moves if self._new_to(owner, m) and moved_in(m, entries, self.repo.read))
        out: dict[str, Change] = {}
        for path, entry in tests_of(tests, self.given).items() if packages or names or words or moves else ():
            data = anew = self.repo.read(entry.oid)
            if path.endswith(".py"):
                anew = following(path, with_new_names(read_anew(anew, packages), names), moves)
            if any(word.old in anew for word in words):
                anew = with_new_words(path, anew, words)
            if anew != data:
                out[path] = (entry.mode, anew)
        return out
