"""What people move, rename and merge as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.model.span import Span


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit.

    ``scope`` holds the names of the units around it (or of the type that a method is written for); ``ordinal`` counts
    units of the same scope, kind and name; ``signature`` is the normalised text of the parameters, "" where there are
    none; ``body`` is what changes when it is worked on, ``node_type`` the grammar's word for it.
    """

    kind: str
    name: str
    scope: tuple[str, ...]
    ordinal: int
    signature: str
    span: Span
    body: Span
    node_type: str
    children: tuple[Unit, ...] = ()

    @property
    def qualified(self) -> str:
        """Return the name with its scope, joined by dots."""
        return ".".join((*self.scope, self.name))
