"""The children of a syntax node as a sequence of items to be merged.

An item is a child with the layout before it (``lead``: blanks, line ends and separators) and with the comments that
belong to it, and in a block with the semicolon that ends it.  Concatenating ``lead + text`` of all items gives the
stretch of the file they were made of.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.syntax import commutative, paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile

EITHER_QUOTE = frozenset(("python", "javascript", "typescript", "tsx"))
"""Languages in which a string means the same in single and in double quotes."""
_QUOTED = re.compile(rb"([A-Za-z]{0,2})'([^'\"\\\n]*+)'")
OPENING, CLOSING = frozenset((b"(", b"{", b"[")), frozenset((b")", b"}", b"]"))
"""Tokens between which something stands in brackets."""
_SEPARATORS = frozenset((b",", b";", b""))
_TERMINATOR = re.compile(rb"[ \t]*+;(?=[ \t]*+(?:\r?\n|\Z))")
"""The sign that ends a statement or member, at the end of its line."""
_WORTH = 200
"""Bytes of a node from which on its tokens are kept."""
Tokens: TypeAlias = "dict[tuple[str, bytes], tuple[bytes, ...]]"
"""Type and text of a node -> its tokens."""
_MORE = frozenset(("+", "|"))
"""Signs that stand between the elements of some sets, and mean something elsewhere."""


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a sequence: ``nodes`` are the comments before it, the element itself (``main``), one behind it.

    ``first``: it follows a keyword or bracket, so its ``lead`` is not what stands between two elements.
    """

    lead: bytes
    text: bytes
    tokens: tuple[bytes, ...]
    kind: str
    key: tuple[str, ...] | None
    nodes: tuple[Node, ...]
    main: Node | None
    data: bytes
    first: bool

    @property
    def end(self) -> bool:
        """Return whether this is the pseudo-item behind the last one."""
        return self.main is None


def node_tokens(node: Node, data: bytes, profile: Profile) -> tuple[bytes, ...]:
    """Return the leaves of ``node`` as texts, without layout; block structure is marked where indentation carries it.

    A separator right before a closing bracket is layout, too: formatters add and remove it; so is which quotes a string
    has where either mean the same.
    """
    out: list[bytes] = []
    atomic, indentation = profile.atomic, profile.indentation
    quoted = profile.name in EITHER_QUOTE
    stack: list[Node | bytes] = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, bytes):
            out.append(top)
            continue
        if top.child_count == 0 or top.type in atomic:
            text = data[top.start_byte : top.end_byte].strip()
            if text:
                if quoted and b"'" in text and (match := _QUOTED.fullmatch(text)):
                    text = b'%b"%b"' % match.groups()
                if text in b")]}" and out and out[-1] == b",":
                    out.pop()
                out.append(text)
            continue
        if indentation and top.type == "block":
            out.append(b"\0>")
            stack.append(b"\0<")
        stack.extend(reversed(top.children))
    return tuple(out)


def parts(node: Node, profile: Profile) -> list[Node]:
    """Return the children of ``node``; of a chain those of all its links, which stand in each other at its left end."""
    found = node.children
    if node.type in profile.chains:
        while found and found[0].type == node.type:
            found[:1] = found[0].children
    return found


def _known_tokens(node: Node, data: bytes, profile: Profile, known: Tokens) -> tuple[bytes, ...]:
    """Return ``node_tokens``, taken from ``known`` where a node of the same type and text has been read before.

    PERF: what stands around a place is the same in all three versions, and for the next place in the same class.
    """
    if node.end_byte - node.start_byte < _WORTH:
        return node_tokens(node, data, profile)
    key = (node.type, data[node.start_byte : node.end_byte])
    found = known.get(key)
    if found is None:
        found = known[key] = node_tokens(node, data, profile)
    return found


def items(
    data: bytes, nodes: Sequence[Node], start: int, end: int, profile: Profile, *, listlike: bool, known: Tokens
) -> list[Item]:
    """Return the items of ``nodes``, children of one parent, that stand in ``data[start:end]``, and a last END item.

    With ``listlike`` separators are layout and comments join the element they stand at.  ``known`` are the tokens of
    nodes that were read before; those that are read now are added.
    """
    parent = nodes[0].parent if listlike and nodes else None
    own = separators(profile, parent.type) if parent is not None else frozenset()
    brackets = listlike and nodes and nodes[0].parent is not None and nodes[0].parent.type in profile.imports
    kept = [n for n in nodes if not (listlike and (_separator(n, data, own) or (brackets and n.type in ("(", ")"))))]
    groups = _grouped(kept, data, profile) if listlike else [((n,), n) for n in kept]
    ended = parent is not None and parent.type in profile.blocks
    out: list[Item] = []
    rules = paths.rules_by_node(profile)
    position = start
    first = True
    for number, (group, main) in enumerate(groups):
        lo, hi = group[0].start_byte, group[-1].end_byte
        hi = max(lo, hi - _trailing_blank(data, lo, hi))
        following = groups[number + 1][0][0].start_byte if number + 1 < len(groups) else end
        if ended and (sign := _TERMINATOR.match(data, hi)) and sign.end() <= following:
            hi = sign.end()
        read = [_known_tokens(n, data, profile, known) for n in group]
        tokens = read[0] if len(read) == 1 else tuple(token for tokens in read for token in tokens)
        out.append(
            Item(
                data[position:lo],
                data[lo:hi],
                tokens,
                main.type,
                identity(main, data, profile, rules),
                tuple(group),
                main,
                data,
                first,
            )
        )
        first = not main.is_named and commutative.rule_for(profile, main) is None
        position = hi
    out.append(Item(data[position:end], b"", (b"\0end",), "\0end", None, (), None, data, first))
    return out


def _trailing_blank(data: bytes, lo: int, hi: int) -> int:
    """Return how many bytes of layout a node includes at its end (some grammars count the line end in)."""
    text = data[lo:hi]
    return len(text) - len(text.rstrip(b" \t\r\n"))


def separators(profile: Profile, parent: str) -> frozenset[bytes]:
    """Return the signs besides commas that stand between the elements of a ``parent``."""
    return frozenset(r.separator.encode() for r in profile.commutative if r.separator in _MORE and parent in r.parents)


def _separator(node: Node, data: bytes, own: frozenset[bytes]) -> bool:
    sign = data[node.start_byte : node.end_byte].strip()
    return not node.is_named and (sign in _SEPARATORS or sign in own)


def _grouped(nodes: Sequence[Node], data: bytes, profile: Profile) -> list[tuple[tuple[Node, ...], Node]]:
    """Return (nodes, main) groups: comments and attributes right above an element, a comment behind it on its line."""
    out: list[tuple[tuple[Node, ...], Node]] = []
    waiting: list[Node] = []
    for node in nodes:
        comment = node.type in profile.comments
        if comment and not waiting and out and _same_line(data, out[-1][0][-1], node):
            group, main = out[-1]
            out[-1] = ((*group, node), main)
            continue
        if profile.described and not waiting and out and _describes(data, out[-1][0][-1], node, profile):
            group, main = out[-1]
            out[-1] = ((*group, node), main)
            continue
        if waiting and not _touching(data, waiting[-1], node):
            out.extend(((n,), n) for n in waiting)
            waiting = []
        if _leading(node, profile):
            waiting.append(node)
            continue
        if waiting and not node.is_named:
            out.extend(((n,), n) for n in waiting)
            waiting = []
        out.append(((*waiting, node), node))
        waiting = []
    out.extend(((n,), n) for n in waiting)
    return out


def _leading(node: Node, profile: Profile) -> bool:
    """Return whether ``node`` belongs to what follows it: a comment, or an attribute that stands as a sibling."""
    return node.type in profile.comments or node.type in profile.attached


def _describes(data: bytes, above: Node, node: Node, profile: Profile) -> bool:
    """Return whether ``node`` is there for what stands right above it: the docstring of an attribute."""
    if above.named_child_count != 1 or node.named_child_count != 1:
        return False
    pair = f"{above.named_children[0].type}.{node.named_children[0].type}"
    return pair in profile.described and _touching(data, above, node)


def _same_line(data: bytes, left: Node, right: Node) -> bool:
    return b"\n" not in data[left.end_byte : right.start_byte] and b"\n" not in data[left.end_byte - 1 : left.end_byte]


def _touching(data: bytes, above: Node, below: Node) -> bool:
    return data[above.end_byte - 1 : below.start_byte].count(b"\n") <= 1


def identity(node: Node, data: bytes, profile: Profile, rules: paths.Rules) -> tuple[str, ...] | None:
    """Return the key under which ``node`` is known among its siblings (kind, name, signature), None if it has none."""
    inner = paths.unwrap(profile, rules, node)
    rule = paths.rule_for(rules, inner)
    if rule is not None:
        template, nodes = paths.name_nodes(rule, inner)
        if template:
            name = template.format(*(_text(n, data) for n in nodes))
            signature = paths.follow(inner, rule.signature) if rule.signature and not profile.indentation else None
            overload = b" ".join(node_tokens(signature, data, profile)).decode("utf-8", "replace") if signature else ""
            return (rule.kind, name, overload)
    key = inner.child_by_field_name("key") or (inner.child_by_field_name("name") if "keyword" in inner.type else None)
    return (inner.type, _text(key, data), "") if key is not None else None


def _text(node: Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def similarity(a: Sequence[bytes], b: Sequence[bytes]) -> float:
    """Return the Dice coefficient of two token multisets, 0..1."""
    if not a or not b:
        return 0.0
    shared = (Counter(a) & Counter(b)).total()
    return 2.0 * shared / (len(a) + len(b))
