"""Which functions of the project each test runs, and which of its files each test reads.  PYTEST_DONT_REWRITE.

It is copied next to a run and used by our pytest and unittest plugins, so it imports nothing but the standard library
and stays within Python 3.7.  From 3.12 on ``sys.monitoring`` tells when a function starts: only code of the project is
watched, each function once for each test.  Before 3.12 a trace function that wants no line events does the same, while
tests and imports run.  Files, folders, modules and programs are told by audit hooks (Python 3.8).

What can't be laid at one test's door belongs to all of them (``shared``): what runs while modules are imported and
tests are collected, and fixtures of wider scope than a function.  A test counts as touching everything when it starts
another program, forks, or takes the trace function away.

Events: ``places`` (``c``: path and word, numbered on from the last one of this process), ``reach`` (``n``: node id, ""
for what is shared; ``c``: numbers in hexadecimal bits).  Both have ``p``, the process.
"""

# ruff: noqa: D102 - what is not told by a name is told by the class
# ruff: noqa: PTH100, PTH118, PTH119 - pathlib is of no use here, and this should cost the run nothing
# ruff: noqa: UP031 - short, and it says the same in every Python
from __future__ import annotations

import os
import sys
import threading
import time
from types import CodeType
from typing import Any, Iterator  # noqa: UP035 - Python 3.7

WHOLE, SOUGHT = "*", "?"
TOOL = 4
CO_NEWLOCALS = 2
"""The flag of functions; the body of a class lacks it."""

_CLOSED = frozenset(("uname", "ldconfig", "gcc", "cc", "ld", "objdump", "stty", "tty", "locale", "tput", "lsb_release"))
_STARTS = frozenset(
    ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn")
)
_APART = ("multiprocessing.popen_spawn_posix", "multiprocessing.popen_forkserver")
_BETWEEN = frozenset(("pathlib.py", "_local.py", "tokenize.py", "linecache.py", "inspect.py", "codecs.py", "glob.py"))
_PYTEST = os.path.join("", "_pytest", "")
_TELLING = ("traceback.py", "warnings.py", os.path.join("unittest", "result.py"), os.path.join("_pytest", "_code", ""))


class Hook:
    """Follows the process; ``begin`` and ``end`` stand around a test, ``aside`` around what belongs to all tests."""

    send: Any = None

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root).rstrip(os.sep) + os.sep
        self.pid = os.getpid()
        self.process = "%d-%d" % (self.pid, time.time_ns() // 1000)
        self.numbers: dict[tuple[str, str], int] = {}
        self.told = 0
        self.codes: dict[int, int] = {}
        self.kept: list[CodeType] = []
        self.files: dict[str, str] = {}
        self.hits: set[int] = set()
        self.shared: set[int] = set()
        self.sent: set[int] = set()
        self.fired: list[CodeType] = []
        self.shown: set[str] = set()
        self.armed = False
        self.monitoring = getattr(sys, "monitoring", None)

    # -- what there is -------------------------------------------------------------------------------------------

    def number(self, path: str, word: str) -> int:
        return self.numbers.setdefault((path, word), len(self.numbers))

    def inside(self, name: str) -> str:
        """Return a path relative to the project, "" for one outside of it."""
        found = self.files.get(name)
        if found is None:
            found = self.files[name] = self._inside(name)
        return found

    def _inside(self, name: str) -> str:
        if not name or name.startswith("<"):
            return ""
        for path in (os.path.abspath(name), os.path.realpath(name)):
            if path.startswith(self.root):
                return path[len(self.root) :].replace(os.sep, "/")
        return ""

    def learn(self, code: CodeType, path: str, word: str = "", around: str = "") -> None:
        """Name a piece of code and those in it.

        ``word`` is the function that it belongs to: what is neither a module nor a function runs with what is around.
        """
        self.kept.append(code)
        self.codes[id(code)] = self.number(path, word)
        if self.monitoring is not None:
            self.monitoring.set_local_events(TOOL, code, self.monitoring.events.PY_START)
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                if inner.co_name.startswith("<"):
                    self.learn(inner, path, word, around)
                else:
                    name = (around + "." if around else "") + inner.co_name
                    self.learn(inner, path, name if inner.co_flags & CO_NEWLOCALS else word, name)

    # -- being told ----------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Begin; return whether this Python can tell anything."""
        if sys.version_info < (3, 8) or sys.implementation.name != "cpython":
            return False
        if self.monitoring is not None:
            try:
                self.monitoring.use_tool_id(TOOL, "forkmerge")
            except ValueError:
                return False
            self.monitoring.register_callback(TOOL, self.monitoring.events.PY_START, self.started)
        elif sys.gettrace() is not None:
            return False
        for module in list(sys.modules.values()):
            path = self.inside(str(getattr(module, "__file__", None) or ""))
            if path:
                self.hits.add(self.number(path, WHOLE))
        sys.addaudithook(self.audit)
        sys.meta_path.append(Missing(self))
        self.watch()
        return True

    def started(self, code: CodeType, _offset: int) -> Any:
        self.hits.add(self.codes[id(code)])
        self.fired.append(code)
        return self.monitoring.DISABLE  # type: ignore[union-attr]

    def called(self, frame: Any, _event: str, _arg: Any) -> None:
        code = frame.f_code
        number = self.codes.get(id(code))
        if number is not None:
            self.hits.add(number)
        elif self.inside(code.co_filename):
            self.hits.add(self.number(self.inside(code.co_filename), WHOLE))

    def watch(self) -> None:
        """Have functions told from now on (before 3.12; later they always are)."""
        if self.monitoring is None and not self.armed:
            if sys.gettrace() is not None:
                self.lost()
                return
            self.armed = True
            threading.settrace(self.called)
            sys.settrace(self.called)

    def rest(self) -> None:
        """Have functions no longer told; whoever took the trace function away took the test's track along."""
        if self.armed:
            self.armed = False
            if sys.gettrace() != self.called:
                self.lost()
            else:
                sys.settrace(None)
                threading.settrace(None)

    def lost(self) -> None:
        self.hits.add(self.number("", WHOLE))

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "exec":
            if isinstance(args[0], CodeType) and id(args[0]) not in self.codes:
                path = self.inside(args[0].co_filename)
                if path:
                    self.learn(args[0], path)
        elif event == "open":
            self.opened(args[0], args[1])
        elif event == "import":
            self.sought(str(args[0]))
        elif event in ("os.listdir", "os.scandir"):
            self.listed(args[0])
        elif event == "code.__new__":
            path = self.inside(str(args[1]))
            if path:
                self.hits.add(self.number(path, WHOLE))
        elif event in _STARTS and not (event == "subprocess.Popen" and os.path.basename(_text(args[0])) in _CLOSED):
            self.lost()

    def sought(self, module: str) -> None:
        self.hits.add(self.number(module.rpartition(".")[2], SOUGHT))
        if module in _APART:
            self.shared.add(self.number("", WHOLE))

    def opened(self, name: Any, mode: Any) -> None:
        if isinstance(name, int) or (isinstance(mode, str) and mode[:1] in ("w", "x", "a") and "+" not in mode):
            return
        text = _text(name)
        path = "" if text.endswith(".pyc") else self.inside(text)
        if path and self.numbers.get((path, WHOLE), -1) not in self.hits:
            who = _asking() if path.endswith(".py") else ""
            if who == "telling":
                self.shown.add(text)
            elif who != "importing":
                self.hits.add(self.number(path, WHOLE))

    def listed(self, name: Any) -> None:
        if isinstance(name, int):
            return
        path = os.path.join(os.path.abspath(_text(name) if name is not None else "."), "")
        if path.startswith(self.root) and not _asking():
            self.hits.add(self.number(path[len(self.root) :].replace(os.sep, "/") or "/", WHOLE))

    # -- tests ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """What was seen until now belongs to all; a test begins."""
        self.shared |= self.hits
        self.hits = set()
        self.rearm()

    def end(self, name: str) -> None:
        """Tell what the test touched."""
        if os.getpid() != self.pid:
            return
        hits, self.hits = self.hits, set()
        for path in self.shown:
            linecache = sys.modules.get("linecache")
            if linecache is not None:
                linecache.cache.pop(path, None)
        self.shown.clear()
        self.tell(name, hits)

    def aside(self) -> Iterator[None]:
        """Lay what happens until the next step at the door of all tests."""
        before, self.hits = self.hits, set()
        self.rearm()
        yield
        self.shared |= self.hits
        self.hits = before
        self.rearm()

    def finish(self) -> None:
        """Tell what belongs to all tests."""
        if os.getpid() == self.pid and self.send is not None:
            self.tell("", self.shared | self.hits)

    def rearm(self) -> None:
        if self.fired and self.monitoring is not None:
            again, events = self.monitoring.set_local_events, self.monitoring.events.PY_START
            fired, self.fired = self.fired, []
            for code in fired:
                again(TOOL, code, 0)
                again(TOOL, code, events)

    def tell(self, name: str, hits: set[int]) -> None:
        fresh = list(self.numbers)[self.told :]
        if fresh:
            self.told += len(fresh)
            self.send("places", p=self.process, c=fresh)
        mask = 0
        for number in hits:
            mask |= 1 << number
        self.send("reach", p=self.process, n=name, c="%x" % mask)


class Missing:
    """The last finder of modules: what it is asked for, nobody has."""

    def __init__(self, hook: Hook) -> None:
        self.hook = hook

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:  # noqa: ARG002 - the protocol's
        self.hook.sought(name)


def _text(value: Any) -> str:
    try:
        found = os.fsdecode(value)
    except TypeError:
        return ""
    return found


def _asking() -> str:
    """Return on whose behalf a file is looked at: ``importing`` and collecting, ``telling`` (tracebacks), else ""."""
    frame: Any = sys._getframe(3)
    while frame is not None and os.path.basename(frame.f_code.co_filename) in _BETWEEN:
        frame = frame.f_back
    name = frame.f_code.co_filename if frame is not None else ""
    if any(part in name for part in _TELLING):
        return "telling"
    return "importing" if name.startswith("<frozen importlib") or _PYTEST in name else ""
