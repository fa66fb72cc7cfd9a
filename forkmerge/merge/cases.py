"""Cases of a switch, or arms of a match, that both sides put in at one place.

Two that ask for different constants never both hold, so their order means nothing, as long as none of them falls into
what stands behind it.  Invariants: a label that could hold with another one (a guard, a range, a name that binds, a
condition of its own) says nothing, and the answer is no.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.merge.items import CLOSING, OPENING, node_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from forkmerge.merge.items import Item
    from forkmerge.syntax.profile import Profile

_FALLING = frozenset(
    ("case_statement", "switch_case", "switch_block_statement_group", "switch_default", "default_statement")
)
"""Cases that go on with the next one where nothing leaves them."""
_CLOSED = frozenset(
    (
        *("expression_case", "switch_rule", "switch_section", "match_arm", "when_entry", "switch_entry", "case_clause"),
        *("when", "case_item", "stab_clause"),
    )
)
_QUOTED = rb"\"[^\"$`\\#*?\[]*\"|'[^'\\*?\[]*'"
_LABELLED = {
    "when": ("pattern", re.compile(rb":\w+|\d+|" + _QUOTED)),
    "case_item": ("value", re.compile(rb"[\w./+@%,:=-]+|" + _QUOTED)),
}
"""Cases whose labels end in a word or bracket: the field that holds each of them, and those that are plain."""
_LEAVING = ("return", "break", "continue", "throw", "goto", "yield")
_HOLDING = frozenset(("block", "compound_statement", "statement_block", "statement_list", "statements"))
_BEHIND = frozenset((b":", b"=>", b"->"))
"""Signs that end a label."""
_OR = frozenset((b",", b"|"))
_LITERAL = re.compile(rb"-|[\d\"'`]|[bBuUrRfLc]\"|:\w")
_NAME = re.compile(rb"[^\W\d]\w*|\.|::")
_CONSTANT = re.compile(rb"[^\W\d_a-z]|_*[A-Z]")
_GUARDS = frozenset((b"if", b"when", b"where", b"in", b"is", b"as", b"let", b"var", b"else", b"default"))
_BINDING = frozenset(("rust", "scala", "swift", "python", "kotlin", "elixir"))
"""Languages in which a small name as a label is no constant: it binds, or is a condition of its own."""
_NOTHING = frozenset((b"", b"true", b"(true)"))
"""What a switch asks about whose labels are conditions."""


def apart(profile: Profile, ours: Sequence[Item], extra: Sequence[Item], whole: tuple[Sequence[Item], ...]) -> bool:
    """Return whether ``ours`` and ``extra``, put in at one place by the two sides, are cases that never both hold.

    ``whole`` are the three sequences around them, base, ours and theirs.
    """
    if not ours or not extra or not all(_is_case(i) for i in (*ours, *extra)) or not _asks(ours[0]):
        return False
    mine, other = (_labels(profile, side) for side in (ours, extra))
    if not mine or not other or mine & other:
        return False
    return all(_left(side) for side in (ours, extra)) and _left_before(ours[0], whole[1])


def _is_case(item: Item) -> bool:
    return item.main is not None and item.main.type in _FALLING | _CLOSED


def _asks(item: Item) -> bool:
    """Return whether the switch around ``item`` asks about a value, so that its labels are values."""
    around = item.main.parent if item.main is not None else None
    if around is None:
        return False
    if around.type == "when_expression":
        return any(c.type == "when_subject" for c in around.named_children)
    if around.type not in ("expression_switch_statement", "switch_body"):
        return True
    switch = around.parent if around.type == "switch_body" else around
    value = switch.child_by_field_name("value") if switch is not None else None
    return value is not None and item.data[value.start_byte : value.end_byte] not in _NOTHING


def _labels(profile: Profile, cases: Sequence[Item]) -> frozenset[tuple[bytes, ...]] | None:
    """Return the constants that ``cases`` ask for, None where one of them may ask for more."""
    found: list[tuple[bytes, ...]] = []
    for item in cases:
        assert item.main is not None  # noqa: S101 - these are cases
        held = item.main.type in _LABELLED
        said = _held(item) if held else _said(node_tokens(item.main, item.data, profile))
        if said is None or not (held or all(_constant(profile, label) for label in said)):
            return None
        found += said
    return frozenset(found) if len(set(found)) == len(found) else None


def _held(item: Item) -> list[tuple[bytes, ...]] | None:
    """Return the labels that the fields of a case hold, None where one is no plain text, number or symbol."""
    assert item.main is not None  # noqa: S101 - it is a case
    field, plain = _LABELLED[item.main.type]
    texts = [item.data[n.start_byte : n.end_byte] for n in item.main.children_by_field_name(field)]
    return [(t.strip(b"\"'"),) for t in texts] if texts and all(map(plain.fullmatch, texts)) else None


def _said(tokens: Sequence[bytes]) -> list[tuple[bytes, ...]] | None:
    """Return the alternatives of the label that a case begins with; what is taken apart in brackets is left out."""
    out: list[tuple[bytes, ...]] = []
    label: list[bytes] = []
    depth = 0
    for token in tokens[1:] if tokens[:1] == (b"case",) else tokens:
        if token in CLOSING:
            depth -= 1
        elif depth or token in OPENING:
            depth += token in OPENING
            if token in _GUARDS - {b"let", b"var"} or (token in OPENING and not label):
                return None
        elif token in _BEHIND or token in _OR:
            out.append(tuple(label))
            label = []
            if token in _BEHIND:
                return out
        elif token in _GUARDS:
            return None
        else:
            label.append(token)
    return None


def _constant(profile: Profile, label: tuple[bytes, ...]) -> bool:
    if not label:
        return False
    if all(_LITERAL.match(token) for token in label):
        return True
    if not all(_NAME.fullmatch(token) for token in label):
        return False
    return profile.name not in _BINDING or len(label) > 1 or _CONSTANT.match(label[-1]) is not None


def _left(cases: Sequence[Item]) -> bool:
    """Return whether the last of ``cases`` is left at its end, and does not go on with what stands behind it."""
    last = cases[-1].main
    return last is not None and not _falls(last)


def _left_before(first: Item, sequence: Sequence[Item]) -> bool:
    """Return whether what stands before ``first`` is no case that goes on with it."""
    at = next((i for i, item in enumerate(sequence) if item is first), 0)
    before = sequence[at - 1].main if at else None
    return before is None or before.type not in _FALLING | _CLOSED or not _falls(before)


def _falls(case: Node) -> bool:
    last = _last(case)
    if case.type in _FALLING:
        return last is None or not any(word in last.type for word in _LEAVING)
    if case.type == "case_item":
        return not (case.text or b"").endswith(b";;")
    return last is not None and "fallthrough" in last.type


def _last(node: Node) -> Node | None:
    """Return the last statement in ``node``, in the block that it ends with if it does."""
    inside = [c for c in node.named_children if not c.is_extra]
    while inside and inside[-1].type in _HOLDING:
        inside = [c for c in inside[-1].named_children if not c.is_extra]
    return inside[-1] if inside else None
