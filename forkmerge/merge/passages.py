"""What is left in conflict, merged as text where the edits of the two sides keep apart.

Git leaves lines in conflict that merely touch, and structure gives up where both sides edited one token (a docstring, a
comment) or where a name was changed and what it stands in was written anew.  Here the edits are laid over each other:
first as lines, then as words, then as lines that one side put at another depth (``depths``); at last it is asked
whether one side's edits are all among the other's (``contained``).
Two edits that meet, or that put something at one point, are never joined; but lines that one side edited each for
itself, and those that the other puts above or below them.

Words are read more strictly than lines: several unchanged words have to stand between the edits, they must not lie in
one string of one line (versions, patterns, messages: a third text that nobody wrote), nor on both sides of one
comparison, and not both change numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge import comparisons
from forkmerge.merge.conservation import STRING, doubled, respelled, unbalanced
from forkmerge.merge.counts import raised_by_both
from forkmerge.merge.diff import hunks
from forkmerge.merge.marks import astray
from forkmerge.merge.outdated import outdated
from forkmerge.merge.pieces import Conflict, Piece, lines_of, resolved
from forkmerge.merge.remarks import misplaced
from forkmerge.merge.rules import CONTAINED, REFORMAT, TOUCHING, WORDS, Allowed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Edit: TypeAlias = tuple[int, int, tuple[bytes, ...]]
"""Base tokens from start to stop are replaced by what follows."""

_WORD = re.compile(rb"\w+|[ \t]+|\r?\n[ \t]*|[^\w\s]")
_NUMBER = re.compile(rb"\d\w*\Z")
_STRING = re.compile(STRING)
_NAME = re.compile(rb"[^\W\d]\w*\Z")
_OPEN = frozenset((b"(", b"[", b"{"))
_CLOSE = frozenset((b")", b"]", b"}"))
_FIRST = re.compile(rb"\w+")
_APART = 3
"""Unchanged words that have to stand between the edits of the two sides."""
_MOST = 4000
"""Words of a conflict past which it is left: differences take the square of them at worst."""


def by_text(conflict: Conflict, allowed: Allowed) -> tuple[bytes, str] | None:
    """Return the merged text of a conflict and the rule it rests on, None where the sides' edits don't keep apart."""
    for rule, merge in ((TOUCHING, _by_lines), (WORDS, _by_words), (REFORMAT, _by_depth)):
        found = _kept(conflict, rule, merge) if allowed.permits({rule}) else None
        if found is not None:
            return found
    return _held(conflict, allowed)


def by_lines(conflict: Conflict, allowed: Allowed) -> tuple[bytes, str] | None:
    """Return the same where each line stands for itself: lines of both sides, if no line was edited by both."""
    return _kept(conflict, TOUCHING, _by_lines) if allowed.permits({TOUCHING}) else None


def _kept(conflict: Conflict, rule: str, merge: Callable[[Conflict], bytes | None]) -> tuple[bytes, str] | None:
    content = merge(conflict)
    if content is None:
        return None
    from forkmerge.merge.branches import unchained  # noqa: PLC0415 - only where something was resolved
    from forkmerge.merge.vanished import vanished  # noqa: PLC0415 - the same

    four = (conflict.base, conflict.ours, conflict.theirs, content)
    plain = (unbalanced, doubled, respelled, outdated, misplaced, astray, comparisons.negated)
    gates = (*plain, _again, vanished, unchained)
    return None if any(gate(*four) for gate in gates) else (content, rule)


def _again(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """Return whether a string that both sides put in stands in ``result`` more often than in either."""
    b, o, t, r = (Counter(_STRING.findall(x)) for x in (base, ours, theirs, result))
    return any(r[x] > max(o[x], t[x]) for x in (o - b).keys() & (t - b).keys())


def apart(pieces: Sequence[Piece], allowed: Allowed, *, whole: bool) -> tuple[Piece, ...]:
    """Return ``pieces`` with the conflicts resolved that are about versions, by the user's policy, and then by text.

    With ``whole``, for data and where no language is known, no text is made of both sides' edits.
    """
    if allowed.versions:
        from forkmerge.merge.versions import settled  # noqa: PLC0415 - only for those who have a policy

        pieces = resolved(pieces, partial(settled, allowed.versions))
    return resolved(pieces, partial(_held, allowed=allowed, code=False) if whole else partial(_said, allowed=allowed))


def _said(conflict: Conflict, allowed: Allowed) -> tuple[bytes, str] | None:
    from forkmerge.merge import habits  # noqa: PLC0415 - not needed for texts without a language

    three = (conflict.base, conflict.ours, conflict.theirs)
    return None if habits.broken(*three) or raised_by_both(*three) else by_text(conflict, allowed)


def _held(conflict: Conflict, allowed: Allowed, *, code: bool = True) -> tuple[bytes, str] | None:
    if not allowed.permits({CONTAINED}):
        return None
    from forkmerge.merge.contained import taken_over  # noqa: PLC0415 - only where all else left a conflict

    found = taken_over(conflict, code=code)
    if found is None:
        return None
    from forkmerge.merge.vanished import vanished  # noqa: PLC0415 - only where something was resolved

    return None if vanished(conflict.base, conflict.ours, conflict.theirs, found[0]) else found


def _by_lines(conflict: Conflict) -> bytes | None:
    return _merged(conflict, lines_of, _any, _beside)


def _by_words(conflict: Conflict) -> bytes | None:
    if max(map(len, (conflict.base, conflict.ours, conflict.theirs))) > _MOST * 4:
        return None
    return _merged(conflict, _WORD.findall, _keep_apart)


def _by_depth(conflict: Conflict) -> bytes | None:
    from forkmerge.merge.depths import at_new_depth  # noqa: PLC0415 - only where all else left a conflict

    return at_new_depth(conflict)


def _merged(
    conflict: Conflict,
    split: Callable[[bytes], list[bytes]],
    serve: Callable[[Sequence[bytes], Sequence[Edit], Sequence[Edit]], bool],
    may_meet: Callable[[Sequence[bytes], Edit, Edit], bool] | None = None,
) -> bytes | None:
    base, ours, theirs = (split(x) for x in (conflict.base, conflict.ours, conflict.theirs))
    if not base or max(map(len, (base, ours, theirs))) > _MOST:
        return None
    mine = _edits(base, ours)
    other = [e for e in _edits(base, theirs) if e not in mine]
    slack = [[_slack(base, e) for e in edits] for edits in (mine, other)]
    met = [(a, b) for a in slack[0] for b in slack[1] if _meet(a, b)]
    if (met and (may_meet is None or not all(may_meet(base, a, b) for a, b in met))) or not serve(base, *slack):
        return None
    out: list[bytes] = []
    position = 0
    for start, stop, new in sorted([*mine, *other]):
        out += base[position:start]
        out += new
        position = stop
    return b"".join((*out, *base[position:]))


def _edits(before: Sequence[bytes], after: Sequence[bytes]) -> list[Edit]:
    return [(i, x, tuple(after[j:y])) for i, x, j, y in hunks(before, after)]


def _slack(base: Sequence[bytes], edit: Edit) -> Edit:
    """Return ``edit`` with the range it may have been meant for: what is put in or out beside its like can slide."""
    start, stop, new = edit
    if start < stop and new:
        return edit
    run = new or tuple(base[start:stop])
    low, high, size = start, stop, len(run)
    while low and base[low - 1] == run[(low - start - 1) % size]:
        low -= 1
    while high < len(base) and base[high] == run[(high - stop) % size]:
        high += 1
    return low, high, new


def _meet(a: Edit, b: Edit) -> bool:
    """Return whether two edits overlap, or one of them puts something where the other begins or ends."""
    if a[0] < b[1] and b[0] < a[1]:
        return True
    return (a[0] == a[1] and b[0] <= a[0] <= b[1]) or (b[0] == b[1] and a[0] <= b[0] <= a[1])


def _beside(base: Sequence[bytes], one: Edit, other: Edit) -> bool:
    """Return whether one edit puts lines above or below those that the other edited, each of them for itself."""
    for edited, put in ((one, other), (other, one)):
        start, stop, new = edited
        if put[0] != put[1] or put[0] not in (start, stop) or not 0 < stop - start == len(new):
            continue
        return all(_edited(was, now) for was, now in zip(base[start:stop], new, strict=True))
    return False


def _edited(was: bytes, now: bytes) -> bool:
    """Return whether one line may have become the other: they begin with the same word."""
    before, after = _FIRST.search(was), _FIRST.search(now)
    return before is not None and after is not None and before[0] == after[0]


def _any(base: Sequence[bytes], mine: Sequence[Edit], other: Sequence[Edit]) -> bool:
    del base, mine, other
    return True


def _keep_apart(base: Sequence[bytes], mine: Sequence[Edit], other: Sequence[Edit]) -> bool:
    if _numbers(base, mine) and _numbers(base, other):
        return False
    strings = _strings(base)
    for a in mine:
        for b in other:
            if _called_anew(base, a, b) or _called_anew(base, b, a):
                return False
            low, high = (a[1], b[0]) if a[1] <= b[0] else (b[1], a[0])
            if sum(1 for word in base[low:high] if word.strip()) < _APART:
                return False
            if any(start <= a[0] and a[1] <= stop and start <= b[0] and b[1] <= stop for start, stop in strings):
                return False
            if comparisons.between(b"".join(base[low:high])):
                return False
    return True


def _called_anew(base: Sequence[bytes], called: Edit, given: Edit) -> bool:
    """Return whether one edit has another function called, and the other gives the former one other arguments.

    Which those are is told by the brackets behind the name; a name that was put in front of the former one wraps it.
    It is another one, too, that is asked for in what another call gives.
    """
    start, stop, new = called
    names = [word for word in new if _NAME.match(word)]
    if base[start:stop] == [b"."]:
        stop = _through(base, called)
    elif stop == start or not names or not _NAME.match(base[stop - 1]) or names[-1] == base[stop - 1]:
        return False
    if not 0 < stop < len(base) or base[stop] != b"(" or given[0] <= stop:
        return False
    depth = 0
    for word in base[stop : given[0]]:
        depth += (word in _OPEN) - (word in _CLOSE)
        if depth == 0:
            return False
    return depth == 1 and b"," in (*base[given[0] : given[1]], *given[2])


def _through(base: Sequence[bytes], put: Edit) -> int:
    """Return where the brackets of a call are of which ``put`` has it ask what another call gives; 0 for no such.

    ``shelf.row().open()`` was made of ``shelf.open()``; a chain of calls goes on with the same thing.
    """
    start, stop, new = put
    around = (*base[start - 1 : start], *base[stop : stop + 1])
    return stop + 1 if b"(" in new and len(around) > 1 and all(map(_NAME.match, around)) else 0


def _numbers(base: Sequence[bytes], edits: Sequence[Edit]) -> bool:
    return any(_NUMBER.match(word) for start, stop, new in edits for word in (*base[start:stop], *new))


def _strings(base: Sequence[bytes]) -> list[tuple[int, int]]:
    """Return the ranges of words that strings of one line take."""
    starts = {}
    offset = 0
    for index, word in enumerate(base):
        starts[offset] = index
        offset += len(word)
    starts[offset] = len(base)
    found = (m.span() for m in _STRING.finditer(b"".join(base)))
    return [(starts[a], starts[b]) for a, b in found if a in starts and b in starts]
