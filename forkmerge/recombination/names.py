"""Names that a fragment of code defines, imports and uses, read by its tokens.

Fragments of hunks need not parse, so this looks at lines: keywords of definitions, assignments at the outermost level,
import statements.  A name defined inside something is written with a leading dot (``.method``), and so is a name that
is used as an attribute; the two kinds never meet.  What is missed here only means a clause less.
"""

from __future__ import annotations

import re

_GAP = rb"[ \t]+"
_MODIFIER = rb"(?:(?:export|default|public|private|static|pub(?:\([a-z]+\))?|async)[ \t]+)*"
_KEYWORD = rb"(def|class|func|function|fn|struct|interface|enum|trait)"
_DEFINITION = re.compile(rb"^([ \t]*)" + _MODIFIER + _KEYWORD + _GAP + rb"([A-Za-z_$][\w$]*)", re.MULTILINE)
_CONSTANT = re.compile(
    rb"^(?:(?:export[ \t]+)?(?:const|let|var)[ \t]+)?([A-Za-z_$][\w$]*)[ \t]*(?::[^=\n]+)?=(?!=)", re.MULTILINE
)
_FROM = re.compile(rb"^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\(([^)]*)\)?|([^\n]*))", re.MULTILINE)
_DOTTED = rb"[A-Za-z_][\w.]*(?:[ \t]+as[ \t]+\w+)?"
_IMPORT = re.compile(
    rb"^[ \t]*import[ \t]+(" + _DOTTED + rb"(?:[ \t]*,[ \t]*" + _DOTTED + rb")*)[ \t]*(?:#.*|;)?\r?$", re.MULTILINE
)
_SCRIPT_IMPORT = re.compile(
    rb"^[ \t]*import[ \t]+(?:type[ \t]+)?([\w$]+)?[ \t]*,?[ \t]*(?:\{([^}]*)\})?[ \t]*from\b", re.MULTILINE
)
_REQUIRE = re.compile(rb"^[ \t]*(?:const|let|var)[ \t]+(?:([\w$]+)|\{([^}]*)\})[ \t]*=[ \t]*require\(", re.MULTILINE)
_QUIET = re.compile(
    rb"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*|//[^\n]*|/\*.*?\*/", re.DOTALL
)
_USE = re.compile(rb"(\.[ \t]*)?([A-Za-z_$][\w$]*)(?![ \t]*=[^=])")


def defined(text: bytes) -> frozenset[bytes]:
    """Return the names that ``text`` defines by a keyword, or by an assignment at the outermost level."""
    code = _QUIET.sub(b'""', text)
    found = {(b"." if m[1] else b"") + m[3] for m in _DEFINITION.finditer(code)}
    found |= {m[1] for m in _CONSTANT.finditer(code)}
    return frozenset(found)


def imported(text: bytes) -> frozenset[bytes]:
    """Return the names that import statements in ``text`` bring into the file."""
    code = _QUIET.sub(b'""', text)
    found: set[bytes] = set()
    for match in _FROM.finditer(code):
        found |= _listed(match[1] or match[2] or b"", b"as")
    for match in _IMPORT.finditer(code):
        found |= {name.split(b".")[0] for name in _listed(match[1], b"as")}
    for pattern in (_SCRIPT_IMPORT, _REQUIRE):
        for match in pattern.finditer(code):
            found |= _listed(match[1] or b"", b"as") | _listed((match[2] or b"").replace(b":", b" as "), b"as")
    return frozenset(found)


def used(text: bytes) -> frozenset[bytes]:
    """Return the identifiers that ``text`` mentions outside strings and comments, attributes with a leading dot."""
    code = _QUIET.sub(b'""', text)
    return frozenset((b"." if m[1] else b"") + m[2] for m in _USE.finditer(code))


def _listed(names: bytes, word: bytes) -> set[bytes]:
    found = set()
    for part in names.replace(b"\\", b" ").split(b","):
        words = part.split()
        if not words:
            continue
        found.add(words[2] if len(words) == 3 and words[1] == word else words[0])
    return {name for name in found if re.match(rb"[A-Za-z_$][\w$.]*\Z", name)}
