"""Imports that a side took away, brought back beside everything else that the merge made of a run of imports.

The commonest reason for a name that nothing binds: one side removed an import with its last use, and the other side
uses it anew.  A run of imports that both sides edited is one locus, and neither version of it will do: the one that has
the import lacks what the other side added.  So it can also be the merge with whole lines of the base put back.

Invariants: only imports that stand alone on their lines come back; nothing of the merge goes away for them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.recombination.alleles import allele_of
from forkmerge.recombination.names import imported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.model.hunk import Hunk
    from forkmerge.recombination.values import Locus

_MOST = 6
"""In so many places of one run at most are imports brought back, each alone and all together."""

_STATEMENT = re.compile(rb"(?:import[ \t]+[\w.]+|from[ \t]+[\w.]+[ \t]+import[ \t]+[^(\\#]+?)(?:[ \t]+#.*)?\r?\n?\Z")


def brought_back(locus: Locus, hunks: Sequence[Hunk]) -> Locus:
    """Return ``locus``, a resolved run of imports, with alleles in which imports are there that a side took away."""
    if locus.kind != "imports" or locus.has_conflict or len(hunks) < 2:
        return locus
    merged = tuple(h.merged or b"" for h in hunks)
    there = imported(b"".join(merged))
    more = {i: text for i, h in enumerate(hunks) if (text := _missing(h, there))}
    if not more or len(more) > _MOST:
        return locus
    choices = [{i: text} for i, text in more.items()] + ([more] if len(more) > 1 else [])
    known = {a.contents for a in locus.alleles}
    made = []
    for choice in choices:
        contents = tuple(choice.get(i, b"") + content for i, content in enumerate(merged))
        if contents not in known:
            made.append(allele_of(hunks, contents, "mixed"))
    return replace(locus, alleles=(*locus.alleles, *made))


def _missing(hunk: Hunk, there: frozenset[bytes]) -> bytes:
    """Return the lines of the base's imports of names that are gone; b"" where the base's first line is none."""
    lines = [line for line in hunk.base.splitlines(keepends=True) if line.strip()]
    if not lines or not _STATEMENT.match(lines[0]):
        return b""  # it may begin in the middle of a statement
    found = [line for line in lines if _STATEMENT.match(line) and imported(line) - there]
    return b"".join(line if line.endswith(b"\n") else line + b"\n" for line in found)
