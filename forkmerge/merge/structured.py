"""Git's conflicts of one file, resolved one by one where structure allows it.

Each conflict is merged with everything around it fixed (other conflicts stand as ours).  A merge may have to reach
beyond its conflict, to the ends of the construct it stands in; where it reaches into the next conflict the two are
merged together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.merge import habits
from forkmerge.merge.conservation import doubled, respelled, unbalanced, unbalanced_around, words_of
from forkmerge.merge.counts import raised_by_both
from forkmerge.merge.diff import alike
from forkmerge.merge.outdated import outdated
from forkmerge.merge.pieces import Conflict, Piece, Resolved, coalesce, lines_of, text_of
from forkmerge.merge.remarks import misplaced
from forkmerge.merge.repair import Place, Repair, point_after, repair, whole_lines
from forkmerge.merge.rules import DEFINITIONS, EAGER, REFORMAT, SAME, Allowed
from forkmerge.merge.sequences import Context
from forkmerge.merge.swallowed import swallowed
from forkmerge.merge.window import clear, windowed
from forkmerge.model.hunk import Alternative
from forkmerge.syntax.parsing import parse, sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tree_sitter import Tree

    from forkmerge.syntax.profile import Profile

_MAX_PLACES = 60
"""Conflicts of one file past which it is left to git: parsing it once for each would take too long."""


_MAX_WORK = 30_000_000
"""File size times conflicts past which a file is left to git, for the same reason."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the pieces ``first`` to ``last`` become, with ``before`` and ``after`` bytes of their neighbours."""

    first: int
    last: int
    pieces: tuple[Piece, ...]
    before: int
    after: int


def known_tree(profile: Profile, git: Sequence[Piece]) -> Tree | None:
    """Return the tree of our file, None where it can't be had or there is too much to resolve in it."""
    count = sum(1 for p in git if isinstance(p, Conflict))
    mine = _ours(git)
    if count > _MAX_PLACES or len(mine) * count > _MAX_WORK:
        return None
    try:
        return parse(profile, mine)
    except ForkmergeError:
        return None


def swapped_tree(profile: Profile, git: Sequence[Piece], known: Tree | None) -> Tree | None:
    """Return what ``known_tree`` does for the sides swapped; ``known`` is the tree of ``git``.

    PERF: the two files differ in git's conflicts alone, so only those are read anew.
    """
    theirs = text_of(git, lambda c: c.theirs)
    if known is None or len(theirs) * sum(1 for p in git if isinstance(p, Conflict)) > _MAX_WORK:
        return None
    tree = known.copy()
    at, point = 0, (0, 0)
    for piece in git:
        text = piece if isinstance(piece, bytes) else text_of((piece,), lambda c: c.theirs)
        end = point_after(text, point)
        if isinstance(piece, Conflict):
            old = point_after(piece.ours, point)
            tree.edit(at, at + len(piece.ours), at + len(text), point, old, end)
        at, point = at + len(text), end
    try:
        return parse(profile, theirs, tree)
    except ForkmergeError:
        return None


def resolve(
    profile: Profile, allowed: Allowed, git: Sequence[Piece], known: Tree | None, *, alternatives: bool
) -> tuple[Piece, ...]:
    """Return ``git`` with what ``allowed`` rules resolve resolved, other conflicts smaller where that is possible.

    ``known`` is the tree of our file; without it all is left to git.
    """
    if known is None:
        return tuple(git)
    places = [i for i, p in enumerate(git) if isinstance(p, Conflict)]
    context = Context(profile, allowed, {})
    readable = sound(known)
    answers: list[_Answer] = []
    done = -1
    for number, index in enumerate(places):
        if index <= done:
            continue
        answer = _grow(_Work(context, git, known, readable), index, places[number:], done)
        answer = answer or _layout_only(context, git, index) or _prototypes(context, git, index)
        if answer is not None:
            answers.append(answer)
            done = answer.last
    pieces = _assemble(git, answers)
    return with_alternatives(profile, pieces) if alternatives and readable else pieces


@dataclass(frozen=True, slots=True)
class _Work:
    context: Context
    git: Sequence[Piece]
    known: Tree
    readable: bool


def _grow(work: _Work, index: int, places: Sequence[int], done: int) -> _Answer | None:
    """Return the answer for the conflict at ``index``, taking following conflicts in while the merge reaches there."""
    for last in places[:4]:
        answer = _attempt(work, index, last)
        if answer is None:
            continue
        room_before = _room(work.git, index - 1) if index - 1 > done else 0
        if answer.before > room_before:
            return None
        if answer.after <= _room(work.git, last + 1):
            return answer
    return None


def texts_apart(pieces: Sequence[Piece], allowed: Allowed, *, data: bool = False) -> tuple[Piece, ...]:
    """Return ``pieces`` with the conflicts resolved in which the edits of both sides keep apart as text.

    In ``data``, where structure has said what can be joined, only those in which one side holds the other's edit.
    """
    if not any(isinstance(p, Conflict) for p in pieces):
        return tuple(pieces)
    from forkmerge.merge.passages import apart  # noqa: PLC0415 - only where structure left a conflict

    return apart(pieces, allowed, whole=data)


def _layout_only(context: Context, git: Sequence[Piece], index: int) -> _Answer | None:
    """Return the content of the side that did more than lay its lines out anew, where layout has no meaning."""
    conflict = git[index]
    if context.profile.indentation or context.profile.data or not isinstance(conflict, Conflict):
        return None
    base, ours, theirs = (words_of(x) for x in (conflict.base, conflict.ours, conflict.theirs))
    if not base or not context.allowed.permits({REFORMAT}):
        return None
    if theirs in (base, ours):
        content = conflict.ours
    elif ours == base:
        content = conflict.theirs
    else:
        return None
    resolved = Resolved(conflict.base, conflict.ours, conflict.theirs, content, (REFORMAT,))
    return _Answer(index, index, (resolved,), 0, 0)


def _prototypes(context: Context, git: Sequence[Piece], index: int) -> _Answer | None:
    """Return the declarations of functions that both sides put in, where macros hide them from the grammar."""
    conflict = git[index]
    if not isinstance(conflict, Conflict) or b"(" not in conflict.ours or not context.allowed.permits({DEFINITIONS}):
        return None
    from forkmerge.merge.prototypes import joined  # noqa: PLC0415 - seldom needed

    content = joined(context.profile, conflict)
    if content is None:
        return None
    resolved = Resolved(conflict.base, conflict.ours, conflict.theirs, content, (DEFINITIONS,))
    return _Answer(index, index, (resolved,), 0, 0)


def _room(git: Sequence[Piece], index: int) -> int:
    piece = git[index] if 0 <= index < len(git) else b""
    return len(piece) if isinstance(piece, bytes) else 0


def _attempt(work: _Work, first: int, last: int) -> _Answer | None:
    git = work.git
    group = git[first : last + 1]
    sides = [text_of(group, lambda c, s=side: getattr(c, s)) for side in ("base", "ours", "theirs")]  # type: ignore[misc]
    place = Place(_ours(git[:first]), sides[0], sides[1], sides[2], _ours(git[last + 1 :]))
    try:
        window = windowed(place, work.known) if work.readable else clear(work.context.profile, place, work.known)
        if window is None and not work.readable:
            return None
        found = repair(work.context, place, work.known) if window is None else repair(work.context, window)
    except ForkmergeError:
        return None
    if found is None or (window is not None and not work.readable and not _read(work.context.profile, window, found)):
        return None
    if not found.outcome.rules <= {REFORMAT, SAME} and habits.broken(sides[0], sides[1], sides[2]):
        return None
    if not work.context.profile.data and raised_by_both(sides[0], sides[1], sides[2]):
        return None
    whole = [place.prefix[len(place.prefix) - found.before :] + s + place.suffix[: found.after] for s in sides]
    if found.outcome.clean:
        content = found.outcome.content()
        if unbalanced(whole[0], whole[1], whole[2], content):
            return None
        if _astray(work.context.profile, whole, content):
            return None
        if DEFINITIONS not in found.outcome.rules and doubled(whole[0], whole[1], whole[2], content):
            return None
        joined = not found.outcome.rules <= {REFORMAT, SAME}
        if joined and any(gate(whole[0], whole[1], whole[2], content) for gate in (respelled, outdated, misplaced)):
            return None
        rules = found.outcome.rules or frozenset({REFORMAT})  # no rule: one side changed nothing but layout
        if not work.context.allowed.permits(rules):
            return None
        content = content if content.strip() else _emptied(work.context.profile, place, found) or content
        return _close(_Answer(first, last, _trimmed(whole, content, rules), found.before, found.after), place)
    pieces = whole_lines(found.outcome.pieces)
    if not _smaller(pieces, group):
        return None
    around = text_of(pieces, lambda _: b"")
    left = [(p.base, p.ours, p.theirs) for p in pieces if isinstance(p, Conflict)]
    if unbalanced_around(whole[0], whole[1], whole[2], around, left) or swallowed(
        work.context.profile.line_comment, whole, around
    ):
        return None
    return _close(_Answer(first, last, pieces, found.before, found.after), place)


def _emptied(profile: Profile, place: Place, found: Repair) -> bytes:
    """Return what has to stand in a block of Python of which nothing is left, b"" where nothing has to."""
    if profile.binder != "python" or not place.base.strip():
        return b""
    from forkmerge.merge.emptied import passed  # noqa: PLC0415 - seldom needed

    before, after = place.prefix[: len(place.prefix) - found.before], place.suffix[found.after :]
    return passed(before, place.base, after)


def _read(profile: Profile, window: Place, found: Repair) -> bool:
    """Return whether the grammar understands the window with what was found, conflicts read as either side."""
    before, after = window.prefix[: len(window.prefix) - found.before], window.suffix[found.after :]
    texts = {text_of(found.outcome.pieces, choose) for choose in (lambda c: c.ours, lambda c: c.theirs)}
    return all(sound(parse(profile, before + text + after)) for text in texts)


def _astray(profile: Profile, whole: Sequence[bytes], content: bytes) -> bool:
    if swallowed(profile.line_comment, whole, content):
        return True
    if b"@" not in content and b"#[" not in content:
        return False
    from forkmerge.merge.marks import astray  # noqa: PLC0415 - seldom needed

    return astray(whole[0], whole[1], whole[2], content)


def _close(answer: _Answer, place: Place) -> _Answer:
    """Return ``answer`` without the lines at its ends that are what stands around the place anyhow.

    A merge takes two elements in on each side, to see where it is; where nothing came of that, they are free for the
    next conflict.
    """
    pieces = list(answer.pieces)
    before, after = answer.before, answer.after
    if pieces and before and isinstance(pieces[0], bytes):
        mine, there = lines_of(pieces[0]), lines_of(place.prefix[len(place.prefix) - before :])
        same = alike(mine, there, 0, 0, min(len(mine), len(there)), 1)
        size = sum(map(len, mine[:same]))
        pieces[0], before = pieces[0][size:], before - size
    if pieces and after and isinstance(pieces[-1], bytes):
        mine, there = lines_of(pieces[-1]), lines_of(place.suffix[:after])
        same = alike(mine, there, len(mine), len(there), min(len(mine), len(there)), -1)
        size = sum(map(len, mine[len(mine) - same :]))
        pieces[-1], after = pieces[-1][: len(pieces[-1]) - size], after - size
    return _Answer(answer.first, answer.last, tuple(p for p in pieces if p != b""), before, after)


def _trimmed(whole: Sequence[bytes], content: bytes, rules: Iterable[str]) -> tuple[Piece, ...]:
    """Return a resolution as the lines that differ, between the lines that all four texts begin and end with."""
    four = [lines_of(x) for x in (*whole, content)]
    shortest = min(len(x) for x in four)
    start = 0
    while start < shortest and len({x[start] for x in four}) == 1:
        start += 1
    end = 0
    while end < shortest - start and len({x[-1 - end] for x in four}) == 1:
        end += 1
    head = b"".join(four[0][:start])
    tail = b"".join(four[0][len(four[0]) - end :]) if end else b""
    base, ours, theirs, merged = (b"".join(x[start : len(x) - end]) for x in four)
    return coalesce((head, Resolved(base, ours, theirs, merged, tuple(sorted(rules))), tail))


def _ours(pieces: Sequence[Piece]) -> bytes:
    return text_of(pieces, lambda c: c.ours)


def _smaller(pieces: Sequence[Piece], git: Sequence[Piece]) -> bool:
    """Return whether ``pieces`` leave fewer lines in conflict than git does."""
    return _mass(pieces) < _mass(git)


def _mass(pieces: Sequence[Piece]) -> int:
    return sum(len(lines_of(p.ours)) + len(lines_of(p.theirs)) for p in pieces if isinstance(p, Conflict))


def _assemble(git: Sequence[Piece], answers: Sequence[_Answer]) -> tuple[Piece, ...]:
    if not answers:
        return tuple(git)
    out: list[Piece] = []
    position = 0
    cut = 0
    for answer in answers:
        for piece in git[position : answer.first]:
            out.append(piece[cut:] if isinstance(piece, bytes) else piece)
            cut = 0
        if answer.before:
            last = out[-1]
            if not isinstance(last, bytes) or len(last) < answer.before:
                return tuple(git)
            out[-1] = last[: len(last) - answer.before]
        out.extend(answer.pieces)
        position, cut = answer.last + 1, answer.after
    for piece in git[position:]:
        out.append(piece[cut:] if isinstance(piece, bytes) else piece)
        cut = 0
    return coalesce(out)


def with_alternatives(profile: Profile, pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return ``pieces`` with each conflict carrying what all rules would make of it, by structure and by text."""
    if not any(isinstance(p, Conflict) for p in pieces):
        return tuple(pieces)
    from forkmerge.merge.passages import by_text  # noqa: PLC0415 - only where structure left a conflict

    out: list[Piece] = []
    context = Context(profile, EAGER, {})
    for index, piece in enumerate(pieces):
        if not isinstance(piece, Conflict):
            out.append(piece)
            continue
        before, after = (text_of(x, lambda c: c.ours) for x in (pieces[:index], pieces[index + 1 :]))
        place = Place(before, piece.base, piece.ours, piece.theirs, after)
        try:
            found = repair(context, place)
        except ForkmergeError:
            found = None
        content = (
            _inside(found.outcome.content(), found.before, found.after, place)
            if found and found.outcome.clean
            else None
        )
        if content is not None and found is not None:
            alternative = Alternative("+".join(sorted(found.outcome.rules)), content)
            piece = replace(piece, alternatives=(*piece.alternatives, alternative))  # noqa: PLW2901 - the new value
        text = None if profile.data else by_text(piece, EAGER)
        if text is not None and text[0] not in {a.content for a in piece.alternatives}:
            piece = replace(piece, alternatives=(*piece.alternatives, Alternative(text[1], text[0])))  # noqa: PLW2901
        out.append(piece)
    return tuple(out)


def _inside(content: bytes, before: int, after: int, place: Place) -> bytes | None:
    """Return the part of ``content`` that replaces the place itself, None if its surroundings were changed."""
    head, tail = place.prefix[len(place.prefix) - before :], place.suffix[:after]
    if not content.startswith(head) or not content.endswith(tail) or len(content) < len(head) + len(tail):
        return None
    return content[len(head) : len(content) - len(tail)]


__all__ = ["Resolved", "resolve", "texts_apart", "with_alternatives"]
