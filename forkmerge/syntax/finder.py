"""How the units of a file are found: one pass over each sequence of siblings.

Going through siblings, comments and attributes wait (``lead``) for what follows them, imports in a row are gathered
(``run``), and everything else either fits a unit rule or ends both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.model.span import Span
from forkmerge.syntax import paths
from forkmerge.syntax.lines import Lines
from forkmerge.syntax.profile import UnitRule
from forkmerge.syntax.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from forkmerge.syntax.profile import Profile

MAX_NESTING = 24
"""Units nested deeper are part of the unit around them."""

_OWNERS = frozenset(("class", "type", "impl", "constant"))
_PLACES = frozenset(("", "class", "type", "impl", "namespace", "key", "section", "constant", "test"))
_SHALLOW = frozenset(("constant", "field", "variable", "imports", "declaration"))
_MEMBER = {"function": "method", "constant": "field", "variable": "field"}
_IMPORTS = UnitRule("imports", frozenset(), ())


def find(profile: Profile, data: bytes, root: Node) -> tuple[Unit, ...]:
    """Return the top-level units below ``root``, the tree of ``data``, in file order."""
    return _Finder(profile, data).inside(root, _Place(Span(0, len(data)), (), "", 0))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where units are looked for: the bytes, the scope, and the kind of the unit around ("" for the file)."""

    within: Span
    scope: tuple[str, ...]
    kind: str
    nesting: int


class _Finder:
    """One search through one file."""

    def __init__(self, profile: Profile, data: bytes) -> None:
        self.profile = profile
        self.lines = Lines(data, profile.line_comment)
        self.rules = paths.rules_by_node(profile)
        self.deep = {
            node: tuple(r for r in rules if r.kind not in _SHALLOW) for node, rules in self.rules.items()
        }  # what is a unit within functions and branches, too
        self.leading = profile.comments | profile.attached
        self.containers = profile.blocks | profile.transparent
        self.counts: dict[tuple[tuple[str, ...], str, str], int] = {}

    def inside(self, container: Node, place: _Place) -> tuple[Unit, ...]:
        """Return the units among the children of ``container``, none of which leaves the place."""
        found: list[Unit] = []
        lead: tuple[int, int] | None = None  # the comments that wait for what they belong to
        run: tuple[int, Node, Node] | None = None  # the imports in a row: start, first, last
        floor, opened = place.within.start, place.kind != ""
        for node, inner, rule in self._flat(container, full=place.kind in _PLACES):
            if node is not None and node.type in self.leading:
                if node.start_byte < floor or not self.lines.leads(node.start_byte):
                    continue
                end = self.lines.code_end(node.start_byte, node.end_byte)
                if lead and self.lines.touching(lead[1], node.start_byte) and not self._sealed(lead, opened=opened):
                    lead = (lead[0], end)
                elif not run and found and self._hangs(found[-1], node):
                    end = self.lines.end(end, place.within.end)
                    found[-1] = replace(found[-1], span=Span(found[-1].span.start, end))
                    floor = end
                else:
                    lead = (node.start_byte, end)
                continue
            if run is not None and (rule is None or rule.kind != "imports"):
                found.append(self._imports(run, place))
                floor, run = found[-1].span.end, None
            if rule is not None and node is not None and inner is not None:
                start = self._start(node, lead, floor, opened=opened, imports=rule.kind == "imports")
                if rule.kind == "imports":
                    run = (run[0], run[1], node) if run else (start, node, node)
                else:
                    found.append(self._unit(rule, start, node, inner, place))
                    floor = found[-1].span.end
            lead = None
            opened = opened or (node is not None and (rule is not None or node.type not in self.profile.transparent))
        return tuple(found)

    def _start(self, node: Node, lead: tuple[int, int] | None, floor: int, *, opened: bool, imports: bool) -> int:
        """Return where a unit begins: with the comments above it, unless they speak of the file."""
        if lead and self._near(lead, node) and (opened or not (imports or self.lines.header(*lead))):
            return self.lines.start(lead[0], floor)
        start = self.lines.start(max(node.start_byte, floor), floor)
        if lead is None and self.profile.data == "yaml":  # whose comments may lie within the node above
            above = self.lines.with_comments_above(start, floor)
            start = above if opened or not self.lines.header(above, start) else start
        return start

    def _flat(self, container: Node, *, full: bool) -> Iterator[tuple[Node | None, Node | None, UnitRule | None]]:
        """Yield (node, unit, rule) for what stands in ``container``, looking through transparent nodes and branches.

        Comments and other statements come without a rule; a node of None ends what was looked through.
        """
        stack = [(iter((*self._above(container), *container.children)), full)]
        while stack:
            nodes, wide = stack[-1]
            node = next(nodes, None)
            if node is None:
                stack.pop()
                yield None, None, None
                continue
            kind = node.type
            if kind in self.leading:
                yield node, None, None
                continue
            if not node.is_named:
                continue
            inner, rule = self._fit(node, kind, self.rules if wide else self.deep)
            if rule is not None and (wide or rule is not _IMPORTS):
                yield node, inner, rule
                continue
            yield node, None, None
            if kind in self.profile.transparent or node.is_error:
                stack.append((iter(node.children), wide))
            elif kind in self.profile.branches:
                stack.append((iter(node.children), False))

    def _above(self, body: Node) -> list[Node]:
        """Return the comments between the head of a unit and its body: some grammars leave them out of the body."""
        out: list[Node] = []
        before = body.prev_sibling
        while before is not None and before.type in self.profile.comments:
            out.insert(0, before)
            before = before.prev_sibling
        return out

    def _fit(self, node: Node, kind: str, rules: paths.Rules) -> tuple[Node, UnitRule | None]:
        if kind in self.profile.imports:
            return node, _IMPORTS
        inner = paths.unwrap(self.profile, self.rules, node) if kind in self.profile.wrappers else node
        rule = paths.rule_for(rules, inner)
        if rule is not None and rule.kind != "imports":
            template, nodes = paths.name_nodes(rule, inner)
            if not template or any(n.start_byte == n.end_byte for n in nodes):
                return inner, None
        return inner, rule

    def _sealed(self, lead: tuple[int, int], *, opened: bool) -> bool:
        """Return whether comments at the top are a header of one line, which the comments below don't go on."""
        return not opened and b"\n" not in self.lines.data[slice(*lead)] and self.lines.header(*lead)

    def _near(self, lead: tuple[int, int], node: Node) -> bool:
        if not self.lines.touching(lead[1], node.start_byte):
            return False
        return not self.profile.indentation or self.lines.column(lead[0]) == self.lines.column(node.start_byte)

    def _hangs(self, unit: Unit, node: Node) -> bool:
        """Return whether a comment below a unit is indented into it."""
        if not self.profile.indentation or not self.lines.touching(unit.span.end, node.start_byte):
            return False
        first = self.lines.data[unit.span.start : unit.span.end]
        return self.lines.column(node.start_byte) > len(first) - len(first.lstrip(b" \t"))

    def _imports(self, run: tuple[int, Node, Node], place: _Place) -> Unit:
        start, first, last = run
        end = self.lines.code_end(first.start_byte, last.end_byte)
        span = Span(start, self.lines.end(end, place.within.end))
        body = Span(first.start_byte, end)
        return Unit("imports", "", place.scope, self._ordinal(place.scope, "imports", ""), "", span, body, first.type)

    def _unit(self, rule: UnitRule, start: int, node: Node, inner: Node, place: _Place) -> Unit:
        template, nodes = paths.name_nodes(rule, inner)
        scope = place.scope
        if len(nodes) == 1 and nodes[0].type in self.profile.qualified:
            *owners, last = _qualified(nodes[0])
            scope, name = (*scope, *owners), last
        else:
            name = template.format(*map(_text, nodes)) if nodes else template
        if rule.scope:
            owner = paths.follow(inner, rule.scope)
            scope = (*scope, _owner(owner, self.profile)) if owner is not None else scope
        kind = rule.kind
        if place.kind in _OWNERS:
            kind = _MEMBER.get(kind, kind)
        end = self._end(node, place.within)
        span = Span(start, self.lines.end(end, place.within.end))
        ordinal = self._ordinal(scope, kind, name)
        signature = paths.follow(inner, rule.signature) if rule.signature else None
        body = (paths.follow(inner, rule.body) if rule.body else None) or inner
        children: tuple[Unit, ...] = ()
        if body.type in self.containers and place.nesting < MAX_NESTING:
            first = next(iter(self._above(body)), body).start_byte
            within = Span(self.lines.start(first, max(span.start, node.start_byte)), span.end)
            children = self.inside(body, _Place(within, (*scope, name), kind, place.nesting + 1))
        return Unit(
            kind,
            name,
            scope,
            ordinal,
            "" if signature is None else self._signature(signature),
            span,
            self._clamped(Span(body.start_byte, self._end(body, span)), span),
            inner.type,
            children,
        )

    def _end(self, node: Node, within: Span) -> int:
        end = self.lines.code_end(node.start_byte, min(node.end_byte, within.end))
        return self.lines.without_tail(node.start_byte, end) if self.profile.indentation else end

    @staticmethod
    def _clamped(inner: Span, outer: Span) -> Span:
        start = min(max(inner.start, outer.start), outer.end)
        return Span(start, min(max(inner.end, start), outer.end))

    def _signature(self, node: Node) -> str:
        """Return the text of parameters without comments and layout."""
        pieces, at = [], node.start_byte
        for child in node.named_children:
            if child.type in self.profile.comments:
                pieces.append(self.lines.data[at : child.start_byte])
                at = child.end_byte
        pieces.append(self.lines.data[at : node.end_byte])
        text = " ".join(b" ".join(pieces).decode("utf-8", "replace").split())
        for loose, tight in (("( ", "("), (" )", ")"), (" ,", ","), (",)", ")")):
            text = text.replace(loose, tight)
        return text

    def _ordinal(self, scope: tuple[str, ...], kind: str, name: str) -> int:
        key = (scope, kind, name)
        self.counts[key] = self.counts.get(key, -1) + 1
        return self.counts[key]


def _text(node: Node) -> str:
    text = " ".join((node.text or b"").decode("utf-8", "replace").split())
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1]
    return text


def _qualified(node: Node) -> list[str]:
    """Return the parts of a name like ``A::B::c``."""
    parts: list[str] = []
    current: Node | None = node
    while current is not None:
        below, scope = current.child_by_field_name("name"), current.child_by_field_name("scope")
        if below is None:
            parts.append(_text(current))
        elif scope is not None:
            parts.append(_text(scope))
        current = below
    return parts


def _owner(node: Node, profile: Profile) -> str:
    """Return the first name within a type: ``T`` in ``*T[K]``."""
    stack = [node]
    while stack:
        top = stack.pop()
        if top.type in profile.identifiers:
            return _text(top)
        stack.extend(reversed(top.named_children))
    return _text(node)
