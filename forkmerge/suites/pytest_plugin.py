"""A pytest plugin that tells what each test did, as it happens.  PYTEST_DONT_REWRITE.

It is copied next to a run and loaded with ``-p``, so it imports nothing but the standard library and pytest and stays
within Python 3.7 and pytest 5.  Each event is one JSON line, written by one ``write`` to a file opened for appending: a
run that is killed loses nothing that had finished, and several sessions of one command can share the file.

Events (``e``): ``load``; ``session``; ``collected`` (``n``: node ids); ``collect`` (an error or a skip of a file);
``start``; ``end`` (``s`` status, ``t`` seconds, ``m`` head of the message); ``killed`` (a test would not stop);
``internal``; ``finish`` (``x``: exit status).  A line that is not JSON is faulthandler's: where a hung test stood.
Node ids are relative to ``FORKMERGE_ROOT``, wherever pytest's own root is.  Only the controller of a pytest-xdist run
reports tests; its workers obey the selection and the limits.

A session that only collects ends early when nothing was found in ``MANY`` of the files that have to hold tests: the
code that they import is broken, and hundreds of tracebacks more would not say it better.

A test over its limit is stopped in steps: SIGALRM raises inside the test; if that is swallowed, a second SIGALRM writes
``killed`` and ends the process; a hang in C, which no Python signal handler can reach, is ended by a POSIX timer.  No
threads are used: Python >= 3.12 warns about ``fork`` in a process that has more than one.
"""

# ruff: noqa: D102 - hooks are documented by pytest, the rest by the class it belongs to
# ruff: noqa: PTH109, PTH113, PTH118, PTH123 - pathlib is of no use here, and this should cost the run nothing
from __future__ import annotations

import ctypes
import faulthandler
import importlib
import json
import os
import posixpath
import signal
import sys
import time
from typing import Any, Generator  # noqa: UP035 - Python 3.7

import pytest

OVERTIME = "forkmerge: longer than the limit of"
KILLED_EXIT = 70
MANY = 4
FAR_MORE, A_LOT = 3, 1000


class Stream:
    """The events file; silent in any process but the one that opened it (a test may fork and come back)."""

    def __init__(self, path: str) -> None:
        self.pid = os.getpid()
        self.fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)

    def close(self) -> None:
        os.close(self.fd)

    def send(self, event: str, **fields: Any) -> None:
        if os.getpid() != self.pid:
            return
        fields["e"] = event
        data = (json.dumps(fields) + "\n").encode("ascii")
        while data:
            data = data[os.write(self.fd, data) :]


class Names:
    """Node ids relative to the candidate's root: pytest's own root may be a folder inside it."""

    def __init__(self, config: Any) -> None:
        root = os.path.realpath(os.environ.get("FORKMERGE_ROOT") or os.getcwd())
        rootdir = os.path.realpath(str(getattr(config, "rootpath", None) or config.rootdir))
        self.root = root
        self.prefix = ""
        if rootdir != root and rootdir.startswith(root.rstrip(os.sep) + os.sep):
            self.prefix = os.path.relpath(rootdir, root).replace(os.sep, "/") + "/"

    def of(self, nodeid: str) -> str:
        path, colons, rest = nodeid.partition("::")
        path = self.prefix + path
        if ".." in path:
            path = posixpath.normpath(path)
        return path + colons + rest


class Limit:
    """The clock of the running test."""

    def __init__(self, seconds: float, grace: float, stream: Stream, names: Names, hung: float = 0) -> None:
        self.seconds, self.grace, self.stream, self.names = seconds, grace, stream, names
        self.hung = min(hung, seconds) or seconds
        self.pid = os.getpid()
        self.nodeid = ""
        self.fired = False
        self.inside = False
        self.deadline = 0.0
        self.timer = _posix_timer(stream.fd)

    def begin(self, nodeid: str) -> None:
        self.nodeid, self.fired, self.inside = nodeid, False, False
        self.deadline = time.time() + self.seconds
        _set_timer(self.timer, self.seconds + 2 * self.grace + 1)

    def end(self) -> None:
        self.nodeid = ""
        _set_timer(self.timer, 0)

    def enter(self) -> tuple[Any] | None:
        """Arm the alarm for a phase; returns what ``leave`` has to undo, None where someone else uses the alarm."""
        if signal.getitimer(signal.ITIMER_REAL)[0] > 0:
            return None
        try:
            before = signal.signal(signal.SIGALRM, self.ring)
        except ValueError:  # not the main thread
            return None
        self.inside = True
        left = self.deadline - time.time()
        if self.fired:
            left += 2 * self.grace
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01))
        return (before,)

    def leave(self, armed: tuple[Any] | None) -> None:
        self.inside = False
        if armed is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, armed[0] if armed[0] is not None else signal.SIG_DFL)

    def ring(self, _signum: int, _frame: Any) -> None:
        if os.getpid() != self.pid or not self.inside:
            return
        if not self.fired:
            self.fired = True
            signal.setitimer(signal.ITIMER_REAL, self.grace)
            limit, self.seconds = self.seconds, self.hung
            pytest.fail(f"{OVERTIME} {limit:g} s")
        self.stream.send("killed", n=self.names.of(self.nodeid))
        faulthandler.dump_traceback(file=self.stream.fd)
        os._exit(KILLED_EXIT)


def _posix_timer(stacks: int) -> tuple[Any, Any] | None:
    """Return a kernel timer that sends SIGXCPU, None where there is none; it needs neither a thread nor the GIL.

    What the threads were doing is written to the file descriptor ``stacks`` before the signal ends the process.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        create = libc.timer_create
        event = (ctypes.c_int * 16)()  # struct sigevent: value (8 bytes), signo, notify (0: SIGEV_SIGNAL)
        event[2] = signal.SIGXCPU
        timer = ctypes.c_void_p()
        if create(1, event, ctypes.byref(timer)) != 0:
            return None
        faulthandler.register(signal.SIGXCPU, file=stacks, all_threads=True, chain=True)
    except (OSError, AttributeError, ValueError, RuntimeError):
        return None
    return libc, timer


def _set_timer(handle: tuple[Any, Any] | None, seconds: float) -> None:
    if handle is not None:
        libc, timer = handle
        spec = (ctypes.c_long * 4)(0, 0, int(seconds), int(seconds % 1 * 1e9))  # struct itimerspec: interval, value
        libc.timer_settime(timer, 0, spec, None)


class Tests:
    """Follows each test through its reports and sends one result for it."""

    def __init__(self, stream: Stream, names: Names) -> None:
        self.stream, self.names = stream, names
        self.open: dict[str, dict[str, Any]] = {}

    def start(self, nodeid: str) -> None:
        self.open[nodeid] = {"s": "passed", "t": 0.0, "m": ""}
        self.stream.send("start", n=self.names.of(nodeid), w=time.time())

    def report(self, report: Any) -> None:
        if report.outcome == "rerun":  # pytest-rerunfailures: what counts is the last run
            self.open.pop(report.nodeid, None)
            return
        state = self.open.setdefault(report.nodeid, {"s": "passed", "t": 0.0, "m": ""})
        state["t"] += float(getattr(report, "duration", 0.0) or 0.0)
        status = _status(report)
        if status is not None and not (status == "error" and state["s"] not in ("passed", "xpassed", "xfailed")):
            state["s"], state["m"] = status, _message(report)
        if report.when == "teardown" or report.when not in ("setup", "call"):
            self.finish(report.nodeid)

    def finish(self, nodeid: str) -> None:
        state = self.open.pop(nodeid)
        self.stream.send("end", n=self.names.of(nodeid), s=state["s"], t=round(state["t"], 4), m=state["m"])


def _status(report: Any) -> str | None:
    """Return what ``report`` says about its whole test, None where it says nothing new."""
    if hasattr(report, "context") and type(report).__name__.lower() == "subtestreport" and not report.failed:
        return None
    expected = hasattr(report, "wasxfail")
    if report.passed:
        return "xpassed" if expected and report.when == "call" else None
    if report.skipped:
        return "xfailed" if expected else "skipped"
    if OVERTIME in _message(report):
        return "timeout"
    if report.when == "call":
        return "failed"
    return "error" if report.when in ("setup", "teardown") else "crashed"


def _message(report: Any) -> str:
    detail = report.longrepr
    crash = getattr(detail, "reprcrash", None)
    if crash is not None:
        text = str(crash.message)
    elif isinstance(detail, tuple) and len(detail) == 3:
        text = str(detail[2])
    else:
        text = str(detail or getattr(report, "wasxfail", ""))
    lines = [line for line in text.splitlines() if line.strip()]
    if crash is None and len(lines) > 8:  # a traceback: the end says what happened
        lines = lines[-8:]
    return "\n".join(lines[:8])[:800]


class Reporter:
    """The hooks of the process that reports: the only one, or the controller of pytest-xdist."""

    def __init__(self, stream: Stream, names: Names, vital: frozenset[str] = frozenset()) -> None:
        self.stream, self.names, self.vital = stream, names, vital
        self.tests = Tests(stream, names)
        self.listed = False
        self.said: set[str] = set()
        self.session: Any = None
        self.found = False
        self.broken = 0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.tests.start(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.tests.report(report)

    def pytest_collectreport(self, report: Any) -> None:
        if not report.passed and report.nodeid not in self.said:
            self.said.add(report.nodeid)
            status, nodeid = "skipped" if report.skipped else "error", self.names.of(report.nodeid)
            self.stream.send("collect", n=nodeid, s=status, m=_message(report))
            self.broken += report.failed and nodeid in self.vital
            if self.session is not None and self.broken >= MANY and not (self.found or self.listed):
                self.collected([])
                self.session.shouldfail = "nothing can be collected"

    def pytest_collection(self, session: Any) -> None:
        if self.vital:
            self.session = session

    def pytest_itemcollected(self) -> None:
        self.found = True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: Any) -> None:
        if not self.listed and not _distributes(session.config):
            self.collected([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        if not self.listed:
            self.collected(ids)

    def collected(self, nodeids: list[str]) -> None:
        self.listed = True
        self.stream.send("collected", n=[self.names.of(nodeid) for nodeid in nodeids])

    def pytest_internalerror(self, excrepr: Any) -> None:
        self.stream.send("internal", m="\n".join(str(excrepr).splitlines()[-8:])[:800])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self.stream.send("finish", x=int(exitstatus))


class Steward:
    """The hooks of every process that runs tests: which, in what order, for how long."""

    def __init__(self, names: Names, wanted: frozenset[str] | None, limit: Limit | None, hook: Any = None) -> None:
        self.names, self.wanted, self.limit, self.hook = names, wanted, limit, hook
        self.usual = _listed("FORKMERGE_USUAL")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        wanted = self.wanted
        if self.usual and len(items) > max(A_LOT, FAR_MORE * len(self.usual)):
            wanted = self.usual  # those that one side's configuration leaves out run with the other's
        if wanted is not None:
            out = [item for item in items if self.names.of(item.nodeid) not in wanted]
            if out:
                items[:] = [item for item in items if self.names.of(item.nodeid) in wanted]
                config.hook.pytest_deselected(items=out)
        if os.environ.get("FORKMERGE_ORDER") == "reverse":
            items.reverse()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Generator[None, Any, None]:
        if self.hook is not None:
            self.hook.begin()
        if self.limit is not None:
            self.limit.begin(item.nodeid)
        yield
        if self.limit is not None:
            self.limit.end()
        if self.hook is not None:
            self.hook.end(self.names.of(item.nodeid))

    def phase(self) -> Generator[None, Any, None]:
        armed = self.limit.enter() if self.limit is not None else None
        yield
        if self.limit is not None:
            self.limit.leave(armed)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, None]:
        yield from self.phase()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, Any, None]:
        yield from self.phase()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, Any, None]:
        yield from self.phase()


class Phases:
    """The innermost hooks around a test's phases: the trace function set there follows little of pytest's own."""

    def __init__(self, hook: Any) -> None:
        self.hook = hook

    def phase(self) -> Generator[None, Any, None]:
        self.hook.watch()
        yield
        self.hook.rest()

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, None]:
        yield from self.phase()

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self) -> Generator[None, Any, None]:
        yield from self.phase()

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_teardown(self) -> Generator[None, Any, None]:
        yield from self.phase()


class Watch:
    """The hooks through which it is told what belongs to all tests."""

    def __init__(self, hook: Any, config: Any) -> None:
        self.hook = hook
        self.mine: dict[int, bool] = {}
        self.undo = config.pluginmanager.add_hookcall_monitoring(self.before, self.after)
        self.deep: list[bool] = []

    def before(self, name: str, impls: Any, _given: Any) -> None:
        """Until the tests are collected, what the project's own plugins do is followed too."""
        mine = any(self.project(impl) for impl in impls)
        self.deep.append(mine and self.hook.watch())
        if mine and name in ("pytest_collect_file", "pytest_pycollect_makemodule"):
            self.hook.lost()  # it makes collectors of its own, which nobody follows

    def after(self, _outcome: Any, _name: str, _impls: Any, _given: Any) -> None:
        if self.deep and self.deep.pop():
            self.hook.rest()

    def project(self, impl: Any) -> bool:
        known = self.mine.get(id(impl))
        if known is None:
            code = getattr(impl.function, "__code__", None)
            known = self.mine[id(impl)] = bool(self.hook.inside(getattr(code, "co_filename", "")))
        return known

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        self.undo()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, None]:
        if fixturedef.scope == "function":
            yield
        else:
            yield from self.hook.aside()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.hook.rest()
        self.hook.finish()


def _distributes(config: Any) -> bool:
    """Return whether this is the controller of a pytest-xdist run, which collects nothing itself."""
    return bool(config.pluginmanager.hasplugin("dsession"))


def _listed(variable: str) -> frozenset[str] | None:
    """Return what the file that an environment variable names has on its lines, None without such a file."""
    path = os.environ.get(variable)
    if not path:
        return None
    with open(path, encoding="ascii") as lines:
        return frozenset(json.loads(line) for line in lines if line.strip())


def _narrow(config: Any, names: Names, wanted: frozenset[str]) -> None:
    """Collect only the files of the wanted tests, where they are all there."""
    files = sorted({nodeid.partition("::")[0] for nodeid in wanted})
    paths = [os.path.join(names.root, file) for file in files]
    if paths and all(os.path.isfile(path) for path in paths) and not getattr(config.option, "pyargs", False):
        config.args[:] = paths


def _settle(config: Any) -> None:
    """Undo the options that stop a run early, leave tests out by what an earlier run did, or shuffle by chance."""
    for name, value in (
        ("maxfail", 0),
        ("continue_on_collection_errors", True),
        ("lf", False),
        ("failedfirst", False),
        ("newfirst", False),
        ("stepwise", False),
        ("usepdb", False),
    ):
        if hasattr(config.option, name):
            setattr(config.option, name, value)
    if getattr(config.option, "randomly_seed", None) == "default":
        config.option.randomly_seed = 1


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: Any) -> None:
    """Decide which of the two roles this process has; a pytest started by a test has none."""
    path = os.environ.get("FORKMERGE_EVENTS")
    worker = hasattr(config, "workerinput")
    owner = os.environ.get("FORKMERGE_OWNER")
    if not path or (owner and not worker):
        return
    os.environ["FORKMERGE_OWNER"] = str(os.getpid())
    _settle(config)
    stream, names, wanted = Stream(path), Names(config), _listed("FORKMERGE_TESTS")
    if wanted:
        _narrow(config, names, wanted)
    seconds = float(os.environ.get("FORKMERGE_TEST_LIMIT") or 0)
    limit = None
    if seconds > 0 and hasattr(signal, "setitimer"):
        grace, hung = (float(os.environ.get(f"FORKMERGE_TEST_{name}") or 0) for name in ("GRACE", "HUNG"))
        limit = Limit(seconds, grace or 5, stream, names, hung)
    if _HOOK is not None:
        _HOOK.send = stream.send
        config.pluginmanager.register(Watch(_HOOK, config), "forkmerge-watch")
        if _HOOK.monitoring is None:
            config.pluginmanager.register(Phases(_HOOK), "forkmerge-phases")
    config.pluginmanager.register(Steward(names, wanted, limit, _HOOK), "forkmerge-steward")
    if not worker:
        only = bool(getattr(config.option, "collectonly", False))
        stream.send("session", pytest=pytest.__version__, python=sys.version.split()[0], w=time.time(), c=only)
        vital = (only and _listed("FORKMERGE_VITAL")) or frozenset()
        config.pluginmanager.register(Reporter(stream, names, vital), "forkmerge-reporter")


def pytest_unconfigure(config: Any) -> None:
    """Let a later session of the same process report again."""
    if config.pluginmanager.hasplugin("forkmerge-reporter"):
        os.environ.pop("FORKMERGE_OWNER", None)


def _hook() -> Any:
    """Return what tells which functions the tests run, already at work; None where it isn't wanted or can't be."""
    if not os.environ.get("FORKMERGE_REACH") or not os.environ.get("FORKMERGE_EVENTS"):
        return None
    if os.environ.get("FORKMERGE_OWNER") and not os.environ.get("PYTEST_XDIST_WORKER"):
        return None
    hook = importlib.import_module("forkmerge_reach").Hook(os.environ.get("FORKMERGE_ROOT") or os.getcwd())
    return hook if hook.start() else None


_HOOK = _hook()
if os.environ.get("FORKMERGE_EVENTS") and not os.environ.get("FORKMERGE_OWNER"):
    _STREAM = Stream(os.environ["FORKMERGE_EVENTS"])
    _STREAM.send("load")
    _STREAM.close()
