"""One side calls another function, the other gives the former one more or fewer arguments, or asks something else.

``parse(text)`` became ``read(text)`` here and ``parse(text, strict=True)`` there: each part of the call was changed by
one side alone, and yet ``read(text, strict=True)`` is what neither had in mind.  Nor had they ``shelf.lock.take()``
where ``shelf.open()`` became ``shelf.take()`` and ``shelf.lock.open()``, or ``shelf.row().open(9)`` where it became
``shelf.open(9)`` and ``shelf.row().open()``.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from forkmerge.merge.items import Item

_NAME = re.compile(rb"[^\W\d]\w*")
_LOOKED_UP = re.compile(rb"\s*(?:\??\.|->|::)\s*\w")
_CALLED = ("function", "name", "constructor", "type")
"""Fields of a call that say what is called, in the grammars that have such fields."""
_OWNERS = ("object", "operand", "value", "argument")
"""Fields of what is looked up in something that say in what."""
_MEMBERS = ("field", "attribute", "property", "name")
"""Fields of the same that say what is looked up."""


def ill_matched(three: Sequence[Item], nodes: Sequence[Node]) -> bool:
    """Return whether the parts of three versions of a node, each changed by one side alone, don't belong together."""
    return called_anew(three, nodes) or called_through(three, nodes) or asked_of_another(three, nodes)


def called_anew(three: Sequence[Item], nodes: Sequence[Node]) -> bool:
    """Return whether of three versions of a call one calls another function, and another has more or fewer arguments.

    Who gave up a name everywhere, and gives it what it was given, has renamed what it stands for: that the other side's
    arguments still belong to.
    """
    lists = [n.child_by_field_name("arguments") for n in nodes]
    names = [_called(i, n) for i, n in zip(three, nodes, strict=True)]
    if any(x is None for x in lists) or not all(names) or len(set(names)) == 1:
        return False
    counts = [n.named_child_count for n in lists if n is not None]
    return any(
        names[mine] != names[0]
        and counts[other] not in (counts[0], counts[mine])
        and (
            names[other] not in (names[0], names[mine])
            or counts[mine] != counts[0]
            or not _renamed(names[0], names[mine], three[mine].data)
        )
        for mine, other in ((1, 2), (2, 1))
    )


def called_through(three: Sequence[Item], nodes: Sequence[Node]) -> bool:
    """Return whether of three versions of ``a.b()`` one is ``a.x().b()``, and another has more or fewer arguments.

    What ``x`` gives is something else than ``a``, and so is its ``b``.  A chain of calls goes on with the same thing.
    """
    lists = [n.child_by_field_name("arguments") for n in nodes]
    names = [_called(i, n) for i, n in zip(three, nodes, strict=True)]
    if not all(names) or len(set(names)) > 1:
        return False
    heads = [
        i.data[n.start_byte : x.start_byte].rstrip().removesuffix(name).rstrip()
        for i, n, x, name in zip(three, nodes, lists, names, strict=True)
        if x is not None
    ]
    if len(heads) < len(nodes) or not heads[0] or b"(" in heads[0]:
        return False
    counts = [n.named_child_count for n in lists if n is not None]
    return any(
        heads[other] == heads[0]
        and heads[mine].startswith(heads[0])
        and b"(" in heads[mine][len(heads[0]) :]
        and counts[other] not in (counts[0], counts[mine])
        for mine, other in ((1, 2), (2, 1))
    )


def asked_of_another(three: Sequence[Item], nodes: Sequence[Node]) -> bool:
    """Return whether of three versions of ``a.b`` one is ``a.c`` and another ``a.x.b``: ``x`` need not know ``c``."""
    owners, members = ([_field(n, fields) for n in nodes] for fields in (_OWNERS, _MEMBERS))
    if any(node is None for node in (*owners, *members)):
        return False
    owned, said = (
        [i.data[n.start_byte : n.end_byte] for i, n in zip(three, part, strict=True) if n is not None]
        for part in (owners, members)
    )
    return any(
        owned[mine] == owned[0] != owned[other]
        and said[other] == said[0] != said[mine]
        and _LOOKED_UP.match(owned[other].removeprefix(owned[0]))
        and owned[other].startswith(owned[0])
        for mine, other in ((1, 2), (2, 1))
    )


def _field(node: Node, fields: Sequence[str]) -> Node | None:
    return next((found for field in fields if (found := node.child_by_field_name(field)) is not None), None)


def is_called(node: Node) -> bool:
    """Return whether ``node`` is what the call around it calls."""
    call = node.parent
    return call is not None and "call" in call.type and call.child_by_field_name("function") == node


def made_a_call(node: Node, before: bytes, after: bytes) -> bool:
    """Return whether ``node`` is called, and ``after`` ends in another name than ``before``, for which that was meant.

    Who made ``store.rows()`` of ``store.rows`` knew that it can be called; nothing tells that of ``store.lines``.
    """
    return is_called(node) and _NAME.findall(before)[-1:] != _NAME.findall(after)[-1:]


def _renamed(before: bytes, now: bytes, data: bytes) -> bool:
    """Return whether a file with one name for another in a call has the former nowhere, and this one elsewhere, too."""
    counts = Counter(_NAME.findall(data))
    return not counts[before] and counts[now] > 1


def _called(item: Item, call: Node) -> bytes:
    """Return the last name of what ``call`` calls: ``c`` in ``a.b.c()``; nothing where it has none."""
    node = next((found for f in _CALLED if (found := call.child_by_field_name(f)) is not None), None)
    if node is None:
        return b""
    words = _NAME.findall(item.data[node.start_byte : node.end_byte])
    return words[-1] if words else b""
