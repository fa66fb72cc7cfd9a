"""The units of a file: what people move, rename and merge as a whole.

A unit is a function, a class, a constant, a run of imports, a key of a data file, ...; units nest.  Its ``span`` takes
in the comments right above it, its decorators or attributes, the indentation before it and the end of its last line, so
that a unit can be cut out and put elsewhere.  A licence or ``#!`` line at the top of a file belongs to no unit.

Invariants: the spans of siblings don't overlap and stand in file order; children lie within their parent; units and
the gaps between them (``tile``) are the file, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.model.span import Span
from forkmerge.syntax.finder import find
from forkmerge.syntax.parsing import parse
from forkmerge.syntax.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Tree

    from forkmerge.syntax.profile import Profile

__all__ = ["Unit", "tile", "units", "walk"]


def units(profile: Profile, data: bytes, tree: Tree | None = None) -> tuple[Unit, ...]:
    """Return the top-level units in file order, with their inner units as children; raises what ``parse`` raises."""
    return find(profile, data, (tree or parse(profile, data)).root_node)


def tile(data: bytes, units: Sequence[Unit]) -> tuple[Unit | Span, ...]:
    """Return ``units`` (siblings, in order) and the gaps between them as spans; together they are all of ``data``."""
    out: list[Unit | Span] = []
    at = 0
    for unit in units:
        if unit.span.start > at:
            out.append(Span(at, unit.span.start))
        out.append(unit)
        at = unit.span.end
    if at < len(data):
        out.append(Span(at, len(data)))
    return tuple(out)


def walk(units: Sequence[Unit]) -> Iterator[Unit]:
    """Yield every unit, parents before their children, in file order."""
    stack = list(reversed(units))
    while stack:
        unit = stack.pop()
        yield unit
        stack.extend(reversed(unit.children))
