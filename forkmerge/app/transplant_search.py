"""The smallest part of a donor with which the goal passes and no test of the fork is lost.

    everything of the donor's that differs -> the goal passes? -> shrunk over linkage groups, then loci -> over what is
    left, lines and definitions -> the fork's tests; those that are lost are asked while shrinking from then on

So the dear question (the fork's whole suite) is put to few trees, and the cheap one (the goal) to many.
Invariants: what is returned was seen to pass the goal; without any single part of it the goal, or a test of the fork
that was asked because it was lost before, was seen to fail; the goal's own definitions are taken word for word, or as
far as the merge adapts them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from forkmerge.app import goals
from forkmerge.app.transplant_values import Asking, Goal, Graft, Refused, Spent
from forkmerge.errors import UnusableInput
from forkmerge.fitness.required import Duty, Required, Waiver
from forkmerge.git import trees
from forkmerge.model.span import Span
from forkmerge.recombination.offspring import express, placement
from forkmerge.recombination.patch import patch
from forkmerge.recombination.values import ENTRY_SLOT
from forkmerge.search.shrinking import one_minimal
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.app.scene import Scene
    from forkmerge.app.workbench import WithForksTests
    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import TestId
    from forkmerge.recombination.patch import Patch
    from forkmerge.recombination.values import Genome, LocusMap

_MOST_VARIANTS = 8
"""In how many ways conflicts are resolved before a donor is given up."""


@dataclass(slots=True)
class Search:
    """The search in one donor."""

    repo: Repository
    seen: Scene
    wanted: tuple[Goal, ...]
    asking: Asking
    swap: WithForksTests
    edited: frozenset[TestId] = frozenset()
    passing: frozenset[TestId] = frozenset()
    kept: list[Duty] = field(default_factory=list)
    waived: list[Waiver] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    best: tuple[int, str, bool] | None = None
    _alleles: dict[int, int] = field(default_factory=dict)
    _memo: dict[tuple[str, tuple[str, ...]], bool] = field(default_factory=dict)

    # -- what can be taken -----------------------------------------------------------------------------------------

    @property
    def loci(self) -> LocusMap:
        """Return the loci of the donor's merge with the fork."""
        return self.seen.loci

    def _chosen(self, index: int) -> int:
        return self._alleles.get(index, self.loci.loci[index].default)

    def _offered(self) -> tuple[int, ...]:
        """Return the loci at which something would be taken."""
        return tuple(i for i, locus in enumerate(self.loci.loci) if self._chosen(i) != locus.ours)

    def _genome(self, taken: frozenset[int]) -> Genome:
        return tuple(self._chosen(i) if i in taken else x.ours for i, x in enumerate(self.loci.loci))

    def _closed(self, taken: frozenset[int], offered: frozenset[int]) -> frozenset[int]:
        """Return ``taken`` with the loci that it can't do without: definitions of names that it uses."""
        while True:
            genome = self._genome(taken)
            more = {
                index
                for clause in self.loci.clauses
                if clause.violated(genome)
                for index, alleles in clause.cells
                if index in offered and index not in taken and self._chosen(index) not in alleles
            }
            if not more:
                return taken
            taken |= more

    def _tree(self, taken: frozenset[int]) -> str | None:
        """Return the tree with ``taken``, None where it can't be (two files at one path, a name without definition)."""
        genome = self._genome(taken)
        if any(clause.violated(genome) for clause in self.loci.clauses):
            return None
        try:
            return trees.write(self.repo, self.seen.scenario.ours.tree, express(self.loci, genome))
        except (ValueError, UnusableInput):
            return None

    # -- the goal --------------------------------------------------------------------------------------------------

    def _duties(self) -> tuple[Duty, ...]:
        return tuple(Duty("theirs", self._there(g)) for g in self.wanted)

    def _there(self, goal: Goal) -> TestId:
        """Return the identity of a goal in an offspring, where its file may stand at another path."""
        if not goal.test.file:
            return goal.test
        for number, path in enumerate(self.loci.files):
            if goal.test.file in (path.sources[2], path.path) and path.theirs is not None:
                place = placement(self.loci, self._genome(frozenset(self._offered())), number)
                return replace(goal.test, file=place.path) if place is not None else goal.test
        return goal.test

    def _own_loci(self) -> frozenset[int]:
        """Return the loci that hold the goals' definitions and what these use of their files."""
        found: set[int] = set()
        for number, path in enumerate(self.loci.files):
            scopes = [g.at.scope for g in self.wanted if g.at and g.at.path in (path.sources[2], path.path)]
            if not scopes or path.theirs is None:
                continue
            slots = set()
            if path.file is not None:
                inside = goals.spans(path.sources[2] or path.path, path.file.side("theirs"), scopes)
                at = hunk = 0
                for segment in path.file.segments:
                    text = segment if isinstance(segment, bytes) else segment.theirs
                    if not isinstance(segment, bytes):
                        slots |= {hunk} if any(_meets(Span(at, at + len(text)), s) for s in inside) else set()
                        hunk += 1
                    at += len(text)
            for index in self.loci.of_file(number):
                locus = self.loci.loci[index]
                added = path.ours is None and locus.slots == (ENTRY_SLOT,)
                if added or slots.intersection(locus.slots):
                    found.add(index)
        return frozenset(found).intersection(self._offered())

    def _holds(self, tree: str | None) -> bool:
        if tree is None:
            return False
        asked = (*self._duties(), *self.kept)
        key = (tree, tuple(str(d) for d in asked))
        if key not in self._memo:
            self._memo[key] = self.asking.some(tree, asked).good
        return self._memo[key]

    # -- the search ------------------------------------------------------------------------------------------------

    def run(self) -> Graft | Refused:
        """Return what was taken, or why nothing could be; raises Spent when the budget ends it before that is known."""
        own = self._tree(self._closed(self._own_loci(), frozenset(self._offered())))
        if own is not None:
            found = self.asking.some(own, self._duties())
            self.before = _said(found)
            if found.good:
                return Refused("passes", "the goal passes on the fork's code as it is", before=self.before)
        last: Refused | None = None
        for alleles in self._variants():
            self._alleles = alleles
            result = self._variant()
            if isinstance(result, Graft):
                return result
            if last is None or (last.how == "goal" and result.how == "lost"):
                last = result
        assert last is not None  # noqa: S101 - there is always the merge as it is
        return replace(last, before=self.before)

    def _variants(self) -> list[dict[int, int]]:
        """Return ways to resolve what the merge left open: as it keeps most, as upstream has it, one by one."""
        contested = [i for i, x in enumerate(self.loci.loci) if x.has_conflict and x.theirs != x.base]
        found: list[dict[int, int]] = [{}]
        if contested:
            found.append({i: self.loci.loci[i].theirs for i in contested})
        for index in contested:
            locus = self.loci.loci[index]
            others = [n for n in range(len(locus.alleles)) if n not in (locus.default, locus.base)]
            others.sort(key=lambda n, x=locus: (-x.alleles[n].kept_theirs, -x.alleles[n].kept_ours))  # type: ignore[misc]
            found += [{index: n} for n in others[:3]]
        return found[:_MOST_VARIANTS]

    def _variant(self) -> Graft | Refused:
        offered = frozenset(self._offered())
        if not offered:
            return Refused("absent", "it changes nothing that the fork does not have")
        whole = self._tree(offered)
        if not self._holds(whole):
            return Refused("goal", self._why(whole), len(offered))
        start = offered
        while True:
            tree, minimal = self._shrunk(start, offered)
            evaluation = self.asking.whole(tree)
            lost = [
                d for d in self.asking.evaluator.required.duties if str(d) in evaluation.failed | evaluation.undecided
            ]
            if evaluation.status != "ok":
                lost = [d for d in self.asking.evaluator.required.duties if d.owner == "ours"]
            goals_lost = [d for d in lost if d.owner == "theirs"]
            new = [d for d in lost if d.owner == "ours" and d not in self.kept]
            if goals_lost:
                return Refused("goal", "the goal passes alone and fails in the whole suite", len(offered))
            if not lost:
                there = tuple(self._there(g) for g in self.wanted)
                made = self._patch(tree)
                return Graft(tree, made, there, evaluation, tuple(self.waived), minimal, self._size(whole))
            names = tuple(sorted({str(d.test) for d in lost}))
            if not new:
                return Refused("lost", "tests of the fork are lost", len(offered), names)
            if not self._replaced(new):
                self.kept += new
            offered = frozenset(self._offered())
            begin = self._start(tree, offered)
            if begin is None:
                return Refused("lost", "tests of the fork are lost", len(offered), names)
            start = begin

    def _start(self, tree: str, offered: frozenset[int]) -> frozenset[int] | None:
        """Return loci that hold with the tests that were lost on ``tree``, None where none are found."""
        entries = self.repo.entries(tree)
        mine = self.repo.entries(self.seen.scenario.ours.tree)
        touched = {p for p in {*entries, *mine} if entries.get(p) != mine.get(p)}
        beside = frozenset(i for i in offered if self.loci.loci[i].path in touched)
        for candidate in (offered, beside):
            if self._holds(self._tree(self._closed(candidate, offered))):
                return candidate
        return None

    def _replaced(self, lost: Sequence[Duty]) -> bool:
        """Have upstream's versions of lost tests that the donor edits as goals too; return whether there are any."""
        known = {g.test for g in self.wanted}
        mine = [d for d in lost if d.test in self.edited and d.test in self.passing]
        for duty in mine:
            self.waived.append(Waiver(duty, "upstream's version of it, edited with what was taken, takes its place"))
            if duty.test not in known:
                at = goals.definition(duty.test, self.seen.theirs, self.repo, self.swap.given)
                self.wanted = (*self.wanted, Goal(duty.test, at, "passed"))
        if mine:
            self._require(self.asking.evaluator.required)
        return bool(mine)

    def _require(self, known: Required) -> None:
        gone = {w.duty for w in self.waived}
        ours = tuple(d for d in known.duties if d.owner == "ours" and d not in gone)
        self.asking.evaluator.required = replace(known, duties=(*ours, *self._duties()), waived=tuple(self.waived))

    def required(self, known: Required) -> None:
        """Ask for the fork's duties in ``known``, and for the goals."""
        self._require(known)

    def _why(self, tree: str | None) -> str:
        if tree is None:
            return "its changes can't stand together in the fork"
        said = self.asking.evaluator.evaluate(tree, [str(d) for d in (*self._duties(), *self.kept)])
        names = sorted(said.failed | said.undecided)
        first = next((m.strip().splitlines()[-1] for k, m in said.messages if k in names and m.strip()), "")
        return "the goal fails with everything of it" + (f": {first}" if first else "")

    # -- shrinking -------------------------------------------------------------------------------------------------

    def _shrunk(self, start: frozenset[int], offered: frozenset[int]) -> tuple[str, bool]:
        """Return the tree of the smallest part of ``start`` that holds, and whether it is one-minimal for sure."""
        own = self._own_loci()
        items = sorted(start - own)
        self.best = None

        def closed(chosen: frozenset[int]) -> frozenset[int]:
            return self._closed(own | {items[i] for i in chosen}, offered)

        def holds(chosen: frozenset[int]) -> bool:
            tree = self._tree(closed(chosen))
            good = self._holds(tree)
            if good and tree is not None and (self.best is None or len(chosen) < self.best[0]):
                self.best = (len(chosen), tree, False)
            return good

        at = {index: place for place, index in enumerate(items)}
        groups = [[at[i] for i in group if i in at] for group in self._groups()]
        try:
            kept = closed(one_minimal(len(items), holds, groups=[g for g in groups if g]))
            tree = self._tree(kept)
            assert tree is not None  # noqa: S101 - it was seen to hold
            return self._finer(tree), True
        except Spent:
            whole = self._tree(self._closed(start, offered))
            chosen = self.best[1] if self.best is not None else whole
            assert chosen is not None  # noqa: S101 - the start was seen to hold
            return chosen, False

    def _groups(self) -> list[tuple[int, ...]]:
        """Return the loci that are tried together first: by names, and a new file with what is in it."""
        groups = [g.loci for g in self.loci.groups]
        groups += [self.loci.of_file(n) for n, path in enumerate(self.loci.files) if path.ours is None]
        return groups

    def _finer(self, tree: str) -> str:
        """Return the tree with as few lines of ``tree`` as hold, definitions that came together taken one by one."""
        made = self._patch(tree)
        own = self._own_parts(made, tree)
        items = [i for i in range(len(made.parts)) if i not in own]
        self.best = (len(items), tree, False)

        def written(chosen: frozenset[int]) -> str | None:
            changes = made.written(own | {items[i] for i in chosen})
            try:
                return trees.write(self.repo, self.seen.scenario.ours.tree, changes)
            except UnusableInput:
                return None

        def holds(chosen: frozenset[int]) -> bool:
            small = written(chosen)
            good = self._holds(small)
            if good and small is not None and (self.best is None or len(chosen) < self.best[0]):
                self.best = (len(chosen), small, False)
            return good

        found = written(one_minimal(len(items), holds))
        assert found is not None  # noqa: S101 - it was seen to hold
        return found

    def _patch(self, tree: str) -> Patch:
        mine, new = self.repo.entries(self.seen.scenario.ours.tree), self.repo.entries(tree)
        paths = sorted(p for p in {*mine, *new} if mine.get(p) != new.get(p))
        return patch([(p, mine.get(p), new.get(p)) for p in paths], self.repo.read, for_path)

    def _size(self, tree: str | None) -> int:
        return len(self._patch(tree).parts) if tree is not None else 0

    def _own_parts(self, made: Patch, tree: str) -> frozenset[int]:
        return own_parts(self.repo, made, tree, self._places())

    def _places(self) -> tuple[tuple[str, goals.Scope], ...]:
        there = ((self._there(g), g) for g in self.wanted)
        return tuple((test.file or g.at.path, g.at.scope) for test, g in there if g.at is not None)


def own_parts(repo: Repository, made: Patch, tree: str, places: Sequence[tuple[str, goals.Scope]]) -> frozenset[int]:
    """Return the parts that hold the definitions at ``places`` (path and scope), and what these use of their files."""
    found: set[int] = set()
    entries = repo.entries(tree)
    for path in sorted({path for path, _ in places}):
        entry = entries.get(path)
        if entry is None:
            continue
        inside = goals.spans(path, repo.read(entry.oid), [scope for p, scope in places if p == path])
        found |= {
            i for i, part in enumerate(made.parts) if part.path == path and any(_meets(part.span, s) for s in inside)
        }
    return frozenset(found)


def _meets(one: Span, other: Span) -> bool:
    """Return whether two spans overlap; an empty one, whether it lies inside of the other."""
    if not len(one):
        return other.start < one.start < other.end
    return one.start < other.end and other.start < one.end


def _said(found: Evaluation) -> dict[str, str]:
    """Return duty -> passed or failed."""
    return dict.fromkeys(found.passed, "passed") | dict.fromkeys(found.failed | found.undecided, "failed")
