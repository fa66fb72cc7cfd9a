"""When both sides' insertions can stand one after the other, and when that would only double the same thing.

Two versions of one statement or definition are homologous: they are one choice, never both.  Texts are taken to be
different things when they set out to define different names, and no line of one is a variant of a line of the other.
"""

from __future__ import annotations

import re
from collections import Counter

from forkmerge.recombination.lines import tokens

_DEFINES = re.compile(
    rb"(?:export\s+|default\s+|public\s+|private\s+|protected\s+|static\s+|final\s+|pub\s+|async\s+|abstract\s+)*"
    rb"(?:def|class|func|function|fn|struct|interface|enum|type|trait|const|let|var|impl|macro_rules!)\s+"
    rb"(?:\([^)]*\)\s*)?([A-Za-z_$][\w$]*)"
)
_ASSIGNS = re.compile(rb"([A-Za-z_$][\w$.]*|\"[^\"]*\"|'[^']*')\s*(?::(?!:)|=(?!=)|[-+*/|&]=)")
_ENDS = re.compile(rb"(return|raise|throw|break|continue|else|finally|super|elif|except|default)\b")
_ALIKE = 0.8


def unions(ours: bytes, theirs: bytes) -> tuple[bytes, ...]:
    """Return the contents that hold both insertions (ours first, then theirs first), () where that has no meaning."""
    if not ours.strip() or not theirs.strip() or ours == theirs or not _different(ours, theirs):
        return ()
    ours_ended, theirs_ended = _ended(ours), _ended(theirs)
    if not heads_of_definitions(ours) or not heads_of_definitions(theirs):
        shared = {line for line in ours.splitlines() if line.strip()} & set(theirs.splitlines())
        if shared:
            return _without(shared, ours_ended, theirs_ended)
    first, second = ours_ended + theirs, theirs_ended + ours
    if not (ours.endswith((b"\n", b"\r")) and theirs.endswith((b"\n", b"\r"))):
        first, second = ours_ended + theirs_ended, theirs_ended + ours_ended
    return (first, second)


def heads_of_definitions(text: bytes) -> frozenset[bytes]:
    """Return the names that the outermost lines of ``text`` define by a keyword (``def``, ``class``, ``func``, ...)."""
    return frozenset(m[1] for line in _outer(text) if (m := _DEFINES.match(line)))


def heads(text: bytes) -> frozenset[bytes]:
    """Return what the outermost lines define, assign or end with: two texts that share one are homologous."""
    found = set(heads_of_definitions(text))
    for line in _outer(text):
        if _DEFINES.match(line):
            continue
        if match := _ASSIGNS.match(line) or _ENDS.match(line):
            found.add(match[1])
    return frozenset(found)


def _outer(text: bytes) -> list[bytes]:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    indents = [len(line) - len(line.lstrip()) for line in lines]
    least = min(indents)
    return [line.strip() for line, indent in zip(lines, indents, strict=True) if indent == least]


def _different(ours: bytes, theirs: bytes) -> bool:
    if heads(ours) & heads(theirs):
        return False
    if heads_of_definitions(ours) and heads_of_definitions(theirs):
        return True
    bags = [[Counter(tokens(line)) for line in _outer(text)] for text in (ours, theirs)]
    return not any(_variants(a, b) for a in bags[0] for b in bags[1])


def _variants(a: Counter[bytes], b: Counter[bytes]) -> bool:
    if a == b:
        return False
    total = a.total() + b.total()
    return total >= 10 and 2 * (a & b).total() / total > _ALIKE


def _ended(text: bytes) -> bytes:
    return text if text.endswith((b"\n", b"\r")) else text + (b"\r\n" if b"\r\n" in text else b"\n")


def _without(shared: set[bytes], ours: bytes, theirs: bytes) -> tuple[bytes, ...]:
    def rest(text: bytes) -> bytes:
        lines = text.splitlines(keepends=True)
        return b"".join(line for line in lines if line.rstrip(b"\r\n") not in shared)

    return tuple(dict.fromkeys((ours + rest(theirs), theirs + rest(ours))))
