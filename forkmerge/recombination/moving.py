"""Imports that follow what the other side moved to another module, in Python.

One side moves a whole module, or a definition from one module to another; the other side's new code imports it from
where it was.  The statement is written anew: the new module in the place of the old one, the names that stay and those
that went in a statement each.
Invariants: only import statements change, and the dotted name of a module that was imported whole; a statement that
can't be taken apart surely (a comment inside, ``*`` of a module that lives on) stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from forkmerge.model.hunk import Side
    from forkmerge.syntax.profile import Profile

Edit: TypeAlias = tuple[int, int, bytes]
Module: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """``side`` moved ``names`` (none: the whole module) from the file ``path`` to ``now``.

    ``roots`` says how many leading folders of both are no packages: where absolute imports may begin.
    """

    path: str
    now: str
    side: Side
    names: frozenset[str] = frozenset()
    roots: tuple[int, ...] = (0,)

    def __str__(self) -> str:
        """Return it in words: ``app.util read as app.text.squash``."""
        first = min(self.roots, default=0)
        old, new = (".".join(module_of(p)[first:]) for p in (self.path, self.now))
        listed = ", ".join(sorted(self.names))
        return f"{listed} of {old} taken from {new}" if self.names else f"{old} read as {new}"


def module_of(path: str) -> Module:
    """Return the dotted name of a Python file as parts, counted from the top of the repository; () for another file."""
    if not path.endswith(".py"):
        return ()
    *folders, name = path.removesuffix(".py").split("/")
    return tuple(folders if name == "__init__" else [*folders, name])


def moved_imports(profile: Profile, data: bytes, move: Move, path: str) -> list[Edit]:
    """Return what has the file ``path`` import from where the other side moved it; raises what parsing raises."""
    stem = move.path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2].encode()
    if profile.name != "python" or stem not in data:
        return []
    from forkmerge.syntax.parsing import parse  # noqa: PLC0415 - loads the parser

    found: list[Edit] = []
    chains: list[tuple[bytes, bytes]] = []
    nodes = list(_walked(parse(profile, data).root_node))
    for node in nodes:
        if node.type == "import_from_statement":
            found += _from(node, data, move, path)
        elif node.type == "import_statement" and not move.names:
            for name in node.children_by_field_name("name"):
                whole = name.child_by_field_name("name") if name.type == "aliased_import" else name
                new = _absolute(move, _dotted(whole)) if whole is not None else None
                if whole is not None and new is not None:
                    found.append((whole.start_byte, whole.end_byte, _text(new)))
                    if name.type != "aliased_import":
                        chains.append((whole.text or b"", _text(new)))
    for old, anew in chains:
        found += [(n.start_byte, n.end_byte, anew) for n in nodes if n.type == "attribute" and n.text == old]
    return found


def follows(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return ``data`` with ``edits``."""
    for start, end, text in sorted(edits, reverse=True):
        data = data[:start] + text + data[end:]
    return data


def _walked(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def _from(node: Node, data: bytes, move: Move, path: str) -> list[Edit]:
    """Return the edits of one ``from ... import`` statement."""
    source = node.child_by_field_name("module_name")
    if source is None or any(n.type == "comment" for n in _walked(node)):
        return []
    given = [(_imported(n), n.text or b"") for n in node.children_by_field_name("name")]
    star = any(child.type == "wildcard_import" for child in node.children)
    said = _said(source)
    new = _new(move, said, path)
    if new is not None:  # from the module itself
        went = [text for name, text in given if not move.names or name in move.names]
        if (star and not move.names) or (given and len(went) == len(given)):
            return [(source.start_byte, source.end_byte, new)]
        stay = [text for name, text in given if name not in move.names]
        return _apart(node, data, (source.text or b"", stay), (new, went)) if went else []
    if move.names or star:
        return []
    for name, text in given:  # the module from its package
        inner = _new(move, (said[0], (*said[1], name)), path)
        if inner is not None:
            home, dot, last = inner.rpartition(b".")
            home += dot if not home.strip(b".") else b""  # what is left of a relative name are its dots
            if not home:
                return []
            bound = text.rpartition(b" as ")[2].strip() if b" as " in text else name.encode()
            anew = last if bound == last else last + b" as " + bound
            stay = [t for n, t in given if n != name]
            return _apart(node, data, (source.text or b"", stay), (home, [anew]))
    return []


def _apart(node: Node, data: bytes, stays: tuple[bytes, list[bytes]], went: tuple[bytes, list[bytes]]) -> list[Edit]:
    """Return the edit that makes one statement for what stays and one for what went."""
    start = data.rfind(b"\n", 0, node.start_byte) + 1
    indent = data[start : node.start_byte]
    if indent.strip():
        return []  # it shares its line
    ending = b"\r\n" if data[:start].endswith(b"\r\n") else b"\n"
    lines = [b"from " + module + b" import " + b", ".join(names) for module, names in (stays, went) if names]
    return [(node.start_byte, node.end_byte, (ending + indent).join(lines))]


def _imported(node: Node) -> str:
    whole = node.child_by_field_name("name") if node.type == "aliased_import" else node
    return (whole.text or b"").decode("utf-8", "replace") if whole is not None else ""


def _dotted(node: Node) -> Module:
    return tuple((node.text or b"").decode("utf-8", "replace").split("."))


def _said(source: Node) -> tuple[int, Module]:
    """Return how many dots a module's name begins with, and its parts."""
    text = (source.text or b"").decode("utf-8", "replace").replace(" ", "")
    rest = text.lstrip(".")
    return len(text) - len(rest), tuple(rest.split(".")) if rest else ()


def _new(move: Move, said: tuple[int, Module], path: str) -> bytes | None:
    """Return how the module is to be called now, None where ``said`` in ``path`` is another one."""
    level, parts = said
    if not level:
        new = _absolute(move, parts)
        return _text(new) if new is not None else None
    here = tuple(path.split("/")[:-1])
    if level > len(here):
        return None
    above = here[: len(here) - level + 1]
    if (*above, *parts) != module_of(move.path):
        return None
    now = module_of(move.now)
    if now[: len(above)] == above and len(now) > len(above):
        return b"." * level + _text(now[len(above) :])
    first = max((r for r in move.roots if r < len(now)), default=0)
    return _text(now[first:])


def _absolute(move: Move, parts: Module) -> Module | None:
    old, now = module_of(move.path), module_of(move.now)
    for root in move.roots:
        if parts and parts == old[root:] and old[:root] == now[:root] and len(now) > root:
            return now[root:]
    return None


def _text(parts: Module) -> bytes:
    return ".".join(parts).encode()
