"""The gate on what a module imports and exports by name: nothing twice that neither side has twice.

Both sides may hand one name on from a file that they call in two ways (``./depth`` and ``./depth.js``), some
lines apart: git takes both, and no engine reads a module that exports a name twice, or binds it by two imports.  Nor
does a compiler of Rust or PHP take one ``use`` twice, or one of Go a path.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

_IMPORT = re.compile(
    rb"^import\s+(?:type\s+)?(?:([\w$]++)\s*+,?\s*+)?(?:\*\s*as\s+([\w$]++)|\{([^{}]*+)\}|(?=from\b))", re.MULTILINE
)
_EXPORT = re.compile(rb"^export\s+(?:type\s+)?(?:\*\s*as\s+([\w$]++)|\{([^{}]*+)\})", re.MULTILINE)
_USE = re.compile(
    rb"^(?<!\]\n)(?:pub\s+)?use\s+(?:function\s+|const\s+)?([\w:\\]+(?:\s+as\s+(?!_\b)\w+)?)\s*;", re.MULTILINE
)
"""A ``use`` of one thing at the top of a file, and no attribute above that may take it out."""
_BLOCK = re.compile(rb"^import\s*\(([^()]*+)\)", re.MULTILINE)
_PATH = re.compile(rb"^\s*+((?:\w+\s+)?\"[^\"\n]++\")", re.MULTILINE)
_REMARK = re.compile(rb"//[^\n]*+|/\*.*?\*/", re.DOTALL)


def objections(path: str, inputs: Sequence[bytes], result: bytes) -> list[Finding]:
    """Return a finding for each name that ``result`` imports or exports twice, and no input does as often."""
    now = {key: n for key, n in _told(result).items() if n > 1}
    if not now:
        return []
    before = [_told(text) for text in inputs]
    return [
        Finding("duplicate-name", f"{name.decode('utf-8', 'replace')} is {what}ed twice", path)
        for (what, name), n in sorted(now.items())
        if n > max(b[what, name] for b in before)
    ]


def _told(text: bytes) -> Counter[tuple[str, bytes]]:
    """Return how often each name is imported, and how often it is exported, in clauses of names."""
    out: Counter[tuple[str, bytes]] = Counter()
    for what, clause in (("import", _IMPORT), ("export", _EXPORT)):
        for *single, several in clause.findall(text):
            names = [part.split() for part in _REMARK.sub(b"", several).split(b",")]
            told = {words[-1] for words in names if words} | ({*single} - {b""})
            out.update((what, name) for name in told)
    out.update(("import", b" ".join(path.split())) for path in _USE.findall(text))
    paths = [path for block in _BLOCK.findall(text) for path in _PATH.findall(block)]
    out.update(("import", b" ".join(path.split())) for path in paths if not path.startswith(b"_"))
    return out
