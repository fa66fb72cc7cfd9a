"""How a list is laid out, and which side laid it out anew.

Where one side laid a list out anew and the other put an element in, the element comes in the old layout; here is said
which layout it has to get.  Invariants: only blanks and the comma between two elements are ever changed; a list that
was mixed before, that has comments of its own, or that both sides broke into lines is left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.items import Item

_OPENING = frozenset((b"(", b"[", b"{"))
_CLOSING = frozenset((b")", b"]", b"}"))


@dataclass(frozen=True, slots=True)
class Style:
    """What stands before the first element, before each other one, and before the closing bracket.

    The list of ``names`` in an import of Python begins behind its keyword, and what ends it is part of the layout.
    """

    first: bytes
    between: bytes
    end: bytes
    names: bool = False

    def lead(self, item: Item, *, first: bool) -> bytes | None:
        """Return what stands before ``item``, None for what is neither an element nor the closing bracket."""
        if item.text in _CLOSING or (self.names and item.end):
            return self.end
        if item.main is None or not item.main.is_named:
            return None
        if self.names and first:
            before = item.main.prev_sibling
            return self.first if before is not None and before.type in ("import", "(") else None
        return self.first if first else self.between


def restyled(base: Sequence[Item], ours: Sequence[Item], theirs: Sequence[Item]) -> Style | None:
    """Return the layout of the one side that laid the list out anew while the other kept it, None if there is none.

    Where both did, it is that of the one that broke the line, if the other has all in one as the base has.
    """
    old, mine, other = (_styles(side) for side in (base, ours, theirs))
    if not old or not mine or not other:
        return None
    for new, kept in ((mine, other), (other, mine)):
        if len(new) > 1 or _same(new, old) or not (_same(kept, old) or _broken(old, kept) < _broken(new)):
            continue
        (style,) = new
        if style.between:
            return style
        return None if b"\n" in style.first + style.end else Style(style.first, b", ", style.end, style.names)
    return None


def _styles(items: Sequence[Item]) -> frozenset[Style]:
    """Return the layouts that the elements of a whole list have, none where there is no element or a comment."""
    named = _names(items)
    if named is not None:
        return named
    real = [item for item in items if not item.end]
    if len(real) < 3 or real[0].text not in _OPENING or real[-1].text not in _CLOSING:
        return frozenset()
    elements = real[1:-1]
    if any(i.main is None or not i.main.is_named or len(i.nodes) > 1 or "comment" in i.kind for i in elements):
        return frozenset()
    first, end = elements[0].lead, real[-1].lead
    between = {item.lead for item in elements[1:]}
    if first.strip() or end.strip() not in (b"", b",") or any(lead.strip() != b"," for lead in between):
        return frozenset()
    return frozenset(Style(first, lead, end) for lead in between or {b""})


def _names(items: Sequence[Item]) -> frozenset[Style] | None:
    """Return the layouts that the names of a whole import of Python have; None for any other list."""
    at = next((n for n, item in enumerate(items) if item.text == b"import" and item.kind == "import"), 0)
    names = items[at + 1 : -1]
    if not at or items[0].text != b"from" or not items[-1].end:
        return None
    if not names or any(i.main is None or not i.main.is_named or len(i.nodes) > 1 for i in names):
        return frozenset()
    first, end = names[0].lead, items[-1].lead
    between = {item.lead for item in names[1:]}
    if first.strip() not in (b"", b"(") or end.strip(b" \t\r\n,") not in (b"", b")") or b"#" in b"".join(between):
        return frozenset()
    return frozenset(Style(first, lead, end, names=True) for lead in between or {b""})


def _broken(*lists: frozenset[Style]) -> bool:
    """Return whether an element of any of ``lists`` stands on a line of its own."""
    return any(b"\n" in style.first + style.between + style.end for styles in lists for style in styles)


def _same(one: frozenset[Style], other: frozenset[Style]) -> bool:
    """Return whether two lists are laid out alike; a comma behind the last element, and a single one, say nothing."""
    a, b = next(iter(one)), next(iter(other))
    if a.first != b.first or a.end.replace(b",", b"") != b.end.replace(b",", b""):
        return False
    before, after = ({style.between for style in styles} - {b""} for styles in (one, other))
    return before <= after or after <= before
