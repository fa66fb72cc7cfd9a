"""The runner of a command line in which test tools stand, one or several.

Each tool's simple command is replaced by the one that its tool gives, between two marks in the events file; the rest of
the line (``cd``, builds, variables) stays as it is.  A later test tool runs whether or not an earlier one had failing
tests; after anything else ``&&`` means what it means.  In a run of selected tests, tools that have none are left out.

Events of this module: ``plan`` (``i``: the numbers of the tools that are to run, ``c``: collect only), ``tool``
(``i``: this one starts), ``exit`` (``i``, ``x``: this one ended with this code).
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

from forkmerge.model.outcome import RunStatus, SuiteRun, TestId
from forkmerge.suites.events import MAX_BYTES
from forkmerge.suites.exitcode import COULD_NOT_TELL, NOT_STARTED
from forkmerge.suites.reached import together
from forkmerge.suites.runner import Ended, Invocation, Mode, Progress, TestCommand, TestLimits
from forkmerge.suites.shell import Piece, pieces
from forkmerge.suites.tool import Candidate, Files, Order, Reading, Session, Tool, tail

_NO_OP = ":"
_OFFLINE = re.compile(
    r"dial (?:tcp|udp)|no such host|network is unreachable|module lookup disabled"  # go
    r"|but --offline was specified|try without the offline flag|failed to download|not resolve host"  # cargo
    r"|in offline mode|No cached version of .* available for offline"  # Maven, Gradle
)
"""How tools say that a dependency is not here and can't be fetched: that is no word about the code."""


@dataclass(frozen=True, slots=True)
class LineRunner:
    """The runner of ``line``, whose pieces at the numbers in ``tools`` are calls of these tools."""

    line: str
    tools: tuple[tuple[int, Tool], ...]

    @property
    def name(self) -> str:
        """Return the names of the tools."""
        return "+".join(dict.fromkeys(tool.name for _, tool in self.tools))

    @property
    def selects(self) -> bool:
        """Return whether every tool can run single tests."""
        return all(tool.selects for _, tool in self.tools)

    def prepare(
        self,
        command: TestCommand,
        *,
        support: str,
        events: str,
        tests: tuple[TestId, ...] | None,
        limits: TestLimits,
        mode: Mode = Mode.RUN,
        root: str = "",
    ) -> Invocation:
        """Return a shell that runs the line with every tool's own command in it."""
        parts = list(pieces(self.line) or ())
        texts = [part.text for part in parts]
        files: list[tuple[str, bytes]] = []
        plan: list[int] = []
        env = {**dict(command.env), "FORKMERGE_EVENTS": events, "FORKMERGE_ROOT": root or "."}
        for number, (place, tool) in enumerate(self.tools):
            mine = None if tests is None or not tool.selects else tuple(t for t in tests if t.runner == tool.name)
            if mine == ():
                texts[place] = _NO_OP
                continue
            plan.append(number)
            order = Order(support, events, root, mine, limits, mode)
            call = tool.call(parts[place].text.strip(), order)
            files += call.files
            own = dict(call.env)
            if "PYTHONPATH" in own:  # a folder of ours in front; what the user has there has to stay
                env["PYTHONPATH"] = own.pop("PYTHONPATH")
            assigned = " ".join(f"{key}={shlex.quote(value)}" for key, value in own.items())
            run = f"{assigned} {call.text}".strip()
            before = f'(cd "$FORKMERGE_ROOT" && {call.before}) ;' if call.before else ""
            if call.captured:
                target = ' >>"$FORKMERGE_EVENTS" 2>&1'
                before = before.replace(") ;", f"){target} ;")
                run += target
            texts[place] = (
                f"{{ {_mark({'e': 'tool', 'i': number})}; {before} {run} ; fm_code=$? ; "
                f'printf \'\\n{{"e":"exit","i":{number},"x":%d}}\\n\' $fm_code >>"$FORKMERGE_EVENTS" ; '
                "(exit $fm_code) ; }"
            )
        for place, part in enumerate(parts):
            if part.text == "&&" and any(p < place for p, _ in self.tools) and _after_tool(parts, place, self.tools):
                texts[place] = ";"
        start = _mark({"e": "plan", "i": plan, "c": mode is Mode.COLLECT})
        return Invocation(
            ("/bin/sh", "-c", f"{start}\n{''.join(texts)}"), tuple(env.items()), tuple(dict(files).items())
        )

    def collect(self, *, events_path: str, candidate: str, completed: Ended, below: str = "") -> SuiteRun:
        """Return what all tools did; UNVERIFIED when one could not be started, UNCOLLECTED when none had a test."""
        read = self._read(events_path, Candidate(candidate, below), completed)
        results = tuple(result for reading in read for result in reading.results)
        totals = [reading.total for reading in read]
        total = None if not read or None in totals else sum(t for t in totals if t is not None)
        said = "\n".join(reading.tail for reading in read if reading.tail)
        words = tail(f"{said}\n{completed.tail}".strip())
        reach = together([reading.reach for reading in read if reading.reach is not None])
        return SuiteRun(_status(read, completed), results, completed.exit_code, completed.seconds, words, total, reach)

    def unfinished(self, *, events_path: str, completed: Ended) -> tuple[TestId, ...]:
        """Return the tests that a hung or crashed test kept from running."""
        if not self.selects or completed.status in (RunStatus.TIMEOUT, RunStatus.UNVERIFIED):
            return ()
        return tuple(t for reading in self._read(events_path, Candidate(""), completed) for t in reading.left)

    def progress(self, events_path: str) -> LineProgress:
        """Return an incremental reader of the events of a running command."""
        return LineProgress(events_path, tuple(tool for _, tool in self.tools))

    def _read(self, events_path: str, files: Files, completed: Ended) -> list[Reading]:
        planned, found = sessions(events_path)
        out = []
        for number in sorted(planned):
            if number >= len(self.tools):
                continue
            mine = found.get(number, ())
            out.append(_reading(self.tools[number][1], mine, files, completed))
        return out


@dataclass(slots=True)
class LineProgress:
    """Reads on in the events file and counts; the only state is the place up to which it has read."""

    path: str
    tools: tuple[Tool, ...]
    offset: int = 0
    done: int = 0
    current: str = ""
    number: int = 0

    def read(self) -> Progress:
        """Return how far the run is now."""
        data = _bytes(self.path, self.offset)
        end = data.rfind(b"\n") + 1
        self.offset += end
        lines: list[bytes] = []
        for line in data[:end].splitlines(keepends=True):
            mark = _marked(line)
            if mark is not None and mark["e"] == "tool":
                self._count(lines)
                lines, self.number = [], mark["i"]
            elif mark is None:
                lines.append(line)
        self._count(lines)
        return Progress(self.done, None, self.current)

    def _count(self, lines: list[bytes]) -> None:
        if lines and self.number < len(self.tools):
            count, last = self.tools[self.number].finished(b"".join(lines))
            self.done += count
            self.current = last or self.current


def sessions(events_path: str) -> tuple[frozenset[int], dict[int, tuple[Session, ...]]]:
    """Return which tools were to run, and the sessions of each tool that started; no file: nothing."""
    planned: set[int] = set()
    found: dict[int, list[Session]] = {}
    collect_only = False
    current: int | None = None
    lines: list[bytes] = []

    def close(code: int | None) -> None:
        if current is not None:
            found.setdefault(current, []).append(Session(b"".join(lines), code, collect_only))

    for line in _bytes(events_path).splitlines(keepends=True):
        mark = _marked(line)
        if mark is None:
            lines.append(line)
        elif mark["e"] == "exit":
            if mark["i"] == current:
                close(mark["x"])
                current, lines = None, []
        else:
            close(None)
            current, lines = None, []
            if mark["e"] == "plan":
                planned.update(mark["i"])
                collect_only = bool(mark.get("c"))
            else:
                current = mark["i"]
    close(None)
    return frozenset(planned), {number: tuple(each) for number, each in found.items()}


def _marked(line: bytes) -> dict[str, Any] | None:
    """Return the mark that a line is, None where it is none; tests may write what they like, so it is checked."""
    if not line.startswith((b'{"e":"plan"', b'{"e":"tool"', b'{"e":"exit"')):
        return None
    try:
        mark: dict[str, Any] = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match mark:
        case {"e": "plan", "i": list(numbers)} if all(type(n) is int for n in numbers):
            return mark
        case {"e": "tool", "i": int()} | {"e": "exit", "i": int(), "x": int()}:
            return mark
    return None


def _bytes(path: str, offset: int = 0) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - read in a loop while a run goes on
            file.seek(offset)
            return file.read(MAX_BYTES)
    except OSError:
        return b""


def _mark(event: dict[str, object]) -> str:
    text = json.dumps(event, separators=(",", ":"))
    return f"printf '{text}\\n' >>\"$FORKMERGE_EVENTS\""


def _after_tool(parts: list[Piece], place: int, tools: tuple[tuple[int, Tool], ...]) -> bool:
    """Return whether the operator at ``place`` follows a tool's command and another tool's comes after it."""
    places = {p for p, _ in tools}
    before = next((p for p in range(place - 1, -1, -1) if parts[p].words), -1)
    return before in places and any(p > place for p in places)


def _reading(tool: Tool, mine: tuple[Session, ...], files: Files, ended: Ended) -> Reading:
    if ended.status is RunStatus.UNVERIFIED:
        return Reading(RunStatus.UNVERIFIED)
    if not mine:  # a step before it failed, or the run was killed before it
        return Reading(RunStatus.UNCOLLECTED if ended.status is RunStatus.COMPLETED else ended.status)
    if all(session.collect_only for session in mine) and not any(session.data.strip() for session in mine):
        return Reading(RunStatus.COMPLETED)  # a tool that can't collect without running was asked to collect
    read = tool.read(mine, files, ended)
    last = mine[-1].exit_code
    if read.status is RunStatus.UNCOLLECTED and _OFFLINE.search(read.tail):
        return Reading(RunStatus.UNVERIFIED, tail=read.tail)
    if not read.results and (last in NOT_STARTED or last == COULD_NOT_TELL):
        return Reading(RunStatus.UNVERIFIED, tail=read.tail)
    return read


def _status(read: list[Reading], ended: Ended) -> RunStatus:
    if ended.status in (RunStatus.UNVERIFIED, RunStatus.TIMEOUT):
        return ended.status
    states = [reading.status for reading in read]
    if RunStatus.UNVERIFIED in states:
        return RunStatus.UNVERIFIED
    if ended.status is RunStatus.CRASHED or RunStatus.CRASHED in states:
        return RunStatus.CRASHED
    if not states or all(state is RunStatus.UNCOLLECTED for state in states):
        return RunStatus.UNCOLLECTED
    return RunStatus.COMPLETED
