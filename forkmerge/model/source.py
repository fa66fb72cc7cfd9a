"""Files and tree entries as values.

Paths are ``str`` in git's form (``/`` between parts); bytes that are not UTF-8 are kept by surrogateescape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

REGULAR, EXECUTABLE, SYMLINK, SUBMODULE = 0o100644, 0o100755, 0o120000, 0o160000


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf of a git tree: its ``mode``, and the ``oid`` (hex) of the blob or of the submodule's commit."""

    mode: int
    oid: str


Tree: TypeAlias = Mapping[str, Entry]
"""A git tree, flattened: path -> entry."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The bytes of one file at one revision."""

    path: str
    data: bytes
    mode: int = REGULAR
