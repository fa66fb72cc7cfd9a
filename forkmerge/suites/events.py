"""The JSON lines that the pytest plugin and our reporters for other tools write, read back.

The file may be written while it is read, may end in half a line, and is writable by the tests themselves: whatever is
not an event of the expected shape is passed over, and its size is bounded.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, overload

from forkmerge.model.outcome import Status
from forkmerge.suites.reached import ReachLog

MAX_BYTES = 256 * 1024 * 1024
Event: TypeAlias = dict[str, Any]
Outcome: TypeAlias = tuple[str, Status, float, str]


@overload
def read_events(path: str, offset: int = 0, *, tell: Literal[False] = False) -> list[Event]: ...
@overload
def read_events(path: str, offset: int = 0, *, tell: Literal[True]) -> tuple[list[Event], int]: ...
def read_events(path: str, offset: int = 0, *, tell: bool = False) -> list[Event] | tuple[list[Event], int]:
    """Return the whole events from ``offset`` on, with ``tell`` also the offset to read on from; no file: no events."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - read in a loop while a run goes on
            file.seek(offset)
            data = file.read(MAX_BYTES)
    except OSError:
        data = b""
    end = data.rfind(b"\n") + 1
    events = parse_events(data[:end])
    return (events, offset + end) if tell else events


def parse_events(data: bytes) -> list[Event]:
    """Return the events in ``data``, which may hold other lines too."""
    return [event for line in data.splitlines() if (event := _parse(line))]


def _parse(line: bytes) -> Event | None:
    if line.startswith((b"Thread 0x", b"Current thread 0x")):
        return {"e": "stack"}
    if line.startswith(b"  File "):
        return {"e": "frame", "m": line.decode("utf-8", "replace").strip()}
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("e"), str) else None


@dataclass(slots=True)
class EventLog:
    """What the events so far add up to.  Several sessions (a resumed run, a command that calls pytest twice) add up."""

    loaded: bool = False
    sessions: int = 0
    finished: int = 0
    internal: str = ""
    collect_only: bool = False
    counts: dict[str, int] | None = None
    collection: list[Outcome] = field(default_factory=list)
    ended: list[Outcome] = field(default_factory=list)
    running: dict[str, None] = field(default_factory=dict)
    hung: set[str] = field(default_factory=set)
    killed: set[str] = field(default_factory=set)
    frames: dict[str, list[str]] = field(default_factory=dict)
    reach: ReachLog = field(default_factory=ReachLog)

    @property
    def total(self) -> int | None:
        """Return the number of tests that the sessions said they would run, None before the first said so."""
        return None if self.counts is None else sum(self.counts.values())

    @property
    def collected(self) -> tuple[str, ...]:
        """Return the node ids that the sessions said they would run, each once, in their order."""
        return tuple(self.counts or ())

    @property
    def lost(self) -> set[str]:
        """Return the tests that started and never ended; only of a run that is over can this be said."""
        return self.hung.union(self.running)

    def add(self, events: list[Event]) -> None:
        """Take in further events."""
        for event in events:
            self._add(event)
            self.reach.add(event)

    def _add(self, event: Event) -> None:
        match event:
            case {"e": "load"}:
                self.loaded = True
                self._break()
            case {"e": "session"}:
                self.sessions += 1
                self.collect_only = bool(event.get("c"))
            case {"e": "collected", "n": list(names)}:
                counts = {} if self.counts is None else self.counts
                for name, count in Counter(n for n in names if isinstance(n, str)).items():
                    counts[name] = max(count, counts.get(name, 0))
                self.counts = counts
            case {"e": "collect", "n": str(name)}:
                self.collection.append((f"{name}::(collection)", _status(event), 0.0, _text(event)))
            case {"e": "start", "n": str(name)}:
                self.running[name] = None
            case {"e": "end", "n": str(name)}:
                self.running.pop(name, None)
                self.ended.append((name, _status(event), _seconds(event), _text(event)))
            case {"e": "killed", "n": str(name)}:
                self.killed.add(name)
            case {"e": "stack"}:
                self.killed.update(self.running)
            case {"e": "frame"}:
                for name in self.running:
                    self.frames.setdefault(name, []).append(_text(event))
            case {"e": "internal"}:
                self.internal = _text(event)
            case {"e": "finish"}:
                self.finished += 1

    def _break(self) -> None:
        """A new session begins: what still ran in the last one took it along."""
        self.hung.update(self.running)
        self.running.clear()


def _status(event: Event) -> Status:
    try:
        return Status(str(event.get("s")))
    except ValueError:
        return Status.ERROR


def _seconds(event: Event) -> float:
    value = event.get("t")
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0


def _text(event: Event) -> str:
    value = event.get("m")
    return value[:1000] if isinstance(value, str) else ""
