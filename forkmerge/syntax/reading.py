r"""The part of TOML that profiles are written in, read without ``tomllib``.

PERF: ``tomllib`` and what it imports are 10 of the 60 ms that a merge may take, so the profile of a file's language is
read here.  Idea: a profile is lines of ``key = value``, at its top or under ``[[name]]``, where a value is a text, a
number, a truth value, a list of texts or an inline table of such lists; so what stands between every second quote is a
text.  Whatever else there may be (escapes but ``\n``, comments behind values, other tables) raises ``Unread``, and the
caller turns to ``tomllib``; a test holds the two to the same answer for every profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Unread(Exception):  # noqa: N818 - a way out as much as an error
    """The text is more than this module reads."""


def read(text: str) -> dict[str, Any]:
    """Return the table that ``text`` writes; raise Unread where it is not in the part of TOML that is read here."""
    if "\\" in text.replace("\\n", "") or '"""' in text or "\r" in text:
        raise Unread
    table: dict[str, Any] = {}
    here = table
    lines = iter(text.split("\n"))
    for line in lines:
        if not line or line[0] == "#":
            continue
        if line[0] == "[":
            here = {}
            _rows(table, line).append(here)
            continue
        key, _, value = line.partition(" = ")
        if not value or key in here or not key.isidentifier() or not key.isascii():
            raise Unread
        here[key] = _value(value, lines)
    return table


def _rows(table: dict[str, Any], line: str) -> list[Any]:
    name = line[2:-2]
    if line != f"[[{name}]]" or not name.isidentifier():
        raise Unread
    rows = table.setdefault(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unread
    return rows


def _value(value: str, lines: Iterator[str]) -> Any:
    """Return what ``value`` says; a list that is not closed in its line goes on in ``lines``."""
    if value in ("true", "false"):
        return value == "true"
    if value.isdigit() and value.isascii() and (value == "0" or value[0] != "0"):
        return int(value)
    while value[0] == "[" and value[-1] != "]":
        more = next(lines, None)
        if more is None:
            raise Unread
        value += more
    parts = value.split('"')
    around = "".join(parts[::2]).replace(" ", "").replace(",", "")
    texts = [part.replace("\\n", "\n") for part in parts[1::2]]
    if len(parts) % 2 and value[0] == "[" and around == "[]":
        return texts
    if len(parts) == 3 and not around:
        return texts[0]
    if len(parts) % 2 and value[0] == "{" and around == "{" + "=[]" * around.count("[") + "}":
        return _lists(parts)
    raise Unread


def _lists(parts: list[str]) -> dict[str, list[str]]:
    """Return an inline table of lists: in ``parts`` texts and what stands between them take turns."""
    out: dict[str, list[str]] = {}
    row: list[str] = []
    for text, behind in zip(parts[1::2], parts[2::2], strict=True):
        if "=" in behind:
            out[text] = row = []
        else:
            row.append(text.replace("\\n", "\n"))
    return out
