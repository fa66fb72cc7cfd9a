"""The names of a Python file, by the rules of its scopes.

One walk without recursion: a stack holds the nodes still to be seen, each with the role it plays (read, bound,
captured by a pattern, ...) and the scope it is in.  Children are pushed in reverse, so names come in the order of the
text but for the parts of a construct that Python evaluates in another order, which does not matter here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.model.span import Span
from forkmerge.syntax.names import Import, Name, Names

if TYPE_CHECKING:
    from tree_sitter import Node

_BRANCHES = frozenset(
    ("if_statement", "try_statement", "for_statement", "while_statement", "with_statement", "match_statement")
)
_COMPREHENSIONS = frozenset(
    ("list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression")
)
_TARGETS = frozenset(
    (
        *("pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "tuple", "list", "expression_list"),
        *("parenthesized_expression", "as_pattern_target", "list_splat", "dictionary_splat_pattern"),
        "parenthesized_list_splat",
    )
)
_OVERLOADING = frozenset(("overload", "setter", "getter", "deleter", "register"))


@dataclass(frozen=True, slots=True)
class _Where:
    scope: tuple[str, ...] = ()
    in_class: bool = False
    conditional: bool = False
    decorators: tuple[str, ...] = ()


def names(root: Node) -> Names:
    """Return the names below ``root``, the tree of a Python module."""
    walk = _Walk()
    stack: list[tuple[Node, str, _Where]] = [(root, "read", _Where())]
    while stack:
        node, role, where = stack.pop()
        stack.extend(reversed(walk.visit(node, role, where)))
    by_place = sorted(walk.definitions, key=lambda n: n.span.start)
    return Names(tuple(by_place), tuple(sorted(walk.uses, key=lambda n: n.span.start)), tuple(walk.imports))


_Next: TypeAlias = "list[tuple[Node, str, _Where]]"
_Visit: TypeAlias = Callable[["_Walk", "Node", "_Where"], "_Next"]


class _Walk:
    """What was found so far; ``visit`` handles one node and returns what is to be seen next."""

    def __init__(self) -> None:
        self.definitions: list[Name] = []
        self.uses: list[Name] = []
        self.imports: list[Import] = []
        self.anonymous = 0

    def visit(self, node: Node, role: str, where: _Where) -> _Next:
        kind = node.type
        if kind == "identifier":
            if role == "read":
                self.uses.append(Name(_text(node), "name", where.scope, _span(node)))
            elif role != "capture" or _text(node) != "_":
                self.bind(node, "variable" if role == "capture" else role, where)
            return []
        if role == "capture":
            return self.capture(node, kind, where)
        if role not in ("read", "parameter"):
            if kind in _TARGETS:
                return [(c, role, where) for c in node.named_children]
            role = "read"
        if role == "parameter":
            return self.parameter(node, kind, where)
        if kind in _BRANCHES and not where.conditional:
            where = replace(where, conditional=True)
        handler = _HANDLERS.get(kind)
        if handler is not None:
            return handler(self, node, where)
        return [(c, "read", where) for c in node.named_children]

    def bind(self, node: Node, kind: str, where: _Where, *, text: str = "") -> None:
        word = text or _text(node)
        conditional = where.conditional or any(_overloads(d, word) for d in where.decorators) or word == "_"
        self.definitions.append(Name(word, kind, where.scope, _span(node), "", conditional, where.decorators))

    def inner(self, where: _Where, name: str, *, in_class: bool = False) -> _Where:
        if not name:
            self.anonymous += 1
            name = f"<{self.anonymous}>"
        conditional = where.conditional or any(_overloads(d, name) for d in where.decorators)
        return _Where((*where.scope, name), in_class, conditional)

    def decorated(self, node: Node, where: _Where) -> _Next:
        marks = tuple(_text(c)[1:].strip() for c in node.named_children if c.type == "decorator")
        return [
            (c, "read", where if c.type == "decorator" else replace(where, decorators=marks))
            for c in node.named_children
        ]

    def function(self, node: Node, where: _Where) -> _Next:
        name = node.child_by_field_name("name")
        if name is not None:
            self.bind(name, "method" if where.in_class else "function", where)
        inner = self.inner(where, _text(name) if name else "")
        return [
            (c, "parameter" if c.type in ("parameters", "type_parameter") else "read", inner)
            for c in node.named_children
            if c != name
        ]

    def class_(self, node: Node, where: _Where) -> _Next:
        name = node.child_by_field_name("name")
        if name is not None:
            self.bind(name, "class", where)
        inner = self.inner(where, _text(name) if name else "", in_class=True)
        outer = replace(where, decorators=())
        return [
            (c, "parameter" if c.type == "type_parameter" else "read", outer if c.type == "argument_list" else inner)
            for c in node.named_children
            if c != name
        ]

    def lambda_(self, node: Node, where: _Where) -> _Next:
        inner = self.inner(where, "")
        return [(c, "parameter" if c.type == "lambda_parameters" else "read", inner) for c in node.named_children]

    def parameter(self, node: Node, kind: str, where: _Where) -> _Next:
        """Handle what stands in a list of parameters: names are bound, defaults and annotations are read."""
        if kind in ("default_parameter", "typed_default_parameter"):
            name = node.child_by_field_name("name")
            return [(c, "parameter" if c == name else "read", where) for c in node.named_children]
        if kind == "typed_parameter":
            annotation = node.child_by_field_name("type")
            return [(c, "read" if c == annotation else "parameter", where) for c in node.named_children]
        if kind == "constrained_type":
            first, *rest = node.named_children
            return [(first, "parameter", where), *((c, "read", where) for c in rest)]
        return [(c, "parameter", where) for c in node.named_children if c.type != "comment"]

    def comprehension(self, node: Node, where: _Where) -> _Next:
        inner = self.inner(where, "")
        return [(c, "read", inner) for c in node.named_children]

    def assignment(self, node: Node, where: _Where) -> _Next:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and left.text == b"__all__" and right is not None:
            self.exports(right, where)
        return [(c, "variable" if c == left else "read", where) for c in node.named_children]

    def augmented(self, node: Node, where: _Where) -> _Next:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and left.text == b"__all__" and right is not None:
            self.exports(right, where)
        return [(c, "read", where) for c in node.named_children]

    def exports(self, node: Node, where: _Where) -> None:
        for child in node.named_children:
            text = _text(child).strip("\"'") if child.type == "string" else ""
            if text.isidentifier():
                self.uses.append(Name(text, "export", where.scope, _span(child)))

    def named(self, node: Node, where: _Where) -> _Next:
        name = node.child_by_field_name("name")
        return [(c, "variable" if c == name else "read", where) for c in node.named_children]

    def aliased(self, node: Node, where: _Where) -> _Next:
        first, *rest = node.named_children
        return [(first, "read", where), *((c, "variable", where) for c in rest)]

    def attribute(self, node: Node, where: _Where) -> _Next:
        name, owner = node.child_by_field_name("attribute"), node.child_by_field_name("object")
        if name is not None:
            self.uses.append(Name(_text(name), "attribute", where.scope, _span(name)))
        return [(owner, "read", where)] if owner is not None else []

    def keyword(self, node: Node, where: _Where) -> _Next:
        value = node.child_by_field_name("value")
        return [(value, "read", where)] if value is not None else []

    def type_alias(self, node: Node, where: _Where) -> _Next:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        names = list(_identifiers(left)) if left is not None else []
        for position, name in enumerate(names):
            self.bind(name, "parameter" if position else "type", where)
        return [(right, "read", where)] if right is not None else []

    def import_(self, node: Node, where: _Where) -> _Next:
        for child in node.children_by_field_name("name"):
            module, alias = _aliased(child)
            bound = alias or module.partition(".")[0]
            self.imports.append(Import(module, "", bound, _span(child)))
            self.bind(child, "import", where, text=bound)
        return []

    def import_from(self, node: Node, where: _Where) -> _Next:
        origin = node.child_by_field_name("module_name")
        module = _text(origin) if origin is not None else "__future__"
        for child in node.children_by_field_name("name"):
            name, alias = _aliased(child)
            self.imports.append(Import(module, name, alias or name, _span(child)))
            if module != "__future__":
                self.bind(child, "import", where, text=alias or name)
        for child in node.named_children:
            if child.type == "wildcard_import":
                self.imports.append(Import(module, "*", "", _span(child)))
                self.bind(child, "import", where, text="*")
        return []

    def nothing(self, node: Node, where: _Where) -> _Next:  # noqa: ARG002 - one of the handlers
        return []

    def case(self, node: Node, where: _Where) -> _Next:
        return [(c, "capture" if c.type == "case_pattern" else "read", where) for c in node.named_children]

    def capture(self, node: Node, kind: str, where: _Where) -> _Next:
        """Handle a pattern of ``case``: bare names are bound, dotted names and class names are read."""
        named = node.named_children
        if kind == "dotted_name":
            return [(named[0], "capture" if len(named) == 1 else "read", where)] if named else []
        if kind in ("attribute", "string", "concatenated_string", "integer", "float", "unary_operator"):
            return [(node, "read", where)]
        if kind == "class_pattern":
            head = list(_identifiers(named[0]))[:1] if named else []
            return [*((h, "read", where) for h in head), *((c, "capture", where) for c in named[1:])]
        if kind == "keyword_pattern":
            return [(c, "capture", where) for c in named[1:]]
        if kind == "dict_pattern":
            keys = node.children_by_field_name("key")
            return [(c, "read" if c in keys and c.type != "splat_pattern" else "capture", where) for c in named]
        return [(c, "capture", where) for c in named]


_HANDLERS: dict[str, _Visit] = {
    "decorated_definition": _Walk.decorated,
    "function_definition": _Walk.function,
    "class_definition": _Walk.class_,
    "lambda": _Walk.lambda_,
    **dict.fromkeys(_COMPREHENSIONS, _Walk.comprehension),
    "assignment": _Walk.assignment,
    "augmented_assignment": _Walk.augmented,
    "for_statement": _Walk.assignment,
    "for_in_clause": _Walk.assignment,
    "named_expression": _Walk.named,
    "as_pattern": _Walk.aliased,
    "attribute": _Walk.attribute,
    "keyword_argument": _Walk.keyword,
    "type_alias_statement": _Walk.type_alias,
    "import_statement": _Walk.import_,
    "import_from_statement": _Walk.import_from,
    "future_import_statement": _Walk.import_from,
    "global_statement": _Walk.nothing,
    "nonlocal_statement": _Walk.nothing,
    "case_clause": _Walk.case,
    "comment": _Walk.nothing,
}


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _span(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte)


def _aliased(node: Node) -> tuple[str, str]:
    if node.type == "aliased_import":
        name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
        return (_text(name) if name else "", _text(alias) if alias else "")
    return _text(node), ""


def _identifiers(node: Node) -> list[Node]:
    found, stack = [], [node]
    while stack:
        top = stack.pop()
        if top.type == "identifier":
            found.append(top)
        stack.extend(reversed(top.named_children))
    return found


def _overloads(decorator: str, name: str) -> bool:
    head = decorator.partition("(")[0].strip()
    return head.rpartition(".")[2] in _OVERLOADING or head.startswith(name + ".")
