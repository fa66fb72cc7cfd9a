"""A parameter or local variable that one side renamed, and the other goes on to use by its old name.

The base and the other side are read with the new name, and then merged like any others.  Invariants: a name counts as
renamed only where the function is there once in all three, the side has no trace of the old name in it and nobody else
one of the new, and the line that binds it stands in the side as it was but for the names; all names of one function are
looked at together.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge.pieces import counted, middles, uneven
from forkmerge.syntax.references import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forkmerge.syntax.names import Name, Names
    from forkmerge.syntax.profile import Profile

LANGUAGES = frozenset(("python", "go", "java", "c", "cpp", "csharp", "kotlin"))
"""Languages in which a name written alone never stands for a key of the same name, too."""
_DOUBLE = frozenset(("javascript", "typescript", "tsx", "rust"))
"""Languages in which it may, and macros and texts may have names in them: there each has to be understood."""
_WORD = re.compile(rb"[^\W\d]\w*")
_KEY = re.compile(rb"[{,]\s*(\w+)\s*(?=[,}])")
_LOCAL = frozenset(("parameter", "variable"))
_FUNCTIONS = frozenset(("function", "method"))
_BY_NAME = re.compile(rb"\b(?:locals|globals|vars|eval|exec)\s*\(")
"""Calls that look a local up by its name."""
_Scope: TypeAlias = "tuple[str, ...]"


def renamed(profile: Profile, inputs: Sequence[bytes]) -> tuple[bytes, bytes, bytes] | None:
    """Return base, ours and theirs with the names that each side gave in all three; None where no side gave any.

    Also None where both sides gave names, or where a local may be looked up by the text of its name.
    """
    if profile.name not in LANGUAGES | _DOUBLE or not _may_have(inputs):
        return None
    if profile.binder == "python" and any(map(_BY_NAME.search, inputs)):
        return None
    base, ours, theirs = ((text, names(profile, text)) for text in inputs)
    given = [_given(base, side, other) for side, other in ((ours, theirs), (theirs, ours))]
    if bool(given[0]) == bool(given[1]):
        return None
    there = given[0] or given[1]
    if profile.name in _DOUBLE and not all(_plain(version, there) for version in (base, ours, theirs)):
        return None
    now, mine, other = _written(base, there), _written(ours, given[1]), _written(theirs, given[0])
    return now, mine, other


def _may_have(inputs: Sequence[bytes]) -> bool:
    """Return whether a side says a name less often, and another more often, and the other side's edits have the first.

    PERF: else nobody renamed what the other uses, and no names have to be read.
    """
    changed = middles(*inputs)
    base, *sides = (Counter(_WORD.findall(text)) for text in changed)
    lines = [counted(text) for text in changed]
    for side, other in ((0, 2), (1, 1)):
        now = sides[side]
        less = {word for word, count in base.items() if now[word] < count}
        if less and any(count > base[word] for word, count in now.items()):
            edited = (line for line in uneven(lines[other], lines[0]) if lines[other][line] > lines[0][line])
            if any(not less.isdisjoint(_WORD.findall(line)) for line in edited):
                return True
    return False


_Version: TypeAlias = "tuple[bytes, Names]"


def _given(base: _Version, side: _Version, other: _Version) -> dict[_Scope, dict[str, str]]:
    """Return for each function in which ``side`` renamed locals their old and new names."""
    out: dict[_Scope, dict[str, str]] = {}
    functions = [_functions(version[1]) for version in (base, side, other)]
    for scope in functions[0]:
        if not all(found.get(scope) == 1 for found in functions):
            continue
        locals_ = [_locals(version[1], scope) for version in (base, side, other)]
        words = [_words(version[1], scope) for version in (base, side, other)]
        gone = [n for n in locals_[0] if n.text not in words[1]]
        come = [n for n in locals_[1] if n.text not in words[0] and n.text not in words[2]]
        if not gone or len(gone) != len(come) or any(n.text not in words[2] for n in gone):
            continue
        pairs = {old.text: new.text for old, new in zip(gone, come, strict=True)}
        lines = {_spaced(line) for line in side[0].split(b"\n")}
        if all(_spaced(_line(base, n, scope, pairs)) in lines for n in gone):
            out[scope] = pairs
    return out


def _plain(version: _Version, given: Mapping[_Scope, Mapping[str, str]]) -> bool:
    """Return whether the old names stand nowhere in a version but where they are known to be names, and no keys."""
    text, found = version
    old = {name for pairs in given.values() for name in pairs}
    known = {name.span.start for name in (*found.definitions, *found.uses) if name.text in old}
    words = [m for name in old for m in re.finditer(rb"\b%b\b" % re.escape(name.encode()), text)]
    return {m.start() for m in words} <= known and not any(
        m[1].decode("utf-8", "replace") in old for m in _KEY.finditer(text)
    )


def _functions(found: Names) -> dict[_Scope, int]:
    """Return how often each function is defined, by the scope that it opens; not those inside of another."""
    out: dict[_Scope, int] = {}
    for name in found.definitions:
        if name.kind in _FUNCTIONS:
            scope = (*name.scope, name.text)
            out[scope] = out.get(scope, 0) + 1
    return {scope: count for scope, count in out.items() if not any(scope[:n] in out for n in range(1, len(scope)))}


def _within(found: Names, scope: _Scope) -> Iterator[Name]:
    for name in (*found.definitions, *found.uses):
        if name.scope[: len(scope)] == scope and name.kind != "attribute":
            yield name


def _words(found: Names, scope: _Scope) -> set[str]:
    return {name.text for name in _within(found, scope)}


def _locals(found: Names, scope: _Scope) -> list[Name]:
    """Return the first definition of each local of the function that opens ``scope``, in the order of the text."""
    out: dict[str, Name] = {}
    for name in found.definitions:
        if name.kind in _LOCAL and name.scope[: len(scope)] == scope:
            out.setdefault(name.text, name)
    return list(out.values())


def _written(version: _Version, given: Mapping[_Scope, Mapping[str, str]]) -> bytes:
    """Return the text of a version with the names that were ``given``."""
    text, found = version
    spans = sorted(
        {
            (name.span.start, name.span.end, pairs[name.text])
            for scope, pairs in given.items()
            for name in _within(found, scope)
            if name.text in pairs
        },
        reverse=True,
    )
    for start, end, new in spans:
        text = text[:start] + new.encode() + text[end:]
    return text


def _line(version: _Version, name: Name, scope: _Scope, pairs: Mapping[str, str]) -> bytes:
    """Return the line that ``name`` stands on, with its new names."""
    text = version[0]
    start = text.rfind(b"\n", 0, name.span.start) + 1
    end = text.find(b"\n", name.span.start)
    end = len(text) if end < 0 else end
    line = text[start:end]
    spans = {(n.span.start, n.span.end, n.text) for n in _within(version[1], scope) if start <= n.span.start < end}
    for low, high, old in sorted(spans, reverse=True):
        if old in pairs:
            line = line[: low - start] + pairs[old].encode() + line[high - start :]
    return line


def _spaced(line: bytes) -> bytes:
    return b" ".join(line.split())
