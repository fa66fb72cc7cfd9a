"""What broke in a merge, failure by failure: its culprits, and which other tests fail for the same reason.

Invariant: every failure is told in exactly one finding, with culprits or with why they were not looked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from forkmerge.app.check_blame import Spent, signature
from forkmerge.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forkmerge.app.check_blame import Blame
    from forkmerge.report.check import CheckFinding

_MOST_BLAMED = 8
"""How many distinct failures are looked into."""


class Blamer(Protocol):
    """Looks for the edits that make a test fail."""

    def blame(self, duty: str, message: str) -> Blame:
        """Return what makes the duty fail in the merge; raises ``Spent`` when the budget is up before it is known."""
        ...

    def fails_alike(self, blame: Blame, duties: frozenset[str]) -> frozenset[str]:
        """Return which of ``duties`` (of one owner) pass once the blamed edits are taken back."""
        ...


@dataclass(slots=True)
class Culprits:
    """The findings of a merge, as they are found; ``end`` is why the search for culprits ended early, "" if not.

    ``told`` makes a finding of failures (``ours:test``), what the first says, its blame, and why there is none.
    """

    blamer: Blamer
    told: Callable[[Sequence[str], str, Blame | None, str], CheckFinding]
    out_of_time: Callable[[], bool]
    findings: list[CheckFinding] = field(default_factory=list)
    end: str = ""
    interrupted: bool = False
    _waiting: list[str] = field(default_factory=list)

    def look(self, messages: dict[str, str]) -> None:
        """Add a finding for each distinct failure of ``messages`` (duty -> what it says)."""
        self._waiting = sorted(messages)
        try:
            self._look(messages)
        except (Interrupted, KeyboardInterrupt):  # while it thought: what is not told yet is told without culprits
            self._stopped()
            self._look(messages)

    def _look(self, messages: dict[str, str]) -> None:
        groups = 0
        while waiting := self._waiting:
            duty = waiting[0]
            blame: Blame | None = None
            alike = {duty}
            if not self.end and groups >= _MOST_BLAMED:
                self.end = f"only the first {_MOST_BLAMED} distinct failures were looked into"
            if not self.end:
                groups += 1
                blame = self._blamed(duty, messages, waiting, alike)
            alike |= _twins(alike, waiting, messages)
            if blame is None or not blame.other:
                alike |= {d for d in waiting if signature(messages[d]) == signature(messages[duty]) != ""}
            self.findings.append(self.told(sorted(alike), messages[duty], blame, self.end))
            self._waiting = [d for d in waiting if d not in alike]

    def _blamed(self, duty: str, messages: dict[str, str], waiting: list[str], alike: set[str]) -> Blame | None:
        """Return what is to blame, and add to ``alike`` what fails for the same reason."""
        blame: Blame | None = None
        try:
            blame = self.blamer.blame(duty, messages[duty])
            rest = frozenset(d for d in waiting if d != duty and d.partition(":")[0] == duty.partition(":")[0])
            alike |= self.blamer.fails_alike(blame, rest)
        except Spent:
            self.end = "the budget was up"
        except (Interrupted, KeyboardInterrupt):
            self._stopped()
        return blame

    def _stopped(self) -> None:
        self.end = "the time was up" if self.out_of_time() else "the run was interrupted"
        self.interrupted = not self.out_of_time()


def _twins(found: set[str], waiting: list[str], messages: dict[str, str]) -> set[str]:
    """Return the duties of the other owner that are the same tests and fail in the same words."""
    words = {(d.partition(":")[2], signature(messages[d])) for d in found}
    return {d for d in waiting if (d.partition(":")[2], signature(messages[d])) in words}
