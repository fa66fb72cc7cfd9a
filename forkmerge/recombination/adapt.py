"""Adapted alleles: the other side's new code, rewritten to fit a rename, a move, or a parameter's new value.

Where one side renamed a definition and the other side's edit brings new uses of the old name (``name``, or
``module.name`` where the module is imported), the identifier tokens are replaced; where one side changed a parameter's
default and the other brings new calls that leave the parameter out, the old default is passed by name, and so is the
obvious value of a parameter that has to be given now; where one side moved something to another module, the other's
imports follow (``moving``).  All are exact on tokens and marked as new code; the search takes them only where they are
needed, since they equal neither parent.
Where one side reworded a text, the other side's new tests ask for the new words (``rewording``).
Invariant: strings, comments and attribute names of other things stay, but for the words of tests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.errors import ForkmergeError
from forkmerge.recombination.alleles import best_kept
from forkmerge.recombination.calls import calls_of
from forkmerge.recombination.moving import module_of, moved_imports
from forkmerge.recombination.names import imported, used
from forkmerge.recombination.offspring import segments
from forkmerge.recombination.rewording import edits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tree_sitter import Node

    from forkmerge.model.hunk import Side
    from forkmerge.recombination.moving import Move
    from forkmerge.recombination.regions import ProfileFor
    from forkmerge.recombination.rewording import Rewording
    from forkmerge.recombination.values import Allele, Genome, LocusMap
    from forkmerge.syntax.profile import Profile

Edit: TypeAlias = tuple[int, int, bytes]
"""Bytes ``start <= i < end`` of the file are replaced."""
Edits: TypeAlias = "Callable[[Profile, bytes], list[Edit]]"


@dataclass(frozen=True, slots=True)
class Rename:
    """``side`` renamed the definition ``old`` of ``path`` to ``new``; ``kind`` is that of the unit.

    ``now`` is where it stands on that side, "" for the same path.
    """

    old: str
    new: str
    side: Side
    kind: str
    path: str
    now: str = ""


@dataclass(frozen=True, slots=True)
class DefaultChange:
    """``side`` changed the default of ``parameter`` (at ``position`` among those of a call) from ``old``.

    Or has it as a parameter that must be given: ``old`` is then what all of its own calls give.
    """

    function: str
    parameter: str
    position: int
    old: str
    side: Side
    path: str
    method: bool = False


def adapted(
    locus_map: LocusMap,
    *,
    profile_for: ProfileFor,
    renames: Sequence[Rename] = (),
    defaults: Sequence[DefaultChange] = (),
    moves: Sequence[Move] = (),
) -> LocusMap:
    """Return the map with an adapted allele beside each that a rename, a move or a parameter leaves behind.

    Clauses are not made anew: call ``loci.linked`` on the result.  Files without a known language stay as they are.
    """
    result = locus_map
    for rename in renames:
        old = rename.old.encode()
        for index in _bringing(result, rename.side, old):
            result = _extended(result, index, profile_for, lambda p, d, r=rename: _renamed(p, d, r))  # type: ignore[misc]
    for default in defaults:
        for index in _bringing(result, default.side, default.function.encode()):
            path = result.loci[index].path
            result = _extended(result, index, profile_for, lambda p, d, c=default, w=path: _completed(p, d, c, w))  # type: ignore[misc]
    for move in moves:
        stem = module_of(move.path)[-1]
        names = [name.encode() for name in sorted(move.names) or [stem]]
        for index in sorted({i for name in names for i in _bringing(result, move.side, name)}):
            path = result.loci[index].path
            result = _extended(result, index, profile_for, lambda p, d, m=move, w=path: moved_imports(p, d, m, w))  # type: ignore[misc]
    return result


def reworded(
    locus_map: LocusMap, rewordings: Sequence[Rewording], *, profile_for: ProfileFor, where: Callable[[str], bool]
) -> LocusMap:
    """Return the map with an adapted allele beside each that asks, in a file of ``where``, for words that are gone."""
    result = locus_map
    for rewording in rewordings:
        for index, locus in enumerate(result.loci):
            other = locus.theirs if rewording.side == "ours" else locus.ours
            if other != locus.base and where(locus.path) and _asks(locus.alleles[other], rewording):
                result = _extended(result, index, profile_for, lambda p, d, r=rewording: edits(p, d, r))  # type: ignore[misc]
    return result


def _asks(allele: Allele, rewording: Rewording) -> bool:
    texts = [c for c in allele.contents if isinstance(c, bytes)]
    return any(rewording.old in part for text in texts for part in text.split(rewording.new))


def _bringing(locus_map: LocusMap, side: Side, name: bytes) -> list[int]:
    """Return the loci where the side other than ``side`` brings new uses of ``name``."""
    other = "theirs" if side == "ours" else "ours"
    found = []
    for index, locus in enumerate(locus_map.loci):
        before, after = (_mentions(locus.alleles[getattr(locus, s)], name) for s in ("base", other))
        if after > before:
            found.append(index)
    return found


def _mentions(allele: Allele, name: bytes) -> int:
    texts = [c for c in allele.contents if isinstance(c, bytes) and name in c]
    if not any({name, b"." + name} & used(t) for t in texts):
        return 0
    return sum(t.count(name) for t in texts)


def _extended(locus_map: LocusMap, index: int, profile_for: ProfileFor, edits: Edits) -> LocusMap:
    """Return the map with the adapted forms of the alleles of one locus appended; the default follows."""
    locus = locus_map.loci[index]
    fresh: list[Allele] = []
    for number, allele in enumerate(locus.alleles):
        if number == locus.base or (allele.new_code and (allele.origin != "adapted" or number < locus.default)):
            continue
        contents = _edited(locus_map, index, number, profile_for, edits)
        if contents is not None and contents != allele.contents:
            fresh.append(replace(allele, origin="adapted", contents=contents, chimeric=True, new_code=True))
    if not fresh:
        return locus_map
    grown = locus_map.with_alleles(index, tuple(fresh))
    wide = grown.loci[index]
    wanted = _edited(locus_map, index, locus.default, profile_for, edits)
    default = next((i for i, a in enumerate(wide.alleles) if a.contents == wanted), None)
    chosen = default if default is not None else best_kept(wide.alleles, wide.ours, wide.theirs)
    loci = (*grown.loci[:index], replace(wide, default=chosen, dormant=False), *grown.loci[index + 1 :])
    return replace(grown, loci=loci)


def _edited(
    locus_map: LocusMap, index: int, allele: int, profile_for: ProfileFor, edits: Edits
) -> tuple[bytes, ...] | None:
    """Return the contents of an allele after ``edits``, None where there is nothing to edit or to parse."""
    locus = locus_map.loci[index]
    genome: Genome = tuple(allele if i == index else x.default for i, x in enumerate(locus_map.loci))
    parts: list[bytes] = []
    where: dict[int, tuple[int, int]] = {}
    at = 0
    for segment in segments(locus_map, genome, locus.file):
        text = segment if isinstance(segment, bytes) else segment[1]
        if not isinstance(segment, bytes):
            where[segment[0]] = (at, at + len(text))
        parts.append(text)
        at += len(text)
    data = b"".join(parts)
    profile = profile_for(locus.path, data)
    if profile is None or not where:
        return None
    try:
        found = edits(profile, data)
    except ForkmergeError:
        return None
    return tuple(_applied(data, *where[slot], found) for slot in locus.slots if slot in where) or None


def _applied(data: bytes, start: int, end: int, edits: Sequence[Edit]) -> bytes:
    parts, at = [], start
    for low, high, text in sorted(edits):
        if start <= low and high <= end and low >= at:
            parts += [data[at:low], text]
            at = high
    return b"".join((*parts, data[at:end]))


def _renamed(profile: Profile, data: bytes, rename: Rename) -> list[Edit]:
    from forkmerge.syntax.tokens import tokens  # noqa: PLC0415 - loads the parser

    old, new = rename.old.encode(), rename.new.encode()
    method = rename.kind in ("method", "field")
    module = _imported_as(rename, data)
    found: list[Edit] = []
    before = further = b""
    for token in tokens(profile, data):
        if token.text == old and "identifier" in token.kind:
            inside = before in (b".", b"->", b"::")
            if inside == method or (inside and further == module != b""):
                found.append((token.start, token.end, new))
        before, further = token.text, before
    return found


def _imported_as(rename: Rename, data: bytes) -> bytes:
    """Return the name by which the file ``data`` has the module of the renamed definition, b"" where it has not."""
    stem = rename.path.rpartition("/")[2].partition(".")[0].encode()
    return stem if rename.kind not in ("method", "field") and stem in imported(data) else b""


def _completed(profile: Profile, data: bytes, change: DefaultChange, path: str) -> list[Edit]:
    if profile.name != "python":
        return []
    calls = calls_of(profile, data, change.function, change.path, path, method=change.method)
    edits = (_with_argument(call, change) for call in calls)
    return [edit for edit in edits if edit is not None]


def _with_argument(call: Node, change: DefaultChange) -> Edit | None:
    """Return the edit that passes the old default by name, None where the call gives the parameter or may give it."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "argument_list":
        return None
    positional = 0
    last = None
    for child in arguments.named_children:
        if child.type == "comment":
            continue
        last = child
        if child.type in ("list_splat", "dictionary_splat"):
            return None
        if child.type == "keyword_argument":
            name = child.child_by_field_name("name")
            if name is not None and name.text == change.parameter.encode():
                return None
        else:
            positional += 1
    if positional > change.position:
        return None
    text = f"{change.parameter}={change.old}".encode()
    if last is None:
        return (arguments.start_byte + 1, arguments.start_byte + 1, text)
    return (last.end_byte, last.end_byte, b", " + text)
