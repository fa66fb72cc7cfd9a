"""Which edits make a test fail in a merge: few runs of that one test, one edit of each side if it can be.

Idea: a merge is both sides' edits on the base, each in or out.  With all edits of the test's own side the test passes,
with those of the other side it fails; QuickXplain gives a smallest set of the other side's edits that makes it fail,
asked first for those that share words with the own side's.  Then the own side's are looked at: where the test passes
without any, with the other side's in place, by the same search; where it can't (it tests something new), by what the
test needs at all.  At last each edit is taken back alone from the whole merge.

Invariants: an edit goes with those of its side that it can't stand without (a renamed function with its callers), which
are not blamed for it; what a static clause still forbids is not run, it would fail for another reason; a failure counts
only if it says what the first one said; what a run does not tell counts as no failure.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app.check_ties import WORD, Edit, Names, left_alone, names_of, together
from forkmerge.app.landscape import Genotype
from forkmerge.app.testpaths import is_test
from forkmerge.recombination.genome import default
from forkmerge.search.quickxplain import smallest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from forkmerge.fitness.evaluator import Evaluation
    from forkmerge.fitness.required import Owner
    from forkmerge.recombination.values import Clause, Genome, Locus, LocusMap

_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)?")
_MOST_NAMED = 3
_MOST_SHOWN = 6
_TRIED_ALONE = 2
_PLAIN = frozenset(
    b"def class return import from self None True False and not for if else in is lambda with as".split()
)


class Spent(Exception):  # noqa: N818 - the budget is spent, which is no error
    """The budget ends the search for culprits."""


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


@dataclass(frozen=True, slots=True)
class Told:
    """What is told about tests: the text of a duty's test, and the paths that the user says are tests."""

    text: Callable[[str], bytes]
    paths: tuple[str, ...] = ()


@dataclass(slots=True)
class Blaming:
    """Looks for culprits with ``evaluate(candidate, tests)``; ``may_go_on`` is asked before each run.

    ``against`` is the side whose edits are to blame, whoever the test belongs to, where the test passes on the base;
    None for the side that the test does not belong to.  ``probes`` counts the runs that were asked for.
    """

    loci: LocusMap
    evaluate: Callable[[Genotype, frozenset[str]], Evaluation]
    may_go_on: Callable[[], bool]
    told: Told = field(default_factory=lambda: Told(lambda _: b""))
    against: Owner | None = None
    probes: int = 0
    _known: dict[tuple[str, Genome], str | None] = field(default_factory=dict)
    _forbidden: tuple[Clause, ...] | None = None
    _about_of: dict[Edit, Names] = field(default_factory=dict)

    def blame(self, duty: str, message: str) -> Blame:
        """Return what makes the duty fail in the merge; raises ``Spent`` when the budget is up before it is known."""
        owner: Owner = "ours" if duty.startswith("ours:") else "theirs"
        own, other = self._edits(owner), self._edits("theirs" if owner == "ours" else "ours")
        if self.against is not None:
            own, other = (), self._edits(self.against)
        said = self._answer(duty, frozenset((*own, *other)))
        if said is None:
            return Blame((), (), note="it passes in the merge that forkmerge makes of these edits")
        reason = signature(said or message)

        def fails(edits: Iterable[Edit], pool: tuple[Edit, ...]) -> bool:
            whole = self._closed(edits, pool)
            answer = self._answer(duty, whole) if whole is not None else None
            return answer is not None and (not reason or signature(answer) == reason)

        def passes(edits: Iterable[Edit], pool: tuple[Edit, ...] = ()) -> bool:
            whole = self._closed(edits, pool)
            return whole is not None and self._answer(duty, whole) is None

        if not passes(own):
            return Blame((), (), note="it could not be shown to pass with its own side's edits alone")
        named = self._named(duty, owner)
        other = self._ranked(other, named)
        culprits = _smallest(other, lambda part: fails((*own, *part), other))
        about = named | {w: 1.0 for e in culprits for w in self._about(e)}
        own = self._ranked(own, about)
        needed = False
        if not passes(()):
            mine, needed = _smallest(own, lambda part: passes(part, own)), True
            mine = self._sharing(mine, culprits)
        elif own and passes(culprits, other):
            mine = _smallest(own, lambda part: fails((*part, *culprits), (*own, *other)))
        else:
            mine = ()
        whole = frozenset((*own, *other))
        tried = culprits if needed else (*mine, *culprits)
        shown = tuple((e, self._answer(duty, self._left(whole, (e,))) is None) for e in tried[:_MOST_SHOWN])
        return Blame(mine, culprits, needed, shown)

    def fails_alike(self, blame: Blame, duties: frozenset[str]) -> frozenset[str]:
        """Return which of ``duties`` (of one owner) pass once the blamed edits of the other side are taken back."""
        if not duties or not blame.other:
            return frozenset()
        whole = frozenset((*self._edits("ours"), *self._edits("theirs")))
        self._spend()
        evaluation = self.evaluate(Genotype(self._genome(self._left(whole, blame.other))), duties)
        return evaluation.passed & duties

    def _edits(self, side: Owner) -> tuple[Edit, ...]:
        out = []
        for index, locus in enumerate(self.loci.loci):
            mine = locus.ours if side == "ours" else locus.theirs
            if mine != locus.base and locus.ours != locus.theirs and not is_test(locus.path, self.told.paths):
                out.append(Edit(side, index))
        return tuple(out)

    def _genome(self, edits: Collection[Edit]) -> Genome:
        start = default(self.loci)
        genome = []
        for index, locus in enumerate(self.loci.loci):
            if is_test(locus.path, self.told.paths) or locus.ours == locus.theirs:
                genome.append(start[index])
                continue
            ours = locus.ours == locus.base or Edit("ours", index) in edits
            theirs = locus.theirs == locus.base or Edit("theirs", index) in edits
            genome.append(_allele(locus, start[index], ours=ours, theirs=theirs))
        return tuple(genome)

    def _closed(self, edits: Iterable[Edit], pool: tuple[Edit, ...]) -> frozenset[Edit] | None:
        """Return ``edits`` with what of ``pool`` they can't stand without; None where even that is forbidden."""
        whole = set(edits)
        while True:
            more = set(together(whole, pool, self._names))
            if not more and (clause := self._violated(whole)) is not None:
                loci = {index for index, _ in clause.cells}
                more = {e for e in pool if e.index in loci and e not in whole}
                if not more:
                    return None
            if not more:
                return frozenset(whole)
            whole |= more

    def _violated(self, edits: set[Edit]) -> Clause | None:
        genome = self._genome(edits)
        return next((c for c in self._clauses() if c.violated(genome)), None)

    def _clauses(self) -> tuple[Clause, ...]:
        """Return what must not stand together, of code alone (tests come whole), unless the merge itself has it so."""
        if self._forbidden is None:
            start, loci = default(self.loci), self.loci.loci
            self._forbidden = tuple(
                c
                for c in self.loci.clauses
                if not c.violated(start) and not any(is_test(loci[i].path, self.told.paths) for i, _ in c.cells)
            )
        return self._forbidden

    def _left(self, whole: frozenset[Edit], taken: tuple[Edit, ...]) -> frozenset[Edit]:
        """Return ``whole`` without the edits that are ``taken`` back, and without what can't stand without them."""
        left = set(whole) - set(taken)
        sides = {e.side for e in taken}
        while True:
            less = set(left_alone(whole - left, left, self._names))
            if not less and (clause := self._violated(left)) is not None:
                loci = {index for index, _ in clause.cells}
                less = {e for e in left if e.side in sides and e.index in loci}
            if not less:
                return frozenset(left)
            left -= less

    def _names(self, edit: Edit) -> Names:
        if edit not in self._about_of:
            self._about_of[edit] = names_of(self.loci.loci[edit.index], edit.side)
        return self._about_of[edit]

    def _answer(self, duty: str, edits: Collection[Edit]) -> str | None:
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

    def _named(self, duty: str, owner: Owner) -> dict[bytes, float]:
        """Return the words of the owner's edits, of tests too, and of the failing test: what a failure may be about.

        A word weighs the less, the more edits have it.
        """
        present = {*WORD.findall(duty.encode()), *WORD.findall(self.told.text(duty))}
        often = Counter[bytes]()
        for locus in self.loci.loci if self.against is None else ():
            mine = locus.ours if owner == "ours" else locus.theirs
            if mine != locus.base:
                (present if is_test(locus.path, self.told.paths) else often).update(names_of(locus, owner).changed)
        return {w: 1 / max(often[w], 1) for w in present | often.keys() if w not in _PLAIN}

    def _about(self, edit: Edit) -> frozenset[bytes]:
        """Return the words that an edit added or took away, and the name of its unit."""
        unit = self.loci.loci[edit.index].unit.rpartition(".")[2].encode()
        return self._names(edit).changed | frozenset(WORD.findall(unit)) - _PLAIN

    def _sharing(self, own: tuple[Edit, ...], culprits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """Return those of ``own`` that name what ``culprits`` changed, the likeliest few; all where none does."""
        words = frozenset().union(*(self._about(e) for e in culprits))
        named = tuple(e for e in reversed(self._ranked(own, dict.fromkeys(words, 1.0))) if self._about(e) & words)
        return named[:_MOST_NAMED] or own

    def _defining(self, edit: Edit, named: Mapping[bytes, float]) -> float:
        """Return what speaks for an edit where a thing of ``named`` is defined: most where that came or went."""
        if self.loci.loci[edit.index].kind == "imports":
            return 0.0
        names = self._names(edit)
        turned = names.undefined | names.defined
        return sum(named[w] * (3 if w in turned else 1) for w in names.ever & named.keys())

    def _ranked(self, edits: tuple[Edit, ...], named: Mapping[bytes, float]) -> tuple[Edit, ...]:
        """Return ``edits`` with those last that share most with ``named``: words that few edits have count most."""
        about = {e: self._about(e) for e in edits}
        often = Counter(w for words in about.values() for w in words)
        score = {
            e: sum(named[w] / often[w] for w in words & named.keys()) + self._defining(e, named)
            for e, words in about.items()
        }
        return tuple(sorted(edits, key=lambda e: (score[e], -e.index)))


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
    """Return a smallest part of ``edits`` that ``fails``; all of them together are known to, none of them not to.

    PERF: mostly it is one edit, and one of the likely ones, which stand last: each is tried by itself first.
    """
    for edit in reversed(edits[-_TRIED_ALONE:]):
        if len(edits) > 1 and fails((edit,)):
            return (edit,)
    return tuple(edits[i] for i in smallest(len(edits), lambda chosen: fails(tuple(edits[i] for i in chosen))))
