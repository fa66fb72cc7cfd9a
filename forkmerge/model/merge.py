"""A conflict as a value: alternating positive and negative terms.

The idea is jj's ``Merge<T>``: ``adds[0] - removes[0] + adds[1] - ...``; a resolved value has one add and no remove, a
three-way conflict has two adds and one remove.  Invariant: ``len(adds) == len(removes) + 1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Merge(Generic[T]):
    """``adds`` minus ``removes``: one value when resolved, a conflict otherwise."""

    adds: tuple[T, ...]
    removes: tuple[T, ...] = ()

    def __post_init__(self) -> None:
        if len(self.adds) != len(self.removes) + 1:
            raise ValueError("a merge has one add more than it has removes")

    @classmethod
    def of(cls, base: T, ours: T, theirs: T) -> Merge[T]:
        """Return the three-way merge of ``ours`` and ``theirs`` over ``base``, not yet simplified."""
        return cls((ours, theirs), (base,))

    @property
    def resolved(self) -> bool:
        """Return whether a single value is left."""
        return not self.removes

    def simplify(self) -> Merge[T]:
        """Return the same merge without pairs of an equal add and remove, and with equal adds of one change joined."""
        adds, removes = list(self.adds), list(self.removes)
        for value in tuple(removes):
            if value in adds and value in removes:
                adds.remove(value)
                removes.remove(value)
        if len(adds) == 2 and adds[0] == adds[1]:
            return Merge((adds[0],))
        return Merge(tuple(adds), tuple(removes))

    def resolve_trivial(self) -> T | None:
        """Return the value if the merge is resolved once simplified, else None."""
        simple = self.simplify()
        return simple.adds[0] if simple.resolved else None

    def map(self, function: Callable[[T], U]) -> Merge[U]:
        """Return the merge of the images of every term."""
        return Merge(tuple(map(function, self.adds)), tuple(map(function, self.removes)))
