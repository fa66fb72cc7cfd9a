"""Statements whose order among their like means nothing though they have effects: what is added to a register.

``parser.add_argument(…)``, ``app.register(…)``, ``warnings.filterwarnings(…)``, ``assert …``: where a block has such
statements already and both sides put more of them at one place, each with other arguments, they stand side by side.
Calls that write, send or append are not of this kind: there the order is the result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from forkmerge.merge.items import Item

_REGISTERS = re.compile(
    rb"(?:^|[.:>])\s*(?:add|assert|check|declare|define|expect|filter|ignore|include|option|register|require)"
    rb"(?:[A-Z_]\w*|warnings|s)?\s*$"
)
"""Names of functions that put something into a register, or look at something without changing it."""


def registered(ours: Sequence[Item], theirs: Sequence[Item], base: Sequence[Item]) -> bool:
    """Return whether all that the sides put in are one kind of registration, of which ``base`` has some.

    Where one says all that another one of the other side says, both may put in the same thing.
    """
    found = {_function(i) for i in (*ours, *theirs)}
    if len(found) != 1 or b"" in found or not any(_function(i) in found for i in base):
        return False
    mine, other = ([set(i.tokens) for i in side] for side in (ours, theirs))
    return not any(a <= b or b <= a for a in mine for b in other)


def assigned(item: Item) -> tuple[str, str] | None:
    """Return (kind, name) of the attribute that a statement alone sets (``self.size = size``), None for any other."""
    node = item.main if item.kind == "assignment" else _only(item)
    if node is None or not node.type.startswith("assignment"):
        return None
    left = node.child_by_field_name("left")
    if left is None or left.type not in ("attribute", "member_expression", "field_access", "instance_variable"):
        return None
    return "attribute", item.data[left.start_byte : left.end_byte].decode("utf-8", "replace")


def _function(item: Item) -> bytes:
    """Return what registers in the statement ``item``, b"" if it is none that does."""
    if item.kind == "assert_statement":
        return b"assert"
    node = _only(item)
    arguments = node.child_by_field_name("arguments") if node is not None else None
    if node is None or arguments is None or ("call" not in node.type and "invocation" not in node.type):
        return b""
    name = item.data[node.start_byte : arguments.start_byte].strip()
    return name if _REGISTERS.search(name) and b"(" not in name else b""


def _only(item: Item) -> Node | None:
    """Return the expression that is all of a statement."""
    if item.main is None or item.main.type != "expression_statement" or item.main.named_child_count != 1:
        return None
    return item.main.named_children[0]
