"""The calls of a function in one Python file, each with the statement around it; and whether they were all adapted."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app.check_module import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Call:
    """A call: its file, the function or class around it, and the statement (of a compound one its head) as text."""

    path: str
    unit: str
    call: ast.Call
    around: str
    frame: str

    @property
    def slots(self) -> dict[str, str]:
        """Return the arguments by name or position as text."""
        found = {str(i): ast.dump(a) for i, a in enumerate(self.call.args)}
        return found | {k.arg or "**": ast.dump(k.value) for k in self.call.keywords}


def calls_in(tree: ast.Module, name: str, path: str) -> Iterator[Call]:
    """Yield the calls of ``name``, as a function or as a method, in the order of the text."""
    yield from _within(tree.body, name, path, ())


def adapted(before: Sequence[Call], after: Sequence[Call], mine: Call) -> bool:
    """Return whether none of the calls ``before`` is left ``after`` as it was, and ``mine`` is as those were.

    Where arguments alone were changed, ``mine`` is as those were only if it lacks what all gained, or has what changed.
    """
    if Counter(c.around for c in before) & Counter(c.around for c in after):
        return False
    gained = set.intersection(*(set(c.slots) for c in after)) - set().union(*(c.slots for c in before))
    if gained:
        return not gained <= set(mine.slots)
    pairs = list(zip(before, after, strict=False))
    if len(before) == len(after) and all(b.frame == a.frame for b, a in pairs):
        changed = set().union(*({s for s, v in b.slots.items() if a.slots.get(s) != v} for b, a in pairs))
        return bool(changed & set(mine.slots))
    return True


def _within(body: Sequence[ast.stmt], name: str, path: str, scope: tuple[str, ...]) -> Iterator[Call]:
    for statement in body:
        inner = [(f, getattr(statement, f, None)) for f in ("body", "orelse", "finalbody", "handlers", "cases")]
        blocks = [(f, part) for f, part in inner if isinstance(part, list) and part]
        here = (*scope, statement.name) if isinstance(statement, _SCOPES) else scope
        if not blocks:
            yield from _calls([statement], name, path, scope)
            continue
        fields = [f for f in statement._fields if f not in {f for f, _ in blocks}]
        heads = [v for f in fields for v in _nodes(getattr(statement, f, None))]
        yield from _calls(heads, name, path, scope)
        for _, part in blocks:
            for one in part:
                if isinstance(one, ast.ExceptHandler | ast.match_case):
                    yield from _within(one.body, name, path, here)
            yield from _within([s for s in part if isinstance(s, ast.stmt)], name, path, here)


def _calls(nodes: Sequence[ast.AST], name: str, path: str, scope: tuple[str, ...]) -> Iterator[Call]:
    for node in nodes:
        found = [n for n in walk(node) if isinstance(n, ast.Call) and _named(n) == name]
        for call in sorted(found, key=lambda n: (n.lineno, n.col_offset)):
            around = ast.dump(node)
            yield Call(path, ".".join(scope), call, around, around.replace(ast.dump(call), "<call>"))


def _nodes(value: object) -> list[ast.AST]:
    if isinstance(value, ast.AST):
        return [value]
    return [v for v in value if isinstance(v, ast.AST)] if isinstance(value, list) else []


def _named(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
