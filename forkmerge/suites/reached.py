"""What the events of ``reach_hook.py`` add up to.

Each process numbers places on its own, and says at its end what belongs to all of its tests; a process that never came
to that end says nothing of any of its tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forkmerge.model.reach import Reach

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.model.outcome import TestId
    from forkmerge.model.reach import Place

_MOST_BITS = 4_000_000


@dataclass(slots=True)
class _Process:
    places: list[Place] = field(default_factory=list)
    tests: dict[str, int] = field(default_factory=dict)
    shared: int | None = None


@dataclass(slots=True)
class ReachLog:
    """The events so far, by process."""

    processes: dict[str, _Process] = field(default_factory=dict)

    def add(self, event: dict[str, Any]) -> None:
        """Take in an event; one of another shape is passed over."""
        match event:
            case {"e": "places", "p": str(process), "c": list(places)}:
                known = self.processes.setdefault(process, _Process())
                known.places += [_place(place) for place in places]
            case {"e": "reach", "p": str(process), "n": str(name), "c": str(bits)}:
                known = self.processes.setdefault(process, _Process())
                mask = _mask(bits, len(known.places))
                if mask is None:
                    return
                if name:
                    known.tests[name] = known.tests.get(name, 0) | mask
                else:
                    known.shared = (known.shared or 0) | mask

    def reach(self, identify: Callable[[str, int], TestId]) -> Reach | None:
        """Return what each test touched, None where nothing was told."""
        numbers: dict[Place, int] = {}
        tests: dict[TestId, int] = {}
        for process in self.processes.values():
            if process.shared is None:
                continue
            bits = [1 << numbers.setdefault(place, len(numbers)) for place in process.places]
            translated: dict[int, int] = {}
            for name, own in process.tests.items():
                test, mask = identify(name, 0), own | process.shared
                if mask not in translated:
                    translated[mask] = sum({bit for number, bit in enumerate(bits) if mask >> number & 1})
                tests[test] = tests.get(test, 0) | translated[mask]
        return Reach(tuple(numbers), tests) if tests else None


def together(reaches: list[Reach]) -> Reach | None:
    """Return several as one, None for none."""
    if len(reaches) < 2:
        return reaches[0] if reaches else None
    numbers: dict[Place, int] = {}
    tests: dict[TestId, int] = {}
    for reach in reaches:
        bits = [1 << numbers.setdefault(place, len(numbers)) for place in reach.places]
        for test, mask in reach.tests.items():
            found = sum({bit for number, bit in enumerate(bits) if mask >> number & 1})
            tests[test] = tests.get(test, 0) | found
    return Reach(tuple(numbers), tests)


def _place(value: Any) -> Place:
    """Return the place that a process told; what is no place touches everything."""
    match value:
        case [str(path), str(word)]:
            return path, word
    return "", "*"


def _mask(bits: str, places: int) -> int | None:
    if len(bits) > _MOST_BITS // 4:
        return None
    try:
        mask = int(bits, 16)
    except ValueError:
        return None
    return mask if 0 <= mask < 1 << places else None
