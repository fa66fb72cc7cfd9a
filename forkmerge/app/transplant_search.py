"""The smallest part of a donor with which the goal passes and no test of the fork is lost.

    everything of the donor's that differs -> the goal passes? -> shrunk over linkage groups, then loci -> over what is
    left, lines and definitions -> the fork's tests; those that are lost are asked while shrinking from then on

So the dear question (the fork's whole suite) is put to few trees, and the cheap one (the goal) to many.
Invariants: what is returned was seen to pass the goal; without any single part of it the goal, or a test of the fork
that was asked because it was lost before, was seen to fail; the goal's own definitions are taken word for word, or as
far as the merge adapts them.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.app import goals
from forkmerge.app.offer import Offer, meets
from forkmerge.app.transplant_values import Asking, Goal, Graft, Refused, Spent
from forkmerge.errors import ForkmergeError, UnusableInput
from forkmerge.fitness.required import Duty, Required, Waiver
from forkmerge.fitness.verdicts import gist
from forkmerge.git import trees
from forkmerge.model.source import EXECUTABLE, REGULAR
from forkmerge.recombination.patch import patch
from forkmerge.search.shrinking import ahead, one_minimal
from forkmerge.syntax.parsing import MAX_BYTES, parse, sound
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from forkmerge.app.goals import Definition
    from forkmerge.app.scene import Scene
    from forkmerge.app.workbench import WithForksTests
    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import TestId
    from forkmerge.recombination.patch import Patch


Start: TypeAlias = "frozenset[int] | str"
"""Where shrinking starts: loci, or a tree where these are too coarse."""
_CHUNKS = 8
"""How many parts of a donor are left out in turn, where all of it together does not do."""


@dataclass(slots=True)
class Search:
    """The search in one donor."""

    repo: Repository
    seen: Scene
    wanted: tuple[Goal, ...]
    asking: Asking
    swap: WithForksTests
    known: Required
    edited: frozenset[TestId] = frozenset()
    deleted: frozenset[TestId] = frozenset()
    passing: frozenset[TestId] = frozenset()
    near: frozenset[str] = frozenset()
    gone: tuple[Definition, ...] = ()
    kept: list[Duty] = field(default_factory=list)
    waived: list[Waiver] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    best: tuple[int, str, bool] | None = None
    _offer: Offer | None = None
    _asked: tuple[Duty, ...] = ()
    _memo: dict[tuple[str, tuple[str, ...]], bool] = field(default_factory=dict)
    _sounds: dict[tuple[str, str], bool] = field(default_factory=dict)

    @property
    def offer(self) -> Offer:
        """Return what can be taken."""
        if self._offer is None:
            self._offer = Offer(self.repo, self.seen)
        return self._offer

    # -- the goal --------------------------------------------------------------------------------------------------

    def _duties(self) -> tuple[Duty, ...]:
        if not self._asked:
            self._asked = tuple(Duty("theirs", self._there(g)) for g in self.wanted)
        return self._asked

    def _there(self, goal: Goal) -> TestId:
        """Return the identity of a goal in an offspring, where its file may stand at another path."""
        return replace(goal.test, file=self.offer.place(goal.test.file)) if goal.test.file else goal.test

    def _own_loci(self) -> frozenset[int]:
        return self.offer.holding({g.at for g in self.wanted if g.at is not None}, self.gone)

    def _holds(self, tree: str | None) -> bool:
        if tree is None or not self._parses(tree):
            return False
        asked = (*self._duties(), *self.kept)
        key = (tree, tuple(str(d) for d in asked))
        if key not in self._memo:
            self._memo[key] = self.asking.some(tree, asked).good
        return self._memo[key]

    def _parses(self, tree: str) -> bool:
        """Return whether what differs from the fork parses, or did not there either: where not, no test need be run."""
        mine, new = self.repo.entries(self.seen.scenario.ours.tree), self.repo.entries(tree)
        return all(
            self._sound(path, entry.oid) or (path in mine and not self._sound(path, mine[path].oid))
            for path, entry in new.items()
            if mine.get(path) != entry and entry.mode in (REGULAR, EXECUTABLE)
        )

    def _sound(self, path: str, oid: str) -> bool:
        if (path, oid) not in self._sounds:
            data = self.repo.read(oid)
            profile = for_path(path, data)
            self._sounds[path, oid] = True
            if profile is not None and not profile.data and len(data) <= MAX_BYTES:
                with contextlib.suppress(ForkmergeError):  # without the grammar the tests tell
                    self._sounds[path, oid] = sound(parse(profile, data))
        return self._sounds[path, oid]

    # -- the search ------------------------------------------------------------------------------------------------

    def run(self) -> Graft | Refused:
        """Return what was taken, or why nothing could be; raises Spent when the budget ends it before that is known."""
        self._require(self.known)
        own = self.offer.tree(self.offer.closed(self._own_loci()))
        if own is not None:
            found = self.asking.some(own, self._duties())
            self.before = _said(found)
            if found.good:
                return Refused("passes", "the goal passes on the fork's code as it is", before=self.before)
        last: Refused | None = None
        wanted = self.wanted
        for variant in self.offer.variants():
            self._offer, self._asked = variant, ()
            self.wanted, self.gone, self.kept, self.waived = wanted, (), [], []
            self._require(self.known)
            result = self._variant()
            if isinstance(result, Graft):
                return result
            if last is None or (last.how == "goal" and result.how == "lost"):
                last = result
        assert last is not None  # noqa: S101 - there is always the merge as it is
        return replace(last, before=self.before)

    def _variant(self) -> Graft | Refused:
        offered = self.offer.everything
        if not offered:
            return Refused("absent", "it changes nothing that the fork does not have")
        whole = self.offer.tree(offered)
        start = self._guess(offered) if self._holds(whole) else self._without_breakers(offered, whole)
        if start is None:
            return Refused("goal", self._why(whole), len(offered))
        while True:
            self.asking.shrinking = True
            tree, minimal = self._shrunk(start)
            self.asking.shrinking = False
            evaluation = self.asking.whole(tree)
            if evaluation.status == "unverified":
                return Refused("lost", "the tests could not be run to their end", len(offered))
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
            if not minimal:
                raise Spent  # less of it might lose nothing
            if not new:
                return Refused("lost", "tests of the fork are lost", len(offered), names)
            if not self._replaced(new):
                self.kept += new  # where some are replaced the others may hold again
            begin = self._start(tree, start, offered)
            if begin is None:
                return Refused("lost", "tests of the fork are lost", len(offered), names)
            start = begin

    def _guess(self, offered: frozenset[int]) -> frozenset[int]:
        """Return what is offered, or what of it lies in the files that the goal's own commit touched, if that holds."""
        near = frozenset(i for i in offered if self.seen.loci.loci[i].path in self.near)
        if 0 < len(near) < len(offered) and self._holds(self.offer.tree(self.offer.closed(near | self._own_loci()))):
            return near
        return offered

    def _without_breakers(self, offered: frozenset[int], whole: str | None) -> Start | None:
        """Return a part of what is offered that holds although all of it does not, None where none is found.

        Something in it may not stand together with the fork's edits, and have nothing to do with the goal.  It is
        looked for among the loci, then among the lines and definitions of ``whole``, the tree with everything.
        """
        own = self._own_loci()
        rest = sorted(offered - own)
        near = frozenset(i for i in rest if self.seen.loci.loci[i].path in self.near)
        for candidate in dict.fromkeys((near, *_leaving_out(rest))):
            if self._holds(self.offer.tree(self.offer.closed(candidate | own))):
                return candidate | own
        if whole is None:
            return None
        made = self._patch(whole, heads=True)
        parts = self._own_parts(made, whole)
        for chosen in _leaving_out([i for i in range(len(made.parts)) if i not in parts]):
            tree = self._written(made, parts | chosen)
            if tree is not None and self._holds(tree):
                return tree
        return None

    def _start(self, tree: str, start: Start, offered: frozenset[int]) -> Start | None:
        """Return what holds with the tests that were lost on ``tree``, None where nothing is found."""
        if isinstance(start, str):
            return start if self._holds(start) else self._without_breakers(offered, self.offer.tree(offered))
        entries = self.repo.entries(tree)
        mine = self.repo.entries(self.seen.scenario.ours.tree)
        touched = {p for p in {*entries, *mine} if entries.get(p) != mine.get(p)}
        beside = frozenset(i for i in offered if self.seen.loci.loci[i].path in touched)
        own = self._own_loci()
        for candidate in dict.fromkeys((offered, start | own, beside | own)):
            if self._holds(self.offer.tree(self.offer.closed(candidate))):
                return candidate
        return None

    def _replaced(self, lost: Sequence[Duty]) -> bool:
        """Have lost tests that the donor edits or deletes go as it has it; return whether there are any.

        What an edited one has become is a goal from then on.
        """
        known = {g.test for g in self.wanted}
        before = len(self.waived)
        for duty in lost:
            heirs = [t for t in sorted(self.passing) if _function(t) == _function(duty.test)]
            if duty.test in self.deleted:
                reason = "upstream deleted it, together with what was taken"
            elif duty.test in self.edited and heirs:
                reason = "upstream edited it together with what was taken; its version, merged with the fork's, counts"
            else:
                continue
            self.waived.append(Waiver(duty, reason))
            at = goals.definition(duty.test, self.seen.ours, self.repo, self.swap.given)
            self.gone = tuple(dict.fromkeys((*self.gone, at))) if at is not None else self.gone
            for test in heirs if duty.test in self.edited else ():
                if test not in known:
                    known.add(test)
                    there = goals.definition(test, self.seen.theirs, self.repo, self.swap.given)
                    self.wanted = (*self.wanted, Goal(test, there, "passed"))
        if len(self.waived) > before:
            self._asked = ()
            self._require(self.known)
        return len(self.waived) > before

    def _require(self, known: Required) -> None:
        gone = {w.duty for w in self.waived}
        ours = tuple(d for d in known.duties if d.owner == "ours" and d not in gone)
        self.asking.evaluator.required = replace(known, duties=(*ours, *self._duties()), waived=tuple(self.waived))

    def _why(self, tree: str | None) -> str:
        if tree is None:
            return "its changes can't stand together in the fork"
        if not self._parses(tree):
            return "a file of it does not parse when it is merged with the fork's"
        said = self.asking.evaluator.evaluate(tree, [str(d) for d in (*self._duties(), *self.kept)])
        names = sorted(said.failed | said.undecided)
        first = next((gist(m.strip()) for k, m in said.messages if k in names and m.strip()), "")
        return "the goal fails with everything of it" + (f": {first}" if first else "")

    # -- shrinking -------------------------------------------------------------------------------------------------

    def _shrunk(self, start: Start) -> tuple[str, bool]:
        """Return the tree of the smallest part of ``start`` that holds, and whether it is one-minimal for sure."""
        if isinstance(start, str):
            try:
                return self._finer(start), True
            except Spent:
                return (self.best[1] if self.best is not None else start), False
        own = self._own_loci()
        items = sorted(start - own)
        self.best = None

        def closed(chosen: frozenset[int]) -> frozenset[int]:
            return self.offer.closed(own | {items[i] for i in chosen})

        def made(chosen: frozenset[int]) -> str | None:
            return self.offer.tree(closed(chosen))

        at = {index: place for place, index in enumerate(items)}
        groups = [[at[i] for i in group if i in at] for group in self.offer.groups()]
        try:
            kept = closed(self._minimal(len(items), made, [g for g in groups if g]))
            tree = self.offer.tree(kept)
            assert tree is not None  # noqa: S101 - it was seen to hold
            return self._finer(tree), True
        except Spent:
            whole = self.offer.tree(self.offer.closed(start))
            chosen = self.best[1] if self.best is not None else whole
            assert chosen is not None  # noqa: S101 - the start was seen to hold
            return chosen, False

    def _finer(self, tree: str) -> str:
        """Return the tree with as few lines of ``tree`` as hold, definitions that came together taken one by one."""
        made = self._patch(tree, heads=True)
        own = self._own_parts(made, tree)
        items = [i for i in range(len(made.parts)) if i not in own]
        self.best = (len(items), tree, False)

        def written(chosen: frozenset[int]) -> str | None:
            return self._written(made, own | {items[i] for i in chosen})

        found = written(self._minimal(len(items), written))
        assert found is not None  # noqa: S101 - it was seen to hold
        return found

    def _minimal(
        self, count: int, made: Callable[[frozenset[int]], str | None], groups: Sequence[Sequence[int]] = ()
    ) -> frozenset[int]:
        """Return a one-minimal part of ``count`` things of which ``made`` makes a tree that holds.

        ``best`` is the smallest tree that was seen to.  Idle workers begin with what is asked next.
        """
        known: dict[frozenset[int], bool] = {}

        def holds(chosen: frozenset[int]) -> bool:
            tree = made(chosen)
            if self.asking.idle:
                self._look_ahead(made(more) for more in ahead(count, known, chosen, groups=groups))
            good = known[chosen] = self._holds(tree)
            if good and tree is not None and (self.best is None or len(chosen) < self.best[0]):
                self.best = (len(chosen), tree, False)
            return good

        return one_minimal(count, holds, groups=groups)

    def _look_ahead(self, following: Iterable[str | None]) -> None:
        asked = (*self._duties(), *self.kept)
        new = (tree for tree in dict.fromkeys(following) if tree is not None and self._parses(tree))
        self.asking.begin((tree, asked) for tree in new)

    def _written(self, made: Patch, taken: frozenset[int]) -> str | None:
        """Return the fork's tree with some parts of a patch, None where it can't be."""
        try:
            return trees.write(self.repo, self.seen.scenario.ours.tree, made.written(taken))
        except UnusableInput:
            return None

    def _patch(self, tree: str, *, heads: bool = False) -> Patch:
        mine, new = self.repo.entries(self.seen.scenario.ours.tree), self.repo.entries(tree)
        paths = sorted(p for p in {*mine, *new} if mine.get(p) != new.get(p))
        return patch([(p, mine.get(p), new.get(p)) for p in paths], self.repo.read, for_path, heads=heads)

    def _size(self, tree: str | None) -> int:
        return len(self._patch(tree).parts) if tree is not None else 0

    def _own_parts(self, made: Patch, tree: str) -> frozenset[int]:
        own = own_parts(self.repo, made, tree, self._places())
        mine = self.seen.ours
        for path in sorted({at.path for at in self.gone if at.path in mine}):
            known = goals.unit_spans(path, self.repo.read(mine[path].oid))
            spans = [known[at.scope] for at in self.gone if at.path == path and at.scope in known]
            parts = enumerate(made.parts)
            own |= {i for i, p in parts if p.path == path and p.removed and any(meets(p.origin, s) for s in spans)}
        return own

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
            i for i, part in enumerate(made.parts) if part.path == path and any(meets(part.span, s) for s in inside)
        }
    return frozenset(found)


def _leaving_out(rest: Sequence[int]) -> list[frozenset[int]]:
    """Return what is left of ``rest`` without each of a few runs of it."""
    size = max(1, -(-len(rest) // _CHUNKS))
    runs = [frozenset(rest[at : at + size]) for at in range(0, len(rest), size)]
    return [frozenset(rest) - run for run in runs]


def _function(test: TestId) -> tuple[str, str, str]:
    """Return what all tests of one function have in common, whatever their parameters are."""
    return test.file, test.suite, test.name.split("[", 1)[0]


def _said(found: Evaluation) -> dict[str, str]:
    """Return duty -> passed or failed."""
    return dict.fromkeys(found.passed, "passed") | dict.fromkeys(found.failed | found.undecided, "failed")
