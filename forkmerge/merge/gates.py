"""The gates: what has to hold of every merged file before it is called clean.

Each gate compares the result with the inputs, so that what was wrong before the merge is not held against it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.merge.pieces import counted, ends, lines_of, middles, uneven
from forkmerge.merge.pyread import begun_late, compiles
from forkmerge.model.finding import Finding
from forkmerge.syntax.parsing import parse, sound

if TYPE_CHECKING:
    from forkmerge.syntax.profile import Profile

_MODULES = frozenset(("javascript", "typescript", "tsx", "rust", "php", "go"))
"""Languages that refuse a file in which a name is imported or exported twice."""

_FEW = 200
"""Changed lines up to which it is looked for where they stand: the search takes the square of them at worst."""

_WORD = re.compile(rb"[^\W\d]\w*")
_SAID = re.compile(rb"\w+")
_DEFINES = re.compile(rb"\b([^\W\d]\w*+)\s*+(?:<[^<>\n]*+>\s*+)?(?=[({:=])")
_NAMED = re.compile(rb"\b(?:class|contract|def|fn|fun|func|function|interface|module|object|sub|trait)\s+([^\W\d]\w*+)")
_ALONE = re.compile(rb"^[ \t]*+([^\W\d]\w*+)[ \t]*+,?[ \t\r]*+$", re.MULTILINE)
_ODD_KEYS = re.compile(rb"(\"[^\"\n]++\"|'[^'\n]++'|(?<![\w-])[^\W\d]\w*+-[\w-]++)\s*+(?=[:=])")
"""Keys that are no words: with a hyphen, or in quotes."""
_ATTRIBUTE = re.compile(rb"\b([\w-]++)\s*+=\s*+(\"[^\"\n]*+\"|'[^'\n]*+')")
_PYTHON_DEFINES = re.compile(rb"\b(?:def|class)\s+(\w+)")
_PYTHON_BINDS = re.compile(
    rb"(?:\bas|\bdef|\bclass|\bimport|\bfor|,|\()\s*+([^\W\d]\w*+)"
    rb"|\b([^\W\d]\w*+)\s*+(?=(?:[:,][^=\n]{0,200}+)?=(?!=))"
    rb"|^[ \t]*+([^\W\d]\w*+)[ \t]*+(?=[,)\r\n]|\Z)",
    re.MULTILINE,
)
"""Both give nothing back that they took: a line of a million letters costs a million steps, not their square."""
_SETS = re.compile(rb"\b([^\W\d]\w*)\s*(?:[:=]|(?=[,(;]|$))|\bdefine\s+(\w+)", re.MULTILINE)
_KEYS = re.compile(rb"[\"']([\w.-]+)[\"']\s*(?:=>|:)|(?<![^\s,({])([^\W\d]\w*)=(?![\s=])")
_NOTHING = re.compile(rb"[\[({,]\s*+[,;]")
"""A separator with nothing before it; Python's grammar knows none."""
_SCOPE = re.compile(rb"\b(?:def|class|lambda|for)\b|\"\"\"|'''")
"""What may put the lines below it into another scope."""


def objections(
    profile: Profile, path: str, base: bytes, ours: bytes, theirs: bytes, result: bytes
) -> tuple[Finding, ...]:
    """Return why ``result`` is not to be called a clean merge of the three; nothing where all gates hold."""
    found = _parses(profile, path, (base, ours, theirs), result) or _empty(profile, path, base, ours, theirs, result)
    if not found and profile.data:
        found += _loads(profile, path, (ours, theirs), result)
    if not found and not profile.data:
        found += _names(profile, path, base, ours, theirs, result)
    if not found and profile.name in _MODULES:
        from forkmerge.merge.exports import objections as told_twice  # noqa: PLC0415 - for some languages alone

        found += told_twice(path, (base, ours, theirs), result)
    return tuple(found)


def _parses(profile: Profile, path: str, inputs: tuple[bytes, bytes, bytes], result: bytes) -> list[Finding]:
    if profile.name == "python" and compiles(result):  # PERF: who reads it is Python, and most merges end here
        if not begun_late(result) or any(map(begun_late, inputs)):
            return []
        return [Finding("does-not-parse", "an import from the future stands below what the other side put in", path)]
    if not sound(parse(profile, result)):
        broken = all(sound(parse(profile, i)) for i in inputs)
    else:
        broken = profile.name == "python" and all(compiles(i) for i in inputs[1:])
    if not broken:
        return []
    return [Finding("does-not-parse", "the merge does not parse, though base, ours and theirs do", path)]


def _empty(profile: Profile, path: str, base: bytes, ours: bytes, theirs: bytes, result: bytes) -> list[Finding]:
    """Return a finding for separators that have lost what they separated: half to one side, half to the other."""
    count = len(_NOTHING.findall(result)) if profile.name != "python" else 0
    if not count:
        return []
    b, o, t = (len(_NOTHING.findall(text)) for text in (base, ours, theirs))
    if count <= max(o, t, o + t - b):
        return []
    return [Finding("empty-element", "a separator is left without what it separated, which neither side did", path)]


def _loads(profile: Profile, path: str, inputs: tuple[bytes, bytes], result: bytes) -> list[Finding]:
    from forkmerge.syntax.data import load_error  # noqa: PLC0415 - only data files need it

    error = load_error(profile, result)
    if not error or any(load_error(profile, i) for i in inputs):
        return []
    return [Finding("does-not-load", f"the merged {profile.name} file does not load: {error}", path)]


def _names(profile: Profile, path: str, base: bytes, ours: bytes, theirs: bytes, result: bytes) -> list[Finding]:
    """Return names defined twice, or used and no longer bound, by the merge alone.

    Lines tell at once for which names that is possible at all: doubled must have been defined by both sides, or moved
    by both to two places; dangling bound in what one side took away and used in what the other added.  Only for those
    references are worked out.
    """
    b, o, t, merged = middles(base, ours, theirs, result)
    gone_o, added_o = _changed(b, o)
    gone_t, added_t = _changed(b, t)
    doubled = _defined_in(profile, b"".join(added_o)) & _defined_in(profile, b"".join(added_t))
    doubled |= _defined_in(profile, b"".join(_oftener(merged, (b, o, t), result)))
    loose = _bound_in(profile, gone_o, ours) & _words(b"".join(added_t))
    loose_t = _bound_in(profile, gone_t, theirs) & _words(b"".join(added_o))
    if profile.name == "python" and max(map(len, (gone_o, added_o, gone_t, added_t))) <= _FEW:
        loose = loose and loose & _lost(base, ours)
        loose_t = loose_t and loose_t & _lost(base, theirs)
    loose |= loose_t
    scoped = bool(profile.binder or profile.identifiers)
    said_o, said_t = b"".join(added_o), b"".join(added_t)
    fresh = _set_in(said_o) & _set_in(said_t) if scoped else _words(said_o) & _words(said_t)
    fresh = fresh and fresh - _words(base)
    keyed = fresh | (_keys_in(said_o) & _keys_in(said_t))
    doubled |= fresh if not scoped else set()
    if not doubled and not loose and not keyed:
        return _twice(profile, path, (base, ours, theirs), result, said_o, said_t)
    from forkmerge.merge.names import objections as named  # noqa: PLC0415 - seldom needed, and dear to import

    inputs = (base, ours, theirs)
    found: list[Finding] = []
    if doubled or loose:
        found = named(profile, path, inputs, result, doubled=frozenset(doubled), loose=frozenset(loose))
    if not found and (fresh or not scoped):
        from forkmerge.merge import outline  # noqa: PLC0415 - the same

        if scoped:
            found = outline.twice(profile, path, inputs, result, frozenset(fresh), scoped=True)
        else:
            found = outline.objections(
                profile, path, inputs, result, doubled=frozenset(doubled), loose=frozenset(loose)
            )
    if not found and (doubled or keyed):
        from forkmerge.merge.keys import objections as given_twice  # noqa: PLC0415 - the same

        found = given_twice(profile, path, inputs, result, frozenset(doubled | keyed))
    return found or _twice(profile, path, inputs, result, said_o, said_t)


def _twice(
    profile: Profile, path: str, inputs: tuple[bytes, bytes, bytes], result: bytes, one: bytes, other: bytes
) -> list[Finding]:
    """Return what stands twice where the profile has it once, and ``one`` and ``other``, the added lines, both say."""
    told = [rule.word.encode() for rule in profile.distinct]
    if not any(word in one and word in other for word in told):
        return []
    words = frozenset(_SAID.findall(one)).intersection(_SAID.findall(other))
    if not words:
        return []
    from forkmerge.merge.keys import doubled  # noqa: PLC0415 - seldom needed, and dear to import

    start, kept = ends(*inputs, result)
    return doubled(profile, path, inputs, result, words, slice(start, len(result) - kept))


def committed(
    profile: Profile, path: str, base: bytes, ours: bytes, theirs: bytes, result: bytes
) -> tuple[Finding, ...]:
    """Return what the gates say of a ``result`` that people wrote, which may hold what neither side has.

    So a name may be dangling in a line that is as old as the base, and defined twice where one side alone defined it.
    """
    found = list(_parses(profile, path, (base, ours, theirs), result))
    if found or profile.data:
        return tuple(found or _loads(profile, path, (ours, theirs), result))
    inputs = (base, ours, theirs)
    used = _words(result)
    loose: set[bytes] = set()
    doubled: set[bytes] = set()
    for text in inputs:
        gone, added = _changed(text, result)
        loose |= _bound_in(profile, gone, result) & used
        if text is not base:
            doubled |= _defined_in(profile, b"".join(added))
    if not doubled and not loose:
        return ()
    from forkmerge.merge.names import objections as named  # noqa: PLC0415 - seldom needed, and dear to import

    return tuple(named(profile, path, inputs, result, doubled=frozenset(doubled), loose=frozenset(loose)))


def _changed(before: bytes, after: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the lines that are gone and those that are added, wherever they stood."""
    old, new = counted(before), counted(after)
    differ = uneven(old, new)
    return (
        [line + b"\n" for line in old if line in differ and old[line] > new[line]],
        [line + b"\n" for line in new if line in differ and new[line] > old[line]],
    )


def _oftener(result: bytes, inputs: tuple[bytes, ...], whole: bytes) -> list[bytes]:
    """Return the lines of the result that stand in all of it more than once, and more often than in any input."""
    merged, *counts = map(counted, (result, *inputs))
    differ = set.intersection(*(uneven(merged, count) for count in counts))
    more = [line for line, n in merged.items() if line in differ and n > max(count[line] for count in counts)]
    lines = whole.split(b"\n") if more else []
    return [line + b"\n" for line in more if lines.count(line) > 1]


def _set_in(lines: bytes) -> set[bytes]:
    """Return names to which ``lines`` may give a value, or a type."""
    return {one or other for one, other in _SETS.findall(lines)}


def _odd_keys(lines: bytes) -> set[bytes]:
    return {key.strip(b"\"'") for key in _ODD_KEYS.findall(lines)}


def _keys_in(lines: bytes) -> set[bytes]:
    """Return what stands in ``lines`` like a key: in quotes before its value, or as the name of an argument."""
    return {one or other for one, other in _KEYS.findall(lines)}


def _words(text: bytes) -> set[bytes]:
    return set(_WORD.findall(text))


def _defined_in(profile: Profile, lines: bytes) -> set[bytes]:
    """Return names that ``lines`` may define: exact in Python, elsewhere rather too many.

    Those are all words before a bracket or brace, behind a keyword, or alone on a line, and keys that are no words; of
    elements what identifies them.
    """
    if profile.name == "python":
        return set(_PYTHON_DEFINES.findall(lines))
    if profile.identifying:
        found = (m for m in _ATTRIBUTE.findall(lines) if m[0].decode() in profile.identifying)
        return {*_DEFINES.findall(lines), *(b"=".join((name, b"".join(said.split()))) for name, said in found)}
    return {*_DEFINES.findall(lines), *_NAMED.findall(lines), *_ALONE.findall(lines), *_odd_keys(lines)}


def _bound_in(profile: Profile, gone: list[bytes], left: bytes) -> set[bytes]:
    """Return names that the lines ``gone`` may have bound and that the file that is ``left`` may no longer bind."""
    if profile.name == "python":
        return {word for match in _PYTHON_BINDS.findall(b"".join(gone)) for word in match if word}
    return _words(b"".join(gone)) - _words(left)


def _lost(base: bytes, side: bytes) -> set[bytes]:
    """Return names that lines of Python bound and that the lines in their place do not bind in the same way.

    PERF: where a line is edited that goes on binding what it bound, this spares working out all references.
    """
    from forkmerge.merge.diff import hunks  # noqa: PLC0415 - most edits need it not

    before, after = lines_of(base), lines_of(side)
    lost: set[bytes] = set()
    for i, x, j, y in hunks(before, after):
        gone, come = b"".join(before[i:x]), b"".join(after[j:y])
        several = max(x - i, y - j) > 1
        kept = {} if several and (_SCOPE.search(gone) or _SCOPE.search(come)) else _bindings(come)
        lost.update(word for key, word in _bindings(gone).items() if key not in kept)
    return lost


def _bindings(lines: bytes) -> dict[bytes, bytes]:
    """Return the names that ``lines`` may bind, each by its line up to the name and the character that follows."""
    out = {}
    for match in _PYTHON_BINDS.finditer(lines):
        start, end = match.span(match.lastindex or 0)
        line = lines.rfind(b"\n", 0, start) + 1
        out[lines[line:end] + lines[end : end + 80].lstrip()[:1]] = lines[start:end]
    return out
