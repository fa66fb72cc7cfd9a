"""Which paths of a tree are tests: what is swapped when an offspring meets the test tree of one side."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.model.source import Entry

Asked: TypeAlias = "frozenset[tuple[str, str]]"
"""Owners and paths of test files whose tests are asked as the offspring has them; "" is every file of the owner."""

_FOLDERS = frozenset(("test", "tests", "testing", "__tests__", "spec", "specs", "testdata"))
_NAMES = re.compile(
    r"^(?:test_.*\.py|.*_test\.py|conftest\.py|.*_test\.go|(?:test|test-.*|.*[._-](?:test|spec))\.[cm]?[jt]sx?"
    r"|.*(?:Test|Tests|IT|Spec)\.(?:java|kt|groovy|scala))$"
)


def is_test(path: str, given: tuple[str, ...]) -> bool:
    """Return whether ``path`` belongs to the tests: by ``given`` folders, files and globs, or by what tests are called.

    ``src/test`` of Maven and ``tests/`` next to a package count as folders of tests; a package that is called
    ``testing`` below ``src`` (or beside a top-level ``tests``) is code.
    """
    if given:
        return any(path == g.rstrip("/") or path.startswith(g.rstrip("/") + "/") or fnmatchcase(path, g) for g in given)
    *folders, name = path.split("/")
    if _NAMES.match(name):
        return True
    for depth, folder in enumerate(folders):
        if folder in _FOLDERS and not (folder in ("testing", "spec", "specs") and depth):
            return True
    return False


def asked_in_merged(merged: Asked, owner: str, path: str) -> bool:
    """Return whether the tests of ``owner`` in ``path`` are asked as the offspring itself has them."""
    return (owner, "") in merged or (owner, path) in merged


def tests_of(entries: Mapping[str, Entry], given: tuple[str, ...]) -> dict[str, Entry]:
    """Return the part of a tree that is tests."""
    return {path: entry for path, entry in entries.items() if is_test(path, given)}


def with_tests(
    candidate: Mapping[str, Entry], owner: Mapping[str, Entry], given: tuple[str, ...]
) -> dict[str, Entry | None]:
    """Return what has to change in ``candidate`` so that its tests are exactly those of ``owner``."""
    # PERF: what differs first: a candidate shares nearly all of its entries with the owner
    differing = [p for p, entry in candidate.items() if (other := owner.get(p)) is not entry and other != entry]
    differing += [path for path in owner if path not in candidate]
    return {path: owner.get(path) for path in sorted(differing) if is_test(path, given)}
