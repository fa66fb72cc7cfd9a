"""The modules and patterns that a merge uses, compiled and kept in one file of the user's cache.

PERF: to find, open, check and read sixty modules one by one, and to compile the patterns in them, is a third of a short
merge.  So what a merge imported is written to one file when it is done, as Python itself writes each module's bytecode,
and the next merge takes it from there.

Invariants: a module is taken from the file only if its source is, by its time and size, the one that it was compiled
from; a file that another user may write, or another Python or checkout wrote, is not read; without the file, or where
it can't be written, all is as it would be without this module.
"""

# ruff: noqa: PTH100, PTH103, PTH105, PTH112, PTH116, PTH117, PTH120, PTH123
# This is on the start-up path of the merge driver, where pathlib costs too much.

from __future__ import annotations

import _imp
import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec, SourceFileLoader
    from types import ModuleType
    from typing import Any
else:
    SourceFileLoader, ModuleSpec = type(__loader__), type(__spec__)

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_STANDARD = ("__future__", "bisect", "warnings")
"""Modules of the standard library that are kept too: a merge imports them, and they are no part of the interpreter."""
_OTHERS_WRITE = 0o022


class Kept:
    """What the file holds, as a finder of modules; ``patterns`` are those that ``re`` compiled."""

    def __init__(self, path: str) -> None:
        """Read the file ``path``; what can't be read is empty."""
        self.path = path
        self.patterns: dict[Any, Any] = {}
        self._modules: dict[str, tuple[str, int, int, bool, bytes]] = {}
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE:
                    self._modules, self.patterns = marshal.loads(file.read())  # noqa: S302 - the user's own
        except (OSError, ValueError, EOFError, TypeError):
            return

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the specification of a module that is kept, None for others and where the source is another now."""
        del path, target
        found = self._modules.get(name)
        if found is None:
            return None
        source, time, size, package, code = found
        try:
            status = os.stat(source)
        except OSError:
            return None
        if (status.st_mtime_ns, status.st_size) != (time, size):
            del self._modules[name]
            return None
        spec = ModuleSpec(name, _Loader(name, source, code), origin=source, is_package=package)
        if package:
            spec.submodule_search_locations = [os.path.dirname(source)]
        return spec

    def save(self, patterns: dict[Any, Any]) -> None:
        """Write the file anew if modules or ``patterns`` were used that are not in it."""
        names = [n for n in sys.modules if n not in self._modules and (n in _STANDARD or n.startswith("forkmerge."))]
        new = {name: entry for name in names if (entry := _entry(sys.modules[name])) is not None}
        if not new and patterns.keys() <= self.patterns.keys():
            return
        folder = os.path.dirname(self.path)
        beside = f"{self.path}.{os.getpid()}"
        try:
            if not _mine(folder):
                return
            os.makedirs(folder, mode=0o700, exist_ok=True)
            data = marshal.dumps((self._modules | new, self.patterns | patterns))
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as file:
                file.write(data)
            os.replace(beside, self.path)
        except (OSError, ValueError):
            return


class _Loader(SourceFileLoader):
    """Python's own loader of a source file, which has its bytecode already."""

    def __init__(self, name: str, path: str, code: bytes) -> None:
        super().__init__(name, path)
        self._code = code

    def exec_module(self, module: ModuleType) -> None:
        """Run the module in its own namespace."""
        module.__file__ = self.path  # PERF: `has_location` sets it too, and works out where bytecode would lie
        exec(marshal.loads(self._code), module.__dict__)  # noqa: S102, S302 - the user's own, as bytecode is


def kept() -> Kept | None:
    """Return what is kept for this Python and this forkmerge, asked for modules from now on; None where nothing may be.

    As for Python's own bytecode, PYTHONDONTWRITEBYTECODE turns it off.
    """
    home = os.environ.get("HOME", "")
    cache = os.environ.get("XDG_CACHE_HOME") or (home and home + "/.cache")
    if sys.dont_write_bytecode or not os.path.isabs(cache) or not hasattr(os, "geteuid"):
        return None
    of = f"{_HERE}\0{sys.version}\0{sys.flags.optimize}\0{os.__file__}"
    mark = _imp.source_hash(0, of.encode("utf-8", "surrogateescape")).hex()
    found = Kept(f"{cache}/forkmerge/modules-{sys.implementation.cache_tag}-{mark}")
    sys.meta_path.insert(0, found)
    return found


def _mine(folder: str) -> bool:
    """Return whether the nearest folder that is there is this user's: not so for root with somebody's home."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return os.stat(folder).st_uid == os.geteuid()


def _entry(module: ModuleType) -> tuple[str, int, int, bool, bytes] | None:
    spec = getattr(module, "__spec__", None)
    loader = getattr(spec, "loader", None)
    if spec is None or not isinstance(loader, SourceFileLoader) or not str(spec.origin).endswith(".py"):
        return None
    source = str(spec.origin)
    try:
        status = os.stat(source)
        code = loader.get_code(spec.name)
    except (OSError, ImportError, SyntaxError):
        return None
    package = spec.submodule_search_locations is not None
    return (source, status.st_mtime_ns, status.st_size, package, marshal.dumps(code)) if code else None
