"""New uses of what the other side changed the meaning of, where that can be read from the code, in Python.

Idea: a call that one side adds was written for the function as that side knows it.  If the other side changed that
function, what it changed may be what the call relies on: a default that the call leaves out, an exception that is
caught around it, or, whatever it is, something for which every call that was there had to be adapted.
Invariants: only calls that the base does not have, of functions that the merge has from the other side; all of it is
likely and none of it sure, so these are warnings.
"""

from __future__ import annotations

import ast
import builtins
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app.check_calls import Call, adapted, calls_in
from forkmerge.app.check_module import Module, walk
from forkmerge.app.check_names import SECONDS, judge
from forkmerge.app.check_removed import COMMON
from forkmerge.model.finding import Severity
from forkmerge.report.check import Place, finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from forkmerge.app.check_history import History
    from forkmerge.app.check_module import Function, Use
    from forkmerge.app.check_names import Trees
    from forkmerge.app.check_project import Project
    from forkmerge.report.check import CheckFinding


_CALLED = re.compile(rb"(?<!def )\b([^\W\d]\w*)\s*\(")
_DEFINED = re.compile(rb"\bdef\s+(\w+)")


@dataclass(frozen=True, slots=True)
class _Changed:
    """A function that the other side changed: where the merge has it, as it was and as it is now."""

    path: str
    unit: str
    old: Function
    new: Function


@dataclass(slots=True)
class Changed:
    """Looks for new calls of one ``side`` to functions that the ``other`` changed."""

    trees: Trees
    projects: Mapping[str, Project]
    read: Callable[[str], bytes]
    history: History
    side: str
    other: str
    _calls: dict[tuple[str, str], tuple[Call, ...]] = field(default_factory=dict)
    _once: dict[str, bool] = field(default_factory=dict)

    def findings(self, skip: frozenset[str]) -> Iterator[CheckFinding]:
        """Yield the findings in files of the merge that are not in ``skip``."""
        until = time.monotonic() + SECONDS / 2
        calls = self._called(skip)
        changed = self._functions(frozenset().union(*calls.values()))
        for path, names in calls.items() if changed else ():
            if time.monotonic() > until:
                return
            if names.isdisjoint(changed):
                continue
            for use in self._added(path, changed):
                found = self._leads_to(path, use, changed)
                if found is not None:
                    yield from self._told(path, use, found)

    def _called(self, skip: frozenset[str]) -> dict[str, frozenset[str]]:
        """Return the names that lines which side alone added call, by file.

        PERF: most merges have none that the other side changed, and then nothing has to be parsed.
        """
        out: dict[str, frozenset[str]] = {}
        base, other = self.trees.base, self.trees.side(self.other)
        for path, entry in self.trees.side(self.side).items():
            if not path.endswith(".py") or entry in (base.get(path), other.get(path)) or path in skip:
                continue
            if path not in self.trees.merged or entry.mode & 0o170000 != 0o100000:
                continue
            known = {line for tree in (base, other) if path in tree for line in self.read(tree[path].oid).split(b"\n")}
            lines = b"\n".join(line for line in self.read(entry.oid).split(b"\n") if line not in known)
            names = {name.decode("utf-8", "replace") for name in _CALLED.findall(lines)}
            if names:
                out[path] = frozenset(names)
        return out

    def _functions(self, called: frozenset[str]) -> dict[str, list[_Changed]]:
        """Return by name the ``called`` functions that the other side changed and that the merge has as that side."""
        out: dict[str, list[_Changed]] = {}
        tree, mine = self.trees.side(self.other), self.trees.side(self.side)
        for path, entry in self.trees.base.items() if called else ():
            if not path.endswith(".py") or tree.get(path) in (entry, None, mine.get(path)):
                continue
            defined = {name.decode("utf-8", "replace") for name in _DEFINED.findall(self.read(entry.oid))}
            if defined.isdisjoint(called):
                continue
            old, new, merged = (_functions(self.projects[p].module(path)) for p in ("base", self.other, "merge"))
            for unit, node in old.items():
                now = new.get(unit)
                if node.name not in called or now is None or unit not in merged:
                    continue
                meant = _meaning(now)
                if _meaning(node) != meant and _meaning(merged[unit]) == meant:
                    out.setdefault(node.name, []).append(_Changed(path, unit, node, merged[unit]))
        return out

    def _added(self, path: str, changed: Mapping[str, object]) -> Iterator[Use]:
        """Yield the calls of changed names that side has in a file, the merge too, and the base not."""
        mine, base, merged = (self.projects[p].module(path) for p in (self.side, "base", "merge"))
        if mine is None or merged is None:
            return
        names = frozenset(changed)
        known = {u.key for u in base.uses(names)} if base is not None else set()
        there = {u.key for u in merged.uses(names)}
        told = set()
        for use in mine.uses(names):
            name = use.text.rpartition(".")[2]
            if use.call is None or name not in changed or use.key in known or use.key not in there:
                continue
            if (place := (name, use.unit, use.line)) not in told:
                told.add(place)
                yield use

    def _leads_to(self, path: str, use: Use, changed: Mapping[str, list[_Changed]]) -> _Changed | None:
        name = use.text.rpartition(".")[2]
        if use.kind == "member":
            only = changed[name] if len(changed[name]) == 1 and name not in COMMON and self._defined_once(name) else []
            return only[0] if only else None
        was = judge(self.projects[self.side], path, use)
        if was.found is None:
            return None
        return next((c for c in changed[name] if (c.path, c.unit) == (was.found.path, was.found.unit)), None)

    def _defined_once(self, name: str) -> bool:
        if name not in self._once:
            word = re.compile(rb"\bdef\s+%b\b" % name.encode())
            count = 0
            for path, entry in self.trees.merged.items():
                if path.endswith(".py") and entry.mode & 0o170000 == 0o100000:
                    data = self.read(entry.oid)
                    count += len(word.findall(data)) if name.encode() in data else 0
            self._once[name] = count == 1
        return self._once[name]

    def _told(self, path: str, use: Use, found: _Changed) -> Iterator[CheckFinding]:
        who, whom = self.history.name(self.side), self.history.name(self.other)
        for rule, words in (
            ("changed-default", self._default(use, found)),
            ("changed-exception", self._exception(use, found)),
            ("changed-together", self._together(use, found)),
        ):
            if not words:
                continue
            message = f"{whom} changed {found.unit}: {words}, and {who} calls it anew"
            places = (
                Place(who, path, use.line, use.unit, "calls it"),
                Place(whom, found.path, found.new.lineno, found.unit, "changed"),
            )
            places = places if self.side == "ours" else (places[1], places[0])
            line = self._line(path, use)
            subject = f"{use.unit} {use.text}"
            yield finding(rule, Severity.WARNING, message, path, line, places=places, subject=subject)
            return

    def _line(self, path: str, use: Use) -> int:
        merged = self.projects["merge"].module(path)
        names = frozenset((use.text.rpartition(".")[2],))
        return next((u.line for u in merged.uses(names) if u.key == use.key), 0) if merged is not None else 0

    def _default(self, use: Use, found: _Changed) -> str:
        """Return which default changed that the call leaves as it is."""
        call = use.call
        if (
            call is None
            or any(k.arg is None for k in call.keywords)
            or any(isinstance(a, ast.Starred) for a in call.args)
        ):
            return ""
        old, new = _defaults(found.old), _defaults(found.new)
        names = [a.arg for a in (*found.new.args.posonlyargs, *found.new.args.args)]
        bound = "." in found.unit and not any(getattr(d, "id", "") == "staticmethod" for d in found.new.decorator_list)
        given = {*names[int(bound) :][: len(call.args)], *(k.arg for k in call.keywords)}
        for name, value in old.items():
            now = new.get(name)
            if now is not None and name not in given and ast.dump(now) != ast.dump(value):
                return f"{name} is {ast.unparse(now)} by default where it was {ast.unparse(value)}"
        return ""

    def _exception(self, use: Use, found: _Changed) -> str:
        """Return which exception is caught around the call and raised no more."""
        old, new = _raised(found.old), _raised(found.new)
        for name in use.handlers:
            fresh = [n for n in sorted(new - old) if not self._is_a(found.path, n, name)]
            if name in old - new and fresh:
                return f"it raises {fresh[0]} where it raised {name}"
        return ""

    def _is_a(self, path: str, name: str, wanted: str, depth: int = 0) -> bool:
        """Return whether an exception may be a ``wanted``: what is not known may be."""
        if name == wanted or depth > 4:
            return True
        at = self.projects["merge"].named(path, name)
        if at is not None and at.cls is not None:
            return any(self._is_a(at.path, base, wanted, depth + 1) for base in at.cls.bases)
        one, two = (getattr(builtins, n, None) for n in (name, wanted))
        if isinstance(one, type) and isinstance(two, type):
            return issubclass(one, two)
        return not isinstance(one, type)

    def _together(self, use: Use, found: _Changed) -> str:
        """Return that every call that was there was adapted, and in a way that the new one is not."""
        if use.call is None:
            return ""
        name = found.new.name
        before, after = self._calls_of("base", name, found), self._calls_of(self.other, name, found)
        mine = [c for c in self._calls_of(self.side, name, found) if c.call is use.call]
        if not before or not after or not mine or not adapted(before, after, mine[0]):
            return ""
        return (
            f"every call of it that was there ({len(before)}) is another now"
            if len(before) > 1
            else ("its one call that was there is another now")
        )

    def _calls_of(self, which: str, name: str, found: _Changed) -> tuple[Call, ...]:
        """Return the calls of ``name`` in a tree, without those in the function itself."""
        key = which, name
        if key not in self._calls:
            word = re.compile(rb"\b%b\s*\(" % name.encode())
            out: list[Call] = []
            project = self.projects[which]
            for path, entry in project.tree.items():
                if not path.endswith(".py") or entry.mode & 0o170000 != 0o100000:
                    continue
                data = self.read(entry.oid)
                if name.encode() in data and word.search(data):
                    module = project.module(path)
                    if module is not None and module.tree is not None:
                        out += calls_in(module.tree, name, path)
            self._calls[key] = tuple(out)
        return tuple(c for c in self._calls[key] if (c.path, c.unit) != (found.path, found.unit))


def changed_uses(
    trees: Trees,
    projects: Mapping[str, Project],
    read: Callable[[str], bytes],
    history: History,
    skip: frozenset[str] = frozenset(),
) -> tuple[CheckFinding, ...]:
    """Return the findings of both sides; ``skip`` are paths of the merge that hold conflicts."""
    found: dict[tuple[str, int], CheckFinding] = {}
    for side, other in (("ours", "theirs"), ("theirs", "ours")):
        for one in Changed(trees, projects, read, history, side, other).findings(skip):
            found.setdefault((one.fingerprint, one.line), one)
    return tuple(found.values())


def _functions(module: Module | None) -> dict[str, Function]:
    if module is None:
        return {}
    out = {n: f for n, f in module.functions.items() if n not in module.doubtful}
    for cls in module.classes.values():
        if cls.name not in module.doubtful:
            out |= {f"{cls.name}.{n}": f for n, f in cls.methods.items()}
    return out


def _meaning(node: Function) -> str:
    """Return what of a function is not its documentation."""
    body = node.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return ";".join([ast.dump(node.args), *map(ast.dump, node.decorator_list), *map(ast.dump, body)])


def _defaults(node: Function) -> dict[str, ast.expr]:
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    out = {a.arg: d for a, d in zip(reversed(positional), reversed(args.defaults), strict=False)}
    return out | {a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None}


def _raised(node: Function) -> frozenset[str]:
    found = Counter[str]()
    for part in walk(node):
        if isinstance(part, ast.Raise) and part.exc is not None:
            target = part.exc.func if isinstance(part.exc, ast.Call) else part.exc
            if isinstance(target, ast.Name):
                found[target.id] += 1
    return frozenset(found)
