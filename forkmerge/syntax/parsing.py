"""Concrete syntax trees, from tree-sitter's grammars.

tree-sitter takes any bytes and always gives a tree; what it could not read stands in it as ERROR and MISSING nodes.
So whether a file is *sound* is a question about the tree, and merges compare its answer for the inputs and the output.
Nothing here recurses: files may be nested deeper than Python's stack.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from typing import TYPE_CHECKING

from forkmerge.errors import MissingTool, UnusableInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

    import tree_sitter

    from forkmerge.syntax.profile import Profile

MAX_BYTES = 4 * 1024 * 1024
"""Files above this size are not parsed: a merge of them stays with lines."""

MAX_DEPTH = 1000
"""Trees nested deeper than this are not for code that recurses; see ``depth``."""


_INDICATOR = re.compile(rb"(?<=\s)[-?:](?=\s|$)")


def parse(profile: Profile, data: bytes, old: tree_sitter.Tree | None = None) -> tree_sitter.Tree:
    """Return the tree of ``data``, whose offsets are those of ``data`` (a BOM is skipped, not removed).

    ``old`` is the tree of an earlier text, told of the edit that led to ``data``: only what changed is read anew.
    Raises ``MissingTool`` where the grammar is not installed, ``UnusableInput`` above ``MAX_BYTES`` and
    where the text is nested deeper than the grammar can bear.
    """
    if len(data) > MAX_BYTES:
        raise UnusableInput(f"too large to parse: {len(data)} bytes, the limit is {MAX_BYTES}")
    if profile.max_indents and _deeper(data, profile.max_indents):
        raise UnusableInput(f"nested deeper than {profile.max_indents} columns of indentation")
    parser: tree_sitter.Parser = _binding("tree_sitter").Parser(language(profile))
    if profile.ended and not data.endswith(b"\n"):
        data += b"\n"
    return parser.parse(data) if old is None else parser.parse(data, old)


def language(profile: Profile) -> tree_sitter.Language:
    """Return the grammar of ``profile``; raises ``MissingTool`` where it is not installed."""
    try:
        return _language(profile.package, profile.function)
    except (AttributeError, TypeError, ValueError) as error:
        wheel = profile.package.replace("_", "-")
        hint = f"pip install --upgrade {wheel} tree-sitter"
        raise MissingTool(f"the grammar {wheel} can't be used: {error}", hint=hint) from None


def sound(tree: tree_sitter.Tree) -> bool:
    """Return whether the whole text was understood: the tree holds no ERROR and no MISSING node."""
    return not tree.root_node.has_error


def errors(tree: tree_sitter.Tree) -> int:
    """Return the number of ERROR and MISSING nodes; at least one where the tree says that it is not sound."""
    return max(sum(1 for _ in error_nodes(tree)), int(not sound(tree)))


def error_nodes(tree: tree_sitter.Tree) -> Iterator[tree_sitter.Node]:
    """Yield the ERROR and MISSING nodes in the order of the text."""
    stack = [tree.root_node] if tree.root_node.has_error else []
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            yield node
        stack.extend(child for child in reversed(node.children) if child.has_error)


def depth(tree: tree_sitter.Tree, limit: int = MAX_DEPTH) -> int:
    """Return how deep ``tree`` is nested (a lone root is 1); stops looking once it is deeper than ``limit``."""
    cursor = tree.walk()
    deepest = 1
    while True:
        while cursor.goto_first_child():
            pass
        deepest = max(deepest, cursor.depth + 1)
        if deepest > limit:
            return deepest
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return deepest


def _deeper(data: bytes, limit: int) -> bool:
    """Return whether more than ``limit`` columns may be open at once: of indented lines, and of ``-``, ``?``, ``:``."""
    columns: list[int] = []
    for line in data.splitlines():
        indent = len(line) - len(line.lstrip())
        if indent == len(line):
            continue
        while columns and columns[-1] >= indent:
            columns.pop()
        columns.append(indent)
        if b"- " in line or b"? " in line or b" :" in line or b"\t" in line:
            columns.extend(m.start() for m in _INDICATOR.finditer(line, indent + 1))
        if len(columns) > limit:
            return True
    return False


@functools.cache
def _language(package: str, function: str) -> tree_sitter.Language:
    pointer = getattr(_binding(package), function)()
    if isinstance(pointer, int):  # wheels made before tree-sitter asked for a capsule give a bare address
        pointer = _capsule(pointer)
    grammar: tree_sitter.Language = _binding("tree_sitter").Language(pointer)
    return grammar


def _capsule(address: int) -> Any:
    import ctypes  # noqa: PLC0415 - few grammars need it

    make = ctypes.pythonapi.PyCapsule_New
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return make(address, b"tree_sitter.Language", None)


@functools.cache
def _binding(package: str) -> Any:
    """Return the extension module of tree-sitter or of a grammar, or the package where it has none by that name.

    PERF: the packages' own ``__init__`` import ``typing`` and ``importlib.resources`` (some 20 ms) for queries that
    are not used here, so the extension is loaded beside them.  It is put where the package itself would find it: there
    must not be two of one.
    """
    name = package + "._binding"
    if name not in sys.modules:
        outer = _spec(package, _installed())
        within = outer.submodule_search_locations if outer else None
        inner = _spec(name, within) if within else None
        try:
            sys.modules[name] = _loaded(inner or outer)
        except (ImportError, AttributeError):
            wheel = package.replace("_", "-")
            raise MissingTool(f"the grammar {wheel} is not installed", hint=f"pip install {wheel}") from None
    return sys.modules[name]


def _installed() -> list[str]:
    """Return where modules are looked for, without the folder that the process stands in.

    That folder may be a stranger's repository, with a module in it that is called like a grammar.
    """
    here = os.getcwd()  # noqa: PTH109 - pathlib costs start-up
    return [place for place in sys.path if place not in ("", ".", here)]


def _spec(name: str, where: Any) -> Any:
    """Return what the first finder that knows the module ``name`` says of it: ``importlib.util`` without its cost."""
    return next((spec for finder in sys.meta_path if (spec := finder.find_spec(name, where)) is not None), None)


def _loaded(spec: Any) -> ModuleType:
    module: ModuleType = spec.loader.create_module(spec) or type(sys)(spec.name)
    module.__spec__, module.__loader__, module.__package__ = spec, spec.loader, spec.parent
    module.__file__ = spec.origin
    spec.loader.exec_module(module)
    return module
