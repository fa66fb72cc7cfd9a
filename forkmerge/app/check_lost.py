"""Tests and definitions that the merge lacks though neither side removed them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from forkmerge.app.testpaths import is_test
from forkmerge.errors import ForkmergeError
from forkmerge.model.finding import Severity
from forkmerge.report.check import Place, finding
from forkmerge.syntax.profiles import for_path
from forkmerge.syntax.units import units, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from forkmerge.app.check_names import Trees
    from forkmerge.app.check_project import Reader
    from forkmerge.model.source import Tree
    from forkmerge.report.check import CheckFinding

_KINDS = frozenset(("function", "method", "class", "type"))
_FILES = (0o100644, 0o100755)
_LARGEST = 1_000_000
Defined = dict[str, int]


def lost(
    trees: Trees, read: Callable[[str], bytes], modules: Reader, given: tuple[str, ...], skip: frozenset[str]
) -> Iterator[CheckFinding]:
    """Yield a finding for each test (an error) and definition (a warning) that is gone by the merge alone.

    ``skip`` are paths with conflicts; ``given`` says what is a test; ``modules`` has the Python modules that are read
    already.
    """
    known: dict[tuple[str, str], Defined] = {}

    def defined(tree: Tree, path: str) -> Defined:
        entry = tree.get(path)
        if entry is None or entry.mode not in _FILES or ("." in path.rpartition("/")[2] and for_path(path) is None):
            return {}  # what has no language by its name is not even read
        key = (entry.oid, path)
        if key not in known:
            module = modules(entry.oid).tree if path.endswith(".py") else None
            known[key] = _defined(path, read(entry.oid)) if module is None else dict(_in_python(module.body, ""))
        return known[key]

    changed = [p for p, e in trees.merged.items() if trees.ours.get(p) != e or trees.theirs.get(p) != e]
    elsewhere: set[str] | None = None
    paths = {p for p in (*trees.ours, *trees.theirs) if p not in trees.merged}
    for side in (trees.ours, trees.theirs):
        paths |= {p for p, e in side.items() if trees.base.get(p) != e and e != trees.merged.get(p)}
    for path in sorted(paths - skip):
        base, ours, theirs, merged = (defined(t, path) for t in (trees.base, trees.ours, trees.theirs, trees.merged))
        if path not in trees.base:  # a file that was renamed, perhaps: what it had before is not new
            base = {name: line for p in _former(path, trees) for name, line in defined(trees.base, p).items()}
        for name in sorted({*ours, *theirs} - set(merged)):
            if name in base and not (name in ours and name in theirs):
                continue
            if elsewhere is None:
                elsewhere = {n.rpartition(".")[2] for p in changed for n in defined(trees.merged, p)}
            last = name.rpartition(".")[2]
            if last in elsewhere:
                continue
            yield _finding(path, name, ours, theirs, test=is_test(path, given) and last.lower().startswith("test"))


def _former(path: str, trees: Trees) -> list[str]:
    """Return the files of the base that a side may have renamed to ``path``: of that name, and gone in a side."""
    name = path.rpartition("/")[2]
    named = (p for p in trees.base if p.rpartition("/")[2] == name)
    return [p for p in named if p not in trees.ours or p not in trees.theirs]


def _finding(path: str, name: str, ours: Defined, theirs: Defined, *, test: bool) -> CheckFinding:
    places = tuple(
        Place(who, path, there[name], name) for who, there in (("head", ours), ("target", theirs)) if name in there
    )
    whose = (
        "both sides have it" if len(places) == 2 else f"{places[0].side} has it and the other side did not remove it"
    )
    kind = "the test" if test else "the definition of"
    message = f"{kind} {name} is gone in the merge, though {whose}"
    rule, severity = ("lost-test", Severity.ERROR) if test else ("lost-definition", Severity.WARNING)
    return finding(rule, severity, message, path, places=places, subject=name)


def _in_python(body: Sequence[ast.stmt], scope: str) -> Iterator[tuple[str, int]]:
    """Yield the functions and classes with their lines, those within functions left out."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield scope + node.name, node.lineno
        if isinstance(node, ast.ClassDef):
            yield from _in_python(node.body, f"{scope}{node.name}.")
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in ("body", "orelse", "finalbody"):
                yield from _in_python(getattr(node, part, ()), scope)
            for handler in getattr(node, "handlers", ()):
                yield from _in_python(handler.body, scope)


def _defined(path: str, data: bytes) -> Defined:
    profile = for_path(path, data)
    if profile is None or profile.data or len(data) > _LARGEST:
        return {}
    try:
        return {
            u.qualified: data.count(b"\n", 0, u.span.start) + 1
            for u in walk(units(profile, data))
            if u.name and u.kind in _KINDS
        }
    except ForkmergeError:
        return {}
