"""Which edits of one side go together: a definition or an import that is gone or new, and the edits of what uses it.

Idea: a function that a side renamed can't be renamed without the edits of its callers, nor these without it.  Names are
told from the text, beside the static clauses of the loci, which know only what is sure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from forkmerge.fitness.required import Owner
    from forkmerge.recombination.values import Locus

WORD = re.compile(rb"[^\W\d]\w+")
_IMPORTING = frozenset((b"as", b"from", b"import", b"require", b"use", b"using"))
_DEFINED = re.compile(
    rb"\b(?:class|def|enum|fn|func|function|interface|struct|trait|type)\s+(\w+)|^([^\W\d]\w*)\s*(?::[^=\n]*)?=",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """What ``side`` did at the locus ``index``."""

    side: Owner
    index: int


@dataclass(frozen=True, slots=True)
class Names:
    """The words that an edit took away and added, and the definitions among them; all that its place ever defined."""

    gone: frozenset[bytes]
    new: frozenset[bytes]
    undefined: frozenset[bytes]
    defined: frozenset[bytes]
    ever: frozenset[bytes]

    @property
    def changed(self) -> frozenset[bytes]:
        """Return the words that the edit took away or added."""
        return self.gone | self.new


def names_of(locus: Locus, side: Owner) -> Names:
    """Return what the edit of ``side`` at a locus is about."""
    texts = (_text(locus, locus.base), _text(locus, locus.ours if side == "ours" else locus.theirs))
    before, after = (frozenset(WORD.findall(t)) for t in texts)
    had, has = (frozenset(w for found in _DEFINED.findall(t) for w in found if w) for t in texts)
    if locus.kind == "entry":  # a file that came or went is a module by its name, and a part of its package
        there = [_module(locus, allele) for allele in (locus.base, locus.ours if side == "ours" else locus.theirs)]
        had, has = (names if not other else frozenset() for names, other in (there, reversed(there)))
    elif locus.kind == "imports":  # what it names it binds
        had, has = before - _IMPORTING, after - _IMPORTING
    return Names(before - after, after - before, had - has, has - had, had | has)


def together(edits: Iterable[Edit], pool: Iterable[Edit], names: Callable[[Edit], Names]) -> frozenset[Edit]:
    """Return those of ``pool`` that ``edits`` need: users of what is gone, definers of what they use now."""
    whole = frozenset(edits)
    gone = {(e.side, w) for e in whole for w in names(e).undefined}
    used = {(e.side, w) for e in whole for w in names(e).new}
    return frozenset(
        e
        for e in pool
        if e not in whole
        and (any((e.side, w) in gone for w in names(e).gone) or any((e.side, w) in used for w in names(e).defined))
    )


def left_alone(taken: Iterable[Edit], left: Iterable[Edit], names: Callable[[Edit], Names]) -> frozenset[Edit]:
    """Return those of ``left`` that can't stay once ``taken`` are taken back."""
    back = frozenset(taken)
    missing = {(e.side, w) for e in back for w in names(e).defined}
    wanted = {(e.side, w) for e in back for w in names(e).gone}
    return frozenset(
        e
        for e in left
        if any((e.side, w) in missing for w in names(e).new) or any((e.side, w) in wanted for w in names(e).undefined)
    )


def _module(locus: Locus, allele: int) -> frozenset[bytes]:
    """Return the name of the file of an entry and that of its folder, none where there is no entry."""
    placed = [c for c in locus.alleles[allele].contents if c is not None and not isinstance(c, bytes)]
    if not placed:
        return frozenset()
    parts = placed[0].path.rpartition(".")[0].split("/")
    return frozenset(p.encode("utf-8", "surrogateescape") for p in parts[-2:] if p not in ("", "__init__"))


def _text(locus: Locus, allele: int) -> bytes:
    return b"\n".join(c for c in locus.alleles[allele].contents if isinstance(c, bytes))
