"""Uses of one side that the other side broke: imports, attributes, calls and overrides, in Python.

Idea: every use in a file that a side changed is judged in that side's tree, in the other's and in the merge.  Broken in
the merge, sound in the side that has it and broken in no side: that is a collision, and the definition that is gone or
changed is its other place.  What became of it is told by the alignment of the other side with the base.
Invariant: nothing is a finding that can't be told for sure in the merge and in the side.
"""

from __future__ import annotations

import ast
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app.check_module import Imported, Module
from forkmerge.app.check_project import Found, Project, misfit
from forkmerge.app.check_removed import Removed
from forkmerge.model.finding import Severity
from forkmerge.report.check import Place, finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forkmerge.app.check_history import History
    from forkmerge.app.check_module import Class, Function, Use
    from forkmerge.app.check_project import Reader
    from forkmerge.model.source import Tree
    from forkmerge.report.check import CheckFinding

_WORD = re.compile(rb"[\w\x80-\xff]+")
_RENAMED = {"import": "dangling-import", "override": "orphaned-override", "self": "dangling-attribute"}
SECONDS = 30.0
"""What looking at uses may take; what is left then is told."""


@dataclass(frozen=True, slots=True)
class Trees:
    """The trees that meet, and their merge."""

    base: Tree
    ours: Tree
    theirs: Tree
    merged: Tree

    def side(self, side: str) -> Tree:
        """Return the tree of ``ours`` or ``theirs``."""
        return self.ours if side == "ours" else self.theirs


@dataclass(frozen=True, slots=True)
class Judged:
    """What a use leads to: ``wrong`` says why it does not fit, "" if it does, None when that can't be told."""

    wrong: str | None
    found: Found | None = None
    rule: str = ""


def projects_of(trees: Trees, modules: Reader) -> dict[str, Project]:
    """Return the trees as Python projects: ``base``, ``ours``, ``theirs`` and ``merge``."""
    named = {"base": trees.base, "ours": trees.ours, "theirs": trees.theirs, "merge": trees.merged}
    return {name: Project(tree, modules) for name, tree in named.items()}


def broken_uses(
    trees: Trees,
    read: Callable[[str], bytes],
    projects: dict[str, Project],
    history: History,
    skip: frozenset[str] = frozenset(),
) -> tuple[tuple[CheckFinding, ...], str]:
    """Return the findings, and a sentence on what was not looked at ("" when everything was).

    ``skip`` are paths of the merge that hold conflicts.
    """
    until = time.monotonic() + SECONDS
    found: dict[tuple[object, ...], CheckFinding] = {}
    left = 0
    for side, other in (("ours", "theirs"), ("theirs", "ours")):
        touched = touched_names(projects[side], projects["merge"])
        if not touched:
            continue
        removed = Removed(trees, other, projects, read)
        words = frozenset(name.encode("utf-8", "surrogateescape") for name in touched)
        for path in _changed(trees, side):
            if (
                path in skip
                or path not in trees.merged
                or words.isdisjoint(_WORD.findall(read(trees.merged[path].oid)))
            ):
                continue
            if time.monotonic() > until:
                left += 1
                continue
            for one in _in_file(path, (side, other), projects, removed, history, touched):
                found.setdefault((one.fingerprint, one.line), one)
    note = f"uses in {left} Python files, as the time for them was up" if left else ""
    return tuple(found.values()), note


def _changed(trees: Trees, side: str) -> Iterator[str]:
    for path, entry in trees.side(side).items():
        if path.endswith(".py") and trees.base.get(path) != entry and trees.merged.get(path) is not None:
            yield path


def _in_file(
    path: str,
    sides: tuple[str, str],
    projects: dict[str, Project],
    removed: Removed,
    history: History,
    touched: frozenset[str],
) -> Iterator[CheckFinding]:
    side, other = sides
    merged, mine, others = (projects[name].module(path) for name in ("merge", side, other))
    if merged is None or mine is None:
        return
    uses = {
        u.key: u for u in reversed(merged.uses(touched)) if not touched.isdisjoint(u.text.replace(":", ".").split("."))
    }
    judged = ((u, removed.judge(u) if u.kind == "member" else judge(projects["merge"], path, u)) for u in uses.values())
    wrong = [(use, now) for use, now in judged if now.wrong or (now.wrong is None and use.kind in _RENAMED)]
    if not wrong:
        return  # the uses of the sides are looked at where there is something to compare
    own = {use.key: use for use in mine.uses(touched)}
    foreign = {use.key: use for use in others.uses(touched)} if others is not None else {}
    for use, now in reversed(wrong):
        before = own.get(use.key)
        if before is None:
            continue
        was = Judged("", removed.former(use)) if use.kind == "member" else judge(projects[side], path, before)
        if was.wrong != "" or was.found is None:
            continue
        # where more may be bound than can be told, a name that was given to nothing else is gone
        sure = now if now.wrong is not None else _renamed(use, was.found, other, history)
        if not sure.wrong:
            continue
        theirs = foreign.get(use.key)
        if theirs is not None and use.kind != "member" and judge(projects[other], path, theirs).wrong != "":
            continue
        yield _finding(_Collision(path, use, before.line, sure, was.found, side, other), history)


def _renamed(use: Use, was: Found, other: str, history: History) -> Judged:
    """Return what is to be said of a use whose definition in the base the other side has under another name."""
    name = was.unit.rpartition(".")[2]
    if not name or use.text.replace(":", ".").rpartition(".")[2] != name:
        return Judged(None)
    fate = history.fate(other, was.path, was.unit)
    if fate is None or not fate.renamed:
        return Judged(None)
    return Judged("is gone", was, _RENAMED[use.kind])


def touched_names(before: Project, after: Project) -> frozenset[str]:
    """Return the names whose definition is not in ``after`` as it is in ``before``: only their uses can break."""
    out: set[str] = set()
    for path, entry in before.tree.items():
        if not path.endswith(".py") or after.tree.get(path) == entry:
            continue
        old, new = before.module(path), after.module(path)
        if old is None:
            continue
        if new is None:
            out |= {p.removesuffix(".py") for p in path.split("/")}
            new = Module()
        out |= {n for n in (*old.functions, *old.classes, *old.imports, *old.others) if not new.binds(n)}
        for name, function in old.functions.items():
            if name not in new.functions or _takes(function) != _takes(new.functions[name]):
                out.add(name)
        for name, cls in old.classes.items():
            now = new.classes.get(name)
            if now is not None and old.lines[cls.line - 1 : cls.end] == new.lines[now.line - 1 : now.end]:
                continue  # PERF: most classes of a file are as they were
            methods = now.methods if now is not None else {}
            changed = {m for m, f in cls.methods.items() if m not in methods or _takes(f) != _takes(methods[m])}
            changed |= cls.attributes - (now.attributes if now is not None else frozenset())
            out |= changed
            if "__init__" in changed or now is None or now.bases != cls.bases:
                out.add(name)
    return frozenset(out)


def _takes(function: Function) -> str:
    decorators = ",".join(ast.dump(d) for d in function.decorator_list)
    return f"{ast.dump(function.args)} {decorators}"


def judge(project: Project, path: str, use: Use) -> Judged:
    """Return what is to be said of ``use``, made in the file at ``path``."""
    if use.kind == "import":
        module, _, name = use.text.partition(":")
        bare = module.lstrip(".")
        found = project.imported(Imported(bare, len(module) - len(bare), name, use.line), path)
        return _there(found, "dangling-import")
    if use.kind == "override":
        cls = _owner(project, path, use.owner)
        found = project.inherited(path, cls, use.text) if cls is not None else None
        return _there(found, "orphaned-override")
    if use.kind == "self":
        cls = _owner(project, path, use.owner)
        found = project.member(path, cls, use.text) if cls is not None else None
        return _called(project, found, use.call, "dangling-attribute", bound=True)
    found = project.named(path, use.text, use.imported)
    return _called(project, found, use.call, "dangling-attribute", bound=False)


def _owner(project: Project, path: str, name: str) -> Class | None:
    module = project.module(path)
    return module.classes.get(name) if module is not None and name and name not in module.doubtful else None


def _there(found: Found | None, rule: str) -> Judged:
    if found is None:
        return Judged(None)
    return Judged("is gone", found, rule) if found.missing else Judged("", found)


def _called(project: Project, found: Found | None, call: ast.Call | None, rule: str, *, bound: bool) -> Judged:
    if found is None or found.missing:
        return _there(found, rule)
    if call is None:
        return Judged("", found)
    function = found.function
    if found.cls is not None:
        if found.cls.open or "__new__" in found.cls.methods:
            return Judged(None)
        at = project.member(found.path, found.cls, "__init__")
        function = at.function if at is not None and not at.missing else None
        found, bound = at or found, True
    if function is None:
        return Judged("", found)
    in_class = "." in found.unit
    decorators = {d.id for d in function.decorator_list if isinstance(d, ast.Name)}
    if in_class and not bound:
        bound = "classmethod" in decorators  # Class.method(instance, ...)
    wrong = misfit(function, call, bound=bound)
    return Judged(wrong, found, "call-mismatch") if wrong else Judged(wrong, found)


@dataclass(frozen=True, slots=True)
class _Collision:
    """A use of ``side`` at ``line`` of its file, broken ``now`` by ``other``; ``was`` is what it led to."""

    path: str
    use: Use
    line: int
    now: Judged
    was: Found
    side: str
    other: str


def _finding(c: _Collision, history: History) -> CheckFinding:
    use, now, was = c.use, c.now, c.was
    name = use.text.replace(":", ".").strip(".") if use.kind == "import" else use.text
    fate = history.fate(c.other, was.path, was.unit or name)
    who, whom = history.name(c.side), history.name(c.other)
    changed = fate.words if fate is not None else "changed it"
    if now.rule == "call-mismatch":
        target = now.found or was
        message = f"{whom} changed the signature of {target.unit}: it {now.wrong}, and {who} calls it the old way"
        place = Place(whom, target.path, target.line, target.unit, "new signature")
    elif now.rule == "orphaned-override":
        message = f"{use.unit} of {who} overrides {was.unit}, but {whom} {changed}"
        place = fate.place if fate is not None else Place(whom, was.path, was.line, was.unit)
    else:
        message = f"{who} uses {name}, but {whom} {changed}"
        place = fate.place if fate is not None else Place(whom, was.path, was.line, was.unit)
    places = (Place(who, c.path, c.line, use.unit, "overrides it" if use.kind == "override" else "uses it"), place)
    if c.side == "theirs":
        places = (places[1], places[0])
    return finding(now.rule, Severity.ERROR, message, c.path, use.line, places=places, subject=f"{use.kind} {use.text}")
