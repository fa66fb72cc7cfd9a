"""A planted collision as a value, and what all kinds of them need to know of a function.

The changer edits a definition and adapts everything that is there, as people do; the user adds code that relies on the
definition as it was.  In a decoy the change leaves what the user relies on.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from quality.planted_code import Program, Span
    from quality.planted_sites import Site

Edits: TypeAlias = "dict[str, bytes]"
PLAIN_NAMES = frozenset(n for kind in (str, bytes, list, dict, set, int, object) for n in dir(kind))
SHORTEST = 5
MOST_USES = 40


@dataclass(frozen=True, slots=True)
class Plant:
    """What both do: the changer's files, and of either the expression whose value its own test asserts.

    ``unit`` is what the changer's edit is known by, at ``path``.  The user adds a function whose body is ``body``
    (``{head}`` is where it goes: the names it needs from the changer's module are ``needs``), or edits ``files`` itself
    at ``user_unit``.  ``changer`` and ``user`` are (path to import from, name, expression); "" for the user: a call of
    what it adds.
    """

    kind: str
    decoy: bool
    path: str
    unit: str
    files: Edits
    changer: tuple[str, str, str]
    needs: tuple[str, ...] = ()
    body: str = ""
    added: str = ""
    user_files: Edits | None = None
    user_unit: str = ""
    user_path: str = ""
    user: tuple[str, str, str] | None = None


Kind: TypeAlias = "Callable[[Program, Site, random.Random, bool], Plant | None]"


def is_unique(program: Program, name: str) -> bool:
    """Return whether everything called ``name`` is this one function."""
    if len(name) < SHORTEST or name in PLAIN_NAMES or name.startswith("__"):
        return False
    defined = sum(d.short == name for d in program.functions())
    return defined == 1 and program.definitions(name) == 1


def copied(args: ast.arguments) -> ast.arguments:
    """Return parameters that may be changed."""
    found = ast.parse(f"def f({ast.unparse(args)}): pass").body[0]
    assert isinstance(found, ast.FunctionDef)
    return found.args


def reworded(program: Program, path: str, node: ast.AST, new: str) -> tuple[str, Span]:
    """Return the edit that puts one word in place of a node."""
    return path, (*program.span(path, node), new.encode())


def another(node: ast.expr) -> str:
    """Return another value of the same kind as text, "" where none is known."""
    if isinstance(node, ast.UnaryOp) or not isinstance(node, ast.Constant):
        if isinstance(node, ast.List | ast.Tuple) and node.elts:
            return ast.unparse(type(node)(elts=node.elts[:-1], ctx=ast.Load()))
        return ""
    value = node.value
    if isinstance(value, bool):
        return str(not value)
    if isinstance(value, int | float):
        return repr(value + 1)
    if isinstance(value, str | bytes):
        return repr(value + value[:0].join([type(value)()] * 0) + ("+" if isinstance(value, str) else b"+"))
    return ""


def is_literal(node: ast.expr) -> bool:
    """Return whether an expression is a plain value."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError):
        return False
    return True
