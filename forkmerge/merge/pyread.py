"""Does this Python read a file: asked of its own parser, which is stricter than tree-sitter's and knows one version.

PERF: the same merge is asked for twice, the second time with the sides swapped, and the two texts differ in the order
of what both sides put in.  So lines that import are put in one order before Python is asked, and of a text that differs
from one that Python read only within some top-level definitions, only those are read.

Invariant: the answer is that of ``symtable`` for the whole text.  A part is looked at alone only from the line of a
top-level ``def`` or ``class`` (by Python's own account of the text it read) up to another or to the end: all before it
is complete statements, and so is what stands there if Python reads it alone; scopes don't reach out of it.
"""

from __future__ import annotations

import re
import warnings
from _symtable import symtable  # type: ignore[import-not-found]  # what the standard library's `symtable` calls
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

from forkmerge.merge.pieces import ends, lines_of

if TYPE_CHECKING:
    from typing import Any

_IMPORTS = re.compile(rb"(?:^(?:import [\w., ]+|from [\w.]+ import [\w, *]+)\n){2,}", re.MULTILINE)
"""Several lines of which each imports, and does nothing else; Python 3.11.2 takes half a line more for ``(...)++``."""
_DEFINING = (b"def ", b"class ", b"async def ")
_FUTURE = b"from __future__ import annotations\n"
_STATEMENT = re.compile(rb"^(?:import |from (?!__future__\b)|def |class |@|if |try:|[^\W\d]\w* *=)", re.MULTILINE)
"""How most lines begin below which nothing may be imported from the future; the table of symbols allows it."""
_read_before: deque[tuple[bytes, Any]] = deque(maxlen=2)
"""Texts that Python read whole, each with its table of symbols: what is remembered, and changes no answer."""


@lru_cache(maxsize=4)
def compiles(source: bytes) -> bool:
    """Return whether this Python reads ``source``."""
    last = max(source.rfind(b"\nimport "), source.rfind(b"\nfrom "))
    end = source.find(b"\n", last + 1) + 1
    return _compiles(_IMPORTS.sub(_sorted, source[:end]) + source[end:])


def begun_late(source: bytes) -> bool:
    """Return whether this Python reads ``source`` but for an import from the future that stands below other code."""
    last = source.rfind(b"\nfrom __future__ ")
    if last < 0 or not _STATEMENT.search(source, 0, last + 1):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "<merge>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return "__future__" in str(error)
        except (ValueError, RecursionError, MemoryError):
            return False
    return False


def _sorted(run: re.Match[bytes]) -> bytes:
    """Return lines that import in one order of the many in which Python reads them just as well, or as badly."""
    lines = run[0]
    return lines if b"__future__" in lines else b"".join(sorted(lines_of(lines)))


@lru_cache(maxsize=4)
def _compiles(source: bytes) -> bool:
    if any(_like(source, known, table) for known, table in _read_before):
        return True
    table = _table(source)
    if table is not None:
        _read_before.append((source, table))
    return table is not None


def _table(source: bytes) -> Any:
    """Return Python's table of the symbols of ``source``, None where Python can't read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return symtable(source, "<merge>", "exec")  # half of what `compile` takes, even where that only parses
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _like(source: bytes, known: bytes, table: Any) -> bool:
    """Return whether Python reads ``source`` because it read ``known``, and the definitions that differ."""
    head, tail = ends(source, known)
    if len(source) - head - tail > len(source) // 2 or b"coding" in known[:200]:
        return False
    if known.count(b"\r") != known.count(b"\r\n") or b"global" in source:
        return False  # Python counts other lines; `global` has to stand before all else that speaks of a name
    tops = _tops(known, table)
    begin = max((at for at in tops if at <= head), default=-1)
    stop = min((at for at in tops if at >= len(known) - tail), default=len(known))
    part = source[begin : len(source) - (len(known) - stop)] if begin >= 0 else b""
    if not part.startswith((*_DEFINING, b"@")) or not part.isascii():
        return False
    future = known.count(b"__future__")
    if future and (future > 1 or b"__future__" in part or b"\n" + _FUTURE not in b"\n" + known[:begin]):
        return False
    return _table((_FUTURE if future else b"") + part) is not None


def _tops(known: bytes, table: Any) -> list[int]:
    """Return where the lines of ``known`` begin that define a function or class at the top level."""
    lines = lines_of(known)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return [
        starts[child.lineno - 1]
        for child in table.children
        if any(lines[child.lineno - 1].startswith(word + child.name.encode()) for word in _DEFINING)
    ]
