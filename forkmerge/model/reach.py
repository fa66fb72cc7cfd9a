"""What the tests of a run touched: functions that they ran, files that they read.

A *place* is a path and a word: the name of a function with those around it (``Class.method``), or one of the words
below.  What a test touched is a bit mask over the places of its run, so that sums of many tests are cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.model.outcome import TestId

Place: TypeAlias = tuple[str, str]
"""A path (a folder ends in ``/``; for ``SOUGHT`` the last part of a module's name), and what was touched there."""

IMPORTED = ""
"""The code of a module or a class that runs when it is imported."""

WHOLE = "*"
"""All of it: a file that was read, a folder that was listed."""

SOUGHT = "?"
"""A module of this name was looked for."""

EVERYTHING: Place = ("", WHOLE)
"""What a test did could not be followed: it may touch anything."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Which places each test of a run touched.

    ``tests`` gives the mask of each test that was followed to its end; what was done for all of them (imports, fixtures
    of wider scope) is in each.
    """

    places: tuple[Place, ...]
    tests: Mapping[TestId, int]
