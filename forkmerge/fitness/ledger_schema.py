"""The tables of the ledger's database, and how a database of an older forkmerge becomes one of today, in place.

Invariant: a change of the schema is one transaction; a process that is killed leaves the old schema or the new one, and
no result is ever dropped.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from dataclasses import replace

from forkmerge.fitness.ledger_chain import ROW_FIELDS, START, Row, digest

SCHEMA = 2
COLUMNS = ", ".join(ROW_FIELDS)
_RUNS = """
CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY,
  tree TEXT NOT NULL, command TEXT NOT NULL, environment TEXT NOT NULL, policy TEXT NOT NULL, selection TEXT NOT NULL,
  final INTEGER NOT NULL, created REAL NOT NULL, status TEXT NOT NULL, seconds REAL NOT NULL, tests INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_key ON runs (tree, command, environment, policy, selection, final);
CREATE INDEX IF NOT EXISTS runs_by_command ON runs (command, final, id)
"""
_CHAINS = """
ALTER TABLE runs ADD COLUMN chain TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN prev TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN hash TEXT NOT NULL DEFAULT '';
CREATE TABLE checkpoints (
  hash TEXT PRIMARY KEY, chain TEXT NOT NULL, seq INTEGER NOT NULL, last TEXT NOT NULL, pruned INTEGER NOT NULL,
  created REAL NOT NULL, signer TEXT NOT NULL, here INTEGER NOT NULL
);
CREATE TABLE heads (hash TEXT PRIMARY KEY, chain TEXT NOT NULL, seq INTEGER NOT NULL);
CREATE TABLE own (chain TEXT NOT NULL, head TEXT NOT NULL, seq INTEGER NOT NULL, home TEXT NOT NULL)
"""
_INDICES = """
CREATE UNIQUE INDEX runs_by_hash ON runs (hash);
CREATE INDEX runs_by_prev ON runs (prev);
CREATE INDEX runs_by_chain ON runs (chain, seq)
"""


def upgrade(connection: sqlite3.Connection, path: str) -> None:
    """Bring the database at ``path`` to the schema of today; it may be new, or be upgraded by others meanwhile."""
    if _version(connection) == SCHEMA:
        return
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)
        if version == SCHEMA:
            return
        for statement in (_RUNS + ";" + _CHAINS).split(";") if version < 1 else _CHAINS.split(";"):
            connection.execute(statement)
        chain, head, seq = new_chain(), START, 0
        for (number,) in connection.execute("SELECT id FROM runs ORDER BY id").fetchall():
            old = f"SELECT {COLUMNS} FROM runs WHERE id = ?"  # noqa: S608 - constants only
            row = Row(*connection.execute(old, (number,)).fetchone())
            seq += 1
            row = replace(row, chain=chain, seq=seq, prev=head)
            head = digest(row)
            connection.execute(
                "UPDATE runs SET chain = ?, seq = ?, prev = ?, hash = ? WHERE id = ?",
                (chain, seq, row.prev, head, number),
            )
        for statement in _INDICES.split(";"):
            connection.execute(statement)
        if seq:
            connection.execute("INSERT INTO heads (hash, chain, seq) VALUES (?, ?, ?)", (head, chain, seq))
        connection.execute("INSERT INTO own VALUES (?, ?, ?, ?)", (chain, head, seq, home_of(path)))
        connection.execute(f"PRAGMA user_version = {SCHEMA}")


def settle(connection: sqlite3.Connection, path: str) -> None:
    """Begin a new chain where the database is a copy: on another machine, or at another place as another file.

    Where nothing can be written, nothing is begun.
    """
    here = home_of(path)
    found = connection.execute("SELECT home FROM own").fetchone()
    if found == (here,):
        return
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if found is None:
                connection.execute("INSERT INTO own VALUES (?, ?, 0, ?)", (new_chain(), START, here))
            elif same_home(found[0], here):
                connection.execute("UPDATE own SET home = ?", (here,))
            else:
                begin_chain(connection, here)
    except sqlite3.OperationalError as error:
        if "readonly" not in str(error):
            raise


def begin_chain(connection: sqlite3.Connection, home: str | None = None) -> None:
    """Let what is written from now on be a new chain; what is there stays, as entries of other ledgers."""
    connection.execute("UPDATE own SET chain = ?, head = ?, seq = 0", (new_chain(), START))
    if home is not None:
        connection.execute("UPDATE own SET home = ?", (home,))


def new_chain() -> str:
    """Return a name that no other chain has."""
    return secrets.token_hex(16)


def home_of(path: str) -> str:
    """Return what tells this database from a copy of it: machine, place, and the number of the file."""
    if path == ":memory:":
        return ""
    try:
        number = os.stat(path).st_ino  # noqa: PTH116 - a part of a string
    except OSError:
        number = 0
    return "\n".join((os.uname().nodename, os.path.realpath(path), str(number)))


def same_home(known: str, here: str) -> bool:
    """Return whether the file was at most moved, or put back in its place, on the same machine."""
    a, b = known.split("\n"), here.split("\n")
    return len(a) == len(b) == 3 and a[0] == b[0] and (a[1] == b[1] or a[2] == b[2])


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
