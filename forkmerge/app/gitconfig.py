"""The ``forkmerge.*`` values of git's configuration, with the scope that each comes from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.git import command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.git.hardening import Configured

_SECTION = "forkmerge."


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """One value: ``scope`` as git names it (``local``, ``global``, ...), ``name`` without its ``forkmerge.``."""

    scope: str
    name: str
    value: str


def entries(repository: str) -> tuple[ConfigEntry, ...]:
    """Return the values in git's order, least specific first; none outside a repository without any."""
    return among(command.configuration(repository or os.curdir))


def among(configured: Iterable[Configured]) -> tuple[ConfigEntry, ...]:
    """Return the values that stand in git's whole configuration."""
    found = (one for one in configured if one.key.startswith(_SECTION))
    return tuple(ConfigEntry(one.scope, one.key.removeprefix(_SECTION), one.value) for one in found)
