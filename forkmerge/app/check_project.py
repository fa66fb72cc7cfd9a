"""The Python modules of one tree: which file a dotted name means, and what it finds there.

Precision goes before completeness: what can't be told for sure (a name bound twice, an import of everything, a base
class from elsewhere) is ``None``, unknown, and no finding comes of it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app.check_module import Module, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.app.check_module import Class, Function, Imported
    from forkmerge.model.source import Tree

_DEEP = 6


@dataclass(frozen=True, slots=True)
class Found:
    """Where a name leads: the file, line and qualified unit; the function or class where it is one.

    ``missing`` says that it is surely not there (``path`` is then where it was looked for, "" without a module).
    """

    path: str
    line: int = 0
    unit: str = ""
    function: Function | None = None
    cls: Class | None = None
    module: bool = False
    missing: bool = False


@dataclass(slots=True)
class Reader:
    """Reads each content once, whichever tree has it."""

    read: Callable[[str], bytes]
    known: dict[str, Module]

    def __call__(self, oid: str) -> Module:
        """Return the module that the blob ``oid`` holds."""
        if oid not in self.known:
            self.known[oid] = read(self.read(oid))
        return self.known[oid]


class Project:
    """One tree; ``reader`` may be shared by several."""

    def __init__(self, tree: Tree, reader: Reader) -> None:
        self.tree = tree
        self._reader = reader
        self._by_name: dict[str, list[str]] = {}
        self._folders: set[str] = set()
        for path in tree:
            folder = path.rpartition("/")[0]
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = folder.rpartition("/")[0]
            if path.endswith(".py"):
                self._by_name.setdefault(_last(path), []).append(path)

    def module(self, path: str) -> Module | None:
        """Return the module at ``path``, None when there is no such file."""
        entry = self.tree.get(path)
        return self._reader(entry.oid) if entry is not None and entry.mode & 0o170000 == 0o100000 else None

    def file_of(self, dotted_name: str, level: int, importer: str) -> str | None:
        """Return the path of a module; "" when no file could be meant, None when that can't be told."""
        if level:
            folder = importer.split("/")[:-1]
            if level - 1 > len(folder):
                return ""
            parts = [*folder[: len(folder) - (level - 1)], *(p for p in dotted_name.split(".") if p)]
            return next((p for p in _files(parts) if p in self.tree), "")
        parts = dotted_name.split(".")
        tails = _files(parts)
        found = [
            path
            for path in self._by_name.get(parts[-1], ())
            if any(path == tail or (path.endswith(f"/{tail}") and self._root(path, tail)) for tail in tails)
        ]
        rooted = [p for p in found if p in tails or p.removeprefix("src/") in tails or p.removeprefix("lib/") in tails]
        found = rooted or found
        return found[0] if len(found) == 1 else ("" if not found else None)

    def imported(self, what: Imported, importer: str, depth: int = 0) -> Found | None:
        """Return what an import of ``importer`` leads to; None when that can't be told."""
        path = self.file_of(what.module, what.level, importer)
        if path is None:
            return None
        if not path:
            folder = self._folder(what, importer)
            return None if folder else Found("", unit=what.module, missing=True)
        if not what.name:
            return Found(path, 1, module=True)
        below = self.file_of(what.name, 1, path) if _last_part(path) == "__init__.py" else ""
        found = self.bound(path, what.name, depth + 1)
        if found is not None and found.missing and below:
            return Found(below, 1, module=True)
        return found

    def bound(self, path: str, name: str, depth: int = 0) -> Found | None:
        """Return what ``name`` is at the top of the module at ``path``."""
        module = self.module(path)
        if module is None:
            return Found(path, unit=name, missing=True)
        if depth > _DEEP or name in module.doubtful or name.startswith("__"):
            return None
        if name in module.functions:
            node = module.functions[name]
            return Found(path, node.lineno, name, function=node)
        if name in module.classes:
            cls = module.classes[name]
            return Found(path, cls.line, name, cls=cls)
        if name in module.imports:
            return self.imported(module.imports[name], path, depth + 1)
        if name in module.others:
            return Found(path, module.others[name], name)
        if module.open or module.stars:
            return self._starred(module, path, name, depth)
        return Found(path, unit=name, missing=True)

    def member(self, path: str, cls: Class, name: str, depth: int = 0) -> Found | None:
        """Return what attribute ``name`` of a class (or of the classes it inherits from) is."""
        if name in cls.methods:
            node = cls.methods[name]
            return Found(path, node.lineno, f"{cls.name}.{name}", function=node)
        if name in cls.attributes:
            return Found(path, cls.line, f"{cls.name}.{name}")
        if cls.open or depth > _DEEP:
            return None
        return self.inherited(path, cls, name, depth)

    def inherited(self, path: str, cls: Class, name: str, depth: int = 0) -> Found | None:
        """Return the attribute ``name`` that a class gets from the classes above it."""
        unknown = False
        for base in cls.bases:
            if base == "object":
                continue
            above = self.named(path, base)
            if above is None or above.cls is None:
                unknown = True
                continue
            found = self.member(above.path, above.cls, name, depth + 1)
            if found is None:
                unknown = True
            elif not found.missing:
                return found
        return None if unknown else Found(path, cls.line, f"{cls.name}.{name}", missing=True)

    def named(self, path: str, text: str, within: Imported | None = None) -> Found | None:
        """Return what the dotted name ``text`` means in the module at ``path``.

        ``within`` is what binds its first name inside a function, if that is an import.
        """
        head, *rest = text.split(".")
        found = self.bound(path, head) if within is None else self.imported(within, path)
        if found is None or found.missing:
            return None  # a builtin, or what a gate looks at
        for name in rest:
            if found is None or found.missing:
                return found
            if found.module:
                below = self.file_of(name, 1, found.path) if _last_part(found.path) == "__init__.py" else ""
                at = self.bound(found.path, name)
                found = Found(below, 1, module=True) if at is not None and at.missing and below else at
            elif found.cls is not None:
                found = self.member(found.path, found.cls, name)
            else:
                return None
        return found

    def _root(self, path: str, tail: str) -> bool:
        """Return whether the folder above ``tail`` may be on the import path: a package is not."""
        return path.removesuffix(tail) + "__init__.py" not in self.tree

    def _starred(self, module: Module, path: str, name: str, depth: int) -> Found | None:
        if module.open:
            return None
        for star in module.stars:
            target = self.file_of(star.module, star.level, path)
            if not target:
                return None
            found = self.bound(target, name, depth + 1)
            if found is None or not found.missing:
                return found
        return Found(path, unit=name, missing=True)

    def _folder(self, what: Imported, importer: str) -> bool:
        """Return whether a folder without ``__init__.py`` may be meant."""
        parts = [p for p in what.module.split(".") if p]
        if what.level:
            folder = importer.split("/")[:-1]
            parts = [*folder[: len(folder) - (what.level - 1)], *parts]
            return "/".join(parts) in self._folders
        inner = "/".join(parts)
        return any(folder == inner or folder.endswith(f"/{inner}") for folder in self._folders)


def misfit(function: Function, call: ast.Call, *, bound: bool) -> str | None:
    """Return why ``call`` does not fit the signature of ``function``, "" if it does, None when that can't be told.

    ``bound``: its first parameter is given already.
    """
    names = {d.id if isinstance(d, ast.Name) else "?" for d in function.decorator_list}
    if names - {"staticmethod", "classmethod"}:
        return None
    args = function.args
    positional = [*args.posonlyargs, *args.args]
    without = len(args.defaults)
    required = {a.arg for a in positional[: len(positional) - without]}
    shift = int(bound and "staticmethod" not in names)
    if len(positional) < shift:
        return None if args.vararg else ""
    only = {a.arg for a in args.posonlyargs}
    positional = positional[shift:]
    starred = any(isinstance(a, ast.Starred) for a in call.args)
    given = sum(not isinstance(a, ast.Starred) for a in call.args)
    keywords = [k.arg for k in call.keywords if k.arg is not None]
    open_end = starred or any(k.arg is None for k in call.keywords)
    if given > len(positional) and args.vararg is None:
        return f"takes {len(positional)} positional arguments, {given} are given"
    known = {a.arg for a in positional} - only | {a.arg for a in args.kwonlyargs}
    for name in keywords:
        if name not in known and args.kwarg is None:
            return f"has no parameter {name}"
    if open_end:
        return ""
    missing = [a.arg for a in positional[given:] if a.arg in required and a.arg not in keywords]
    missing += [
        a.arg
        for a, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)
        if default is None and a.arg not in keywords
    ]
    return f"needs {', '.join(missing)}" if missing else ""


def _files(parts: list[str]) -> tuple[str, str]:
    return "/".join(parts) + ".py", "/".join((*parts, "__init__.py"))


def _last(path: str) -> str:
    name = _last_part(path)
    return path.split("/")[-2] if name == "__init__.py" and "/" in path else name.removesuffix(".py")


def _last_part(path: str) -> str:
    return path.rpartition("/")[2]
