"""Which loci each test touches, from what all runs so far have told.

A test touches a locus when one of its runs reached a place of the locus's footprint: on a parent, on the other side's
code, or on an offspring.  So what a test touches grows with what is run, and never shrinks.  A place that is reached by
other tests when the suite runs in the opposite order (a cache that the first caller fills, a module that the first one
imports) belongs to all tests.

Invariants: of a test whose own parent was not followed in both orders nothing is known: it touches everything.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.model.reach import EVERYTHING, IMPORTED, SOUGHT, WHOLE
from forkmerge.recombination.footprint import Footprints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.fitness.required import Owner
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.model.reach import Place, Reach
    from forkmerge.recombination.values import LocusMap
    from forkmerge.search.protocol import Covers


@dataclass(slots=True)
class Reaches:
    """What was told so far; safe to use from several threads."""

    _numbers: dict[Place, int] = field(default_factory=lambda: {EVERYTHING: 0})
    _tests: dict[str, int] = field(default_factory=dict)
    _common: int = 0
    _followed: set[str] = field(default_factory=set)
    _footprints: Footprints = field(default_factory=Footprints)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, measured: Mapping[Owner, tuple[SuiteRun, ...]]) -> Reaches:
        """Return what the runs of the parents' own suites told, by owner."""
        made = cls()
        for owner, runs in measured.items():
            made.learn_parent(owner, runs)
        return made

    @property
    def known(self) -> bool:
        """Return whether anything is known of any test."""
        return bool(self._followed)

    def follows(self, duty: str) -> bool:
        """Return whether it is known what the test of a duty touches on its own parent."""
        return duty in self._followed

    def learn(self, run: SuiteRun) -> None:
        """Take in what the tests of a run touched."""
        if run.reach is not None:
            with self._lock:
                for test, mask in self._translated(run.reach).items():
                    self._tests[test] = self._tests.get(test, 0) | mask

    def learn_parent(self, owner: Owner, runs: tuple[SuiteRun, ...]) -> None:
        """Take in the runs of a parent's own suite, the second of them in the opposite order."""
        for run in runs:
            self.learn(run)
        if len(runs) < 2 or runs[0].reach is None or runs[1].reach is None:
            return
        with self._lock:
            usual, opposite = self._translated(runs[0].reach), self._translated(runs[1].reach)
            for test in usual.keys() & opposite.keys():
                self._common |= usual[test] ^ opposite[test]
                self._followed.add(f"{owner}:{test}")

    def covers(self, locus_map: LocusMap, *, without: frozenset[int] = frozenset()) -> Covers:
        """Return what tells the loci of ``locus_map`` that a duty's test touches, None for perhaps all.

        The loci ``without`` are not looked into: every test touches them.
        """
        feet = self._footprints.of(locus_map, without=without)
        known: dict[int, frozenset[int]] = {}
        masks: tuple[int, list[int]] = (0, [])

        def covers(duty: str) -> frozenset[int] | None:
            nonlocal masks
            if duty not in self._followed:
                return None
            with self._lock:
                touched = self._tests[duty.partition(":")[2]] | self._common
                if touched & 1:
                    return None
                if masks[0] != len(self._numbers):
                    known.clear()
                    masks = (len(self._numbers), [self._mask(foot) for foot in feet])
            if touched not in known:
                known[touched] = frozenset(i for i, mask in enumerate(masks[1]) if not mask or mask & touched)
            return known[touched]

        return covers

    def near(self, locus_map: LocusMap) -> Covers:
        """Return what tells the loci that a duty's test is likely to depend on: it ran something of their unit."""
        known: dict[int, frozenset[int]] = {}
        masks: tuple[int, list[int]] = (0, [])

        def near(duty: str) -> frozenset[int]:
            nonlocal masks
            with self._lock:
                touched = self._tests.get(duty.partition(":")[2], 0)
                if masks[0] != len(self._numbers):
                    known.clear()
                    masks = (len(self._numbers), self._units(locus_map))
            if touched not in known:
                known[touched] = frozenset(i for i, mask in enumerate(masks[1]) if mask & touched)
            return known[touched]

        return near

    def untouched(self, locus_map: LocusMap, *, without: frozenset[int] = frozenset()) -> frozenset[int]:
        """Return the loci that nothing that was ever run has touched; not ``without``, nor what can't be followed.

        A function that was defined and never called counts as such, though its module was imported.
        """
        feet = self._footprints.of(locus_map, without=without)
        with self._lock:
            called = {place for place in self._numbers if place[1] not in (IMPORTED, WHOLE, SOUGHT)}
            dark = {i for i, places in enumerate(feet) if places and not self._mask(places)}
        for i, locus in enumerate(locus_map.loci):
            if i not in without and locus.kind in ("function", "method") and locus.path.endswith(".py"):
                inside = any(p == locus.path and (w == locus.unit or w.startswith(f"{locus.unit}.")) for p, w in called)
                dark |= set() if inside else {i}
        return frozenset(dark)

    def _units(self, locus_map: LocusMap) -> list[int]:
        """Return for each locus the bits of the functions in its unit; what is in none is near to all of its file."""
        words: dict[str, dict[str, int]] = {}
        for (path, word), number in self._numbers.items():
            if word not in (IMPORTED, WHOLE, SOUGHT):
                words.setdefault(path, {})[word] = 1 << number
        out = []
        for locus in locus_map.loci:
            inside, unit = words.get(locus.path, {}), locus.unit
            own = [bit for word, bit in inside.items() if word == unit or word.startswith(f"{unit}.")]
            out.append(sum(own or inside.values()))
        return out

    def _mask(self, places: frozenset[Place]) -> int:
        """Return the bits of places; those that nobody ever reached have none, but the first says "not nothing"."""
        return sum(1 << self._numbers[place] for place in places if place in self._numbers)

    def _translated(self, reach: Reach) -> dict[str, int]:
        bits = [1 << self._numbers.setdefault(place, len(self._numbers)) for place in reach.places]
        seen: dict[int, int] = {}
        out: dict[str, int] = {}
        for test, mask in reach.tests.items():
            if mask not in seen:
                seen[mask] = sum({bit for number, bit in enumerate(bits) if mask >> number & 1})
            out[str(test)] = out.get(str(test), 0) | seen[mask]
        return out
