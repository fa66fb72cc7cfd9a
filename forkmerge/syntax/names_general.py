"""The names of a file in any language whose profile says which nodes bind names and which open scopes.

An identifier that no binding claims is a use, unless it is a member (looked up in an object, not in a scope).  This
binds rather too much than too little: a pattern binds every identifier in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.model.span import Span
from forkmerge.syntax import paths
from forkmerge.syntax.imports import imports_of
from forkmerge.syntax.names import Import, Name, Names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from forkmerge.syntax.profile import Binding, Profile

_WITHIN = frozenset(("variable", "parameter"))
"""What a node that opens a scope binds within that: the names of a loop, of a branch."""
_NOT_BOUND = ("right", "type")
"""Fields of a pattern that bind nothing: what is meant without a value, and of what type it is."""


def names(profile: Profile, root: Node) -> Names:
    """Return the names below ``root``."""
    return _Walk(profile).run(root)


_RAW = "token_tree."
"""Begins the place of what a macro of Rust is called with: tokens, of which nobody knows what they mean."""

_ITEMS = frozenset(("use", "fn", "let", "struct", "enum", "mod", "impl", "const", "static", "trait", "type", "for"))
"""Words after which tokens may bind names."""


def _looked_up(token: Node) -> bool:
    """Return whether a name among tokens is looked up in something, or gives something a name."""
    before, after = token.prev_sibling, token.next_sibling
    return (before is not None and before.type in (".", "::")) or (after is not None and after.type in (":", "!", "=>"))


class _Walk:
    """What was found so far, and where the walk is: the scopes and branches that are open, by depth."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.bindings: dict[str, tuple[Binding, ...]] = {}
        for binding in profile.bindings:
            for kind in binding.nodes:
                self.bindings[kind] = (*self.bindings.get(kind, ()), binding)
        self.looked_up = {m.partition(".")[0] for m in profile.members if "." in m}
        self.rules = paths.rules_by_node(profile)
        self.definitions: list[Name] = []
        self.uses: list[Name] = []
        self.imports: list[Import] = []
        self.bound: set[int] = set()
        self.scopes: list[tuple[int, tuple[str, ...], bool]] = [(-1, (), False)]
        self.blocks: dict[tuple[str, ...], int] = {}

    def run(self, root: Node) -> Names:
        cursor = root.walk()
        kinds: list[str] = []
        branches = 0
        while True:
            node = cursor.node
            assert node is not None  # noqa: S101 - a cursor always stands on a node
            kind, depth = node.type, cursor.depth
            del kinds[depth:]
            while self.scopes[-1][0] >= depth:
                self.scopes.pop()
            branches = sum(1 for k in kinds if k in self.profile.branches) if kind in self.bindings else branches
            place = f"{kinds[-1]}.{cursor.field_name}" if kinds else ""
            if self.enter(node, kind, place, depth, conditional=branches > 0):
                kinds.append(kind)
                if cursor.goto_first_child():
                    continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return Names(tuple(self.definitions), tuple(self.uses), tuple(self.imports))

    def enter(self, node: Node, kind: str, place: str, depth: int, *, conditional: bool) -> bool:
        """Handle one node; return whether to look below it."""
        if kind in self.profile.identifiers:
            if node.start_byte in self.bound:
                return False
            member = place in self.profile.members or (place.startswith(_RAW) and _looked_up(node))
            use = "attribute" if member else "name"
            self.uses.append(Name(_text(node), use, self.scopes[-1][1], Span(node.start_byte, node.end_byte)))
            return False
        if kind in self.profile.members or kind in self.profile.comments:
            return False
        if kind == _RAW[:-1] and any(c.type in _ITEMS for c in node.children):
            return False
        if kind in self.profile.imports:
            self.import_(node)
            return False
        bindings = self.bindings.get(kind, ())
        own = kind in self.profile.scopes
        for binding in bindings:
            if not (own and binding.kind in _WITHIN):
                self.bind(binding, node, conditional=conditional)
        if own:
            _, outer, again = self.scopes[-1]
            again = again or any("cfg" in m for m in self.marks(node))
            self.scopes.append((depth, (*outer, self.label(node)), again))
            for binding in bindings:
                if binding.kind in _WITHIN:
                    self.bind(binding, node, conditional=conditional)
        return True

    def import_(self, node: Node) -> None:
        for found in imports_of(node):
            self.imports.append(found)
            name = "*" if found.name == "*" else found.alias
            if name:
                self.definitions.append(Name(name, "import", self.scopes[-1][1], found.span))

    def bind(self, binding: Binding, node: Node, *, conditional: bool) -> None:
        scope = self.scopes[-1][1]
        if binding.scope and (owner := paths.follow(node, binding.scope)) is not None:
            scope = (*scope, *(_text(n) for n in self.leaves(owner)[:1]))
        marks = tuple(self.marks(node))
        conditional = conditional or self.scopes[-1][2] or any("cfg" in m for m in marks)
        if binding.unless:
            conditional = conditional or any(c.type in binding.unless for c in node.children)
        signature = paths.follow(node, binding.signature) if binding.signature else None
        written = " ".join(_text(signature).split()) if signature is not None else ""
        for path in binding.names:
            nodes = [leaf for n in _bound(node, path) for leaf in self.leaves(n)]
            for leaf in nodes:
                if leaf.start_byte not in self.bound:
                    self.bound.add(leaf.start_byte)
                    span = Span(leaf.start_byte, leaf.end_byte)
                    owners = self.owners(leaf)
                    place = (*scope, *owners)
                    text = _text(leaf)
                    again = conditional or text in self.profile.repeatable
                    self.definitions.append(Name(text, binding.kind, place, span, written, again, marks))
            if nodes:
                return

    def owners(self, leaf: Node) -> list[str]:
        """Return what stands before a qualified name: ``A`` of ``A::b``."""
        parts: list[str] = []
        above = leaf.parent
        while above is not None and above.type in self.profile.qualified:
            scope = above.child_by_field_name("scope")
            if scope is not None:
                parts.insert(0, _text(scope))
            above = above.parent
        return parts

    def leaves(self, node: Node) -> list[Node]:
        """Return the identifiers that a pattern binds; what stands in a binding of its own is left to that.

        A path to something (``E::A``), and the type that a pattern is of (``Some`` in ``Some(x)``), bind nothing.
        """
        if node.type in self.profile.identifiers or (node.child_count == 0 and node.is_named):
            return [node]
        found: list[Node] = []
        stack = [node]
        while stack:
            top = stack.pop()
            if top.type in self.profile.identifiers:
                found.append(top)
            elif top.type in self.profile.qualified:
                name = top.child_by_field_name("name")
                stack.extend([name] if name is not None else [])
            elif top.type not in self.looked_up and (top is node or top.type not in self.bindings):
                others = [top.child_by_field_name(field) for field in _NOT_BOUND]
                stack.extend(c for c in reversed(top.named_children) if c not in others)
        return found

    def marks(self, node: Node) -> Iterator[str]:
        """Yield the texts of the attributes that stand before ``node`` as siblings."""
        if not self.profile.attached:
            return
        before = node.prev_named_sibling
        while before is not None and (before.type in self.profile.attached or before.is_extra):
            if before.type in self.profile.attached:
                yield _text(before)
            before = before.prev_named_sibling

    def label(self, node: Node) -> str:
        """Return what a scope is called: by its unit name, else a number within the scope around it."""
        rule = paths.rule_for(self.rules, node)
        if rule is not None:
            template, nodes = paths.name_nodes(rule, node)
            if nodes:
                return template.format(*map(_text, nodes))
        outer = self.scopes[-1][1]
        self.blocks[outer] = self.blocks.get(outer, 0) + 1
        return f"<{self.blocks[outer]}>"


def _bound(node: Node, path: str) -> list[Node]:
    """Return every node at ``path``: unlike ``follow``, all children that a first field holds."""
    if not path:
        return [node]
    first, _, rest = path.partition(".")
    name = first.removesuffix("*")
    if name.lstrip("-").isdigit():
        found = paths.follow(node, path)
        return [found] if found is not None else []
    starts = node.children_by_field_name(name)
    further = ".".join(part for part in (first if first != name else "", rest) if part)
    ends = [paths.follow(start, further) for start in starts]
    return [end for end in ends if end is not None]


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
