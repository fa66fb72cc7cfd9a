"""``python -m unittest`` that tells what each test did, as it happens; started in its place, with its arguments.

It is copied next to a run and found through PYTHONPATH, so it imports nothing but the standard library and stays within
Python 3.7.  The events are those of ``pytest_plugin.py``.  Tests of a class (or module) whose set-up failed are
reported with the words of that failure; a failed subtest fails its test.
"""

# ruff: noqa: D102, N802 - the methods are unittest's
# ruff: noqa: PTH109, PTH113, PTH118, PTH123 - pathlib is of no use here, and this should cost the run nothing
from __future__ import annotations

import importlib
import json
import os
import re
import signal
import sys
import time
import unittest
from typing import Any, Iterable, Iterator  # noqa: UP035 - Python 3.7

OVERTIME = "forkmerge: longer than the limit of"
KILLED_EXIT = 70
_HOLDER = re.compile(r"^(setUp|tearDown)(?:Class|Module) \((.+)\)$")


class Stream:
    """The events file; silent in any process but the one that opened it (a test may fork and come back)."""

    def __init__(self, path: str) -> None:
        self.pid = os.getpid()
        self.fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)

    def send(self, event: str, **fields: Any) -> None:
        if os.getpid() != self.pid:
            return
        fields["e"] = event
        data = (json.dumps(fields) + "\n").encode("ascii")
        while data:
            data = data[os.write(self.fd, data) :]


class Overtime(Exception):  # noqa: N818 - it is told as a test's failure
    """A test took longer than its limit."""


class Limit:
    """The clock of the running test; the second time that it rings it ends the process."""

    def __init__(self, seconds: float, grace: float, stream: Stream) -> None:
        self.seconds, self.grace, self.stream = seconds, grace, stream
        self.name = ""
        self.fired = False
        if seconds > 0:
            signal.signal(signal.SIGALRM, self.ring)

    def begin(self, name: str) -> None:
        self.name, self.fired = name, False
        if self.seconds > 0:
            signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def end(self) -> None:
        if self.seconds > 0:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def ring(self, _signum: int, _frame: Any) -> None:
        if os.getpid() != self.stream.pid:
            return
        if self.fired:
            self.stream.send("killed", n=self.name)
            os._exit(KILLED_EXIT)
        self.fired = True
        signal.setitimer(signal.ITIMER_REAL, self.grace)
        raise Overtime(f"{OVERTIME} {self.seconds:g} s")


def relative(path: str) -> str:
    """Return a path relative to the candidate, "" for one outside of it."""
    root = os.path.realpath(os.environ.get("FORKMERGE_ROOT") or os.getcwd())
    found = os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/")
    return "" if found.startswith("../") else found


def node_id(test: Any) -> str:
    """Return ``file::class::method``."""
    kind = type(test)
    module = sys.modules.get(kind.__module__)
    file = relative(getattr(module, "__file__", "") or "")
    doctest = getattr(test, "_dt_test", None)
    if doctest is not None:
        return "::".join(p for p in (relative(doctest.filename or ""), str(doctest.name)) if p)
    method = getattr(test, "_testMethodName", None) or str(test.id())
    return "::".join([file, *kind.__qualname__.split("."), method])


def flat(suite: Any) -> Iterator[Any]:
    """Yield the single tests of a suite."""
    if isinstance(suite, unittest.TestSuite):
        for each in suite:
            yield from flat(each)
    elif suite is not None:
        yield suite


def failed_import(test: Any) -> bool:
    """Return whether ``test`` stands for a module that could not be loaded."""
    return type(test).__name__ == "_FailedTest"


def file_of(module: str) -> str:
    """Return the file that a module that could not be imported must be."""
    parts = module.split(".")
    for top in [os.getcwd(), *sys.path]:
        for tail in (".py", os.sep + "__init__.py"):
            path = os.path.join(top, *parts) + tail
            if os.path.isfile(path):
                return relative(path)
    return module


def words(error: Any) -> str:
    """Return the head of what an exception says."""
    if error is None:
        return ""
    kind, value = error[0], error[1]
    text = str(value)
    if failed := re.search(r"^(\w*(?:Error|Exception): .*)\Z", text, re.MULTILINE | re.DOTALL):
        text = failed.group(1) if text.startswith("Failed to import") else text
    elif not issubclass(kind, AssertionError):
        text = f"{kind.__name__}: {text}"
    return "\n".join([line for line in text.splitlines() if line.strip()][:8])[:800]


class Result(unittest.TextTestResult):
    """unittest's own result, which tells the events file too."""

    tell: Any = None
    limit: Any = None
    hook: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state: list[Any] = ["passed", "", 0.0]
        self.ended: set[str] = set()
        self.holders: list[tuple[str, str, str]] = []

    def startTest(self, test: Any) -> None:
        super().startTest(test)
        name = node_id(test)
        self.state = ["passed", "", time.time()]
        if not failed_import(test):
            self.tell.send("start", n=name, w=time.time())
        if self.hook is not None:
            self.hook.begin()
        self.limit.begin(name)

    def stopTest(self, test: Any) -> None:
        self.limit.end()
        super().stopTest(test)
        status, message, began = self.state
        name = node_id(test)
        if self.hook is not None:
            self.hook.rest()
            self.hook.end(name)
            self.hook.watch()
        self.ended.add(name)
        if failed_import(test):
            skipped = status == "skipped"
            self.tell.send("collect", n=file_of(str(test._testMethodName)), s=status if skipped else "error", m=message)
            return
        self.tell.send("end", n=name, s=status, t=round(time.time() - began, 4), m=message)

    def note(self, test: Any, status: str, message: str) -> None:
        holder = _HOLDER.match(str(getattr(test, "description", "")))
        if holder:
            self.holders.append((holder.group(2), status, message))
        elif self.state[0] in ("passed", "skipped") or status != "passed":
            self.state[0], self.state[1] = ("timeout" if OVERTIME in message else status), message

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self.note(test, "error", words(err))

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self.note(test, "failed", words(err))

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            told = "failed" if issubclass(err[0], test.failureException) else "error"
            self.note(test, told, f"{subtest._subDescription()} {words(err)}")

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self.note(test, "skipped", str(reason))

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        super().addExpectedFailure(test, err)
        self.note(test, "xfailed", words(err))

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        self.note(test, "xpassed", "")

    def never_ran(self, tests: Iterable[Any]) -> None:
        """Report the tests that a failed set-up kept from running."""
        for test in tests:
            name = node_id(test)
            of = f"{type(test).__module__}.{type(test).__qualname__}"
            found = [h for h in self.holders if of == h[0] or of.startswith(h[0] + ".")]
            if name not in self.ended and found:
                self.ended.add(name)
                self.tell.send("start", n=name, w=time.time())
                self.tell.send("end", n=name, s=found[0][1], t=0.0, m=found[0][2])


class Runner(unittest.TextTestRunner):
    """Runs what is wanted, in the order that is wanted."""

    resultclass = Result

    def run(self, test: Any) -> Any:
        stream = Result.tell
        tests = list(flat(test))
        wanted = _wanted()
        if wanted is not None:
            tests = [each for each in tests if node_id(each) in wanted or failed_import(each)]
        if os.environ.get("FORKMERGE_ORDER") == "reverse":
            tests.reverse()
        if wanted is not None or os.environ.get("FORKMERGE_ORDER") == "reverse":
            test = unittest.TestSuite(tests)
        only = os.environ.get("FORKMERGE_COLLECT") == "1"
        stream.send("session", python=sys.version.split()[0], w=time.time(), c=only)
        stream.send("collected", n=[node_id(each) for each in tests if not failed_import(each)])
        if only:
            for each in tests:
                if failed_import(each):
                    said = words((type(each._exception), each._exception))
                    stream.send("collect", n=file_of(str(each._testMethodName)), s="error", m=said)
            return self._makeResult()
        self.failfast = False
        hook = Result.hook
        if hook is not None:
            hook.watch()
        result: Any = super().run(test)
        if hook is not None:
            hook.rest()
            hook.finish()
        result.never_ran(tests)
        stream.send("finish", x=0 if result.wasSuccessful() else 1)
        return result


def _wanted() -> frozenset[str] | None:
    path = os.environ.get("FORKMERGE_TESTS")
    if not path:
        return None
    with open(path, encoding="ascii") as lines:
        return frozenset(json.loads(line) for line in lines if line.strip())


def main() -> None:
    """Run unittest's own command line with a runner that tells."""
    stream = Stream(os.environ["FORKMERGE_EVENTS"])
    stream.send("load")
    Result.tell = stream
    Result.limit = Limit(
        float(os.environ.get("FORKMERGE_TEST_LIMIT") or 0), float(os.environ.get("FORKMERGE_TEST_GRACE") or 5), stream
    )
    if os.environ.get("FORKMERGE_REACH"):
        hook = importlib.import_module("forkmerge_reach").Hook(os.environ.get("FORKMERGE_ROOT") or os.getcwd())
        hook.send = stream.send
        Result.hook = hook if hook.start() else None
    sys.argv[0] = "python -m unittest"
    unittest.main(module=None, testRunner=Runner)


if __name__ == "__main__":
    main()
