"""Conflicts of files without a grammar whose lines are known one by one (``syntax.linewise``).

The three contents of a conflict are read into entries with keys and merged key by key: what one side changed is
changed, what both changed in two ways is a conflict, and so is a key that one side deleted and the other changed.  New
entries of both sides stand together where the order of entries means nothing; in a list they must be in two places.

Invariants: a conflict is resolved as a whole or left as it is; no key stands twice that did not (a text that gives one
twice is left to git); swapping the sides swaps only the order of what both added.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge import rules
from forkmerge.merge.conservation import unbalanced
from forkmerge.merge.pieces import Conflict, Piece, Resolved
from forkmerge.model.finding import Finding
from forkmerge.syntax.linewise import LOOSE, Entry, Group, Read, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from forkmerge.merge.rules import Allowed
    from forkmerge.syntax.linewise import LineProfile

_WORD = re.compile(r"\w+")
_SOME = 2
_CHANCE = 5
"""Keys from which on it is hardly chance that they are sorted."""


_Table: TypeAlias = "dict[str, Entry]"


class _Clash(Exception):  # noqa: N818 - a way out of the merge of one conflict
    """Two changes can't stand together; the text says which."""


@dataclass(frozen=True, slots=True)
class _Work:
    profile: LineProfile
    ordered: bool
    used: set[str]


def resolve(
    profile: LineProfile, allowed: Allowed, pieces: Sequence[Piece], whole: Sequence[bytes]
) -> tuple[Piece, ...]:
    """Return ``pieces`` with the conflicts resolved that can be; ``whole`` are the three files."""
    ordered = profile.kind == "list"
    if profile.reversal:
        sign = b"\n" + profile.reversal.encode()
        ordered = ordered or any(sign in b"\n" + text for text in whole)
    given = [Counter(read(profile, text).named()) for text in whole]
    twice = frozenset(key for _, key in (k for count in given for k, n in count.items() if n > 1))
    out: list[Piece] = []
    for number, piece in enumerate(pieces):
        above = pieces[number - 1] if number else b""
        below = pieces[number + 1] if number + 1 < len(pieces) else b""
        if isinstance(piece, Conflict) and not _cut(profile, piece, above, below):
            found = _resolved(_Work(profile, ordered, set()), allowed, piece, twice)
            mirror = Conflict(piece.base, piece.theirs, piece.ours)
            there = _resolved(_Work(profile, ordered, set()), allowed, mirror, twice) if found is not None else None
            if found is not None and there is not None and _lines(found.content) == _lines(there.content):
                piece = found  # noqa: PLW2901 - both ways around the same, but for the order
        out.append(piece)
    return tuple(out)


def goes_on(profile: LineProfile, conflict: Conflict) -> bool:
    """Return whether a value goes on in indented lines of ``conflict``: such lines have no keys."""
    texts = (conflict.base, conflict.ours, conflict.theirs)
    return profile.sections and any(b"\n" + sign in b"\n" + text for text in texts for sign in (b" ", b"\t"))


def _lines(text: bytes) -> Counter[bytes]:
    return Counter(line.strip() for line in text.split(b"\n"))


def _cut(profile: LineProfile, piece: Conflict, above: Piece, below: Piece) -> bool:
    """Return whether a value begins or ends outside of the conflict."""
    if profile.sections and (not isinstance(below, bytes) or below[:1] in (b" ", b"\t")):
        return True
    if not profile.continued:
        return False
    texts = (above if isinstance(above, bytes) else b"\\\n", piece.base, piece.ours, piece.theirs)
    return any(t.rstrip(b"\r\n").endswith(b"\\") for t in texts)


def objections(profile: LineProfile, path: str, inputs: Sequence[bytes], result: bytes) -> tuple[Finding, ...]:
    """Return a finding for each key that the merge gives twice and no input does, or that a side had deleted.

    The latter is back where the other side moved it: git takes that for an addition.
    """
    if profile.kind == "set":
        from forkmerge.merge.returned import returned  # noqa: PLC0415 - few files are of this kind

        line = returned((inputs[0], inputs[1], inputs[2]), result, data=False, more=True).decode("utf-8", "replace")
        message = f"{line} was deleted by one side and moved by the other"
        return (Finding("deleted-key", message, path),) if line else ()
    before = [Counter(read(profile, text).named()) for text in inputs]
    now = Counter(read(profile, result).named())
    out = []
    for (section, key), count in sorted(now.items()):
        if key == LOOSE:
            continue  # what goes on with a value behind a comment has no key
        if count > 1 and count > max(b[section, key] for b in before):
            where = f" under {section}" if section else ""
            out.append(Finding("duplicate-key", f"{key}{where} is given twice, which neither side did", path))
        elif before[0][section, key] and not (before[1][section, key] and before[2][section, key]):
            out.append(Finding("deleted-key", f"{key} was deleted by one side and moved by the other", path))
    return tuple(out)


def _resolved(work: _Work, allowed: Allowed, piece: Conflict, twice: frozenset[str]) -> Resolved | None:
    texts = (piece.base, piece.ours, piece.theirs)
    three = [read(work.profile, _ended(t)) for t in texts]
    held = {key for r in three for _, key in r.named()}
    if LOOSE in held or twice & held:
        return None
    try:
        content = _merge(work, *three)
    except _Clash:
        return None
    if not work.used:  # each side changed other values, all keys where they were
        work.used.add(rules.NEIGHBOURS)
    if not allowed.permits(work.used) or unbalanced(*texts, content):
        return None
    ends = [_ended(t) == t for t in texts]
    if not (ends[1] if ends[1] != ends[0] else ends[2]):
        content = content.removesuffix(b"\n").removesuffix(b"\r")
    return Resolved(*texts, content, tuple(sorted(work.used)))


def _ended(text: bytes) -> bytes:
    """Return ``text`` with an end of its last line: the last one of a file may have none."""
    if not text or text.endswith(b"\n"):
        return text
    return text + (b"\r\n" if b"\r\n" in text else b"\n")


def _merge(work: _Work, base: Read, ours: Read, theirs: Read) -> bytes:
    sides = [_by_header(r) for r in (base, ours, theirs)]
    out: list[bytes] = []
    for header in _order(work, *(list(s) for s in sides), ordered=work.profile.ordered_sections):
        groups = [s.get(header) for s in sides]
        out += _group(work, header, groups)
    tail = _pick(base.tail, ours.tail, theirs.tail, "the comments at the end")
    return b"".join(out) + tail


def _by_header(found: Read) -> dict[str, Group]:
    out: dict[str, Group] = {}
    for group in found.groups:
        key = group.header.key if group.header else ""
        if key in out:
            raise _Clash("a section stands twice")
        out[key] = group
    return out


def _group(work: _Work, header: str, groups: Sequence[Group | None]) -> list[bytes]:
    base, ours, theirs = groups
    if work.profile.brackets and header and None in groups:
        raise _Clash("brackets were added or taken away")
    if base is not None and (ours is None or theirs is None):
        left = ours or theirs
        if left is not None and [e.said for e in left.entries] != [e.said for e in base.entries]:
            raise _Clash("a section was deleted and changed")
        return []
    entries = _entries(work, *(g.entries if g else () for g in groups))
    shown = next((g.header for g in (ours, theirs) if g is not None), None)
    return [*([shown.text] if shown else []), *(e.text for e in entries)]


def _entries(work: _Work, base: Sequence[Entry], ours: Sequence[Entry], theirs: Sequence[Entry]) -> list[Entry]:
    sides = []
    for entries in (base, ours, theirs):
        table = {e.key: e for e in entries}
        if len(table) < len(entries):
            raise _Clash("a key stands twice")
        sides.append(table)
    b, o, t = sides
    _no_edits_of_one_line(work, b, o, t)
    fixed = work.profile.options
    if fixed and any(not (k in b and k in o and k in t) for k in {*b, *o, *t} if k.startswith(fixed)):
        raise _Clash("an option was added or taken away")
    out = []
    for key in _order(work, list(b), list(o), list(t), ordered=work.ordered):
        mine, other, before = o.get(key), t.get(key), b.get(key)
        if before is None and mine is not None and other is not None:
            if mine.said != other.said:
                raise _Clash(f"two values for {key}")
            work.used.add(rules.SAME)
            out.append(mine)
            continue
        kept = _pick_entry(before, mine, other, key)
        if kept is not None:
            out.append(kept)
    return out


def _no_edits_of_one_line(work: _Work, base: _Table, ours: _Table, theirs: _Table) -> None:
    """Refuse where both took a line of a set away and both put something: it may be one line, changed in two ways."""
    if work.profile.kind == "keys":
        _no_new_uses(ours.keys() - base.keys(), theirs.values())
        _no_new_uses(theirs.keys() - base.keys(), ours.values())
        return
    gone = base.keys() - ours.keys() - theirs.keys()
    new_o, new_t = ours.keys() - base.keys(), theirs.keys() - base.keys()
    if gone and new_o != new_t and new_o and new_t:
        raise _Clash("a line was changed in two ways")


def _no_new_uses(names: set[str], entries: Iterable[Entry]) -> None:
    """Refuse where an entry of one side speaks of a name that the other adds: it may have to stand behind it."""
    for entry in entries:
        text = entry.line.decode("utf-8", "replace")
        if entry.key not in names and any(s in text for s in ("$", "%(")) and names.intersection(_WORD.findall(text)):
            raise _Clash("a value speaks of a new name")


def _pick_entry(before: Entry | None, mine: Entry | None, other: Entry | None, key: str) -> Entry | None:
    said = [e.said if e else None for e in (before, mine, other)]
    if said[1] == said[0]:
        return other if other is None or said[2] != said[0] else mine
    if said[2] in (said[0], said[1]):
        return mine
    raise _Clash(f"two values for {key}")


def _pick(base: bytes, ours: bytes, theirs: bytes, what: str) -> bytes:
    b, o, t = (x.strip() for x in (base, ours, theirs))
    if o == b:
        return ours if t == b else theirs
    if t in (b, o):
        return ours
    raise _Clash(f"two values for {what}")


def _order(work: _Work, base: list[str], ours: list[str], theirs: list[str], *, ordered: bool) -> list[str]:
    """Return all keys in the order that the merge has them; raise where both sides may claim one place."""
    common = set(base) & set(ours) & set(theirs)
    runs = [[k for k in keys if k in common] for keys in (base, ours, theirs)]
    if runs[1] != runs[0] and runs[2] != runs[0] and runs[1] != runs[2]:
        raise _Clash("both sides changed the order")
    if ordered and not runs[0] == runs[1] == runs[2]:
        raise _Clash("a side changed the order")
    first, second = (theirs, ours) if runs[1] == runs[0] != runs[2] else (ours, theirs)
    known = set(base)
    new_f, new_s = (_anchored(keys, known, common) for keys in (first, second))
    out = list(first)
    shared = {k for k, _ in new_f} & {k for k, _ in new_s}
    places_f = {anchor for key, anchor in new_f if key not in shared}
    additions = [(key, anchor) for key, anchor in new_s if key not in shared]
    if any(anchor in places_f for _, anchor in additions):
        if ordered:
            raise _Clash("both sides put something at one place, and order counts")
        work.used.add(rules.MEMBERS)
    elif first != second:
        work.used.add(rules.NEIGHBOURS)
    if not ordered and (alphabet := _alphabet(first, second)) is not None:
        return sorted({*first, *second}, key=alphabet)
    for key, anchor in additions:
        at = out.index(anchor) + 1 if anchor else 0
        while at < len(out) and out[at] not in known:
            at += 1
        out.insert(at, key)
    gone = [k for k in second if k in known and k not in first]
    return [*out, *gone]  # what the first side took away, for the question whether the second changed it


def _anchored(keys: Sequence[str], base: set[str], common: set[str]) -> list[tuple[str, str]]:
    """Return each key that the base has not, with the key that all have and that stands before it."""
    out, anchor = [], ""
    for key in keys:
        if key in common:
            anchor = key
        elif key not in base:
            out.append((key, anchor))
    return out


def _alphabet(first: Sequence[str], second: Sequence[str]) -> Callable[[str], tuple[str, str]] | None:
    """Return what both lists are sorted by, their keys with capitals as they are or as small letters; None if neither.

    A single key beside a list of some length is in any order.
    """
    shorter, longer = sorted(map(len, (first, second)))
    if shorter < _SOME and longer < _CHANCE:
        return None
    for alphabet in (_folded, _plain):
        if all(list(keys) == sorted(keys, key=alphabet) for keys in (first, second) if keys):
            return alphabet
    return None


def _folded(key: str) -> tuple[str, str]:
    return key.lower(), key


def _plain(key: str) -> tuple[str, str]:
    return key, ""
