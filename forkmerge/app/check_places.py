"""From blamed edits to findings: where each stands in its side and in the merge, and what was seen of it, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from forkmerge.app.check_merge import unit_around
from forkmerge.app.check_ties import names_of
from forkmerge.app.places import line_of
from forkmerge.model.finding import Severity
from forkmerge.recombination.genome import all_ours, all_theirs, default
from forkmerge.recombination.offspring import segments
from forkmerge.report.check import Place, finding, place_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.app.check_blame import Blame
    from forkmerge.app.check_ties import Edit
    from forkmerge.app.scene import Scene
    from forkmerge.fitness.required import Owner
    from forkmerge.recombination.values import Locus
    from forkmerge.report.check import CheckFinding

_SIDES = {"ours": "head", "theirs": "target"}
_SHOWN = 5
_DEFINED = frozenset(("function", "class", "type", "constant", "variable", "macro", "namespace", "test"))


class Placed(Protocol):
    """Tells where edits stand and whose they are."""

    def places(self, duty: str, edits: Sequence[Edit]) -> list[Place]:
        """Return the places of the edits that are blamed for ``duty``; a file that was added is one place."""
        ...

    def in_merge(self, duty: str, edit: Edit) -> tuple[str, int]:
        """Return the path and line of an edit in the merge."""
        ...


def broken_test(
    seen: Scene, placed: Placed, failing: Sequence[str], message: str, blame: Blame | None, end: str
) -> CheckFinding:
    """Return the finding for duties (``ours:test``) that fail in the merge for one reason; ``end`` cut the search."""
    owner, _, first = failing[0].partition(":")
    who, whom = _SIDES[owner], _SIDES["theirs" if owner == "ours" else "ours"]
    tests = tuple(dict.fromkeys(d.partition(":")[2] for d in failing))
    more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
    both = {d.partition(":")[0] for d in failing if d.partition(":")[2] == first} == {"ours", "theirs"}
    told = f"{first}{more} passes on {'both sides' if both else who} and fails in the merge"
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    evidence = [f"the test says: {lines[0]}"] if lines else []
    places: tuple[Place, ...] = ()
    path, line = first.partition("::")[0], 0
    if path not in seen.ours and path not in seen.theirs:
        path = ""  # some runners don't tell the file
    if blame is not None and blame.other:
        own = placed.places(failing[0], blame.own)
        other = placed.places(failing[0], blame.other)
        places = (*own, *other) if owner == "ours" else (*other, *own)
        path, line = placed.in_merge(failing[0], blame.other[0])
        named = " and ".join(_named(p) for p in other[:_SHOWN])
        if any(p.side == "merge" for p in other):
            told += f": {named}, as the merge has it, breaks it"
        elif own:
            told += f": {named} of {whom} breaks with {' and '.join(_named(p) for p in own[:_SHOWN])} of {who}"
        else:
            told += f": {named} of {whom} breaks it by itself"
        evidence += _shown(placed, failing[0], blame, who)
    elif blame is not None:
        evidence.append(blame.note or "no set of edits was found that makes it fail")
    elif end:
        evidence.append(f"the edits that collide were not looked for: {end}")
    return finding(
        "broken-test",
        Severity.ERROR,
        told,
        path,
        line,
        places=places,
        subject=f"{owner} {first}",
        tests=tests,
        evidence=tuple(evidence),
    )


def _shown(placed: Placed, duty: str, blame: Blame, who: str) -> list[str]:
    out = []
    for edit, passes in blame.shown:
        place = place_text(placed.places(duty, (edit,))[0])
        if passes:
            out.append(f"with this alone taken back the test passes: {place}")
        else:
            out.append(f"with this alone taken back the test still fails, so it is not the only cause: {place}")
    if blame.needed:
        out.append(f"the test needs this edit of {who} to pass at all, so it can't be taken back: ")
        out[-1] += "; ".join(place_text(p) for p in placed.places(duty, blame.own))
    return out


@dataclass(frozen=True, slots=True)
class OfSides:
    """Edits of the two sides, each where it stands in its side."""

    seen: Scene

    def places(self, duty: str, edits: Sequence[Edit]) -> list[Place]:  # noqa: ARG002 - of the protocol
        """Return the places of the edits; a file that was added is one place, not its entry and its text."""
        found = [self._place(e) for e in edits]
        texts = {p.path for p in found if p.line}
        return [p for p in found if p.line or p.path not in texts]

    def in_merge(self, duty: str, edit: Edit) -> tuple[str, int]:  # noqa: ARG002 - of the protocol
        """Return the path and line of an edit in the merge of the two sides."""
        locus = self.seen.loci.loci[edit.index]
        return locus.path, line_of(self.seen.loci, default(self.seen.loci), edit.index)

    def _place(self, edit: Edit) -> Place:
        loci = self.seen.loci
        locus = loci.loci[edit.index]
        genome = all_ours(loci) if edit.side == "ours" else all_theirs(loci)
        number = 1 if edit.side == "ours" else 2
        file = loci.files[locus.file]
        line = line_of(loci, genome, edit.index)
        if not locus.unit and line and file.path not in self.seen.base:
            text = b"".join(c for c in locus.alleles[genome[edit.index]].contents if isinstance(c, bytes))
            name, below = only_unit(file.path, text)
            return Place(_SIDES[edit.side], file.sources[number] or file.path, line + below, name)
        unit = locus.unit or (only_name(locus, edit.side) if line else "")
        if not unit and line:
            parts = segments(loci, genome, locus.file)
            text = b"".join(s if isinstance(s, bytes) else s[1] for s in parts)
            unit = unit_around(file.path, text, line)
        return Place(_SIDES[edit.side], file.sources[number] or file.path, line, unit)


def only_name(locus: Locus, side: Owner) -> str:
    """Return the one name that an edit between units defined anew, or took away; "" where there are more or none."""
    names = names_of(locus, side)
    found = names.defined or names.undefined
    return next(iter(found)).decode("utf-8", "replace") if len(found) == 1 else ""


def only_unit(path: str, text: bytes) -> tuple[str, int]:
    """Return the name of the one thing that a new file defines, and the lines above it; ("", 0) where it has more."""
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - only where there is something to name
    from forkmerge.syntax.profiles import for_path  # noqa: PLC0415 - the same
    from forkmerge.syntax.units import units  # noqa: PLC0415 - the same

    try:
        profile = for_path(path, text)
        found = [u for u in units(profile, text) if u.name and u.kind in _DEFINED] if profile is not None else []
    except ForkmergeError:
        return "", 0
    if len(found) != 1:
        return "", 0
    return found[0].qualified, text.count(b"\n", 0, found[0].span.start)


def _named(place: Place) -> str:
    return place.unit or (f"{place.path}:{place.line}" if place.line else place.path)
