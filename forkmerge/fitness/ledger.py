"""The record of every evaluation: an embedded SQLite database inside the git directory.

A run is kept under what it depends on (``Key``); one key may have several runs, which is how flaky tests are found.
Invariants: only a run that came to its end is ever given back by ``get``; a process killed at any moment leaves the
database as before or with one whole run more (WAL); several processes may use it at once; a damaged file is moved aside
and noted, a locked or read-only one is done without: the ledger saves work, it never stops any.
"""

from __future__ import annotations

import contextlib
import sqlite3
import statistics
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from forkmerge.fitness.packing import pack, unpack
from forkmerge.model.outcome import RunStatus, SuiteRun, TestId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
SCHEMA = 1
FINAL = (RunStatus.COMPLETED, RunStatus.UNCOLLECTED)
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY,
  tree TEXT NOT NULL, command TEXT NOT NULL, environment TEXT NOT NULL, policy TEXT NOT NULL, selection TEXT NOT NULL,
  final INTEGER NOT NULL, created REAL NOT NULL, status TEXT NOT NULL, seconds REAL NOT NULL, tests INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_key ON runs (tree, command, environment, policy, selection, final);
CREATE INDEX IF NOT EXISTS runs_by_command ON runs (command, final, id);
"""
_BY_KEY = "tree = ? AND command = ? AND environment = ? AND policy = ? AND selection = ?"


@dataclass(frozen=True, slots=True)
class Key:
    """What a result depends on: tree id, command, environment and policy (``keys.py``), selection ("": whole suite)."""

    tree: str
    command: str
    environment: str
    policy: str
    selection: str = ""

    def row(self) -> tuple[str, str, str, str, str]:
        """Return the key as its columns."""
        return (self.tree, self.command, self.environment, self.policy, self.selection)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One recorded run without its results; ``created`` in seconds since 1970, ``final``: ``get`` may give it back."""

    key: Key
    status: RunStatus
    created: float
    seconds: float
    tests: int
    final: bool


@dataclass(frozen=True, slots=True)
class TestHistory:
    """What recent runs say about a test: median seconds, how many runs, how many of them did not pass."""

    __test__ = False

    seconds: float
    runs: int
    failures: int


def ledger_path(git_dir: str) -> str:
    """Return where the ledger of a repository lives."""
    return f"{git_dir}/forkmerge/ledger.sqlite3"


class Ledger:
    """The open ledger; safe to use from several threads.  ``notes`` tell what went wrong with the file, if anything."""

    def __init__(self, path: str, *, clock: Callable[[], float] = time.time, busy_seconds: float = 10.0) -> None:
        self.path = path
        self._clock = clock
        self._busy = busy_seconds
        self._lock = threading.RLock()
        self._notes: list[str] = []
        self._connection = self._connect()

    @classmethod
    def open(cls, path: str) -> Ledger:
        """Return the ledger at ``path`` (made when it is not there); never raises for what is wrong with the file."""
        return cls(path)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the user should know about the file."""
        return tuple(self._notes)

    def get(self, key: Key) -> SuiteRun | None:
        """Return the latest run of ``key`` that came to its end, None when there is none."""
        runs = self._bodies(f"{_BY_KEY} AND final = 1", key.row(), 1)
        return runs[0] if runs else None

    def runs(self, key: Key) -> tuple[SuiteRun, ...]:
        """Return every run of ``key`` that came to its end, oldest first."""
        return tuple(reversed(self._bodies(f"{_BY_KEY} AND final = 1", key.row(), 100)))

    def put(self, key: Key, run: SuiteRun) -> None:
        """Record a run; one that was killed or could not tell is kept for the record, ``get`` never gives it back."""
        body = pack(run)
        row = (run.status in FINAL, self._clock(), run.status.value, run.seconds, len(run.results), body)

        def insert(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute(
                    "INSERT INTO runs (tree, command, environment, policy, selection, final, created, status, seconds,"
                    " tests, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*key.row(), *row),
                )

        self._do(insert, None)

    def entries(self) -> tuple[LedgerEntry, ...]:
        """Return all recorded runs, oldest first."""

        def select(connection: sqlite3.Connection) -> tuple[LedgerEntry, ...]:
            rows = connection.execute(
                "SELECT tree, command, environment, policy, selection, status, created, seconds, tests, final"
                " FROM runs ORDER BY id"
            )
            return tuple(LedgerEntry(Key(*r[:5]), RunStatus(r[5]), r[6], r[7], r[8], bool(r[9])) for r in rows)

        return self._do(select, ())

    def count(self) -> int:
        """Return the number of recorded runs."""
        return self._do(lambda c: int(c.execute("SELECT count(*) FROM runs").fetchone()[0]), 0)

    def history(self, command: str, *, last: int = 20) -> Mapping[TestId, TestHistory]:
        """Return what the ``last`` finished runs of ``command`` say about each of their tests."""
        seconds: dict[TestId, list[float]] = defaultdict(list)
        failures: dict[TestId, int] = defaultdict(int)
        for run in self._bodies("command = ? AND final = 1", (command,), last):
            for result in run.results:
                seconds[result.test].append(result.seconds)
                failures[result.test] += not result.status.good
        return {t: TestHistory(statistics.median(s), len(s), failures[t]) for t, s in seconds.items()}

    def close(self) -> None:
        """Close the file."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _bodies(self, where: str, values: tuple[str, ...], limit: int) -> list[SuiteRun]:
        """Return the newest runs first; a record that can't be read is passed over."""
        query = f"SELECT body FROM runs WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 - constants only
        blobs: list[tuple[bytes]] = self._do(lambda c: c.execute(query, (*values, limit)).fetchall(), [])
        runs = []
        for (blob,) in blobs:
            try:
                runs.append(unpack(blob))
            except ValueError as error:
                self._note(f"a record of the ledger can't be read and is passed over ({error})")
        return runs

    def _do(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        with self._lock:
            try:
                return action(self._connection)
            except sqlite3.OperationalError as error:
                self._note(f"the ledger {self.path} could not be used: {error}")
            except sqlite3.DatabaseError as error:
                self._set_aside(error)
                self._connection = self._connect()
            return otherwise

    def _connect(self) -> sqlite3.Connection:
        for _ in range(2):
            try:
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
                return self._open(self.path)
            except sqlite3.OperationalError as error:
                self._note(f"the ledger {self.path} could not be opened, results are kept for this run only: {error}")
                break
            except sqlite3.DatabaseError as error:
                self._set_aside(error)
            except OSError as error:
                self._note(f"the ledger {self.path} could not be made, results are kept for this run only: {error}")
                break
        return self._open(":memory:")

    def _open(self, path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=self._busy, check_same_thread=False)
        try:
            if path != ":memory:":
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > SCHEMA:
                raise sqlite3.OperationalError(f"it was written by a newer forkmerge (schema {version})")
            if version < SCHEMA:
                connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
            connection.execute("SELECT id FROM runs ORDER BY id DESC LIMIT 1").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _set_aside(self, error: sqlite3.Error) -> None:
        """Move the damaged file and its companions away, so that what is in it can still be looked at."""
        with contextlib.suppress(sqlite3.Error, AttributeError):
            self._connection.close()
        stamp = int(self._clock())
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                Path(self.path + suffix).replace(f"{self.path}.damaged-{stamp}{suffix}")
        self._note(f"the ledger was damaged ({error}); it was moved to {self.path}.damaged-{stamp} and a new one begun")

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)
