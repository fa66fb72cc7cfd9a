"""A line that one side edited and the other took away: no text holds the edit, though its words may stand elsewhere.

``oracle: "... 'old'"`` became ``oracle: "... 'new'"`` here, and there the line went and ``db2: "... 'new'"`` came.  The
words of the edit are in what came, by chance.  A line is known by the name that it begins with, and gives something.
Invariants: what only moved, or stands in something larger now, has its name still, and is left alone; so is a line that
got another name and has most of the words; the sides' order decides nothing.
"""

from __future__ import annotations

import re

from forkmerge.merge.diff import hunks
from forkmerge.merge.pieces import filled_lines

_BEGINS = re.compile(rb"[\"']?([^\W\d][\w.-]*)[\"']?[ \t]*(?::|=(?![=>])|:=)(?!:)")
"""How a line begins that gives a name something: a key, a variable, an attribute."""
_WORD = re.compile(rb"\w+")
_MOST = 0.75


def vanished(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """Return whether one side gave a name another value on its line, and neither the other nor ``result`` has it."""
    before = filled_lines(base)
    for editor, other in ((ours, theirs), (theirs, ours)):
        for start, stop, first, last in hunks(before, after := filled_lines(editor)):
            if stop - start != last - first:
                continue
            for was, now in zip(before[start:stop], after[first:last], strict=True):
                name = _BEGINS.match(was)
                if name is None or (kept := _BEGINS.match(now)) is None or kept[1] != name[1]:
                    continue
                if not any(_says(name[1], text) for text in (other, result)) and not _held(now[kept.end() :], result):
                    return True
    return False


def _held(value: bytes, text: bytes) -> bool:
    """Return whether a line of ``text`` has most of the words of ``value``."""
    words = set(_WORD.findall(value))
    return any(len(words.intersection(_WORD.findall(line))) >= _MOST * len(words) for line in filled_lines(text))


def _says(name: bytes, text: bytes) -> bool:
    return re.search(rb"(?<!\w)" + re.escape(name) + rb"(?!\w)", text) is not None
