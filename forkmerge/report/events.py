"""What a long run tells while it works.

A run is given a ``Progress`` and calls ``update`` with one of the events below, from any thread; what is shown of them,
and whether anything is shown at all, is not the run's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from forkmerge.report.values import Verdict


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A part of the work begins: ``name`` is a few words ("running the parents' tests"), ``detail`` one clause."""

    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationStarted:
    """A tree is being tested: ``label`` says which ("fork", "offspring 3"), ``tests`` how many, if known."""

    label: str
    tests: int | None = None


@dataclass(frozen=True, slots=True)
class TestFinished:
    """One test of the running evaluation ended: ``done`` so far, of ``total`` if known."""

    __test__ = False

    label: str
    test: str
    good: bool
    done: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class EvaluationFinished:
    """A tree was tested, or its result came from the ledger (``cached``): required tests ``kept`` and ``lost``.

    Of a side's ``own`` suite nothing is required yet: so many tests pass and don't.
    """

    label: str
    verdict: Verdict
    kept: int
    lost: int
    seconds: float
    cached: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class BudgetUsed:
    """Evaluations ``used`` out of ``budget``; ``seconds_left`` is None without a time limit."""

    used: int
    budget: int
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class BestSoFar:
    """A better candidate was found: its ``label`` and the number of required tests that it loses."""

    label: str
    lost: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the user should read now; ``warning`` when it may change what the result is worth."""

    text: str
    warning: bool = False


Event: TypeAlias = (
    PhaseStarted | EvaluationStarted | TestFinished | EvaluationFinished | BudgetUsed | BestSoFar | Remark
)


class Progress(Protocol):
    """Where a run sends its events."""

    def update(self, event: Event) -> None:
        """Take note of ``event``; never raises, may be called from any thread."""


class Silent:
    """A ``Progress`` that shows nothing."""

    def update(self, event: Event) -> None:
        """Drop ``event``."""
