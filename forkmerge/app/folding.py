"""Several upstreams: each is recombined with the best offspring of the fork and those before it.

    fork + A -> offspring 1, a commit of both; offspring 1 + B -> offspring 2; ...; the last one is a merge of them all

The tests of every parent stay required, each in its own complete test tree, in every step: what B breaks of A's is seen
while there is still a choice.  At the end everything is confirmed in fresh clones, and the report says of each parent
what was kept of its tests and of its edits, and in which files something of them is missing.

Invariants: a parent that could not be reached before the time was up is named; what a step left out is in its kept run
and, for the tree that is proposed, in the report of the parent that it came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from forkmerge.app.elders import Elder
from forkmerge.app.kept_of import kept_of_parent
from forkmerge.app.summary import empty, summary
from forkmerge.git import mergetree
from forkmerge.git.attributes import attribute_files
from forkmerge.git.scenario import resolve, revision
from forkmerge.report import events
from forkmerge.report.values import Owner as ReportOwner
from forkmerge.report.values import ParentReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forkmerge.app.found import Found
    from forkmerge.app.propose import Proposing
    from forkmerge.app.request import ProposeRequest
    from forkmerge.git.mergetree import GitMerge
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import TestId
    from forkmerge.model.revision import Revision, Scenario
    from forkmerge.report.events import Progress
    from forkmerge.report.values import Proposals


@dataclass(slots=True)
class Folding:
    """One run with several upstreams; ``step`` makes the run of one of them."""

    repo: Repository
    request: ProposeRequest
    progress: Progress
    step: Callable[[ProposeRequest, tuple[Elder, ...], GitMerge | None], Proposing]
    save: Callable[[Proposals], Proposals]
    left: list[str] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)
    used: int = 0
    interrupted: bool = False

    def run(self) -> Proposals:
        """Return the proposals for the fork with all upstreams, kept; those of each step are kept too."""
        fork = revision(self.repo, self.request.fork)
        parents = self._parents(fork)
        if len(parents) < 2:
            scenario = resolve(self.repo, self.request.fork, self.request.upstream)
            return empty(scenario, "; ".join(self.left) or "nothing to do")
        return self._fold(parents)

    def _parents(self, fork: Revision) -> list[Revision]:
        """Return the fork and the upstreams that have something it lacks, each once."""
        parents = [fork]
        for name in (self.request.upstream, *self.request.others):
            found = revision(self.repo, name)
            if any(self._holds(known, found) for known in parents):
                self._tell(f"nothing to do for {name}: another parent holds everything of it")
            else:
                parents = [known for known in parents if known is fork or not self._holds(found, known)]
                parents.append(found)
        return parents

    def _holds(self, one: Revision, other: Revision) -> bool:
        if one.commit is None or other.commit is None:
            return one.tree == other.tree
        return other.commit in self.repo.merge_bases(one.commit, other.commit)

    def _fold(self, parents: Sequence[Revision]) -> Proposals:
        fork, *upstreams = parents
        so_far = fork
        elders: tuple[Elder, ...] = ()
        made: Proposals | None = None
        for number, upstream in enumerate(upstreams, 1):
            scenario = self._scenario(so_far, upstream)
            elders = self._elders(fork, upstreams[: number - 1], upstream, elders)
            last = number == len(upstreams)
            merge = self._git(parents[: number + 1]) if number > 1 else None
            proposing = self.step(self._asked(number, len(upstreams), last=last), elders, merge)
            self.progress.update(events.Remark(f"{upstream.name}: {number} of {len(upstreams)}"))
            found = proposing.guarded(scenario)
            if found is None or not found.evaluations:
                self.interrupted = proposing.interrupted
                self._unreached(upstreams[number - 1 :])
                break
            self.used += found.search_counters.evaluations
            elders = self._left(found)
            ended = last or found.interrupted or found.out_of_time
            if ended and not last:
                self._unreached(upstreams[number:])
            made = self._told(found, parents[: number + 1], ended=ended)
            if ended:
                return made
            self.runs[upstream.name] = made.name
            best = made.proposals[0]
            so_far = replace(so_far, name=f"{so_far.name} + {upstream.name}", commit=best.commit, tree=best.tree)
        if made is None:
            scenario = self._scenario(fork, upstreams[0])
            nothing = empty(scenario, "; ".join(self.left))
            return replace(nothing, complete=False, interrupted=self.interrupted)
        warnings = (*made.warnings, *self.left)
        return self.save(replace(made, complete=False, interrupted=self.interrupted, warnings=warnings))

    def _asked(self, number: int, count: int, *, last: bool) -> ProposeRequest:
        """Return what one step is asked: its share of the budget, and several answers in the last one alone."""
        left = max(1, (self.request.settings.budget - self.used) // (count - number + 1))
        settings = replace(self.request.settings, budget=left)
        return replace(self.request, others=(), settings=settings, diverse=self.request.diverse if last else 1)

    def _scenario(self, so_far: Revision, upstream: Revision) -> Scenario:
        found = resolve(self.repo, so_far.commit or so_far.tree, upstream.commit or upstream.tree)
        return replace(found, ours=so_far, theirs=upstream)

    def _elders(
        self, fork: Revision, before: Sequence[Revision], upstream: Revision, known: tuple[Elder, ...]
    ) -> tuple[Elder, ...]:
        """Return those whose tests are required beside those of ``upstream``, with their bases with it."""
        by_owner = {e.owner: e for e in known}
        out = []
        for number, parent in enumerate((fork, *before)):
            owner = f"theirs{number}" if number else "ours"
            base = resolve(self.repo, parent.commit or parent.tree, upstream.commit or upstream.tree).base
            entries = self.repo.entries(parent.tree)
            left, merged = (e.left, e.merged) if (e := by_owner.get(owner)) else (None, frozenset[str]())
            out.append(Elder(owner, parent, entries, self.repo.entries(base.tree), left, merged))
        return tuple(out)

    def _left(self, found: Found) -> tuple[Elder, ...]:
        """Return the elders after a step, upstream now one of them, with the tests that are still required of each."""
        scenario = found.scene.scenario
        new = Elder(f"theirs{len(found.elders)}", scenario.theirs, found.scene.theirs, found.scene.base)
        out = []
        for elder in (*found.elders, new):
            owner = "theirs" if elder is new else elder.owner
            tests: frozenset[TestId] = frozenset(d.test for d in found.required.duties if d.owner == owner)
            merged = frozenset(path for side, path in found.uncollectable if side == owner)
            out.append(replace(elder, left=tests, merged=merged))
        return tuple(out)

    def _git(self, parents: Sequence[Revision]) -> GitMerge:
        """Return what git makes of all parents, one after the other, up to the first conflict."""
        first, *others = parents
        merged = first.commit or first.tree
        with self.repo.sterile(attribute_files(self.repo, self.repo.entries(first.tree))) as apart:
            for other in others:
                found = mergetree.merge_commits(apart, merged, other.commit or other.tree)
                if not found.clean or found.tree is None:
                    break
                merged = mergetree.stand_in(self.repo, found.tree, [merged, other.commit or other.tree])
        return found

    # -- the report ------------------------------------------------------------------------------------------------

    def _told(self, found: Found, parents: Sequence[Revision], *, ended: bool) -> Proposals:
        """Return the kept run of what has been found: a merge of all ``parents``."""
        fork, first, *others = parents
        scenario = self._scenario(fork, first)
        made = replace(summary(found), scenario=scenario, others=tuple(others))
        if made.proposals:
            made = replace(made, many=tuple(self._parent(made, found, p, parents) for p in parents))
        if ended:
            complete = made.complete and not self.left
            made = replace(made, warnings=(*made.warnings, *self.left), complete=complete)
        return self.save(made)

    def _parent(self, made: Proposals, found: Found, parent: Revision, parents: Sequence[Revision]) -> ParentReport:
        best = made.proposals[0]
        owners = {e.revision.name: e.owner for e in found.elders} | {found.scene.scenario.theirs.name: "theirs"}
        owner = owners[parent.name]
        side = ReportOwner.OURS if owner == "ours" else ReportOwner.THEIRS
        mine = [t for t in best.tests if t.owner is side and t.parent in ("", parent.name)]
        other = parents[1] if parent is parents[0] else parents[0]
        kept, left_out = kept_of_parent(self.repo, self._scenario(parent, other), best.tree)
        return ParentReport(
            name=parent.name,
            commit=parent.commit or "",
            required=sum(t.required for t in mine),
            kept=sum(t.kept for t in mine),
            lost=tuple(name for t in mine for name in t.lost),
            waived=sum(w.duty.owner == owner for w in found.required.waived),
            edits=round(kept, 4),
            left_out=left_out,
            run=self.runs.get(parent.name, ""),
        )

    def _unreached(self, upstreams: Sequence[Revision]) -> None:
        self._tell(f"not recombined, the search ended before: {', '.join(u.name for u in upstreams)}")

    def _tell(self, words: str) -> None:
        self.left.append(words)
        self.progress.update(events.Remark(words, warning=True))
