"""Language profiles: found by path, read from ``grammars/<language>.toml``.

This is on the start-up path of the merge driver: finding a file's language reads ``grammars/index``, a few lines made
from the profiles (``index()`` renders it and a test holds it to them), and then parses the one profile that is asked
for.  Each line of the index is a language and what tells it: ``.ext``, ``=filename``, ``!interpreter``; ``.ext?`` is
taken only if the content bears it out (the profile's ``sniff`` strings).

The files stand in ``grammars/`` of a source checkout and in ``forkmerge/_data/grammars`` of an installed wheel.
"""

# pathlib would cost start-up time:
# ruff: noqa: PTH100, PTH112, PTH118, PTH120, PTH123, PTH208
from __future__ import annotations

import functools
import os.path
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.syntax.profile import Binding, Commutative, Distinct, Embedded, Profile, UnitRule
from forkmerge.syntax.reading import Unread, read

if TYPE_CHECKING:
    from typing import Any

    from forkmerge.syntax.linewise import LineProfile

_HERE = os.path.dirname(os.path.abspath(__file__))
NODE_SETS = (
    *("comments", "atomic", "imports", "blocks", "lists", "chains", "statements", "wrappers", "attached"),
    *("transparent", "branches", "qualified", "identifiers", "scopes"),
)
"""The fields of a profile that are sets of node types."""
_SETS = (*NODE_SETS, "members", "repeatable", "described", "identifying")


def for_path(path: str, data: bytes = b"") -> Profile | None:
    """Return the profile for a file by its name, its extension, then the ``#!`` line of ``data``; None if unknown."""
    table = _table()
    base = path.rpartition("/")[2]
    extension = "." + base.rpartition(".")[2].lower() if "." in base else ""
    name = table.get("=" + base)
    if name is None and extension:
        guess = table.get(extension + "?")
        if guess is not None:
            found = load(guess)
            if any(text.encode() in data for text in found.sniff):
                return found
        name = table.get(extension)
    if name is None and data.startswith(b"#!"):
        name = table.get("!" + interpreter(data))
    return load(name) if name else None


@functools.cache
def load(name: str) -> Profile:
    """Return the profile of the language ``name``; raises ``UnusableInput`` if there is none."""
    try:
        with open(os.path.join(_folder(), name + ".toml"), encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        raise UnusableInput(f"no profile for the language {name!r}", hint="see `forkmerge languages`") from None
    return profile(tables(text))


def tables(text: str) -> dict[str, Any]:
    """Return the table that ``text`` writes in TOML; raises ``ValueError`` where it is none."""
    try:
        return read(text)
    except Unread:
        import tomllib  # noqa: PLC0415 - dear to import, and no profile of ours needs it

        return tomllib.loads(text)


@functools.cache
def names() -> tuple[str, ...]:
    """Return the names of all languages, sorted."""
    return tuple(sorted(set(_table().values())))


def lines_for(path: str) -> LineProfile | None:
    """Return the line profile for a file without a grammar, by its name or extension; None if unknown."""
    table = _lines_table()
    base = path.rpartition("/")[2]
    name = table.get("=" + base) or (table.get("." + base.rpartition(".")[2].lower()) if "." in base else None)
    return load_lines(name) if name else None


@functools.cache
def load_lines(name: str) -> LineProfile:
    """Return the line profile ``name``; raises ``UnusableInput`` if there is none."""
    try:
        with open(os.path.join(_folder(), "lines", name + ".toml"), encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        raise UnusableInput(f"no line profile {name!r}", hint="see `forkmerge languages`") from None
    return line_profile(tables(text))


def line_names() -> tuple[str, ...]:
    """Return the names of all line profiles, sorted."""
    return tuple(sorted(set(_lines_table().values())))


def line_profile(table: dict[str, Any]) -> LineProfile:
    """Return the line profile that ``table`` writes."""
    from forkmerge.syntax.linewise import LineProfile  # noqa: PLC0415 - only for files without a grammar

    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return LineProfile(**{**values, "directives": frozenset(values.get("directives", ()))})


def index() -> str:
    """Return what ``grammars/index`` has to hold, made from the profiles beside it."""
    lines = []
    for entry in sorted(os.listdir(_folder())):
        if entry.endswith(".toml"):
            found = load(entry.removesuffix(".toml"))
            marks = [*found.extensions, *("=" + f for f in found.filenames), *("!" + s for s in found.shebangs)]
            lines.append(" ".join([found.name, *marks]) + "\n")
    return "".join(lines)


def lines_index() -> str:
    """Return what ``grammars/lines/index`` has to hold, made from the profiles beside it."""
    lines = []
    for entry in sorted(os.listdir(os.path.join(_folder(), "lines"))):
        if entry.endswith(".toml"):
            found = load_lines(entry.removesuffix(".toml"))
            lines.append(" ".join([found.name, *found.extensions, *("=" + f for f in found.filenames)]) + "\n")
    return "".join(lines)


@functools.cache
def _folder() -> str:
    checkout = os.path.join(os.path.dirname(os.path.dirname(_HERE)), "grammars")
    installed = os.path.join(os.path.dirname(_HERE), "_data", "grammars")
    return installed if os.path.isdir(installed) else checkout


@functools.cache
def _table() -> dict[str, str]:
    return _marks("index")


@functools.cache
def _lines_table() -> dict[str, str]:
    return _marks("lines/index")


def _marks(index: str) -> dict[str, str]:
    table: dict[str, str] = {}
    with open(os.path.join(_folder(), index), encoding="utf-8") as file:
        for line in file:
            name, *marks = line.split()
            for mark in marks:
                table.setdefault(mark, name)
    return table


def interpreter(data: bytes) -> str:
    """Return the name of the program of a ``#!`` line, without folder and version."""
    words = data[2:256].split(b"\n", 1)[0].decode("latin-1").split()
    words = [w for w in words if not w.startswith("-") and "=" not in w]
    program = words[0].rpartition("/")[2] if words else ""
    if program == "env" and len(words) > 1:
        program = words[1].rpartition("/")[2]
    return program.rstrip("0123456789.")


def profile(table: dict[str, Any]) -> Profile:
    """Return the profile that ``table`` writes."""
    sets = {name: frozenset(table.get(name, ())) for name in _SETS}
    sets["atomic"] |= sets["comments"]
    return Profile(
        name=table["name"],
        extensions=tuple(table.get("extensions", ())),
        filenames=tuple(table.get("filenames", ())),
        shebangs=tuple(table.get("shebangs", ())),
        package=table["package"],
        function=table.get("function", "language"),
        sniff=tuple(table.get("sniff", ())),
        indentation=table.get("indentation", False),
        max_indents=table.get("max_indents", 0),
        line_comment=table.get("line_comment", ""),
        data=table.get("data", ""),
        binder=table.get("binder", ""),
        units=tuple(map(_unit_rule, table.get("units", ()))),
        commutative=tuple(map(_commutative, table.get("commutative", ()))),
        bindings=tuple(map(_binding, table.get("bindings", ()))),
        ended=table.get("ended", False),
        embedded=tuple(map(_embedded, table.get("embedded", ()))),
        distinct=tuple(map(_distinct, table.get("distinct", ()))),
        **sets,
    )


def _unit_rule(table: dict[str, Any]) -> UnitRule:
    return UnitRule(
        kind=table["kind"],
        nodes=frozenset(table["nodes"]),
        name=tuple(table.get("name", ("name",))),
        signature=table.get("signature", ""),
        body=table.get("body", ""),
        scope=table.get("scope", ""),
        where=_where(table),
    )


def _where(table: dict[str, Any], key: str = "where") -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((path, frozenset(types)) for path, types in table.get(key, {}).items())


def _commutative(table: dict[str, Any]) -> Commutative:
    return Commutative(
        parents=frozenset(table["parents"]),
        children=frozenset(table["children"]),
        separator=table.get("separator", ""),
        key=table.get("key", "text"),
        field=table.get("field", ""),
        having=frozenset(table.get("having", ())),
        requires=table.get("requires", ""),
        where=_where(table),
        around=_where(table, "around"),
        unless=frozenset(table.get("unless", ())),
    )


def _binding(table: dict[str, Any]) -> Binding:
    return Binding(
        kind=table["kind"],
        nodes=frozenset(table["nodes"]),
        names=tuple(table.get("names", ("name",))),
        scope=table.get("scope", ""),
        signature=table.get("signature", ""),
        unless=frozenset(table.get("unless", ())),
    )


def _distinct(table: dict[str, Any]) -> Distinct:
    return Distinct(
        parents=frozenset(table["parents"]),
        children=frozenset(table["children"]),
        names=tuple(table["names"]),
        word=table.get("word", ""),
        where=_where(table),
        around=_where(table, "around"),
    )


def _embedded(table: dict[str, Any]) -> Embedded:
    return Embedded(
        nodes=frozenset(table["nodes"]),
        content=table["content"],
        told=table["told"],
        closed=table["closed"],
        begins=tuple(table["begins"]),
        language=table.get("language", ""),
    )
