"""What people applied: recorded in the ledger, and which of several equal answers they usually take.

Applying a proposal is an evaluation too, made by a person: an entry of the ledger under the proposal's tree, with a
result for each place that was in conflict: what kind of place it is, and which of its versions the person took.  So it
is chained, verified, pushed and fetched as any run is, and no test command ever asks for it.

Invariants: one entry for a tree, however often it is applied; a ledger that can't be written stops no ``apply``, one
that can't be read has taught nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.fitness.ledger import Key, Ledger, ledger_path
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.app.store import Chosen
    from forkmerge.git.repository import Repository
    from forkmerge.recombination.values import Allele, Genome, Locus, LocusMap

COMMAND = "forkmerge apply"
POLICY = "a person's choice; nothing ran"
LAST = 100
FADING = 0.8
"""What an applied proposal counts, beside the one after it."""


@dataclass(frozen=True, slots=True)
class Taste:
    """What people took where the sides conflict: kind of place -> version -> how often, newer ones counting more."""

    taken: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def usual(self, locus: Locus) -> str:
        """Return the version that is taken in such places, "" where nothing is known or it is the default's anyway."""
        counts = self.taken.get(kind(locus), {}) if locus.has_conflict else {}
        words = dict.fromkeys(version(locus, a) for a in locus.alleles)
        default = version(locus, locus.alleles[locus.default])
        best = max(words, key=lambda word: (counts.get(word, 0.0), word == default))
        return best if best != default else ""

    def unusual(self, locus: Locus, allele: int) -> bool:
        """Return whether people would take another version there."""
        usual = self.usual(locus)
        return bool(usual) and version(locus, locus.alleles[allele]) != usual

    def against(self, locus_map: LocusMap, genome: Genome) -> int:
        """Return at how many loci people would take another version than ``genome`` has."""
        return sum(self.unusual(x, a) for x, a in zip(locus_map.loci, genome, strict=True)) if self.taken else 0


def kind(locus: Locus) -> str:
    """Return the kind of a locus: what it is, in what kind of file, and whether it is a conflict."""
    ending = locus.path.rpartition(".")[2] if "." in locus.path else ""
    return f"{ending} {locus.kind}{' conflict' if locus.has_conflict else ''}"


def version(locus: Locus, allele: Allele) -> str:
    """Return words for what ``allele`` is: its origin, and which side stands first where it has all of both."""
    if allele.origin not in ("both", "mixed") or allele.new_code:
        return allele.origin
    ours, theirs, whole = (_text(a) for a in (locus.alleles[locus.ours], locus.alleles[locus.theirs], allele))
    for word, side in (("ours", ours), ("theirs", theirs)):
        if side and whole.startswith(side):
            return f"{allele.origin}, {word} first"
    return allele.origin


def record(repo: Repository, found: Chosen) -> None:
    """Write down which versions the applied proposal has where the sides conflict; nothing where none do."""
    results: list[TestResult] = []
    counts: dict[tuple[str, str], int] = {}
    for locus in found.proposal.loci:
        if locus.kind and locus.version:
            place = (locus.kind, locus.version)
            results.append(TestResult(TestId("person", "", *place, counts.get(place, 0)), Status.PASSED))
            counts[place] = counts.get(place, 0) + 1
    if not results:
        return
    ledger = Ledger.open(ledger_path(str(repo.common_dir)))
    try:
        key = Key(found.proposal.tree, COMMAND, "", POLICY)
        if ledger.get(key) is None:
            ledger.put(key, SuiteRun(RunStatus.COMPLETED, tuple(results)))
    finally:
        ledger.close()


def taste(repo: Repository) -> Taste:
    """Return what people took in earlier merges of ``repo``, as its ledger tells."""
    from forkmerge.app.ledger import opened  # noqa: PLC0415 - what prints the ledger comes with it

    try:
        with opened(repo) as ledger:
            return summed(ledger.told(COMMAND, last=LAST)) if ledger is not None else Taste()
    except UnusableInput:
        return Taste()


def summed(runs: Iterable[SuiteRun]) -> Taste:
    """Return the taste that entries show, the newest first."""
    taken: dict[str, dict[str, float]] = {}
    for age, run in enumerate(runs):
        for result in run.results:
            counts = taken.setdefault(result.test.suite, {})
            counts[result.test.name] = counts.get(result.test.name, 0.0) + FADING**age
    return Taste(taken)


def _text(allele: Allele) -> bytes:
    return b"".join(c for c in allele.contents if isinstance(c, bytes)).strip()
