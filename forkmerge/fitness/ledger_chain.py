"""The entries of the ledger as values: their hashes, what is wrong with a ledger, what two of them make together.

Idea: each clone writes a chain of its own.  An entry holds the hash of the entry before it, and its own hash covers
that and all of its content; so entries name themselves, a ledger is a set of them, and merging is the union of two.
What was pruned is replaced by a checkpoint, which holds the hash that the first entry that was kept refers to.

Invariants: ``merge`` is commutative, associative and idempotent and loses nothing; nothing here trusts a value's type:
what was changed from outside is a finding, never an exception.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FindingKind: TypeAlias = Literal["changed", "missing", "reordered", "unexpected"]
START = ""
"""What the first entry of a chain has as the hash before it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One run of the tests: its place in its chain, what it depends on, what came of it, and the packed results.

    ``hash`` covers all the rest; ``digest`` tells what it has to be.
    """

    chain: str
    seq: int
    prev: str
    tree: str
    command: str
    environment: str
    policy: str
    selection: str
    final: int
    created: float
    status: str
    seconds: float
    tests: int
    body: bytes
    hash: str = ""


ROW_FIELDS = tuple(Row.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Stands for the entries of ``chain`` up to ``seq``, whose last one's hash was ``last``.

    ``pruned`` is how many there were, ``signer`` who took them away, and ``created`` when.
    """

    chain: str
    seq: int
    last: str
    pruned: int
    created: float
    signer: str
    hash: str = ""


CHECKPOINT_FIELDS = tuple(Checkpoint.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain, as the ledger remembers it beside the entries."""

    chain: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Entries:
    """A ledger as a set of entries."""

    rows: frozenset[Row] = frozenset()
    checkpoints: frozenset[Checkpoint] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: ``entry`` names the entry (``#number``, its place in its chain, its hash)."""

    kind: FindingKind
    entry: str
    detail: str


def digest(entry: Row | Checkpoint) -> str:
    """Return the hash that ``entry`` has to have: SHA-256 over the JSON of its fields, the body by its own hash."""
    if isinstance(entry, Row):
        body = hashlib.sha256(entry.body).hexdigest() if isinstance(entry.body, bytes) else repr(entry.body)
        values: list[object] = ["run-1", *(getattr(entry, name) for name in ROW_FIELDS[:-2]), body]
    else:
        values = ["checkpoint-1", *(getattr(entry, name) for name in CHECKPOINT_FIELDS[:-1])]
    return hashlib.sha256(json.dumps(values, separators=(",", ":"), default=repr).encode("ascii")).hexdigest()


def merge(a: Entries, b: Entries) -> Entries:
    """Return every entry of both."""
    return Entries(a.rows | b.rows, a.checkpoints | b.checkpoints)


def rootless(entries: Entries, known: Iterable[Head] = ()) -> tuple[Row, ...]:
    """Return the rows whose predecessor is neither in ``entries``, nor pruned, nor among ``known``."""
    there = {(r.chain, r.seq, r.hash) for r in entries.rows}
    there |= {(c.chain, c.seq, c.last) for c in entries.checkpoints}
    there |= {(h.chain, h.seq, h.hash) for h in known}
    found = [
        r
        for r in entries.rows
        if not (r.prev == START and r.seq == 1) and (r.prev == START or (r.chain, r.seq - 1, r.prev) not in there)
    ]
    return tuple(sorted(found, key=lambda r: (r.chain, r.seq)))


def before(entries: Entries, hashes: Iterable[str]) -> frozenset[str]:
    """Return ``hashes`` and those of all their predecessors, as far as they are in ``entries``."""
    prev = {r.hash: r.prev for r in entries.rows}
    found: set[str] = set()
    for start in hashes:
        at = start
        while at in prev and at not in found:
            found.add(at)
            at = prev[at]
    return frozenset(found)


def check(
    rows: Iterable[tuple[int, Row]], checkpoints: Iterable[Checkpoint], heads: Iterable[Head], own: str
) -> Iterator[Finding]:
    """Yield what is wrong with a ledger whose entries stand in the order of their numbers.

    ``own`` is the chain that this ledger writes; its entries have to stand in the order in which they were written.
    """
    there: set[str] = set()
    followed: set[str] = set()
    ends: list[tuple[Head, str]] = []
    links: list[tuple[Head, str]] = []
    torn: dict[str, float] = {}  # chain -> the place up to which something of it is missing
    last = (0, "")
    for number, row in rows:
        name, real = f"#{number} ({place(row.chain, row.seq)})", digest(row)
        if real != row.hash:
            yield Finding("changed", name, f"its content does not fit its hash {str(row.hash)[:12]}")
            torn[row.chain] = math.inf
        else:
            ends.append((Head(row.chain, row.seq, real), name))
            if row.prev != START or row.seq != 1:
                links.append((Head(row.chain, row.seq, row.prev), name))
            if row.chain == own:
                if row.seq < last[0]:
                    yield Finding("reordered", name, f"it stands after {last[1]}, which was written later")
                last = max(last, (row.seq, name))
        there |= {row.hash, real}
        followed.add(row.prev)
    for checkpoint in checkpoints:
        if digest(checkpoint) != checkpoint.hash:
            name = f"checkpoint {place(checkpoint.chain, checkpoint.seq)}"
            yield Finding("changed", name, f"its content does not fit its hash {str(checkpoint.hash)[:12]}")
        there.add(checkpoint.last)
    for link, name in links:
        if link.hash not in there:
            yield Finding("missing", f"the entry before {name}", f"its hash was {str(link.hash)[:12]}")
            torn[link.chain] = max(torn.get(link.chain, 0), link.seq)
    known = {head.hash: head for head in heads}
    for head in known.values():
        if head.hash not in there:
            name = place(head.chain, head.seq)
            yield Finding("missing", name, f"the last of its chain, its hash was {str(head.hash)[:12]}")
            torn[head.chain] = max(torn.get(head.chain, 0), head.seq)
    followed |= known.keys()
    for end, name in ends:
        if end.hash not in followed and end.seq >= torn.get(end.chain, 0):
            yield Finding("unexpected", name, "no entry follows it, and its chain is not known to end there")


def place(chain: str, seq: int) -> str:
    """Return the name of a place in a chain, for people."""
    return f"{str(chain)[:8]}:{seq}"
