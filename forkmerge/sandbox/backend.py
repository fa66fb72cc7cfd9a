"""The protocol that every sandbox backend keeps.

Invariant: ``run`` returns only when no process of the run is left, whatever ended it; and a backend never does with
less than it says in ``describe``: what it can't set up is a run that is ``not-started``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from forkmerge.sandbox.command import Command, Completed

BackendName: TypeAlias = Literal["bubblewrap", "reduced", "none"]
Tick: TypeAlias = Callable[[], bool]


class Backend(Protocol):
    """One way to isolate a command."""

    @property
    def name(self) -> BackendName:
        """The name that the user knows it by; part of the sandbox policy in the ledger's keys."""

    @property
    def maps_paths(self) -> bool:
        """Whether the candidate is seen at the path of the user's checkout."""

    def place(self, command: Command) -> str:
        """Return the path at which the run sees its candidate."""

    def describe(self) -> tuple[str, ...]:
        """Return what it guarantees on this machine, and what it does not, one sentence each."""

    def run(self, command: Command, *, on_tick: Tick | None = None) -> Completed:
        """Return what came of ``command``; ``on_tick`` is asked about ten times a second, True cancels the run."""
