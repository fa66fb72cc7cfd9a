"""The fork contract, ``.forkmerge/contract.toml``: what only the fork has and every merge has to keep.

Idea: what is mined stands in ``[mined]``, one thing a line, so that a change of it is read like code; what is above is
people's own and stays as they write it: ``pins`` (globs of what must be kept) and ``ignore`` (globs of what never is
asked for).  A thing is a path, or ``path::name`` for a unit, or ``path::Class.method -> Base.method`` for an override.
In a path ``*`` stays within a folder and ``**`` does not; in a name ``*`` is anything.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from forkmerge.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Iterable

HOME = ".forkmerge/contract.toml"
VERSION = 1
HEADER = """\
# What only this fork has and every merge has to keep: forkmerge check says when something of it is gone.
# Read it like code.  What stands above [mined] is yours and stays as you write it; the rest is written anew by
# forkmerge check UPSTREAM --write-contract.
version = 1

# To be kept whatever is mined: a path, or path::name, with globs: "plugins/**", "app/*.py::Fork*".
pins = []

# Never mined and never asked for.
ignore = []
"""


@dataclass(frozen=True, slots=True)
class Mined:
    """What only the fork has, sorted: paths of files, ``path::unit`` of symbols and tests, and overrides."""

    files: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()

    @property
    def all(self) -> frozenset[str]:
        """Return all of it."""
        return frozenset((*self.files, *self.symbols, *self.tests, *self.overrides))

    def without(self, ignored: Globs) -> Mined:
        """Return what is not ``ignored``."""
        return Mined(*(tuple(t for t in getattr(self, f.name) if not ignored.hit(t)) for f in fields(self)))

    def __str__(self) -> str:
        """Return how many of each there are."""
        counts = ((len(getattr(self, f.name)), f.name) for f in fields(self))
        told = ", ".join(f"{count} {name if count != 1 else name[:-1]}" for count, name in counts if count)
        return told or "nothing"


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as its file says it."""

    pins: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    mined: Mined = Mined()


class Globs:
    """Globs of things; what a path glob hits is hit with everything in it."""

    def __init__(self, globs: Iterable[str]) -> None:
        self._parts = [(_path(p), _name(n) if n else None) for p, _, n in (g.partition("::") for g in globs)]

    def hit(self, thing: str) -> bool:
        """Return whether a path, a unit or an override is meant by one of the globs."""
        path, _, name = thing.partition("::")
        name = name.partition(" -> ")[0]
        return any(p.fullmatch(path) and (n is None or bool(name and n.fullmatch(name))) for p, n in self._parts)

    def file(self, path: str) -> bool:
        """Return whether the whole file is meant."""
        return any(n is None and p.fullmatch(path) for p, n in self._parts)

    def inside(self, path: str) -> bool:
        """Return whether units of the file may be meant."""
        return any(n is not None and p.fullmatch(path) for p, n in self._parts)


def parse(data: bytes, where: str = HOME) -> Contract:
    """Return the contract of a file; raise UnusableInput where it is none."""
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableInput(f"not valid TOML: {error}", where=where) from None
    if table.get("version", VERSION) != VERSION:
        raise UnusableInput(f"a contract of version {table['version']}; this forkmerge reads {VERSION}", where=where)
    mined = table.get("mined", {})
    _known(table, {"version", "pins", "ignore", "mined"}, where)
    if not isinstance(mined, dict):
        raise UnusableInput("mined is not a table", where=where)
    _known(mined, {f.name for f in fields(Mined)}, where)
    return Contract(
        _list(table, "pins", where),
        _list(table, "ignore", where),
        Mined(*(_list(mined, f.name, where) for f in fields(Mined))),
    )


def written(mined: Mined, before: str = "") -> str:
    """Return the file with ``mined`` in it; what ``before`` has above ``[mined]`` stays as it is."""
    head = before or HEADER
    found = re.search(r"^\[mined\]", head, re.MULTILINE)
    out = [(head[: found.start()] if found else head).rstrip("\n"), "", "[mined]"]
    for f in fields(mined):
        things = getattr(mined, f.name)
        out += [f"{f.name} = [", *(f"  {_quoted(t)}," for t in things), "]"] if things else [f"{f.name} = []"]
    return "\n".join(out) + "\n"


def _known(table: dict[str, Any], keys: set[str], where: str) -> None:
    for key in table:
        if key not in keys:
            raise UnusableInput(f"unknown key {key} (known: {', '.join(sorted(keys))})", where=where)


def _list(table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise UnusableInput(f"{key} is not a list of texts", where=where)
    return tuple(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\u{ord(m[0]):04x}", escaped) + '"'


def _path(glob: str) -> re.Pattern[str]:
    if glob.endswith("/"):
        glob += "**"
    glob = re.sub(r"(?:\*\*/)+", "**/", glob)
    out, at = [], 0
    for found in re.finditer(r"\*\*/|\*\*|\*|\?", glob):
        out.append(re.escape(glob[at : found.start()]))
        out.append({"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}[found[0]])
        at = found.end()
    return re.compile("".join((*out, re.escape(glob[at:]))), re.DOTALL)


def _name(glob: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in re.split(r"\*+", glob)), re.DOTALL)
