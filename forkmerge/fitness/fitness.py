"""The fitness of an offspring and the order of offspring: lexicographic, never a weighted sum.  Pure.

GenProg's lesson: weak suites reward deleting functionality, so what is kept of both sides outranks size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from forkmerge.fitness.required import Duty
    from forkmerge.model.finding import Finding
    from forkmerge.model.outcome import TestId

RankKey: TypeAlias = tuple[int, int, int, float, float, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Fitness:
    """What was observed of an offspring.

    ``gates`` are the static findings against it (only those of severity ``error`` count), ``lost`` the duties that it
    fails, ``undecided`` those that could not be told (a crash or timeout came first), ``kept`` the number of duties it
    keeps, ``gained`` the tests that failed everywhere before.  ``undetermined`` names the loci that no test decides.
    ``kept_ours`` and ``kept_theirs`` are shares (0..1) of each side's edits, ``chimeric`` the loci equal to neither
    parent, ``unusual`` those where people took another version before, ``distance`` those that differ from the
    plain structured merge, ``size`` the bytes changed from the base.
    ``verified`` is False when the tests could not be run at all.
    """

    gates: tuple[Finding, ...] = ()
    lost: tuple[Duty, ...] = ()
    undecided: tuple[Duty, ...] = ()
    kept: int = 0
    gained: tuple[TestId, ...] = ()
    undetermined: tuple[str, ...] = ()
    kept_ours: float = 0.0
    kept_theirs: float = 0.0
    chimeric: int = 0
    unusual: int = 0
    distance: int = 0
    size: int = 0
    verified: bool = True

    @property
    def good(self) -> bool:
        """Return whether no gate objects and every duty was seen to hold."""
        return self.verified and not self.lost and not self.undecided and not self._errors

    @property
    def _errors(self) -> int:
        return sum(1 for finding in self.gates if finding.severity == "error")

    def rank_key(self) -> RankKey:
        """Return the key of the order of offspring; smaller is better."""
        return (
            0 if self.verified else 1,
            self._errors,
            len(self.lost) + len(self.undecided),
            -min(self.kept_ours, self.kept_theirs),
            -(self.kept_ours + self.kept_theirs),
            self.chimeric,
            self.unusual,
            self.distance,
            self.size,
        )

    def __lt__(self, other: Fitness) -> bool:
        return self.rank_key() < other.rank_key()
