"""What a test has to run, or read, to be touched by the alleles of a locus.

A test that runs no code of a locus gives the same verdict whatever stands there.  Which code that is follows from the
texts: a locus that lies in the body of one function, in every version and every allele, is touched only by running that
function (or by reading the file).  All else in a Python file (imports, classes, signatures, decorators, docstrings,
whole functions) is run when the module is imported; what is no Python is touched by reading the file.

Invariants: a footprint never leaves out a place by which the locus could be touched; what can't be parsed is taken for
import-time code, and what decides whether a file is there is touched by listing its folder or importing its name, too.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.reach import EVERYTHING, IMPORTED, SOUGHT, WHOLE, Place
from forkmerge.recombination.offspring import segments
from forkmerge.recombination.values import ENTRY_SLOT, Genome, Locus, LocusMap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Span: TypeAlias = tuple[int, int]
"""A first and a last line."""

_Def: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"

Function: TypeAlias = tuple[str, bool, bool]
"""The name of a function with those around it, whether it makes a generator, whether it is a coroutine."""

_SETTINGS = re.compile(r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|\.?pytest\.ini|pytest\.toml)$")
_SECTION = re.compile(rb"^\[+(?:tool[.:])?pytest\b[^\n]*\n(?:(?!\[)[^\n]*(?:\n|\Z))*", re.MULTILINE)
_MOST = 60
"""So many alleles of one file are looked at one by one; what is beyond is taken for import-time code."""


@dataclass(slots=True)
class Footprints:
    """Footprints of the loci of one merge; those of files whose loci are as they were are not worked out again."""

    _files: dict[tuple[int, ...], tuple[tuple[Locus, ...], tuple[frozenset[Place], ...]]] = field(default_factory=dict)

    def of(self, locus_map: LocusMap, *, without: frozenset[int] = frozenset()) -> tuple[frozenset[Place], ...]:
        """Return for each locus the places of which a test has to reach one to be touched by it.

        The empty set is for what can't be followed, and for the loci ``without``: every test is touched.
        """
        loci = locus_map.loci
        versions = [tuple(getattr(locus, side) for locus in loci) for side in ("base", "ours", "theirs", "default")]
        by_file: dict[int, list[int]] = {}
        for index, locus in enumerate(loci):
            if index not in without:
                by_file.setdefault(locus.file, []).append(index)
        found: list[frozenset[Place]] = [frozenset()] * len(loci)
        for file, inside in by_file.items():
            mine = tuple(loci[index] for index in inside)
            key = tuple(id(locus) for locus in mine)
            if key not in self._files:  # the loci are kept, so that no other one can get their numbers
                self._files[key] = mine, tuple(_of_file(locus_map, versions, file, inside))
            for index, places in zip(inside, self._files[key][1], strict=True):
                found[index] = places
        return tuple(found)


def footprints(locus_map: LocusMap) -> tuple[frozenset[Place], ...]:
    """Return the footprints of all loci (``Footprints``)."""
    return Footprints().of(locus_map)


def _of_file(
    locus_map: LocusMap, versions: Sequence[Genome], file: int, inside: Sequence[int]
) -> Iterator[frozenset[Place]]:
    names = _functions(locus_map, versions, file, inside)
    settings = _settings(locus_map, versions, file)
    for index in inside:
        yield _places(locus_map, file, names.get(index, ""), settings, locus_map.loci[index].slots == (ENTRY_SLOT,))


def _places(locus_map: LocusMap, file: int, name: str, settings: bool, entry: bool) -> frozenset[Place]:
    if settings:
        return frozenset()
    merge = locus_map.files[file]
    paths = {path for path in (merge.path, *merge.sources) if path}
    out: set[Place] = {EVERYTHING}
    for path in paths:
        out.add((path, WHOLE))
        if path.endswith(".py") and name != WHOLE:
            out.add((path, name or IMPORTED))
        if entry or len(paths) > 1:
            folder, _, last = path.rpartition("/")
            out.add((folder + "/", WHOLE))
            stem = last.partition(".")[0]
            out.add((folder.rpartition("/")[2] if stem == "__init__" else stem, SOUGHT))
    return frozenset(out)


def _settings(locus_map: LocusMap, versions: Sequence[Genome], file: int) -> bool:
    """Return whether this file may tell pytest what to do, and does not tell the same in all versions."""
    merge = locus_map.files[file]
    if not _SETTINGS.search(merge.path):
        return False
    if merge.file is None:
        return True
    return len({tuple(_SECTION.findall(_text(locus_map, genome, file))) for genome in versions}) > 1


def _functions(locus_map: LocusMap, versions: Sequence[Genome], file: int, inside: Sequence[int]) -> dict[int, str]:
    """Return the function that each locus of a Python file lies in, for those that lie in one whatever is chosen.

    What holds no code (nothing, blank lines, comments) is part of any function; where an allele holds none, another
    one says where it would stand.
    """
    merge = locus_map.files[file]
    if merge.file is None or not merge.path.endswith(".py"):
        return {}
    known: dict[bytes, Outline] = {}
    found: dict[int, set[Function | None]] = {index: set() for index in inside}

    def look(genome: Genome, loci: Sequence[int], *, parsed: bool = False) -> bool:
        lines, data = _lines(locus_map, genome, file)
        if data not in known:
            known[data] = _outline(data)
        outline = known[data]
        if parsed and not outline.parsed:
            return False
        for index in loci:
            for slot in locus_map.loci[index].slots:
                span = outline.code(*lines[slot]) if slot != ENTRY_SLOT else (1, 1)
                if span is not None:
                    found[index].add(outline.function(*span))
        return True

    for genome in dict.fromkeys(versions):
        look(genome, inside)
    asked = 0
    for several in _rest(locus_map, versions, inside):
        if look(_with(versions[-1], several), tuple(several), parsed=True):
            continue
        for index, allele in several.items():
            asked += 1
            if asked > _MOST:
                found[index].add(None)
            else:
                look(_with(versions[-1], {index: allele}), (index,))
    single = {index: next(iter(seen)) for index, seen in found.items() if len(seen) == 1}
    return {index: function[0] for index, function in single.items() if function is not None} | {
        index: WHOLE for index, seen in found.items() if not seen
    }


def _rest(locus_map: LocusMap, versions: Sequence[Genome], inside: Sequence[int]) -> Iterator[dict[int, int]]:
    """Yield the alleles of a file's loci that stand in none of the versions, one of each locus at a time."""
    left = {
        index: [
            allele
            for allele in range(len(locus_map.loci[index].alleles))
            if allele not in {genome[index] for genome in versions}
        ]
        for index in inside
    }
    for number in count():
        several = {index: alleles[number] for index, alleles in left.items() if number < len(alleles)}
        if not several:
            return
        yield several


def _with(genome: Genome, chosen: dict[int, int]) -> Genome:
    return tuple(chosen.get(index, allele) for index, allele in enumerate(genome))


def _text(locus_map: LocusMap, genome: Genome, file: int) -> bytes:
    return b"".join(s if isinstance(s, bytes) else s[1] for s in segments(locus_map, genome, file))


def _lines(locus_map: LocusMap, genome: Genome, file: int) -> tuple[dict[int, Span], bytes]:
    """Return the lines on which each hunk stands (one without text ends before it begins), and the whole text.

    A hunk that begins or ends within a line has the whole of it.
    """
    found: dict[int, Span] = {}
    parts: list[bytes] = []
    line, within = 1, False
    for segment in segments(locus_map, genome, file):
        data = segment if isinstance(segment, bytes) else segment[1]
        end = line + data.count(b"\n")
        if not isinstance(segment, bytes):
            touched = within or (bool(data) and not data.endswith(b"\n"))
            found[segment[0]] = (line, end if touched else end - 1)
        parts.append(data)
        line, within = end, not data.endswith(b"\n") if data else within
    return found, b"".join(parts)


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the functions of a text are, with their names, and which lines are blank or comments.

    Of a text that can't be ``parsed`` no function and no bare line is known.
    """

    functions: tuple[tuple[_Def, str], ...]
    bare: frozenset[int]
    parsed: bool = True

    def code(self, first: int, last: int) -> Span | None:
        """Return the lines from ``first`` to ``last`` without bare ones around them, None where none is left."""
        while first <= last and first in self.bare:
            first += 1
        while first <= last and last in self.bare:
            last -= 1
        return (first, last) if first <= last else None

    def function(self, first: int, last: int) -> Function | None:
        """Return the innermost function whose body holds these lines, its docstring aside."""
        found = None
        for node, name in self.functions:  # those around come before those inside
            if node.lineno < first and last <= (node.end_lineno or 0) and _body(node) <= first:
                found = name, _yields(node), isinstance(node, ast.AsyncFunctionDef)
        return found


def _outline(data: bytes) -> Outline:
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Outline((), frozenset(), parsed=False)
    lines = data.splitlines()
    bare = {n for n, line in enumerate(lines, 1) if not line.strip() or line.lstrip().startswith(b"#")}
    functions: list[tuple[_Def, str]] = []
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, around = waiting.pop()
        for part in _inside(node):
            name = around
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{around}.{part.name}" if around else part.name
                if not isinstance(part, ast.ClassDef):
                    functions.append((part, name))
            if not hasattr(part, "body"):
                bare -= _strings(part, bare)
            waiting.append((part, name))
    functions.sort(key=lambda found: found[0].lineno)
    return Outline(tuple(functions), frozenset(bare))


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements that stand right in ``node``."""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        found = getattr(node, name, None)
        if isinstance(found, list):
            yield from found


def _strings(statement: ast.AST, bare: set[int]) -> set[int]:
    """Return the lines of a statement that only look bare: they stand in a text."""
    first, last = getattr(statement, "lineno", 0), getattr(statement, "end_lineno", 0) or 0
    if last - first < 1 or bare.isdisjoint(range(first, last + 1)):
        return set()
    return {
        line
        for part in ast.walk(statement)
        if isinstance(part, ast.Constant | ast.JoinedStr) and isinstance(getattr(part, "value", ""), str | bytes)
        for line in range(part.lineno, (part.end_lineno or part.lineno) + 1)
    }


def _body(node: _Def) -> int:
    """Return the first line below a function's head and docstring; what stands on a line with the head has none."""
    parts = [part for part in ast.walk(node.args) if isinstance(part, ast.expr | ast.arg)]
    header = max((part.end_lineno or part.lineno for part in parts), default=node.lineno)
    header = max(header, node.lineno, (node.returns.end_lineno or 0) if node.returns else 0)
    first = node.body[0]
    if first.lineno <= header:
        return (node.end_lineno or node.lineno) + 1
    return (first.end_lineno or first.lineno) + 1 if ast.get_docstring(node, clean=False) is not None else header + 1


def _yields(node: _Def) -> bool:
    """Return whether a call makes a generator: that shows without running its body."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        found = waiting.pop()
        if isinstance(found, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(found))
    return False
