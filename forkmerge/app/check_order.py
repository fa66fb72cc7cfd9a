"""What a merge uses before it is set, though both sides set it first: two edits of one order, in Python.

Looked at is what runs from top to bottom: a module when it is imported, and ``__init__`` of its classes.
Invariant: a finding is a name that the merge reads before anything there has set it and sets later on, and that neither
side reads too early.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.model.finding import Severity
from forkmerge.report.check import Place, finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forkmerge.app.check_module import Class, Module
    from forkmerge.app.check_names import Trees
    from forkmerge.app.check_project import Project
    from forkmerge.report.check import CheckFinding

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp)
_INIT = "__init__"


@dataclass(frozen=True, slots=True)
class Order:
    """Where a name is read first (0: nowhere) and where it is set first, as lines; ``early``: it is read first."""

    read: int
    set: int
    early: bool


def too_early(
    trees: Trees, projects: Mapping[str, Project], skip: frozenset[str] = frozenset()
) -> Iterator[CheckFinding]:
    """Yield the findings; ``skip`` are paths of the merge that hold conflicts."""
    for path, entry in trees.merged.items():
        sides = [trees.ours.get(path), trees.theirs.get(path)]
        if not path.endswith(".py") or path in skip or None in sides or entry in sides or trees.base.get(path) is None:
            continue
        merged, ours, theirs, base = (projects[n].module(path) for n in ("merge", "ours", "theirs", "base"))
        if merged is None or ours is None or theirs is None or base is None:
            continue
        wrong = {key: order for key, order in orders(merged).items() if order.early}
        if not wrong:
            continue
        mine, other, before = (orders(m) for m in (ours, theirs, base))
        for (unit, name), order in sorted(wrong.items()):
            if any(s.get((unit, name), _FINE).early for s in (mine, other)):
                continue
            places = _places(path, unit, (mine, other, before), name)
            where = f"{unit} reads" if unit else "the module reads"
            told = f"{where} {name} before it is set: one side reads it where the other does not set it yet"
            yield finding(
                "used-before-set", Severity.ERROR, told, path, order.read, places=places, subject=f"{unit} {name}"
            )


_FINE = Order(0, 0, early=False)


def orders(module: Module) -> dict[tuple[str, str], Order]:
    """Return by unit ("" for the module) and name what is set where code runs from top to bottom."""
    if module.tree is None or module.open or module.stars:
        return {}
    out = {("", name): order for name, order in _ordered(_steps(module.tree.body)).items()}
    for cls in module.classes.values():
        init = cls.methods.get(_INIT)
        if init is None or not init.args.args:
            continue
        this = init.args.args[0].arg
        for name, order in _ordered(_own(init.body, this, cls)).items():
            out[f"{cls.name}.{_INIT}", f"{this}.{name}"] = order
    return out


def _places(
    path: str, unit: str, orders_of: tuple[Mapping[tuple[str, str], Order], ...], name: str
) -> tuple[Place, ...]:
    """Return the place of either side: whoever has a read that the base has not reads it, the other one sets it."""
    mine, other, before = (o.get((unit, name), _FINE) for o in orders_of)
    reader = "head" if bool(mine.read) > bool(other.read) else "target"
    if mine.read and other.read:
        reader = "head" if mine.set == before.set else "target"
    out = []
    for side, order in (("head", mine), ("target", other)):
        line = order.read if side == reader else order.set
        out.append(Place(side, path, line, unit, "reads it" if side == reader else "sets it later"))
    return tuple(out)


def _ordered(steps: Iterator[tuple[str, int, bool]]) -> dict[str, Order]:
    """Return the order of each name that is set in ``steps`` (name, line, whether it is set there)."""
    reads: dict[str, tuple[int, int]] = {}
    sets: dict[str, tuple[int, int]] = {}
    for number, (name, line, is_set) in enumerate(steps):
        (sets if is_set else reads).setdefault(name, (number, line))
    return {
        name: Order(reads[name][1] if name in reads else 0, line, early=name in reads and reads[name][0] < number)
        for name, (number, line) in sets.items()
    }


def _steps(body: list[ast.stmt]) -> Iterator[tuple[str, int, bool]]:
    """Yield the names that statements of a module read and set, in the order in which they run."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for part in _run(node):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                    yield part.id, part.lineno, False
            yield node.name, node.lineno, True
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0], node.lineno, True
            continue
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While | ast.Match):
            return  # what is set then is not told by the text
        yield from _names(node)


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what of a definition runs at once: decorators, defaults and base classes."""
    heads: list[ast.AST] = list(getattr(node, "decorator_list", ()))
    if isinstance(node, ast.ClassDef):
        heads += [*node.bases, *(k.value for k in node.keywords)]
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        heads += [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
    for head in heads:
        yield from _now(head)


def _now(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of an expression without those that run later."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _LATER):
            yield from _now(child)


def _names(node: ast.stmt) -> Iterator[tuple[str, int, bool]]:
    names = [n for n in _now(node) if isinstance(n, ast.Name)]
    loops = (n for c in ast.walk(node) if isinstance(c, ast.comprehension) for n in ast.walk(c.target))
    bound = {n.id for n in loops if isinstance(n, ast.Name)}
    annotations = _annotations(node)
    for name in names:
        if isinstance(name.ctx, ast.Load) and name.id not in bound and name not in annotations:
            yield name.id, name.lineno, False
    for name in names:
        if isinstance(name.ctx, ast.Store) and name.id not in bound:
            yield name.id, name.lineno, True


def _own(body: list[ast.stmt], this: str, cls: Class) -> Iterator[tuple[str, int, bool]]:
    """Yield the attributes of ``this`` that ``__init__`` reads, up to where another method may set some, and sets."""
    sure = True
    for node in body:
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While | ast.Match | ast.FunctionDef):
            continue
        parts = [n for n in _now(node) if isinstance(n, ast.Attribute) and _is(n.value, this)]
        for part in parts:
            if sure and isinstance(part.ctx, ast.Load) and part.attr not in cls.methods:
                yield part.attr, part.lineno, False
        sure = sure and not any(isinstance(n, ast.Call) and _may_set(n, this) for n in _now(node))
        for part in parts:
            if isinstance(part.ctx, ast.Store):
                yield part.attr, part.lineno, True


def _may_set(call: ast.Call, this: str) -> bool:
    """Return whether a call may set attributes of ``this``: a method of it or of ``super()``, or one that gets it."""
    func = call.func
    if isinstance(func, ast.Attribute):
        if _is(func.value, this):
            return True
        if isinstance(func.value, ast.Call) and _is(func.value.func, "super"):
            return True
    return any(_is(a, this) for a in (*call.args, *(k.value for k in call.keywords)))


def _annotations(node: ast.stmt) -> set[ast.AST]:
    return set(ast.walk(node.annotation)) if isinstance(node, ast.AnnAssign) else set()


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
