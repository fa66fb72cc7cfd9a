"""What becomes of the fork's own edits: the fate of each patch, as values and in words.

A patch is what head did to one unit since the merge base.  ``needed``: target has nothing like it, so every merge must
carry it on; ``upstreamed``: target has the same change; ``superseded``: target changed the same place in another way;
``orphaned``: what it edits or hooks into is gone in target.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_SHOWN = 20


class PatchFate(StrEnum):
    """What target made of a patch of head."""

    NEEDED = "needed"
    UPSTREAMED = "upstreamed"
    SUPERSEDED = "superseded"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class Patch:
    """What head did to one unit since the merge base, and its ``fate``.

    ``path`` and ``line`` are head's, or the base's where head ``removed`` the unit; ``unit`` is "" for a file taken as
    a whole and ``(other code)`` for what stands in no unit.  ``change`` is ``added``, ``edited``, ``removed``,
    ``renamed`` or ``moved``; ``reason`` says why the fate is not ``needed``.
    """

    path: str
    unit: str
    line: int
    change: str
    fate: PatchFate
    reason: str = ""


def counted(patches: Iterable[Patch]) -> str:
    """Return how many patches have which fate, in one line; "" without patches."""
    known = list(patches)
    if not known:
        return ""
    counts = ((sum(p.fate is fate for p in known), fate) for fate in PatchFate)
    told = ", ".join(f"{count} {fate}" for count, fate in counts if count)
    return f"patches of head: {len(known)}: {told}"


def notable(patches: Iterable[Patch]) -> tuple[Patch, ...]:
    """Return the patches that ask for a look: what is not simply needed, the orphaned first."""
    order = (PatchFate.ORPHANED, PatchFate.SUPERSEDED, PatchFate.UPSTREAMED)
    found = [p for p in patches if p.fate in order]
    return tuple(sorted(found, key=lambda p: (order.index(p.fate), p.path, p.line, p.unit)))


def patch_text(patch: Patch) -> str:
    """Return a patch in words: ``pkg/a.py:12 f, edited: upstreamed: target has the same change``."""
    where = f"{patch.path}:{patch.line}" if patch.line else patch.path
    name = " ".join(x for x in (where, patch.unit) if x)
    text = f"{name}, {patch.change}: {patch.fate}"
    return f"{text}: {patch.reason}" if patch.reason else text


def lines(patches: tuple[Patch, ...]) -> list[str]:
    """Return the counts, and a line for each patch that asks for a look, as far as ``MOST_SHOWN``."""
    if not patches:
        return []
    found = notable(patches)
    out = [counted(patches), *(f"    {patch_text(p)}" for p in found[:MOST_SHOWN])]
    if len(found) > MOST_SHOWN:
        out.append(f"    and {len(found) - MOST_SHOWN} more (--format json has them all)")
    return out
