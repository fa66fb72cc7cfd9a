"""What a file defines, uses and imports.

This serves the gates of a merge: a name is wrong only by comparison (defined twice, or used and bound nowhere, in the
result and in no input), so precision goes before completeness: what can't be told is left out.  An import of
everything (``from m import *``, ``#include``) stands among the definitions as ``*``: it may bind any name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from forkmerge.syntax.names import Import, Name, Names
from forkmerge.syntax.parsing import parse

if TYPE_CHECKING:
    from tree_sitter import Tree

    from forkmerge.syntax.profile import Profile

__all__ = ["Import", "Name", "Names", "definitions", "imported", "names", "too_early", "unbound", "uses"]

_ANY = "*"
"""What an import of everything binds."""


def definitions(profile: Profile, data: bytes, tree: Tree | None = None) -> tuple[Name, ...]:
    """Return the names that the file binds: functions, classes, variables, parameters and imports."""
    return names(profile, data, tree).definitions


def uses(profile: Profile, data: bytes, tree: Tree | None = None, *, attributes: bool = False) -> tuple[Name, ...]:
    """Return the names that are read and looked up in a scope; with ``attributes`` also those looked up in objects."""
    found = names(profile, data, tree).uses
    return found if attributes else tuple(n for n in found if n.kind != "attribute")


def imported(profile: Profile, data: bytes, tree: Tree | None = None) -> tuple[Import, ...]:
    """Return the imports of the file: exact for Python and JavaScript, as far as syntax tells for other languages."""
    return names(profile, data, tree).imports


def names(profile: Profile, data: bytes, tree: Tree | None = None) -> Names:
    """Return definitions, uses and imports in one go; data formats have none.  Raises what ``parse`` raises."""
    if profile.data:
        return Names((), (), ())
    return _read(profile, data) if tree is None else _found(profile, tree)


@lru_cache(maxsize=2)  # PERF: the gates ask for those of one result, one after the other
def _read(profile: Profile, data: bytes) -> Names:
    return _found(profile, parse(profile, data))


def unbound(profile: Profile, found: Names) -> tuple[Name, ...]:
    """Return the uses of names that nothing in scope binds; none where an import may bind any name.

    In Python what a class binds is out of sight in its methods.
    """
    scopes: dict[str, set[tuple[str, ...]]] = {}
    for name in found.definitions:
        scopes.setdefault(name.text, set()).add(name.scope)
    if _ANY in scopes:
        return ()
    classes = _classes(found) if profile.binder == "python" else frozenset()

    def sees(scope: tuple[str, ...], around: set[tuple[str, ...]]) -> bool:
        seen = around - classes
        if any(scope[:depth] in seen for depth in range(len(scope) + 1)):
            return True
        while scope and scope[-1].startswith("<"):  # what has no name: a lambda, a comprehension
            scope = scope[:-1]
        return scope in around

    return tuple(n for n in found.uses if n.kind != "attribute" and not sees(n.scope, scopes.get(n.text, set())))


def too_early(found: Names) -> frozenset[tuple[tuple[str, ...], str]]:
    """Return the locals of functions, with their scope, that are used above all places that bind them.

    In a loop that may be right.
    """
    functions = {(*n.scope, n.text) for n in found.definitions if n.kind in ("function", "method")}
    first: dict[tuple[tuple[str, ...], str], int] = {}
    for name in found.definitions:
        key = (name.scope, name.text)
        if name.scope in functions:
            first[key] = min(name.span.start, first.get(key, name.span.start))
    return frozenset(
        key for n in found.uses if n.kind == "name" and n.span.start < first.get(key := (n.scope, n.text), -1)
    )


def _classes(found: Names) -> frozenset[tuple[str, ...]]:
    """Return the scopes that are those of classes and of no function of the same name."""
    kinds: dict[tuple[str, ...], set[str]] = {}
    for name in found.definitions:
        if name.kind in ("class", "function", "method"):
            kinds.setdefault((*name.scope, name.text), set()).add(name.kind)
    return frozenset(scope for scope, kind in kinds.items() if kind == {"class"})


def _found(profile: Profile, tree: Tree) -> Names:
    root = tree.root_node
    if profile.binder == "python":
        from forkmerge.syntax import names_python  # noqa: PLC0415 - only the language at hand

        return names_python.names(root)
    from forkmerge.syntax import names_general  # noqa: PLC0415 - only the language at hand

    return names_general.names(profile, root)
