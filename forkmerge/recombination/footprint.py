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
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.reach import EVERYTHING, IMPORTED, SOUGHT, WHOLE, Place
from forkmerge.recombination.offspring import segments
from forkmerge.recombination.values import ENTRY_SLOT, Genome, LocusMap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Span: TypeAlias = tuple[int, int]
"""A first and a last line."""

Function: TypeAlias = tuple[str, bool, bool]
"""The name of a function with those around it, whether it makes a generator, whether it is a coroutine."""

_SETTINGS = re.compile(r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|\.?pytest\.ini|pytest\.toml)$")
_SECTION = re.compile(rb"^\[+(?:tool[.:])?pytest\b[^\n]*\n(?:(?!\[)[^\n]*(?:\n|\Z))*", re.MULTILINE)
_MOST = 400
"""So many alleles of one file are looked at; what is beyond is taken for import-time code."""


def footprints(locus_map: LocusMap) -> tuple[frozenset[Place], ...]:
    """Return for each locus the places of which a test has to reach one to be touched by it."""
    loci = locus_map.loci
    versions = [tuple(getattr(locus, side) for locus in loci) for side in ("base", "ours", "theirs", "default")]
    found: list[frozenset[Place]] = [frozenset()] * len(loci)
    for file in range(len(locus_map.files)):
        inside = locus_map.of_file(file)
        names = _functions(locus_map, versions, file, inside)
        settings = _settings(locus_map, versions, file)
        for index in inside:
            found[index] = _places(locus_map, file, names.get(index, ""), settings, loci[index].slots == (ENTRY_SLOT,))
    return tuple(found)


def _places(locus_map: LocusMap, file: int, name: str, settings: bool, entry: bool) -> frozenset[Place]:
    merge = locus_map.files[file]
    paths = {path for path in (merge.path, *merge.sources) if path}
    out: set[Place] = {EVERYTHING}
    for path in paths:
        out.add((path, WHOLE))
        if path.endswith(".py") and name != WHOLE:
            out.add((path, name or IMPORTED))
        if settings:
            return frozenset()
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
    for number, genome in enumerate(dict.fromkeys(_variants(locus_map, versions, inside))):
        if number == _MOST:
            return {}
        lines, data = _lines(locus_map, genome, file)
        if data not in known:
            known[data] = _outline(data)
        for index in inside:
            for slot in locus_map.loci[index].slots:
                span = known[data].code(*lines[slot]) if slot != ENTRY_SLOT else (1, 1)
                if span is not None:
                    found[index].add(known[data].function(*span))
    single = {index: next(iter(seen)) for index, seen in found.items() if len(seen) == 1}
    return {index: function[0] for index, function in single.items() if function is not None} | {
        index: WHOLE for index, seen in found.items() if not seen
    }


def _variants(locus_map: LocusMap, versions: Sequence[Genome], inside: Sequence[int]) -> Iterator[Genome]:
    """Yield genomes in which every allele of every locus of a file stands once: whole versions, then one by one."""
    yield from versions
    default = versions[-1]
    for index in inside:
        seen = {genome[index] for genome in versions}
        for allele in range(len(locus_map.loci[index].alleles)):
            if allele not in seen:
                yield (*default[:index], allele, *default[index + 1 :])


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
    """Where the functions of a text are, and which of its lines hold code; no text could be parsed: ``functions`` None.

    ``bodies`` are the lines of each function's body, without its docstring.
    """

    bodies: tuple[tuple[Span, Function], ...]
    bare: frozenset[int]

    def code(self, first: int, last: int) -> Span | None:
        """Return the lines from ``first`` to ``last`` without bare ones around them, None where none is left."""
        while first <= last and first in self.bare:
            first += 1
        while first <= last and last in self.bare:
            last -= 1
        return (first, last) if first <= last else None

    def function(self, first: int, last: int) -> Function | None:
        """Return the innermost function whose body holds these lines."""
        holding = [body for body in self.bodies if body[0][0] <= first and last <= body[0][1]]
        return max(holding, key=lambda body: body[0][0])[1] if holding else None


def _outline(data: bytes) -> Outline:
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Outline((), frozenset())
    bodies: list[tuple[Span, Function]] = []
    within: set[int] = set()

    def walk(node: ast.AST, around: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                name = (*around, child.name)
                bodies.extend(_body(child, ".".join(name)))
                walk(child, name)
                continue
            if isinstance(child, ast.Constant | ast.JoinedStr) and child.end_lineno is not None:
                within.update(range(child.lineno, child.end_lineno + 1))
            walk(child, (*around, child.name) if isinstance(child, ast.ClassDef) else around)

    walk(tree, ())
    lines = data.splitlines()
    bare = {n for n, line in enumerate(lines, 1) if not line.strip() or line.lstrip().startswith(b"#")}
    return Outline(tuple(bodies), frozenset(bare - within))


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Iterator[tuple[Span, Function]]:
    """Yield the lines below a function's head and docstring."""
    parts = [part for part in ast.walk(node.args) if isinstance(part, ast.expr | ast.arg)]
    header = max((part.end_lineno or part.lineno for part in parts), default=node.lineno)
    first = max(header, node.lineno, (node.returns.end_lineno or 0) if node.returns else 0) + 1
    documented = ast.get_docstring(node, clean=False) is not None
    if documented:
        first = (node.body[0].end_lineno or node.body[0].lineno) + 1
    last = node.end_lineno or node.lineno
    if node.body[0].lineno > header and first <= last:
        yield (first, last), (name, _yields(node), isinstance(node, ast.AsyncFunctionDef))


def _yields(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a call makes a generator: that shows without running its body."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        found = waiting.pop()
        if isinstance(found, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(found))
    return False
