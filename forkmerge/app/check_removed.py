"""Methods that one side removed, renamed or gave another signature, for uses whose object is not known.

Idea: ``x.name(...)`` can be judged without knowing ``x`` where the repository had methods of that name and now nothing
in it defines that name any more, or where exactly one definition of it is there before and after.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from forkmerge.app.check_project import Found, misfit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.app.check_module import Use
    from forkmerge.app.check_names import Judged, Trees
    from forkmerge.app.check_project import Project

COMMON = frozenset(
    name
    for kind in (str, bytes, bytearray, int, float, list, tuple, dict, set, frozenset, Exception, object, slice, range)
    for name in dir(kind)
) | frozenset(
    (
        *("read", "write", "close", "open", "flush", "seek", "tell", "readline", "readlines", "run", "start", "stop"),
        *("send", "recv", "put", "get", "set", "add", "wait", "acquire", "release", "submit", "result", "cancel"),
        *("match", "search", "group", "groups", "sub", "exists", "mkdir", "unlink", "name", "main", "parse", "call"),
        *("info", "debug", "warning", "error", "critical", "exception", "log", "connect", "execute", "commit", "next"),
    )
)
"""Names that objects from elsewhere have as well."""


class Removed:
    """The methods that ``other`` changed since the base, found in the files that it changed."""

    def __init__(self, trees: Trees, other: str, projects: Mapping[str, Project], read: Callable[[str], bytes]) -> None:
        self._trees = trees
        self._read = read
        self._projects = projects
        self._judged: dict[str, tuple[Found, ...]] = {}
        self._used: dict[str, bool] = {}
        self._tree = trees.side(other)
        changed = [p for p, e in trees.base.items() if p.endswith(".py") and trees.side(other).get(p) != e]
        before = _methods(projects["base"], changed)
        news = [p for p, e in trees.side(other).items() if p.endswith(".py") and trees.base.get(p) != e]
        after = _methods(projects[other], news)
        self._gone = {n: found for n, found in before.items() if n not in after and n not in COMMON}
        self._changed = {
            n: found[0]
            for n, found in before.items()
            if n in after and len(found) == len(after[n]) == 1 and n not in COMMON and _differ(found[0], after[n][0])
        }

    def judge(self, use: Use) -> Judged:
        """Return what is to be said in the merge of a call of an unknown object's method."""
        from forkmerge.app.check_names import Judged  # noqa: PLC0415 - the two look at each other

        if use.text in self._gone and not self._defined(use.text) and not self._still_used(use.text):
            return Judged("is gone", self._gone[use.text][0], "dangling-attribute")
        if use.text in self._changed and use.call is not None and len(self._defined(use.text)) == 1:
            now = self._defined(use.text)[0]
            old = self._changed[use.text].function
            if old is None or now.function is None or misfit(old, use.call, bound=True) != "":
                return Judged("")
            return Judged(misfit(now.function, use.call, bound=True), now, "call-mismatch")
        return Judged("")

    def _still_used(self, name: str) -> bool:
        """Return whether the side that removed the method has uses of that name yet: other objects have it as well."""
        if name not in self._used:
            word = re.compile(rb"\.\s*%b\b" % re.escape(name.encode()))
            programs = (e for p, e in self._tree.items() if p.endswith(".py") and e.mode & 0o170000 == 0o100000)
            self._used[name] = any(word.search(self._read(e.oid)) for e in programs)
        return self._used[name]

    def former(self, use: Use) -> Found | None:
        """Return the definition that the use had."""
        return self._gone[use.text][0] if use.text in self._gone else self._changed.get(use.text)

    def _defined(self, name: str) -> tuple[Found, ...]:
        """Return what in the whole merge may define ``name``: methods as they are, other bindings without a node."""
        if name not in self._judged:
            word = re.compile(
                rb"\bdef\s+%b\b|\b%b\s*(?::[^=\n]*)?=(?!=)|['\"]%b['\"]|\bimport\b.*\b%b\b" % ((name.encode(),) * 4)
            )
            out: list[Found] = []
            for path, entry in self._trees.merged.items():
                if not path.endswith((".py", ".pyi", ".pyx")) or entry.mode & 0o170000 != 0o100000:
                    continue
                data = self._read(entry.oid)
                if name.encode() not in data or not word.search(data):
                    continue
                methods = _methods(self._projects["merge"], [path]).get(name, [])
                out += methods or [Found(path)]
                if methods and len(word.findall(data)) > len(methods):
                    out.append(Found(path))
            self._judged[name] = tuple(out)
        return self._judged[name]


def _methods(project: Project, paths: list[str]) -> dict[str, list[Found]]:
    out: dict[str, list[Found]] = {}
    for path in paths:
        module = project.module(path)
        if module is None:
            continue
        for cls in module.classes.values():
            for name, node in cls.methods.items():
                out.setdefault(name, []).append(Found(path, node.lineno, f"{cls.name}.{name}", function=node))
    return out


def _differ(old: Found, new: Found) -> bool:
    if old.function is None or new.function is None:
        return False
    return ast.dump(old.function.args) != ast.dump(new.function.args)
