"""Units as text, so that a test shows what a file is taken apart into."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from forkmerge.syntax import profiles
from forkmerge.syntax.units import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.syntax.units import Unit


def found(language: str, text: str | bytes) -> tuple[Unit, ...]:
    """Return the units of ``text``, which may be indented as a whole."""
    return units(profiles.load(language), as_bytes(text))


def as_bytes(text: str | bytes) -> bytes:
    """Return ``text`` without the indentation of the test around it."""
    return text if isinstance(text, bytes) else textwrap.dedent(text).lstrip("\n").encode()


def outline(language: str, text: str) -> list[str]:
    """Return a line for each unit: kind, qualified name, ordinal from the second on, signature; indented by nesting."""
    lines: list[str] = []

    def add(level: Sequence[Unit], indent: str) -> None:
        for unit in level:
            ordinal = f"#{unit.ordinal}" if unit.ordinal else ""
            lines.append(f"{indent}{unit.kind} {unit.qualified}{ordinal}{unit.signature}".rstrip())
            add(unit.children, indent + "  ")

    add(found(language, text), "")
    return lines


def pieces(language: str, text: str | bytes) -> dict[str, str]:
    """Return the whole text of each top-level unit and of their children by qualified name (the first of a name)."""
    data = as_bytes(text)
    out: dict[str, str] = {}
    stack = list(reversed(found(language, text)))
    while stack:
        unit = stack.pop()
        out.setdefault(unit.qualified or unit.kind, unit.span.of(data).decode())
        stack.extend(reversed(unit.children))
    return out
