"""The ``forkmerge.*`` values of git's configuration, with the scope that each comes from."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.git import command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.git.hardening import Configured

_SECTION = "forkmerge."


def entries(repository: str) -> tuple[Configured, ...]:
    """Return the values in git's order, least specific first; none outside a repository without any."""
    return among(command.configuration(repository or os.curdir))


def among(configured: Iterable[Configured]) -> tuple[Configured, ...]:
    """Return the values of forkmerge's that stand in git's whole configuration, ``key`` without its ``forkmerge.``."""
    found = (one for one in configured if one.key.startswith(_SECTION))
    return tuple(replace(one, key=one.key.removeprefix(_SECTION)) for one in found)
