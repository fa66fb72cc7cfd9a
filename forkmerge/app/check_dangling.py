"""Whose edits meet in a name that a merge uses and binds nowhere: who took it away, and whose use of it is left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.report.check import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MESSAGE = re.compile(r"^(\w+) is used, but")


def dangling_places(
    path: str, sides: Sequence[bytes], result: bytes, message: str, line: int, unit: Callable[[str, bytes, int], str]
) -> tuple[Place, ...]:
    """Return the places of a finding of the gate on dangling names, () for other findings.

    ``sides`` are base, ours and theirs of the file, ``unit`` names the unit around a line of a text.  The use is the
    side's that has its line, the merge's own where neither has.
    """
    named = _MESSAGE.match(message)
    if named is None:
        return ()
    name = named[1]
    bound = [_binds(path, text, name) for text in sides]
    removers = [who for who, has in zip(("head", "target"), bound[1:], strict=True) if bound[0] and not has]
    if len(removers) != 1:
        return ()
    (whom,) = removers
    who = "target" if whom == "head" else "head"
    text = sides[1] if who == "head" else sides[2]
    word = re.compile(rb"\b%b\b" % name.encode())
    merged = _line(result, line)
    known = {one.strip() for one in sides[0].split(b"\n")}
    uses = [(n, one.strip()) for n, one in enumerate(text.split(b"\n"), 1) if word.search(one)]
    same = [n for n, one in uses if one == merged.strip()] if word.search(merged) else []
    new = [n for n, one in uses if one not in known]
    at = next(iter(same or new), 0)
    place = Place(who, path, at, unit(path, text, at), "uses it")
    if not at:
        place = Place("merge", path, line, unit(path, result, line), "uses it")
    gone = Place(whom, path, 0, name, "took it away")
    return (gone, place) if whom == "head" else (place, gone)


def _line(text: bytes, number: int) -> bytes:
    lines = text.split(b"\n")
    return lines[number - 1] if 0 < number <= len(lines) else b""


def _binds(path: str, text: bytes, name: str) -> bool:
    from forkmerge.syntax.profiles import for_path  # noqa: PLC0415 - only where there is something to explain
    from forkmerge.syntax.references import names  # noqa: PLC0415 - the same

    try:
        profile = for_path(path, text)
        return profile is not None and any(d.text == name for d in names(profile, text).definitions)
    except ForkmergeError:
        return False
