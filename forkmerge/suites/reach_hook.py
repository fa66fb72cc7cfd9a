"""Which functions of the project each test runs, and which of its files each test reads.  PYTEST_DONT_REWRITE.

It is copied next to a run and used by our pytest and unittest plugins, so it imports nothing but the standard library
and stays within Python 3.7.  From 3.12 on ``sys.monitoring`` tells when a function starts: only code of the project is
watched, each function once for each test.  Before 3.12 a trace function that wants no line events does the same, while
tests run and modules of the project are imported.  Files, folders, modules and programs are told by audit hooks.

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
_STARTS = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn")
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
        self.fresh: list[tuple[str, str]] = []
        self.codes: dict[tuple[str, int, str], int] = {}
        self.files: dict[str, str] = {}
        self.hits: set[int] = set()
        self.shared: set[int] = set()
        self.sent: set[int] = set()
        self.fired: list[CodeType] = []
        self.shown: set[str] = set()
        self.armed = False
        self.module: CodeType | None = None
        self.monitoring = getattr(sys, "monitoring", None)
        self.called = self.tracer()
        self.handlers: dict[str, Any] = {event: lambda _args: self.lost() for event in _STARTS}
        self.handlers.update(
            {
                "exec": self.executed,
                "open": lambda args: self.opened(args[0], args[1]),
                "import": lambda args: self.sought(str(args[0])),
                "os.listdir": lambda args: self.listed(args[0]),
                "os.scandir": lambda args: self.listed(args[0]),
                "code.__new__": self.made,
                "subprocess.Popen": self.began,
            }
        )

    # -- what there is -------------------------------------------------------------------------------------------

    def number(self, path: str, word: str) -> int:
        found = self.numbers.get((path, word))
        if found is None:
            found = self.numbers[path, word] = len(self.numbers)
            self.fresh.append((path, word))
        return found

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
        self.code(code, self.number(path, word), path)
        if self.monitoring is not None:
            self.monitoring.set_local_events(TOOL, code, self.monitoring.events.PY_START)
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                if inner.co_name.startswith("<"):
                    self.learn(inner, path, word, around)
                else:
                    name = (around + "." if around else "") + inner.co_name
                    self.learn(inner, path, name if inner.co_flags & CO_NEWLOCALS else word, name)

    def code(self, code: CodeType, number: int, path: str) -> None:
        """Remember a piece of code by where it stands: ``id`` is audited, so it is slow here."""
        key = (code.co_filename, code.co_firstlineno, code.co_name)
        if self.codes.setdefault(key, number) != number:
            self.codes[key] = self.number(path, WHOLE)

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
        return True

    def started(self, code: CodeType, _offset: int) -> Any:
        self.hits.add(self.codes[code.co_filename, code.co_firstlineno, code.co_name])
        self.fired.append(code)
        return self.monitoring.DISABLE  # type: ignore[union-attr]

    def tracer(self) -> Any:
        """Return the trace function: as little as can be, for it is called with every function of the process."""
        known, add, place_of = self.codes, self.hits.add, self.files.get

        def called(frame: Any, _event: str, _arg: Any) -> Any:
            if place_of(frame.f_globals.get("__file__")) == "":  # cheap: to look at ``f_code`` is audited
                return None
            code = frame.f_code
            name = code.co_filename
            number = known.get((name, code.co_firstlineno, code.co_name))
            if number is not None:
                add(number)
            elif self.inside(name):
                add(self.number(self.inside(name), WHOLE))
            else:
                self.inside(str(frame.f_globals.get("__file__") or ""))
            return self.until(frame) if self.module is code else None

        return called

    def until(self, frame: Any) -> Any:
        """Follow a module's own frame to its end, and stop being told there."""
        self.module = None
        frame.f_trace_lines = False

        def left(_frame: Any, event: str, _arg: Any) -> Any:
            if event == "return":
                self.rest()
            return left

        return left

    def watch(self) -> bool:
        """Have functions told from now on (before 3.12; later they always are); return whether they were not before."""
        if self.monitoring is not None or self.armed:
            return False
        if sys.gettrace() is not None:
            self.lost()
            return False
        self.armed = True
        threading.settrace(self.called)
        sys.settrace(self.called)
        return True

    def rest(self) -> None:
        """Have functions no longer told; whoever took the trace function away took the test's track along."""
        self.module = None
        if self.armed:
            self.armed = False
            if sys.gettrace() is not self.called:
                self.lost()
            else:
                sys.settrace(None)
                threading.settrace(None)

    def lost(self) -> None:
        self.hits.add(self.number("", WHOLE))

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        handle = self.handlers.get(event)
        if handle is not None:
            handle(args)

    def executed(self, args: tuple[Any, ...]) -> None:
        code = args[0]
        if isinstance(code, CodeType):
            path = self.inside(code.co_filename)
            if path:
                self.learn(code, path)
                if self.watch():
                    self.module = code

    def made(self, args: tuple[Any, ...]) -> None:
        path = self.inside(str(args[1]))
        if path:
            self.hits.add(self.number(path, WHOLE))

    def began(self, args: tuple[Any, ...]) -> None:
        if os.path.basename(_text(args[0])) not in _CLOSED:
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
        self.hits.clear()
        self.rearm()

    def end(self, name: str) -> None:
        """Tell what the test touched."""
        if os.getpid() != self.pid:
            return
        hits = set(self.hits)
        self.hits.clear()
        for path in self.shown:
            linecache = sys.modules.get("linecache")
            if linecache is not None:
                linecache.cache.pop(path, None)
        self.shown.clear()
        self.tell(name, hits)

    def aside(self) -> Iterator[None]:
        """Lay what happens until the next step at the door of all tests."""
        before = set(self.hits)
        self.hits.clear()
        self.rearm()
        yield
        self.shared |= self.hits
        self.hits.clear()
        self.hits |= before
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
        if self.fresh:
            fresh, self.fresh = self.fresh, []
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
    frame: Any = sys._getframe(4)
    while frame is not None and os.path.basename(frame.f_code.co_filename) in _BETWEEN:
        frame = frame.f_back
    name = frame.f_code.co_filename if frame is not None else ""
    if any(part in name for part in _TELLING):
        return "telling"
    return "importing" if name.startswith("<frozen importlib") or _PYTEST in name else ""
