"""Revisions and the three-way merge scenario made of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Revision:
    """A named point of history: ``name`` as given, ``commit`` (hex, None for a virtual one), ``tree`` (hex)."""

    name: str
    commit: str | None
    tree: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is to be merged.

    ``bases`` are the merge bases as git finds them: none when there is no common ancestor (``base`` is then the empty
    tree), more than one for a criss-cross history (``base.tree`` is then the virtual base, ``base.commit`` is None).
    """

    base: Revision
    ours: Revision
    theirs: Revision
    bases: tuple[str, ...] = ()
