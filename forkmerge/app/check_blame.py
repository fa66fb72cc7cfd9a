"""Which edits make a test fail in a merge: few runs of that one test, one edit of each side if it can be.

Idea: a merge is both sides' edits on the base, each in or out.  With all edits of the test's own side the test passes,
with those of the other side it fails; QuickXplain gives a smallest set of the other side's edits that makes it fail.
With these alone in place the own side's are looked at: where the test passes without them, by the same search; where it
can't (it tests something new), by what the test needs at all, of which the edits count that name what the other side's
edit is about.  At last each edit is taken back alone from the whole merge.

Invariants: a combination that a static clause forbids is not run, it would fail for another reason; a failure counts
only if it says what the first one said; what a run does not tell counts as no failure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app.landscape import Genotype
from forkmerge.app.testpaths import is_test
from forkmerge.recombination.genome import default
from forkmerge.search.quickxplain import smallest

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.fitness.required import Owner
    from forkmerge.recombination.values import Genome, Locus, LocusMap

_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)?")
_WORD = re.compile(rb"[^\W\d]\w+")
_MOST_NAMED = 3
_PLAIN = frozenset(
    b"def class return import from self None True False and not for if else in is lambda with as".split()
)


class Spent(Exception):  # noqa: N818 - the budget is spent, which is no error
    """The budget ends the search for culprits."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """What ``side`` did at the locus ``index``."""

    side: Owner
    index: int


@dataclass(frozen=True, slots=True)
class Blame:
    """The edits of either side that make ``test`` fail together; ``shown`` what was seen when each was taken back.

    ``needed`` says that the test needs the edits of its own side to pass at all, so that they can't be taken back.
    """

    own: tuple[Edit, ...]
    other: tuple[Edit, ...]
    needed: bool = False
    shown: tuple[tuple[Edit, bool], ...] = ()
    note: str = ""


@dataclass(slots=True)
class Blaming:
    """Looks for culprits with ``evaluate(candidate, tests)``; ``may_go_on`` is asked before each run.

    ``probes`` counts the runs that were asked for.
    """

    loci: LocusMap
    evaluate: Callable[[Genotype, frozenset[str]], Evaluation]
    may_go_on: Callable[[], bool]
    given: tuple[str, ...] = ()
    probes: int = 0
    _known: dict[tuple[str, Genome], str | None] = field(default_factory=dict)

    def blame(self, duty: str, message: str) -> Blame:
        """Return what makes the duty fail in the merge; raises ``Spent`` when the budget is up before it is known."""
        owner: Owner = "ours" if duty.startswith("ours:") else "theirs"
        own, other = self._edits(owner), self._edits("theirs" if owner == "ours" else "ours")
        said = self._answer(duty, {*own, *other})
        if said is None:
            return Blame((), (), note="it passes in the merge that forkmerge makes of these edits")
        reason = signature(said or message)

        def fails(edits: set[Edit]) -> bool:
            if not self._allowed(edits):
                return False
            answer = self._answer(duty, edits)
            return answer is not None and (not reason or signature(answer) == reason)

        def passes(edits: set[Edit]) -> bool:
            return self._allowed(edits) and self._answer(duty, edits) is None

        if not passes(set(own)):
            return Blame((), (), note="it could not be shown to pass with its own side's edits alone")
        culprits = _smallest(other, lambda part: fails({*own, *part}))
        if passes(set(culprits)):
            mine, needed = _smallest(own, lambda part: fails({*part, *culprits})), False
        elif passes(set()):
            mine, needed = (), False
        else:
            mine, needed = _smallest(own, lambda part: passes(set(part))), True
            mine = self._about(mine, culprits)
        whole = {*own, *other}
        tried = culprits if needed else (*mine, *culprits)
        shown = tuple((e, self._answer(duty, whole - {e}) is None) for e in tried[: 2 * _MOST_NAMED])
        return Blame(mine, culprits, needed, shown)

    def fails_alike(self, blame: Blame, duties: frozenset[str]) -> frozenset[str]:
        """Return which of ``duties`` (of one owner) pass once the blamed edits of the other side are taken back."""
        if not duties or not blame.other:
            return frozenset()
        whole = {*self._edits("ours"), *self._edits("theirs")}
        self._spend()
        evaluation = self.evaluate(Genotype(self._genome(whole - set(blame.other))), duties)
        return evaluation.passed & duties

    def _edits(self, side: Owner) -> tuple[Edit, ...]:
        out = []
        for index, locus in enumerate(self.loci.loci):
            mine = locus.ours if side == "ours" else locus.theirs
            if mine != locus.base and locus.ours != locus.theirs and not is_test(locus.path, self.given):
                out.append(Edit(side, index))
        return tuple(out)

    def _genome(self, edits: set[Edit]) -> Genome:
        start = default(self.loci)
        genome = []
        for index, locus in enumerate(self.loci.loci):
            if is_test(locus.path, self.given) or locus.ours == locus.theirs:
                genome.append(start[index])
                continue
            ours = locus.ours == locus.base or Edit("ours", index) in edits
            theirs = locus.theirs == locus.base or Edit("theirs", index) in edits
            genome.append(_allele(locus, start[index], ours=ours, theirs=theirs))
        return tuple(genome)

    def _allowed(self, edits: set[Edit]) -> bool:
        genome = self._genome(edits)
        start = default(self.loci)
        return not any(c.violated(genome) and not c.violated(start) for c in self.loci.clauses)

    def _answer(self, duty: str, edits: set[Edit]) -> str | None:
        """Return why the duty fails with ``edits`` in ("" without words), None if it does not."""
        key = duty, self._genome(edits)
        if key not in self._known:
            self._spend()
            try:
                evaluation = self.evaluate(Genotype(key[1]), frozenset({duty}))
            except ValueError:  # two entries would stand at one path
                self._known[key] = None
            else:
                failed = duty in evaluation.failed
                self._known[key] = dict(evaluation.messages).get(duty, "") if failed else None
        return self._known[key]

    def _spend(self) -> None:
        if not self.may_go_on():
            raise Spent
        self.probes += 1

    def _about(self, own: tuple[Edit, ...], culprits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """Return those of ``own`` that name what ``culprits`` changed; all of them where none does."""
        words = frozenset().union(*(_words(self.loci.loci[e.index], e.side) for e in culprits)) - _PLAIN
        score = {e: len(_words(self.loci.loci[e.index], e.side) & words) for e in own}
        named = [e for e in own if score[e]]
        return tuple(sorted(named, key=lambda e: (-score[e], e.index))[:_MOST_NAMED]) if named else own


def signature(message: str) -> str:
    """Return the first line of a failure without numbers: what two failures of one kind have in common."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return _NUMBERS.sub("0", lines[0]) if lines else ""


def _allele(locus: Locus, merged: int, *, ours: bool, theirs: bool) -> int:
    if ours and theirs:
        return merged
    if ours:
        return locus.ours
    return locus.theirs if theirs else locus.base


def _smallest(edits: tuple[Edit, ...], fails: Callable[[tuple[Edit, ...]], bool]) -> tuple[Edit, ...]:
    """Return a smallest part of ``edits`` that ``fails``; all of them together are known to."""
    return tuple(edits[i] for i in smallest(len(edits), lambda chosen: fails(tuple(edits[i] for i in chosen))))


def _words(locus: Locus, side: Owner) -> frozenset[bytes]:
    """Return the words that a side's edit added or took away at a locus."""
    mine = locus.alleles[locus.ours if side == "ours" else locus.theirs].contents
    base = locus.alleles[locus.base].contents
    new, old = ({w for c in part if isinstance(c, bytes) for w in _WORD.findall(c)} for part in (mine, base))
    return frozenset(new ^ old)
