"""Calls of a function in Python code: which they are, and the value that all of them give to a parameter.

Whose function a name means can't be told for sure from the text of one file.  So a bare name counts where it is not
imported from a module of another name, nor defined anew; an attribute where it is not that of such a module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.recombination.names import defined, imported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile

CONSTRUCTOR = "__init__"
_LITERALS = frozenset(("integer", "float", "string", "true", "false", "none", "unary_operator"))
_EMPTY = frozenset(("list", "tuple", "dictionary"))


def calls_of(profile: Profile, data: bytes, function: str, home: str, path: str, *, method: bool = False) -> list[Node]:
    """Return the calls, in the file ``path``, of the function that the file ``home`` defines; may raise as parsing.

    A ``method`` may be called on anything but a module, a function on the module ``home`` alone.
    """
    name = function.encode()
    if name not in data:
        return []
    from forkmerge.syntax.parsing import parse  # noqa: PLC0415 - loads the parser

    places = frozenset(part.encode() for part in home.removesuffix(".py").split("/"))
    root = parse(profile, data).root_node
    nodes, stack = [], [root]
    while stack:
        node = stack.pop()
        stack.extend(node.children)
        nodes.append(node)
    aliases = _aliases(nodes, places)
    modules = imported(data) - aliases
    foreign = path != home and (name in defined(data) or _elsewhere(nodes, name, places))
    found = []
    for node in nodes:
        called = node.child_by_field_name("function") if node.type == "call" else None
        if called is not None and called.type == "attribute":
            owner = called.child_by_field_name("object")
            whose = owner.text or b"" if owner is not None else b""
            last = called.child_by_field_name("attribute")
            here = whose.rpartition(b".")[2] in places or whose in aliases
            wanted = whose.partition(b".")[0] not in modules if method else here
            if last is not None and last.text == name and wanted:
                found.append(node)
        elif called is not None and called.type == "identifier" and called.text == name and not foreign and not method:
            found.append(node)
    return found


def obvious(
    files: Mapping[str, bytes], function: str, home: str, parameter: str, position: int, *, method: bool = False
) -> str:
    """Return the one plain value that all calls in ``files`` give to a parameter, "" where there is no such."""
    from forkmerge.syntax.profiles import for_path  # noqa: PLC0415 - only where a parameter was added

    values = set()
    for path, data in files.items():
        profile = for_path(path, data)
        if profile is None or profile.name != "python":
            continue
        try:
            calls = calls_of(profile, data, function, home, path, method=method)
        except ForkmergeError:
            continue
        values |= {_given(call, parameter, position) for call in calls}
    return values.pop() if len(values) == 1 else ""


def _elsewhere(nodes: list[Node], name: bytes, places: frozenset[bytes]) -> bool:
    """Return whether ``name`` is imported from a module that is called otherwise."""
    for node in nodes:
        source = node.child_by_field_name("module_name") if node.type == "import_from_statement" else None
        names = [n.text for n in node.children_by_field_name("name")] if source is not None else []
        last = (source.text or b"").rpartition(b".")[2] if source is not None else b""
        if name in names and last and last not in places:
            return True
    return False


def _aliases(nodes: list[Node], places: frozenset[bytes]) -> set[bytes]:
    """Return the other names that the file gives to modules of ``places``."""
    out = set()
    for node in nodes:
        name, alias = (
            node.child_by_field_name(f) if node.type == "aliased_import" else None for f in ("name", "alias")
        )
        if name is not None and alias is not None and (name.text or b"").rpartition(b".")[2] in places:
            out.add(alias.text or b"")
    return out


def _given(call: Node, parameter: str, position: int) -> str:
    """Return the value that a call gives to the parameter as plain text, "" where it is none."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "argument_list":
        return ""
    positional = 0
    for child in arguments.named_children:
        if child.type == "comment":
            continue
        if child.type in ("list_splat", "dictionary_splat"):
            return ""
        if child.type == "keyword_argument":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if name is not None and name.text == parameter.encode():
                return _plain(value)
        elif positional == position:
            return _plain(child)
        else:
            positional += 1
    return ""


def _plain(value: Node | None) -> str:
    if value is None or b"\n" in (value.text or b""):
        return ""
    empty = value.type in _EMPTY and not value.named_children
    plain = value.type in _LITERALS and not any(n.type == "interpolation" for n in value.children)
    plain = plain and (value.type != "unary_operator" or value.children[-1].type in _LITERALS)
    return (value.text or b"").decode("utf-8", "replace") if plain or empty else ""
