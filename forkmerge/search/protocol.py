"""The questions that a search asks, the answers that it gets, and what it has to know about the alleles.

A strategy never runs anything: ``ask`` says which tests to run on which genome, ``tell`` hands the verdict back.  The
evaluator behind it (fitness) knows trees, sandboxes and caches; a strategy knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from forkmerge.recombination.values import Clause, Genome

Status: TypeAlias = Literal["ok", "broken", "unverified"]
Covers: TypeAlias = Callable[[str], frozenset[int] | None]


@dataclass(frozen=True, slots=True)
class Query:
    """Which tests to run on which genome: None is the whole suite, the empty set import and collection alone.

    ``generation`` counts the refinements of the landscape that the genome belongs to.  ``again``: the tests failed
    there before, and are run once more to see whether they always do.
    """

    genome: Genome
    tests: frozenset[str] | None = None
    generation: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out: the required tests that failed among those asked for.

    ``ok``: the tests ran; ``broken``: nothing could be imported or collected (``failed`` need not be filled then);
    ``unverified``: could not tell, which says nothing about the genome.  ``passed`` None means all others that were
    asked for.  ``cost`` is in suite equivalents, 0 for what came out of a cache.  ``reasons`` gives equal words to
    tests that failed for an equal reason, where the evaluator knows.  Of ``untraced`` tests it is not known which loci
    they touched in this run, so what they say holds for this genome alone.  ``flaky`` ones answered both ways on one
    tree: they are no evidence, and neither ``failed`` nor ``passed``.
    """

    failed: frozenset[str] = frozenset()
    status: Status = "ok"
    passed: frozenset[str] | None = None
    cost: float = 1.0
    reasons: Mapping[str, str] = field(default_factory=dict)
    untraced: frozenset[str] = frozenset()
    flaky: frozenset[str] = frozenset()

    @property
    def good(self) -> bool:
        """Return whether everything asked for ran and passed."""
        return self.status == "ok" and not self.failed


@dataclass(frozen=True, slots=True)
class Worth:
    """What one allele is worth: changed tokens kept of each side, and what counts against it.

    No allele keeps more of a side than that side's own allele does.
    """

    ours: int = 0
    theirs: int = 0
    chimeric: bool = False
    distance: int = 0
    size: int = 0


Key: TypeAlias = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Hints:
    """What earlier searches let expect: it orders what is asked, and decides nothing.

    ``blame`` is how likely each locus is to be to blame for a failure (() where nothing is known), ``failing`` the
    share of earlier offspring on which a test failed, ``seconds`` what it takes.
    """

    blame: tuple[float, ...] = ()
    failing: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Landscape:
    """The space of genomes: the worth of each allele of each locus, the parents, and what is known for nothing.

    ``dormant`` loci stand at their default until a failure blames them.  ``covers`` tells which loci a test executes,
    None for "perhaps all" (it may learn of more while the search goes on, never of fewer); ``tests`` are the
    required tests, where they are known beforehand. ``gate``: import and collection can be asked for alone,
    cheaply. ``files`` says where each locus stands, if
    that is known; ``near`` which loci a test is likely to depend on (it ran something of their unit); both and the
    ``hints`` only order what is asked.  ``certain`` are clauses that no test can prove wrong: a name
    is missing in the default.
    """

    worths: tuple[tuple[Worth, ...], ...]
    default: Genome
    ours: Genome
    theirs: Genome
    dormant: frozenset[int] = frozenset()
    clauses: tuple[Clause, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    covers: Covers | None = None
    tests: frozenset[str] | None = None
    gate: bool = False
    files: tuple[str, ...] = ()
    near: Covers | None = None
    hints: Hints = field(default_factory=Hints)
    certain: frozenset[Clause] = frozenset()

    @property
    def totals(self) -> tuple[int, int]:
        """Return how many changed tokens the two parents have of their own edits."""
        ours = sum(w[a].ours for w, a in zip(self.worths, self.ours, strict=True))
        theirs = sum(w[a].theirs for w, a in zip(self.worths, self.theirs, strict=True))
        return ours, theirs

    def key(self, genome: Genome) -> Key:
        """Return the rank of an offspring that loses no test, larger is better.

        Lexicographic: the poorer side's share kept, both shares, fewest chimeric loci, nearest to the structured
        merge, smallest.  Shares are brought to a common denominator, so that everything is a whole number.
        """
        chosen = [w[a] for w, a in zip(self.worths, genome, strict=True)]
        shares = scaled(sum(w.ours for w in chosen), sum(w.theirs for w in chosen), self.totals)
        return (
            *shares,
            -sum(w.chimeric for w in chosen),
            -sum(w.distance for w in chosen),
            -sum(w.size for w in chosen),
        )

    def seen(self, clause: Clause) -> bool:
        """Return whether a required test may look at all loci of ``clause``: else no run says that it is wrong."""
        if clause in self.certain:
            return False
        if self.covers is None or self.tests is None:
            return True
        loci = frozenset(locus for locus, _ in clause.cells)
        return any((covered := self.covers(test)) is None or loci <= covered for test in self.tests)

    def allowed(self, genome: Genome) -> bool:
        """Return whether no static clause forbids ``genome``."""
        return not any(clause.violated(genome) for clause in self.clauses)


def scaled(ours: int, theirs: int, totals: tuple[int, int]) -> tuple[int, int]:
    """Return (the poorer side's share, the sum of the shares) of tokens kept, over a common denominator.

    A side without edits of its own doesn't count.
    """
    if not totals[0] or not totals[1]:
        value = theirs if not totals[0] else ours
        return value, value
    return min(ours * totals[1], theirs * totals[0]), ours * totals[1] + theirs * totals[0]


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop: candidates evaluated (parents not counted), and suite equivalents spent on everything."""

    evaluations: int = 20
    suites: float = 40.0


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A genome whose required tests are all known, with those that it loses."""

    genome: Genome
    failed: frozenset[str]
    broken: bool
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a search stands: the best offspring so far, and what can be said about it.

    ``good``: it loses no required test.  ``optimal``: nothing in the allele space that could pass ranks higher, proven
    by sound nogoods and static clauses alone; never claimed once a test was seen to be flaky.  ``inseparable``: proven
    that nothing in the allele space passes, with ``core`` as the nogoods that together exclude everything.
    ``candidates`` counts evaluated genomes, ``cost`` suite equivalents.  ``ranked`` holds all evaluated genomes, best
    first; ``flaky`` tests answered both ways on one tree.  ``undecided``: it ended because what to try next, and
    whether anything is left, could not be found out within the work that is allowed.
    """

    best: Evaluated
    good: bool
    optimal: bool = False
    inseparable: bool = False
    core: tuple[Clause, ...] = ()
    nogoods: tuple[Clause, ...] = ()
    ranked: tuple[Evaluated, ...] = ()
    flaky: frozenset[str] = frozenset()
    candidates: int = 0
    cost: float = 0.0
    undecided: bool = False


class Strategy(Protocol):
    """Something that says what to try next."""

    def ask(self) -> Query | tuple[Query, ...] | None:
        """Return what to run next (several may run at once), None when the search is over.

        Until its verdict has been told, the same question is returned again.
        """

    def tell(self, query: Query, verdict: Verdict) -> None:
        """Take in what came out of ``query``; raises KeyError for something that was not asked."""

    def answer(self) -> Answer:
        """Return where the search stands; allowed at any time after the parents' verdicts."""
