"""Declarations of functions that both sides put in at one place, read as text where macros hide them from the grammar.

``LIB_API int lib_open(const char *name);`` is no declaration to a grammar that does not know the macro, so nothing says
that its order among others means nothing.  What is taken for one here begins in the first column, is a type, a name and
parameters up to a semicolon, and holds no brace and no value; between them stand comments alone.

Invariant: the same name is never joined with itself, whatever its parameters are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.syntax.commutative import is_listed

if TYPE_CHECKING:
    from forkmerge.merge.pieces import Conflict
    from forkmerge.syntax.profile import Profile

_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.DOTALL)
_STATEMENT = re.compile(rb"\s*([A-Za-z_][^;{}=#\"']*\)[\w\s]*);")
_POINTER = re.compile(rb"\(\s*\*\s*(\w+)\s*\)\s*\(")
_NAME = re.compile(rb"(\w+)\s*\(")
_NONE = frozenset((b"typedef", b"struct", b"union", b"enum", b"return", b"static", b"else", b"goto", b"case"))
_LEAST_WORDS = 2


def joined(profile: Profile, conflict: Conflict) -> bytes | None:
    """Return both sides' declarations, ours first; None where there is anything else, or one name twice."""
    if conflict.base.strip() or not is_listed(profile, "translation_unit", "declaration"):
        return None
    ours, theirs = _declared(conflict.ours), _declared(conflict.theirs)
    if not ours or not theirs or len({*ours, *theirs}) < len(ours) + len(theirs):
        return None
    apart = {x[:1] in (b"\n", b"\r") or x.endswith((b"\n\n", b"\n\r\n")) for x in (conflict.ours, conflict.theirs)}
    return conflict.ours + conflict.theirs if len(apart) == 1 else None


def _declared(text: bytes) -> tuple[bytes, ...]:
    """Return the names that ``text`` declares; () where it holds anything but declarations and comments."""
    bare = _COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), text)
    names: list[bytes] = []
    at = 0
    while bare[at:].strip():
        found = _STATEMENT.match(bare, at)
        name = _name(found[1]) if found is not None else b""
        if found is None or not name or bare[: found.start(1)].rpartition(b"\n")[2]:
            return ()
        names.append(name)
        at = found.end()
    return tuple(names)


def _name(statement: bytes) -> bytes:
    words = re.findall(rb"\w+", statement.partition(b"(")[0])
    if not words or words[0] in _NONE or statement.count(b"(") != statement.count(b")"):
        return b""
    pointer = _POINTER.search(statement)
    if pointer is not None:
        return pointer[1]
    names = _NAME.findall(statement)
    macro = len(words) == 1  # LIB_EXTERN(int) lib_open(...)
    found = names[1] if macro and len(names) > 1 else names[0]
    return b"" if macro and (len(names) < _LEAST_WORDS or not words[0].isupper()) else found
