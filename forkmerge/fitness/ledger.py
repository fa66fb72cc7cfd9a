"""The record of every evaluation: an embedded SQLite database inside the git directory.

A run is kept under what it depends on (``Key``); one key may have several runs, which is how flaky tests are found.
Invariants: only a run that came to its end is ever given back by ``get``; a process killed at any moment leaves the
database as before or with one whole run more (WAL); several processes may use it at once; a damaged file is moved aside
and noted, a locked or read-only one is done without: the ledger saves work, it never stops any.

Every entry is chained to the one before it (``ledger_chain``), so what was changed from outside can be found
(``findings``); entries of other ledgers stand beside this one's own (``absorb``) and are never asked before them.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
import statistics
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from forkmerge.errors import UnusableInput
from forkmerge.fitness import ledger_rows as rows
from forkmerge.fitness import ledger_schema as schema
from forkmerge.fitness.ledger_chain import ROW_FIELDS, START, Checkpoint, Entries, Finding, Row, digest
from forkmerge.fitness.packing import pack, unpack
from forkmerge.model.outcome import RunStatus, SuiteRun, TestId

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from forkmerge.fitness.ledger_prune import Bounds
    from forkmerge.fitness.ledger_rows import Pruned, Taken

T = TypeVar("T")
FINAL = (RunStatus.COMPLETED, RunStatus.UNCOLLECTED)
_OWN_FIRST = "runs.chain = own.chain DESC, id DESC"
"""This ledger's own runs go before those of others."""
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
    """One recorded run without its results; ``created`` in seconds since 1970, ``final``: ``get`` may give it back.

    ``number`` is its place in this ledger, ``chain`` and ``seq`` that in its chain; ``foreign``: another
    ledger made it.
    """

    key: Key
    status: RunStatus
    created: float
    seconds: float
    tests: int
    final: bool
    number: int = 0
    hash: str = ""
    chain: str = ""
    seq: int = 0
    foreign: bool = False


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
        self._fetched: set[str] = set()
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
        row = Row(
            "",
            0,
            START,
            *key.row(),
            final=int(run.status in FINAL),
            created=float(self._clock()),
            status=run.status.value,
            seconds=float(run.seconds) + 0.0,  # the database knows no negative nought
            tests=len(run.results),
            body=pack(run),
        )
        self._do(lambda c: rows.append(c, row), None)

    def entries(self) -> tuple[LedgerEntry, ...]:
        """Return all recorded runs, oldest first."""

        def select(connection: sqlite3.Connection) -> tuple[LedgerEntry, ...]:
            found = connection.execute(
                "SELECT tree, command, environment, policy, selection, status, created, seconds, tests, final,"
                " id, hash, runs.chain, runs.seq, runs.chain != own.chain FROM runs, own ORDER BY id"
            )
            return tuple(
                LedgerEntry(
                    Key(*r[:5]),
                    _status(r[5]),
                    _real(r[6]),
                    _real(r[7]),
                    int(_real(r[8])),
                    bool(r[9]),
                    r[10],
                    r[11],
                    r[12],
                    r[13],
                    bool(r[14]),
                )
                for r in found
            )

        return self._do(select, ())

    def run_of(self, entry: LedgerEntry) -> SuiteRun:
        """Return the results of an entry; raise ValueError where they can't be read."""
        query = "SELECT body FROM runs WHERE id = ? AND hash = ?"
        found = self._do(lambda c: c.execute(query, (entry.number, entry.hash)).fetchone(), None)
        if found is None or not isinstance(found[0], bytes):
            raise ValueError("it is gone")
        return unpack(found[0])

    def count(self) -> int:
        """Return the number of recorded runs."""
        return self._do(lambda c: int(c.execute("SELECT count(*) FROM runs").fetchone()[0]), 0)

    def history(self, command: str, *, last: int = 20) -> Mapping[TestId, TestHistory]:
        """Return what the ``last`` finished runs of ``command`` in this ledger's own chain say about their tests."""
        seconds: dict[TestId, list[float]] = defaultdict(list)
        failures: dict[TestId, int] = defaultdict(int)
        for run in self._bodies("command = ? AND final = 1 AND runs.chain = own.chain", (command,), last):
            for result in run.results:
                seconds[result.test].append(result.seconds)
                failures[result.test] += not result.status.good
        return {t: TestHistory(statistics.median(s), len(s), failures[t]) for t, s in seconds.items()}

    def told(self, command: str, *, last: int) -> tuple[SuiteRun, ...]:
        """Return the ``last`` finished entries of ``command``, those of other ledgers too, the newest first."""
        return tuple(self._bodies("command = ? AND final = 1", (command,), last, order="created DESC, id DESC"))

    @property
    def kept(self) -> bool:
        """Return whether what is put in is kept in the file (``notes`` say why not)."""
        return self._kept

    @property
    def fetched(self) -> int:
        """Return how many runs of other ledgers were given back since this one was opened."""
        return len(self._fetched)

    @property
    def chain(self) -> str:
        """Return the name of the chain that this ledger writes."""
        return self._must(lambda c: str(c.execute("SELECT chain FROM own").fetchone()[0]))

    def links(self) -> dict[str, str]:
        """Return the hash of the entry before each entry, by the entry's own."""
        return self._must(lambda c: dict(c.execute("SELECT hash, prev FROM runs").fetchall()))

    def findings(self) -> tuple[Finding, ...]:
        """Return which entries were changed, taken away or moved since they were written; UnusableInput as below."""
        return self._must(rows.findings)

    def rows(self, *, without: Collection[str] = ()) -> tuple[Row, ...]:
        """Return all entries, without those of these hashes; raise UnusableInput where the file can't be used."""
        return self._must(lambda c: tuple(row for _, row in rows.rows(c, without=without)))

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return what stands for entries that were pruned; raises as ``rows``."""
        return self._must(rows.checkpoints)

    def absorb(self, other: Entries) -> Taken:
        """Take over the entries of another ledger, none or all that are new; raises as ``rows``, or as it says."""
        return self._must(lambda c: rows.absorb(c, other))

    def prune(self, bounds: Bounds, *, signer: str) -> Pruned:
        """Take away the oldest entries and sign checkpoints in their place; raises as ``rows``."""
        done = self._must(lambda c: rows.prune(c, bounds, signer=signer, now=float(self._clock())))
        self._do(lambda c: c.execute("VACUUM"), None)
        self._do(lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)"), None)
        return done

    def close(self) -> None:
        """Close the file."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _bodies(self, where: str, values: tuple[str, ...], limit: int, *, order: str = _OWN_FIRST) -> list[SuiteRun]:
        """Return the newest runs first; a record that was changed or can't be read is passed over."""
        columns = ", ".join(f"runs.{name}" for name in ROW_FIELDS)
        query = f"SELECT own.chain, {columns} FROM runs, own WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608 - constants
        found: list[tuple[object, ...]] = self._do(lambda c: c.execute(query, (*values, limit)).fetchall(), [])
        runs = []
        for own, *fields in found:
            row = Row(*fields)  # type: ignore[arg-type]
            if digest(row) != row.hash:
                self._note("a record of the ledger was changed and is passed over (forkmerge ledger verify tells more)")
                continue
            try:
                runs.append(unpack(row.body))
            except (ValueError, TypeError) as error:
                self._note(f"a record of the ledger can't be read and is passed over ({error})")
            else:
                if row.chain != own and order == _OWN_FIRST:
                    self._fetched.add(row.hash)
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

    def _must(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Return what ``action`` returns; what is wrong with the file is an error here."""
        with self._lock:
            try:
                return action(self._connection)
            except sqlite3.Error as error:
                raise UnusableInput(f"the ledger could not be used: {error}", where=self.path) from error

    def _connect(self) -> sqlite3.Connection:
        self._kept = True
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
        self._kept = False
        return self._open(":memory:")

    def _open(self, path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=self._busy, check_same_thread=False)
        connection.text_factory = lambda data: data.decode("utf-8", "backslashreplace")
        try:
            if path != ":memory:":
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > schema.SCHEMA:
                raise sqlite3.OperationalError(f"it was written by a newer forkmerge (schema {version})")
            schema.upgrade(connection, path)
            schema.settle(connection, path)
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


def _status(value: str) -> RunStatus:
    """Return the status; what nobody has written counts as one that could not tell."""
    return RunStatus(value) if value in tuple(RunStatus) else RunStatus.UNVERIFIED


def _real(value: object) -> float:
    """Return a number that was stored, 0 for what nobody has written."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
