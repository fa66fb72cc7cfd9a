"""Both sides put something at one place: may the two stand side by side?

Only where order is known to mean nothing: imports, differently named definitions that don't speak of each other, and
the members that a profile calls commutative.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from forkmerge.merge import rules
from forkmerge.merge.items import similarity
from forkmerge.merge.registrations import assigned, registered
from forkmerge.syntax import commutative

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tree_sitter import Node

    from forkmerge.merge.items import Item
    from forkmerge.syntax.profile import Commutative, Profile

_PLAIN_MODIFIERS = frozenset(
    (b"public", b"private", b"protected", b"internal", b"open", b"abstract", b"final", b"sealed")
)
_VALUES = frozenset(("constant", "field", "member", "variable", "property"))
_FREE_BASE = re.compile(rb"^\(?\s*(?:\w+\.)*(?:\w*Enum|\w*Flag|object|\w*Exception|\w*Error)\s*\)?$")
"""A single base that makes nothing of the order of fields (an enum numbers its members, which seldom are stored)."""
_ENUM = re.compile(rb"Enum|Flag")
_CHANCE = 5
"""Definitions from which on it is hardly chance that two are sorted."""
_NAME = re.compile(rb"[^\W\d]\w*")
_IMPORTING = frozenset(b"import export static from type use pub extern crate".split())
"""Words of imports that are no names."""
_PLAIN = re.compile(rb"[\"']?[^\W\d][^\s\"'(){}]*[\"']?")
"""A name or path, or a text that is one."""
_SERIAL = re.compile(rb"[\"']([^\W\d][\w.:/ -]*?)(\d+)[\"']")
"""A text that ends in a number."""
_TWIN = 0.9
_SPOKEN = re.compile(rb"[\"'`\w]")
"""How a text begins, and no comment: with a blank in it, what a message says, or what a test is about."""
_QUOTES = b"\"'`"
_FROM = b"from"
_LEAST_TWIN = 20
"""Definitions of so many words that have so large a part in common may be one, taken over under another name."""
_DEFINITIONS = frozenset(("function", "method", "class", "type"))
_SETTING = _DEFINITIONS | _VALUES | {"attribute"}


@dataclass(frozen=True, slots=True)
class Joined:
    """Ours, followed by ``extra``: what only theirs inserted; ``rule`` says why order does not matter.

    With ``before``, ``extra`` stands first: constants go before definitions, and what must come first does.
    """

    rule: str
    extra: tuple[Item, ...]
    before: bool = False


def both_inserted(
    profile: Profile, parent: str, ours: Sequence[Item], theirs: Sequence[Item], whole: tuple[Sequence[Item], ...]
) -> Joined | None:
    """Return how the insertions of both sides stand together, None where order or doubling may matter."""
    mine = {i.tokens for i in ours}
    extra = tuple(i for i in theirs if i.tokens not in mine)
    rule = _rule(profile, parent, ours, extra)
    if rule is None:
        return _by_other_means(profile, parent, ours, extra, whole)
    if rule == rules.IMPORTS:
        clash = {_bound(i) for i in ours} & {_bound(i) for i in extra} - {b""}
        return (
            None if clash else Joined(rule, extra, _leading(extra) > _leading(ours) or _grouped(ours, extra, whole[1]))
        )
    if frozenset().union(*map(_handed_on, ours)) & frozenset().union(*map(_handed_on, extra)):
        return None
    keys = [_key(profile, i) for i in (*ours, *extra)]
    if any(k is None for k in keys) or len(set(keys)) != len(keys):
        return None
    present = {_key(profile, i) for i in whole[0]}
    if present & set(keys):
        return None
    if rule in (rules.DEFINITIONS, rules.CONSTANTS) and (
        _mentions(profile, ours, extra) or _mentions(profile, extra, ours)
    ):
        return None
    if _numbers(ours) & _numbers(extra) or _serials(ours, extra, whole[0]):
        return None
    if rule == rules.DEFINITIONS and any(_twins(a, b) for a in ours for b in extra):
        return None
    importing, also = ([i.kind in profile.imports for i in side] for side in (ours, extra))
    if any(importing) and any(also):  # what one side defines may need what the other imports
        return Joined(rule, extra, all(also)) if all(importing) or all(also) else None
    constants = bool(extra) and all(i.key is not None and i.key[0] in _VALUES for i in extra)
    above = constants and all(map(defines, ours))
    above = above or (_grouped(ours, extra, whole[1]) and all("import" in i.kind for i in (*ours, *extra)))
    return Joined(rule, extra, above or any(also) or _ahead(theirs, extra))


def _by_other_means(
    profile: Profile, parent: str, ours: Sequence[Item], extra: tuple[Item, ...], whole: tuple[Sequence[Item], ...]
) -> Joined | None:
    """Return how insertions stand together that no set of the language allows: calls, cases, what is sorted."""
    if parent in profile.blocks:
        from forkmerge.merge import cases  # noqa: PLC0415 - seldom needed

        if registered(ours, extra, whole[0]):
            return Joined(rules.REGISTRATIONS, extra)
        if cases.apart(profile, ours, extra, whole):
            return Joined(rules.MEMBERS, extra)
    if _sorted(profile, parent, whole):
        return Joined(rules.MEMBERS, extra)
    return None


def _numbers(members: Sequence[Item]) -> set[tuple[bytes, ...]]:
    """Return the numbers that members of an enum say: what both sides took as the next one is not free for two."""
    out = set()
    for item in members:
        said = item.tokens[item.tokens.index(b"=") + 1 :] if b"=" in item.tokens else ()
        if any(token[:1].isdigit() for token in said) and _enumerates(item):
            out.add(said)
    return out


def _serials(ours: Sequence[Item], extra: Sequence[Item], before: Sequence[Item]) -> bool:
    """Return whether both sides took one text that counts on from those that stand in ``before``: ``E0007`` for two."""
    mine, other, known = (
        {found.groups() for i in items for token in i.tokens if (found := _SERIAL.fullmatch(token))}
        for items in (ours, extra, before)
    )
    return any(
        int(number) == 1 + max((int(n) for stem, n in known if stem == word), default=-1)
        for word, number in mine & other
    )


def _enumerates(item: Item) -> bool:
    """Return whether ``item`` stands in an enum."""
    around = item.main.parent if item.main is not None else None
    if around is not None and around.type == "block":
        around = around.parent
    if around is None or "enum" in around.type:
        return around is not None
    bases = around.child_by_field_name("superclasses")
    return bases is not None and _ENUM.search(item.data, bases.start_byte, bases.end_byte) is not None


def _grouped(ours: Sequence[Item], extra: Sequence[Item], sequence: Sequence[Item]) -> bool:
    """Return whether ours begin a new group of imports, below a blank line, and theirs go on with the one above.

    ``sequence`` is all that ours has there.
    """
    if not ours or not extra or b"\n\n" not in _unix(ours[0].lead) or b"\n\n" in _unix(extra[0].lead):
        return False
    at = next((i for i, item in enumerate(sequence) if item is ours[0]), 0)
    return at > 0 and sequence[at - 1].kind == ours[0].kind


def _unix(lead: bytes) -> bytes:
    return lead.replace(b"\r", b"").replace(b" ", b"").replace(b"\t", b"")


def _ahead(theirs: Sequence[Item], extra: Sequence[Item]) -> bool:
    """Return whether in theirs all that ours has not stands before what ours has, too."""
    return 0 < len(extra) < len(theirs) and all(i is j for i, j in zip(extra, theirs, strict=False))


def defines(item: Item) -> bool:
    """Return whether ``item`` is a definition of its own: a function, a method, a class, a type; or declares one."""
    return item.key is not None and (item.key[0] in _DEFINITIONS or _declares(item.key))


def _declares(key: tuple[str, ...]) -> bool:
    """Return whether what is called ``key`` is a function that is defined elsewhere: it says its parameters."""
    return key[0] == "declaration" and bool(key[2])


def _sorted(profile: Profile, parent: str, whole: tuple[Sequence[Item], ...]) -> bool:
    """Return whether all three are lists of names or texts in the order of the alphabet, each once.

    Whoever keeps a list of five and more in order has no other order in mind.
    """
    if parent not in profile.lists or "argument" in parent or "parameter" in parent:
        return False
    for side in whole:
        known = next((i for i in side if i.main is not None and i.main.parent is not None), None)
        if known is None or known.main is None or known.main.parent is None:
            return False
        elements = [c for c in known.main.parent.named_children if c.type not in profile.comments]
        texts = [known.data[c.start_byte : c.end_byte] for c in elements]
        if len(texts) < _CHANCE or any(a.lower() >= b.lower() for a, b in pairwise(texts)):
            return False
        if len({c.type for c in elements}) > 1 or any(not _PLAIN.fullmatch(text) for text in texts):
            return False
    return True


def _leading(imports: Sequence[Item]) -> int:
    """Return how many of ``imports`` have to stand before all others."""
    return sum(i.kind == "future_import_statement" for i in imports)


def _bound(item: Item) -> bytes:
    """Return the name that an import of a single name binds: its only identifier that no path goes on from, else ""."""
    words = [
        word
        for word, after in zip(item.tokens, (*item.tokens[1:], b""), strict=True)
        if _NAME.fullmatch(word) and after not in (b".", b"::") and word not in _IMPORTING
    ]
    return words[0] if len(words) == 1 else b""


def _twins(a: Item, b: Item) -> bool:
    """Return whether two definitions may be one that the sides named differently; two that say other things are not."""
    if min(len(a.tokens), len(b.tokens)) < _LEAST_TWIN or similarity(a.tokens, b.tokens) < _TWIN:
        return False
    mine, other = (_spoken(i) for i in (a, b))
    return mine <= other or other <= mine


def _spoken(item: Item) -> set[bytes]:
    """Return the texts of several words in a definition, without its name."""
    name = item.key[1].encode().strip(_QUOTES) if item.key is not None else b""
    said = {token for token in item.tokens if b" " in token and _SPOKEN.match(token)}
    return {token for token in said if token.strip(_QUOTES) != name}


def sort_key(item: Item) -> tuple[bytes, ...]:
    """Return what lists of imports, names and keys are sorted by: their words, without regard to case."""
    return tuple(t.lower() for t in item.tokens)


def unquoted_key(item: Item) -> tuple[bytes, ...]:
    """Return what keys are sorted by of which some stand in quotes, since they have blanks in them."""
    return tuple(t.strip(_QUOTES) for t in sort_key(item))


def source_key(item: Item) -> tuple[bytes, ...]:
    """Return what imports are sorted by that name their file behind what they take from it, and other items as ever."""
    key = sort_key(item)
    source = next((t for t in reversed(key) if t[:1] in (b'"', b"'")), b"") if _FROM in key else b""
    return (source.strip(_QUOTES), *key) if source else key


ORDERS = (sort_key, unquoted_key, source_key)
"""The orders that people keep lists in."""


def in_order(
    before: Sequence[Item],
    inserted: Sequence[Item],
    after: Sequence[Item],
    rule: str,
    key: Callable[[Item], tuple[bytes, ...]] = sort_key,
) -> bool:
    """Return whether ``inserted`` is sorted in between its neighbours by ``key``, and that is no chance.

    It may be chance for what was put at the end of a single element, and among definitions that are few, or not sorted.
    """
    kinds = {i.kind for i in inserted}
    near = [[i for i in part if i.kind in kinds] for part in (before, after)]
    keys = [key(i) for i in (*near[0], *inserted, *near[1])]
    found = next(((i.data, i.main.parent) for part in near for i in part if i.main and i.main.parent), None)
    if found is None or keys != sorted(keys):
        return False
    data, parent = found
    siblings = [c for c in parent.named_children if c.type in kinds]
    others = len(siblings) - len(inserted)
    if rule not in (rules.DEFINITIONS, rules.CONSTANTS) and (near[1] or others <= 1):
        return bool(near[1])
    if rule == rules.IMPORTS:
        return True
    texts = [data[c.start_byte : c.end_byte].lower() for c in siblings] if rule != rules.CONSTANTS else []
    return (rule == rules.MEMBERS or others >= _CHANCE) and all(a <= b for a, b in pairwise(texts))


def _rule(profile: Profile, parent: str, ours: Sequence[Item], extra: Sequence[Item]) -> str | None:
    """Return why the order of what both sides put in means nothing, None if it may mean something.

    Where fields are of one side alone, they keep their order, whatever the class makes of it.
    """
    inserted = (*ours, *extra)
    if all(i.kind in profile.imports for i in inserted):
        return rules.IMPORTS if all(_listed(profile, i) for i in inserted) else None
    definitions = all(map(defines, inserted))
    if all(_listed(profile, i) is not None for i in inserted):
        return rules.DEFINITIONS if definitions else rules.MEMBERS
    if parent not in profile.blocks:
        return None
    if definitions:
        return rules.DEFINITIONS
    keys = [i.key or assigned(i) for i in inserted]
    if any(k is None or k[0] not in _SETTING for k in keys):
        return None
    mixed = any(k is not None and k[0] in _DEFINITIONS for k in keys)
    values = [k is not None and k[0] in _VALUES for k in keys]
    both = any(values[: len(ours)]) and any(values[len(ours) :])
    free = not both or not any(_order_counts(i) for i, value in zip(inserted, values, strict=True) if value)
    return (rules.DEFINITIONS if mixed else rules.CONSTANTS) if free else None


def _listed(profile: Profile, item: Item) -> Commutative | None:
    """Return the rule by which the order of ``item`` among its siblings means nothing, None if there is none."""
    return commutative.rule_for(profile, item.main) if item.main is not None else None


def _order_counts(item: Item) -> bool:
    """Return whether the class around a field makes something of the order of its fields.

    A decorator, an annotation or a base may (dataclasses, generated constructors, named tuples, models), so only the
    fields of a class without any of these are free, and the members of enums.
    """
    around = item.main.parent if item.main is not None else None
    while around is not None and "class" not in around.type and "struct" not in around.type:
        around = around.parent
    if around is None:
        return False
    if around.type.endswith(("body", "list")) and around.parent is not None:
        around = around.parent
    wrapped = around.parent is not None and around.parent.type == "decorated_definition"
    bases = around.child_by_field_name("superclasses") or around.child_by_field_name("superclass")
    modifiers = [
        m for c in around.children if c.type == "modifiers" for m in c.named_children if _annotates(m, item.data)
    ]
    ordered = bases is not None and not _FREE_BASE.search(item.data[bases.start_byte : bases.end_byte])
    return wrapped or ordered or bool(modifiers) or "struct" in around.type


def _annotates(modifier: Node, data: bytes) -> bool:
    """Return whether a modifier may make something of what it stands at: words such as ``public`` do not."""
    return "annotation" in modifier.type or data[modifier.start_byte : modifier.end_byte] not in _PLAIN_MODIFIERS


def _handed_on(item: Item) -> frozenset[bytes]:
    """Return the names that ``item`` exports from another module, what it says where it exports all; else nothing."""
    if item.main is None or item.main.type != "export_statement" or item.main.child_by_field_name("source") is None:
        return frozenset()
    clause = next((c for c in item.main.named_children if c.type == "export_clause"), None)
    if clause is None:
        return frozenset((item.text,))
    return frozenset(item.data[c.start_byte : c.end_byte].split()[-1] for c in clause.named_children)


def _key(profile: Profile, item: Item) -> tuple[object, ...] | None:
    if names := _handed_on(item):
        return ("export", names)
    if item.key is not None:
        return item.key[:2] if _declares(item.key) else item.key
    if (attribute := assigned(item)) is not None:
        return attribute
    rule = _listed(profile, item)
    name = commutative.identity(profile, rule, item.main) if rule is not None and item.main is not None else ""
    return ("" if rule is not None and rule.key == "modifier" else item.kind, name) if name else None


def _mentions(profile: Profile, speakers: Sequence[Item], named: Sequence[Item]) -> bool:
    """Return whether some of ``speakers`` may mean one of ``named`` by its name.

    The other side knew nothing of it, so what it meant is something else, and would be this one from now on.  In Python
    a function is no attribute, a method is one of ``self`` or ``cls`` alone, and neither is a keyword of a call.
    """
    keys = (i.key or assigned(i) for i in named)
    names = {k[1].rpartition(".")[2].encode() for k in keys if k is not None}
    if profile.name != "python":
        return any(names.intersection(i.tokens) for i in speakers)
    members = any(i.key is None or (i.main is not None and _inside_class(i.main)) for i in named)
    return any(
        token in names and _meant(i.tokens, at, members=members) for i in speakers for at, token in enumerate(i.tokens)
    )


def _inside_class(node: Node) -> bool:
    around = node.parent
    while around is not None and around.type not in ("class_definition", "function_definition"):
        around = around.parent
    return around is not None and around.type == "class_definition"


def _meant(tokens: Sequence[bytes], at: int, *, members: bool) -> bool:
    """Return whether the name at ``at`` may be that of a function, or of a member of the class around."""
    before, after = tokens[:at][-2:], tokens[at + 1 : at + 2]
    if before[-1:] == (b".",):
        return members and (before[0] in (b"self", b"cls", b")") or before[0][:1].isupper())
    return not (after == (b"=",) and before[-1:] in ((b"(",), (b",",)))
