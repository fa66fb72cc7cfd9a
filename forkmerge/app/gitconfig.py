"""The ``forkmerge.*`` values of git's configuration, with the scope that each comes from."""

from __future__ import annotations

from dataclasses import dataclass

from forkmerge.git import command


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """One value: ``scope`` as git names it (``local``, ``global``, ...), ``name`` without its ``forkmerge.``."""

    scope: str
    name: str
    value: str


def entries(repository: str) -> tuple[ConfigEntry, ...]:
    """Return the values in git's order, least specific first; none outside a repository without any."""
    said = command.run(
        ["config", "--show-scope", "-z", "--get-regexp", r"^forkmerge\."], cwd=repository or None, check=False
    )
    if said.code:
        return ()
    parts = said.stdout.decode("utf-8", "replace").split("\0")
    return tuple(_entry(scope, item) for scope, item in zip(parts[::2], parts[1::2], strict=False))


def _entry(scope: str, item: str) -> ConfigEntry:
    key, newline, value = item.partition("\n")
    return ConfigEntry(scope, key.removeprefix("forkmerge."), value if newline else "true")
