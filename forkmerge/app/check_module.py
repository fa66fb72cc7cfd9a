"""One Python module as ``check`` sees it: what it binds, its classes, and the uses that the other side could break.

Read by Python's own parser; a module that it refuses has nothing in it.  Uses have a key without line numbers, so that
the same use is known again in another version of the file.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
_BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LONGEST = 1_000_000
_WORD = re.compile(rb"[\w\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import binds: ``module`` with ``level`` dots, ``name`` of it ("" for the module itself)."""

    module: str
    level: int
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Class:
    """A class: its ``bases`` as dotted text, its methods, the names ``bound`` in it; ``open``: more may be there.

    ``line`` and ``end`` are its first and last line.
    """

    name: str
    line: int
    end: int
    bases: tuple[str, ...]
    methods: dict[str, Function]
    bound: frozenset[str]
    open: bool
    _set: list[frozenset[str]] = field(default_factory=list, compare=False)

    @property
    def attributes(self) -> frozenset[str]:
        """Return what else the class has: the names bound in it, and what its methods set, of whatever object.

        PERF: worked out when it is first asked for, as the methods make up most of a module.
        """
        if not self._set:
            stored = {
                part.attr
                for node in self.methods.values()
                for part in walk(node)
                if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)
            }
            self._set.append(self.bound | stored)
        return self._set[0]


@dataclass(frozen=True, slots=True)
class Use:
    """A use: ``kind`` is ``import``, ``name``, ``self``, ``member`` or ``override``; ``text`` the dotted name.

    ``owner`` is the class around it, ``call`` the call that it is part of, ``unit`` the function or class around it,
    ``imported`` what binds its first name inside a function, ``handlers`` what is caught around it.
    """

    kind: str
    text: str
    line: int
    unit: str
    owner: str = ""
    call: ast.Call | None = None
    imported: Imported | None = None
    handlers: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what stays the same while code moves."""
        return self.kind, self.text, self.unit, shape(self.call) if self.call is not None else ""


@dataclass(slots=True)
class Module:
    """What one file binds at its top, by name, and its uses; ``open`` when it may bind any name."""

    functions: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    imports: dict[str, Imported] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    open: bool = False
    stars: list[Imported] = field(default_factory=list)
    tree: ast.Module | None = None
    lines: list[bytes] = field(default_factory=list)
    known: dict[frozenset[str] | None, list[Use]] = field(default_factory=dict)

    def uses(self, names: frozenset[str] | None = None) -> list[Use]:
        """Return the uses in functions, methods and other statements that have a word of ``names`` (None: all)."""
        if names not in self.known:
            found = _Uses(self, names)
            try:
                if self.tree is not None:
                    found.visit(self.tree)
                self.known[names] = found.uses
            except RecursionError:
                self.known[names] = []
        return self.known[names]

    def binds(self, name: str) -> int:
        """Return the line where ``name`` is bound, 0 when it is not."""
        for found in (self.functions, self.classes, self.imports):
            if name in found:
                node = found[name]
                return node.lineno if isinstance(node, ast.AST) else node.line
        return self.others.get(name, 0)


def read(data: bytes) -> Module:
    """Return the module whose source is ``data``."""
    found = Module()
    if len(data) > _LONGEST:
        return Module(open=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return Module(open=True)
    try:
        _top(found, tree.body)
    except RecursionError:
        return Module(open=True)
    found.tree = tree
    found.lines = data.split(b"\n")
    return found


def shape(call: ast.Call) -> str:
    """Return what of a call decides whether it fits a signature: how many arguments, and which are named."""
    starred = sum(isinstance(a, ast.Starred) for a in call.args)
    return f"{len(call.args)}-{starred} {','.join(k.arg or '**' for k in call.keywords)}"


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a tree in no order: half the time of ``ast.walk``."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        for name in at._fields:
            value = getattr(at, name, None)
            if type(value) is list:
                stack.extend(part for part in value if isinstance(part, ast.AST))
            elif isinstance(value, ast.AST):
                stack.append(value)


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for names and attributes of names, "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join((node.id, *reversed(parts))) if isinstance(node, ast.Name) else ""


def _top(found: Module, body: list[ast.stmt]) -> None:
    for node in body:
        if isinstance(node, _FUNCTIONS):
            if found.binds(node.name):
                found.doubtful.add(node.name)
            found.functions[node.name] = node
            found.open |= node.name == "__getattr__"
        elif isinstance(node, ast.ClassDef):
            if found.binds(node.name):
                found.doubtful.add(node.name)
            found.classes[node.name] = _class(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            _imports(found, node)
        elif isinstance(node, _BLOCKS):
            for part in ("body", "orelse", "finalbody"):
                _top(found, getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                _top(found, handler.body)
            _bound(found, node, inside=False)
        else:
            _bound(found, node, inside=True)


def _bound(found: Module, node: ast.stmt, *, inside: bool) -> None:
    """Note the names that a statement binds by itself."""
    parts = (
        walk(node)
        if inside
        else (p for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr | ast.withitem) for p in walk(c))
    )
    for part in parts:
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            if part.id in found.functions or part.id in found.classes:
                found.doubtful.add(part.id)
            found.others.setdefault(part.id, part.lineno)
        elif isinstance(part, ast.Call) and dotted(part.func) in ("globals", "locals", "setattr", "exec", "vars"):
            found.open = True


def _imports(found: Module, node: ast.Import | ast.ImportFrom) -> None:
    for alias in node.names:
        if isinstance(node, ast.Import):
            name = alias.asname or alias.name.partition(".")[0]
            module = alias.name if alias.asname else name
            found.imports[name] = Imported(module, 0, "", node.lineno)
        elif alias.name == "*":
            found.stars.append(Imported(node.module or "", node.level, "*", node.lineno))
        else:
            found.imports[alias.asname or alias.name] = Imported(node.module or "", node.level, alias.name, node.lineno)


def _class(node: ast.ClassDef) -> Class:
    methods: dict[str, Function] = {}
    attributes: set[str] = set()
    for item in node.body:
        if isinstance(item, _FUNCTIONS):
            methods[item.name] = item
            continue
        if isinstance(item, ast.ClassDef):
            attributes.add(item.name)
            attributes |= {p.attr for p in walk(item) if isinstance(p, ast.Attribute) and isinstance(p.ctx, ast.Store)}
            continue
        for part in walk(item):
            if isinstance(part, ast.Attribute | ast.Name):
                if isinstance(part.ctx, ast.Store):
                    attributes.add(part.attr if isinstance(part, ast.Attribute) else part.id)
            elif isinstance(part, ast.ImportFrom):
                attributes |= {a.asname or a.name for a in part.names}
            elif isinstance(part, _FUNCTIONS):
                methods.setdefault(part.name, part)
    bases = tuple(dotted(b) for b in node.bases)
    opened = bool(node.decorator_list or node.keywords) or "" in bases or "__getattr__" in methods
    return Class(
        node.name,
        node.lineno,
        node.end_lineno or 0,
        bases,
        methods,
        frozenset(attributes),
        opened or "__getattribute__" in methods,
    )


class _Uses(ast.NodeVisitor):
    """Gathers the uses of a module."""

    def __init__(self, found: Module, names: frozenset[str] | None) -> None:
        self.found = found
        self.names = frozenset(n.encode("utf-8", "surrogateescape") for n in names) if names is not None else None
        self.uses: list[Use] = []
        self.scope: list[str] = []
        self.owner: list[str] = []
        self.locals: list[set[str]] = []
        self.imported: dict[str, Imported] = {}
        self.handlers: list[str] = []
        self.guarded = 0

    def visit_Module(self, node: ast.Module) -> None:
        self._each(node.body)

    def _each(self, body: list[ast.stmt]) -> None:
        """Visit the statements of a module or class that have a word of the names that are asked for."""
        for item in body:
            start = min([item.lineno, *(d.lineno for d in getattr(item, "decorator_list", ()))])
            text = b"\n".join(self.found.lines[start - 1 : item.end_lineno])
            if self.names is None or not self.names.isdisjoint(_WORD.findall(text)):
                self.visit(item)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: Function) -> None:
        if self.owner and self.scope and self.owner[-1] == self.scope[-1] and not node.name.startswith("__"):
            unit = ".".join((*self.scope, node.name))
            self.uses.append(Use("override", node.name, node.lineno, unit, self.owner[-1]))
        for outside in (*node.decorator_list, node.args, *([node.returns] if node.returns else [])):
            self.visit(outside)
        self.scope.append(node.name)
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg)
        bound = {a.arg for a in arguments if a is not None}
        outermost = not self.locals
        here: dict[str, Imported] = {}
        for part in walk(node) if not self.locals else ():  # what is around has bound all that is within
            if isinstance(part, ast.Name):
                if isinstance(part.ctx, ast.Store):
                    bound.add(part.id)
            elif isinstance(part, ast.Import):
                bound |= {a.asname or a.name.partition(".")[0] for a in part.names}
            elif isinstance(part, ast.ImportFrom):
                for alias in part.names:
                    name = alias.asname or alias.name
                    bound |= {name} & here.keys()  # imported twice: which one is meant can't be told
                    here[name] = Imported(part.module or "", part.level, alias.name, part.lineno)
            elif isinstance(part, (*_FUNCTIONS, ast.ClassDef)) and part is not node:
                bound.add(part.name)
                if isinstance(part, _FUNCTIONS):
                    bound |= {a.arg for a in walk(part.args) if isinstance(a, ast.arg)}
        self.locals.append(bound)
        if outermost:
            self.imported = {name: what for name, what in here.items() if name not in bound}
        for item in node.body:
            self.visit(item)
        self.locals.pop()
        if outermost:
            self.imported = {}
        self.scope.pop()

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.locals.append({a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)})
        self.generic_visit(node)
        self.locals.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for outside in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(outside)
        self.scope.append(node.name)
        nested = len(self.scope) > 1
        self.owner.append("" if nested else node.name)
        self._each(node.body)
        self.owner.pop()
        self.scope.pop()

    def visit_Try(self, node: ast.Try) -> None:
        self.guarded += 1
        caught = [dotted(t) for h in node.handlers for t in _types(h.type)]
        self.handlers += caught
        for item in node.body:
            self.visit(item)
        del self.handlers[len(self.handlers) - len(caught) :]
        self.guarded -= 1
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(part)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if self.guarded:
            return
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name != "*":
                self._note("import", f"{module}:{alias.name}", node.lineno)

    def visit_Import(self, node: ast.Import) -> None:
        if not self.guarded:
            for alias in node.names:
                self._note("import", f"{alias.name}:", node.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        self._reference(node.func, node)
        if isinstance(node.func, ast.Attribute):
            if not dotted(node.func):
                self.visit(node.func.value)
        elif not isinstance(node.func, ast.Name):
            self.visit(node.func)
        for part in (*node.args, *node.keywords):
            self.visit(part)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self._reference(node, None)
        if not dotted(node):
            self.visit(node.value)

    def _reference(self, node: ast.expr, call: ast.Call | None) -> None:
        text = dotted(node)
        head, _, rest = text.partition(".")
        if head in ("self", "cls") and self.owner and self.owner[-1] and rest:
            self._note("self", rest.partition(".")[0], node.lineno, call if "." not in rest else None)
            if "." in rest and call is not None:
                self._note("member", rest.rpartition(".")[2], node.lineno, call)
        elif text and head in self.imported:
            if call is not None or rest:
                self._note("name", text, node.lineno, call, self.imported[head])
        elif text and not any(head in names for names in self.locals):
            if call is not None or rest:
                self._note("name", text, node.lineno, call)
            if rest and call is not None and head not in self.found.imports:
                self._note("member", text.rpartition(".")[2], node.lineno, call)
        elif isinstance(node, ast.Attribute) and call is not None:
            self._note("member", node.attr, node.lineno, call)

    def _note(
        self, kind: str, text: str, line: int, call: ast.Call | None = None, imported: Imported | None = None
    ) -> None:
        owner = self.owner[-1] if self.owner else ""
        unit = ".".join(self.scope)
        self.uses.append(Use(kind, text, line, unit, owner, call, imported, tuple(self.handlers)))


def _types(node: ast.expr | None) -> list[ast.expr]:
    """Return the exceptions that a handler names."""
    return list(node.elts) if isinstance(node, ast.Tuple) else [node] if node is not None else []
