"""What is done to the entries in the database: appended, taken over from another ledger, pruned, looked through.

Invariants: an entry is never written again; ``heads`` follow every change of the entries in the same transaction, and
are never worked out anew from them, or a deleted entry would be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.fitness import ledger_chain as chains
from forkmerge.fitness import ledger_prune as pruning
from forkmerge.fitness.ledger_chain import CHECKPOINT_FIELDS, Checkpoint, Entries, Finding, Head, Row
from forkmerge.fitness.ledger_schema import COLUMNS, begin_chain

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator

# ruff: noqa: S608 - every part of these queries is a constant of this house

_CHECKPOINT = ", ".join(CHECKPOINT_FIELDS)
_SIZE = "length(body) + length(tree || command || environment || policy || selection)"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of taking over another ledger: ``rows`` new here, ``known`` before, ``pruned`` here and left out.

    ``renamed`` says that there were entries of this ledger's own chain that it has not: it was put back from a copy.
    """

    rows: int
    known: int
    pruned: int
    renamed: bool


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning took away: entries, bytes, and the checkpoints that stand for them."""

    entries: int
    bytes: int
    checkpoints: int


def append(connection: sqlite3.Connection, row: Row) -> None:
    """Write ``row`` as the next entry of this ledger's own chain."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        chain, head, seq = connection.execute("SELECT chain, head, seq FROM own").fetchone()
        row = replace(row, chain=chain, seq=seq + 1, prev=head)
        row = replace(row, hash=chains.digest(row))
        _insert(connection, row)
        connection.execute("DELETE FROM heads WHERE hash = ?", (head,))
        connection.execute("INSERT INTO heads (hash, chain, seq) VALUES (?, ?, ?)", (row.hash, chain, row.seq))
        connection.execute("UPDATE own SET head = ?, seq = ?", (row.hash, row.seq))


def rows(connection: sqlite3.Connection, *, without: Collection[str] = ()) -> Iterator[tuple[int, Row]]:
    """Yield number and content of the entries in the order of their numbers, without those of these hashes."""
    cursor = connection.execute(f"SELECT id, {COLUMNS} FROM runs ORDER BY id")
    for number, *values in cursor:
        if values[-1] not in without:
            yield number, Row(*values)


def checkpoints(connection: sqlite3.Connection) -> tuple[Checkpoint, ...]:
    """Return the checkpoints, in the order of their places."""
    found = connection.execute(f"SELECT {_CHECKPOINT} FROM checkpoints ORDER BY chain, seq, hash")
    return tuple(Checkpoint(*values) for values in found)


def heads(connection: sqlite3.Connection) -> tuple[Head, ...]:
    """Return the last entries of the chains, and that of this ledger's own, which is told twice."""
    found = [Head(*values) for values in connection.execute("SELECT chain, seq, hash FROM heads")]
    chain, head, seq = connection.execute("SELECT chain, head, seq FROM own").fetchone()
    return (*found, Head(chain, seq, head)) if seq else tuple(found)


def findings(connection: sqlite3.Connection) -> tuple[Finding, ...]:
    """Return what is wrong with the entries."""
    (own,) = connection.execute("SELECT chain FROM own").fetchone()
    return tuple(chains.check(rows(connection), checkpoints(connection), heads(connection), own))


def absorb(connection: sqlite3.Connection, other: Entries) -> Taken:
    """Take over what is new in ``other``; raise UnusableInput where an entry's predecessor is nowhere.

    What was pruned here is left out.  The hashes of ``other`` have to be right (``ledger_share`` sees to that).
    """
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        there = {h: Head(c, s, h) for h, c, s in connection.execute("SELECT hash, chain, seq FROM runs")}
        marks = checkpoints(connection)
        lasts = (Head(c.chain, c.seq, c.last) for c in marks)
        loose = chains.rootless(other, (*there.values(), *lasts))
        if loose:
            where = chains.place(loose[0].chain, loose[0].seq)
            raise UnusableInput("an entry of the other ledger refers to one that is nowhere", where=where)
        here = [last for (last,) in connection.execute("SELECT last FROM checkpoints WHERE here = 1")]
        gone = chains.before(other, here)
        new = sorted(
            (r for r in other.rows if r.hash not in there and r.hash not in gone), key=lambda r: (r.chain, r.seq)
        )
        (own,) = connection.execute("SELECT chain FROM own").fetchone()
        renamed = any(row.chain == own for row in new)
        if renamed:
            begin_chain(connection)
        for row in new:
            _insert(connection, row)
        known = {mark.hash for mark in marks}
        _sign(connection, [c for c in other.checkpoints if c.hash not in known], here=False)
        _follow(connection, new)
        known_rows = sum(r.hash in there for r in other.rows)
        return Taken(len(new), known_rows, len(other.rows) - known_rows - len(new), renamed)


def prune(connection: sqlite3.Connection, bounds: pruning.Bounds, *, signer: str, now: float) -> Pruned:
    """Take away what ``bounds`` leave no room for and sign checkpoints in its place."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute(f"SELECT hash, prev, chain, seq, created, {_SIZE} FROM runs")
        weights = [pruning.Weight(h, p, c, s, t, int(b or 0) + pruning.OVERHEAD) for h, p, c, s, t, b in found]
        gone = pruning.going(weights, bounds, now=now)
        counts = _counts(connection, gone)
        marks = [Checkpoint(end.chain, end.seq, end.hash, counts[end.hash], now, signer) for end in pruning.ends(gone)]
        connection.executemany("DELETE FROM runs WHERE hash = ?", [(weight.hash,) for weight in gone])
        replaced = [(weight.prev,) for weight in gone]
        connection.executemany("DELETE FROM checkpoints WHERE last = ?", replaced)
        _sign(connection, [replace(mark, hash=chains.digest(mark)) for mark in marks], here=True)
        return Pruned(len(gone), sum(weight.size for weight in gone), len(marks))


def _insert(connection: sqlite3.Connection, row: Row) -> None:
    values = [getattr(row, name) for name in Row.__dataclass_fields__]
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO runs ({COLUMNS}) VALUES ({marks})", values)


def _sign(connection: sqlite3.Connection, marks: Iterable[Checkpoint], *, here: bool) -> None:
    for mark in marks:
        values = [getattr(mark, name) for name in CHECKPOINT_FIELDS]
        places = ", ".join("?" * (len(values) + 1))
        connection.execute(f"INSERT INTO checkpoints ({_CHECKPOINT}, here) VALUES ({places})", (*values, int(here)))
        followed = connection.execute(
            "SELECT 1 FROM runs WHERE prev = ? OR hash = ? LIMIT 1", (mark.last, mark.last)
        ).fetchone()
        if not followed:
            connection.execute(
                "INSERT OR IGNORE INTO heads (hash, chain, seq) VALUES (?, ?, ?)", (mark.last, mark.chain, mark.seq)
            )


def _follow(connection: sqlite3.Connection, new: Iterable[Row]) -> None:
    """Let the heads follow the entries that were just taken over."""
    for row in new:
        connection.execute("DELETE FROM heads WHERE hash = ?", (row.prev,))
        if not connection.execute("SELECT 1 FROM runs WHERE prev = ? LIMIT 1", (row.hash,)).fetchone():
            connection.execute(
                "INSERT OR IGNORE INTO heads (hash, chain, seq) VALUES (?, ?, ?)", (row.hash, row.chain, row.seq)
            )


def _counts(connection: sqlite3.Connection, gone: Iterable[pruning.Weight]) -> dict[str, int]:
    """Return how many entries each of ``gone`` ends, with those that earlier checkpoints stand for."""
    earlier: dict[str, int] = dict(connection.execute("SELECT last, pruned FROM checkpoints").fetchall())
    counts: dict[str, int] = {}
    for weight in sorted(gone, key=lambda w: (w.chain, w.seq)):
        counts[weight.hash] = 1 + counts.get(weight.prev, earlier.get(weight.prev, 0))
    return counts
