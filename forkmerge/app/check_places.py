"""From blamed edits to findings: where each stands in its side and in the merge, and what was seen of it, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app.places import line_of
from forkmerge.model.finding import Severity
from forkmerge.recombination.genome import all_ours, all_theirs, default
from forkmerge.report.check import Place, finding, place_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.app.check_blame import Blame, Edit
    from forkmerge.app.scene import Scene
    from forkmerge.report.check import CheckFinding

_SIDES = {"ours": "head", "theirs": "target"}
_SHOWN = 5


def broken_test(seen: Scene, failing: Sequence[str], message: str, blame: Blame | None, end: str) -> CheckFinding:
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
        own = _places(seen, blame.own)
        other = _places(seen, blame.other)
        places = (*own, *other) if owner == "ours" else (*other, *own)
        path, line = _in_merge(seen, blame.other[0])
        named = " and ".join(_named(p) for p in other[:_SHOWN])
        if own:
            told += f": {named} of {whom} breaks with {' and '.join(_named(p) for p in own[:_SHOWN])} of {who}"
        else:
            told += f": {named} of {whom} breaks it by itself"
        evidence += _shown(seen, blame, who)
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


def _shown(seen: Scene, blame: Blame, who: str) -> list[str]:
    out = []
    for edit, passes in blame.shown:
        place = place_text(_place(seen, edit))
        if passes:
            out.append(f"with this alone taken back the test passes: {place}")
        else:
            out.append(f"with this alone taken back the test still fails, so it is not the only cause: {place}")
    if blame.needed:
        out.append(f"the test needs this edit of {who} to pass at all, so it can't be taken back: ")
        out[-1] += "; ".join(place_text(p) for p in _places(seen, blame.own))
    return out


def _places(seen: Scene, edits: Sequence[Edit]) -> list[Place]:
    """Return the places of ``edits``; a file that was added is one place, not its entry and its text."""
    found = [_place(seen, e) for e in edits]
    texts = {p.path for p in found if p.line}
    return [p for p in found if p.line or p.path not in texts]


def _place(seen: Scene, edit: Edit) -> Place:
    locus = seen.loci.loci[edit.index]
    genome = all_ours(seen.loci) if edit.side == "ours" else all_theirs(seen.loci)
    number = 1 if edit.side == "ours" else 2
    file = seen.loci.files[locus.file]
    return Place(
        _SIDES[edit.side], file.sources[number] or file.path, line_of(seen.loci, genome, edit.index), locus.unit
    )


def _in_merge(seen: Scene, edit: Edit) -> tuple[str, int]:
    locus = seen.loci.loci[edit.index]
    return locus.path, line_of(seen.loci, default(seen.loci), edit.index)


def _named(place: Place) -> str:
    return place.unit or (f"{place.path}:{place.line}" if place.line else place.path)
