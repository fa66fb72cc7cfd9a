"""The gates: what has to hold of every merged file before it is called clean.

Each gate compares the result with the inputs, so that what was wrong before the merge is not held against it.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.merge.pieces import lines_of
from forkmerge.model.finding import Finding
from forkmerge.syntax.parsing import parse, sound

if TYPE_CHECKING:
    from forkmerge.syntax.profile import Profile

_ONLY_AST = 0x400
"""``ast.PyCF_ONLY_AST``, without importing ``ast``."""

_WORD = re.compile(rb"[^\W\d]\w*")
_DEFINES = re.compile(rb"\b([^\W\d]\w*+)\s*+(?:<[^<>\n]*+>\s*+)?(?=[({:=])")
_PYTHON_DEFINES = re.compile(rb"\b(?:def|class)\s+(\w+)")
_PYTHON_BINDS = re.compile(
    rb"(?:\bas|\bdef|\bclass|\bimport|\bfor|,|\()\s*+([^\W\d]\w*+)"
    rb"|\b([^\W\d]\w*+)\s*+(?=(?:[:,][^=\n]{0,200}+)?=(?!=))"
)
"""Both give nothing back that they took: a line of a million letters costs a million steps, not their square."""


def objections(
    profile: Profile, path: str, base: bytes, ours: bytes, theirs: bytes, result: bytes
) -> tuple[Finding, ...]:
    """Return why ``result`` is not to be called a clean merge of the three; nothing where all gates hold."""
    found = list(_parses(profile, path, (base, ours, theirs), result))
    if not found and profile.data:
        found += _loads(profile, path, (ours, theirs), result)
    if not found and not profile.data:
        found += _names(profile, path, base, ours, theirs, result)
    return tuple(found)


def _parses(profile: Profile, path: str, inputs: tuple[bytes, bytes, bytes], result: bytes) -> list[Finding]:
    if not sound(parse(profile, result)):
        broken = all(sound(parse(profile, i)) for i in inputs)
    else:
        broken = profile.name == "python" and not _compiles(result) and all(_compiles(i) for i in inputs[1:])
    if not broken:
        return []
    return [Finding("does-not-parse", "the merge does not parse, though base, ours and theirs do", path)]


def _compiles(source: bytes) -> bool:
    """Return whether this Python reads ``source``: its grammar is stricter than tree-sitter's, which knows Python 2."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "<merge>", "exec", _ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _loads(profile: Profile, path: str, inputs: tuple[bytes, bytes], result: bytes) -> list[Finding]:
    from forkmerge.syntax.data import load_error  # noqa: PLC0415 - only data files need it

    error = load_error(profile, result)
    if not error or any(load_error(profile, i) for i in inputs):
        return []
    return [Finding("does-not-load", f"the merged {profile.name} file does not load: {error}", path)]


def _names(profile: Profile, path: str, base: bytes, ours: bytes, theirs: bytes, result: bytes) -> list[Finding]:
    """Return names defined twice, or used and no longer bound, by the merge alone.

    Lines tell at once for which names that is possible at all: doubled must have been defined by both sides, dangling
    bound in what one side took away and used in what the other added.  Only for those references are worked out.
    """
    b, o, t = (Counter(lines_of(x)) for x in (base, ours, theirs))
    added_o, added_t = b"".join(o - b), b"".join(t - b)
    doubled = _defined_in(profile, added_o) & _defined_in(profile, added_t)
    loose = (_bound_in(profile, b"".join(b - o), ours) & _words(added_t)) | (
        _bound_in(profile, b"".join(b - t), theirs) & _words(added_o)
    )
    if not doubled and not loose:
        return []
    from forkmerge.merge.names import objections as named  # noqa: PLC0415 - seldom needed, and dear to import

    inputs = (base, ours, theirs)
    return named(profile, path, inputs, result, doubled=frozenset(doubled), loose=frozenset(loose))


def _words(text: bytes) -> set[bytes]:
    return set(_WORD.findall(text))


def _defined_in(profile: Profile, lines: bytes) -> set[bytes]:
    """Return names that ``lines`` may define: exact in Python, elsewhere every word before a bracket or brace."""
    return set((_PYTHON_DEFINES if profile.name == "python" else _DEFINES).findall(lines))


def _bound_in(profile: Profile, gone: bytes, left: bytes) -> set[bytes]:
    """Return names that the lines ``gone`` may have bound and that the file that is ``left`` may no longer bind."""
    if profile.name == "python":
        return {word for match in _PYTHON_BINDS.findall(gone) for word in match if word}
    return _words(gone) - _words(left)
