"""How alike a merge and what people committed are, and whether a file parses: the judges of ``file_merges``.

Idea: the same program can be written in many ways, so a merge is compared in steps, from equal bytes to equal lines in
another order; the first step that holds is the verdict.  Python is read by ``ast``, JSON and TOML by their loaders,
other languages by the leaves of their tree-sitter tree.  Invariant: the steps down to ``import`` never call two
programs alike that differ in a token outside comments, or in the order of anything but neighbouring imports.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import warnings
from typing import TYPE_CHECKING, Any

from forkmerge.errors import ForkmergeError
from forkmerge.syntax.data import load_error
from forkmerge.syntax.parsing import parse, sound
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile

GOOD = ("exact", "space", "token", "import")
"""The verdicts of a merge that is what people committed, up to what has no meaning."""

_INDENTED = {"python", "yaml"}
_SEPARATORS = {b",", b";"}
_MARKER = re.compile(rb"^<{7,} ", re.MULTILINE)


def sameness(path: str, got: bytes, want: bytes) -> str:
    """Return ``exact``, ``space``, ``token``, ``import``, ``order`` or ``other``: the first that holds."""
    if got == want:
        return "exact"
    profile = for_path(path, want)
    a, b = (_spaced(x, indented=profile is not None and profile.name in _INDENTED) for x in (got, want))
    if a == b:
        return "space"
    if profile is not None:
        tokens, imports = _readings(profile)
        if _alike(tokens, got, want):
            return "token"
        if _alike(imports, got, want):
            return "import"
    return "order" if sorted(x.strip() for x in a) == sorted(x.strip() for x in b) else "other"


def parses(path: str, data: bytes) -> bool | None:
    """Return whether a file of this name can be read in its language; None where nothing here can tell."""
    profile = for_path(path, data)
    if profile is None:
        return None
    if profile.name == "python":
        return _python(data) is not None
    try:
        return not load_error(profile, data) if profile.data else sound(parse(profile, data))
    except ForkmergeError:
        return None


def markers(data: bytes) -> int:
    """Return the number of lines that begin a conflict."""
    return len(_MARKER.findall(data))


def python_dump(data: bytes) -> str | None:
    """Return the syntax tree of a Python file as text, without formatting and comments; None if it does not parse."""
    tree = _python(data)
    return None if tree is None else ast.dump(tree)


def strays(path: str, result: bytes, sides: Sequence[bytes]) -> tuple[str, ...]:
    """Return the definitions of a Python file (``Class.method``) that stand in a scope where no side has them."""
    profile = for_path(path, result)
    if profile is None or profile.name != "python" or _python(result) is None:
        return ()
    known = set().union(*map(_definitions, sides))
    return tuple(sorted(_definitions(result) - known))


def _definitions(data: bytes) -> set[str]:
    tree = _python(data)
    names: set[str] = set()
    stack: list[tuple[str, ast.AST]] = [] if tree is None else [("", tree)]
    while stack:
        scope, node = stack.pop()
        for child in ast.iter_child_nodes(node):
            inner = scope
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(scope + child.name)
                inner = f"{scope}{child.name}."
            stack.append((inner, child))
    return names


def _python(data: bytes) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _spaced(data: bytes, *, indented: bool) -> list[bytes]:
    """Return the lines without blank ones, line ends and runs of blanks; with the indentation where it has meaning."""
    lines = []
    for line in data.splitlines():
        words = line.split()
        if words:
            wide = line.expandtabs()
            indent = len(wide) - len(wide.lstrip()) if indented else 0
            lines.append(b" " * indent + b" ".join(words))
    return lines


def _alike(reading: Callable[[bytes], Any], got: bytes, want: bytes) -> bool:
    """Return whether both can be read and read the same."""
    try:
        a = reading(got)
        return a is not None and a == reading(want)
    except (ForkmergeError, ValueError, RecursionError, MemoryError):
        return False


def _readings(profile: Profile) -> tuple[Callable[[bytes], Any], Callable[[bytes], Any]]:
    """Return how to read a file of this language without its formatting, and without the order of its imports too."""

    def leaves(data: bytes) -> Any:
        return list(_leaves(profile, parse(profile, data).root_node))

    def grouped(data: bytes) -> Any:
        return _grouped(profile, parse(profile, data).root_node)

    if profile.name == "json":
        return json.loads, json.loads
    if profile.name == "toml":
        return _toml, _toml
    if profile.name == "python":
        return (
            lambda data: python_dump(data) or leaves(data),
            lambda data: _sorted_imports(data) or grouped(data),
        )
    return leaves, grouped


def _toml(data: bytes) -> Any:
    return tomllib.loads(data.decode("utf-8-sig"))


def _leaves(profile: Profile, top: Node) -> Iterator[bytes]:
    """Yield the texts of the leaves and atoms in order, without comments and trailing separators."""
    stack = [top]
    while stack:
        node = stack.pop()
        if node.type in profile.comments:
            continue
        if node.child_count == 0 or node.type in profile.atomic:
            text = (node.text or b"").strip()
            if text and text not in _SEPARATORS:
                yield text
        else:
            stack.extend(reversed(node.children))


def _grouped(profile: Profile, root: Node) -> list[tuple[bytes, ...]]:
    """Return the leaves of each piece of the file, those of neighbouring imports sorted inside and among themselves."""
    out: list[tuple[bytes, ...]] = []
    run: list[tuple[bytes, ...]] = []
    for child in root.children:
        leaves = tuple(_leaves(profile, child))
        if child.type in profile.imports:
            run.append(tuple(sorted(leaves)))
        elif leaves:
            out += [*sorted(run), leaves]
            run = []
    return out + sorted(run)


def _sorted_imports(data: bytes) -> str | None:
    tree = _python(data)
    return None if tree is None else ast.dump(_Imports().visit(tree))


class _Imports(ast.NodeTransformer):
    """Makes one sorted set of names of each row of imports."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list):
                setattr(node, field, list(self._joined(body)))
        return node

    @staticmethod
    def _joined(body: list[ast.stmt]) -> Iterator[ast.stmt]:
        names: set[tuple[str, ...]] = set()
        for statement in [*body, None]:
            if isinstance(statement, ast.Import):
                names |= {("import", a.name, a.asname or "") for a in statement.names}
            elif isinstance(statement, ast.ImportFrom):
                module = "." * statement.level + (statement.module or "")
                names |= {("from", module, a.name, a.asname or "") for a in statement.names}
            else:
                if names:
                    yield ast.Expr(ast.Constant(repr(sorted(names))))
                    names = set()
                if statement is not None:
                    yield statement
