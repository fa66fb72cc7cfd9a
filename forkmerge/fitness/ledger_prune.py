"""Which entries go when a ledger is pruned: the oldest, and of every chain a beginning.

Invariant: what goes is closed: with an entry go all those before it in its chain, so that one checkpoint for each end
of what went keeps the rest verifiable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OVERHEAD = 400
"""Bytes that an entry takes in the file beside its texts and its packed results: numbers, hashes, indices."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What is known of an entry when the ledger is pruned; ``size`` in bytes."""

    hash: str
    prev: str
    chain: str
    seq: int
    created: float
    size: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a ledger is pruned to; None is no bound.

    ``since`` is the time (seconds since 1970) before which entries are old, ``keep`` the greatest number of entries,
    ``size`` the greatest number of bytes.
    """

    since: float | None = None
    keep: int | None = None
    size: int | None = None


def going(entries: Iterable[Weight], bounds: Bounds, *, now: float) -> tuple[Weight, ...]:
    """Return the entries that go, oldest first; a time later than ``now`` counts as now."""
    order = _aged(entries, now)
    drop = 0
    if bounds.since is not None:
        drop = sum(age < bounds.since for age, _ in order)
    if bounds.keep is not None:
        drop = max(drop, len(order) - bounds.keep)
    if bounds.size is not None:
        left = sum(weight.size for _, weight in order[drop:])
        while left > bounds.size:
            left -= order[drop][1].size
            drop += 1
    return tuple(weight for _, weight in order[:drop])


def ends(gone: Sequence[Weight]) -> tuple[Weight, ...]:
    """Return those of ``gone`` that no other one of them follows: where checkpoints have to stand."""
    followed = {weight.prev for weight in gone}
    return tuple(weight for weight in gone if weight.hash not in followed)


def _aged(entries: Iterable[Weight], now: float) -> list[tuple[float, Weight]]:
    """Return the entries, oldest first; none counts as older than one before it in its chain."""
    found: list[tuple[float, Weight]] = []
    chain, latest = "", 0.0
    for weight in sorted(entries, key=lambda w: (w.chain, w.seq)):
        if weight.chain != chain:
            chain, latest = weight.chain, 0.0
        latest = max(latest, min(weight.created, now))
        found.append((latest, weight))
    return sorted(found, key=lambda pair: (pair[0], pair[1].chain, pair[1].seq))
