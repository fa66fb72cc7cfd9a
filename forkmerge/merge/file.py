"""The merge of one file: git's line merge, then repair of what it leaves in conflict, then the gates.

    git's answer --clean--> gates --> the answer, or a conflict where a gate objects
         |
         +--conflicts--> structured merge of each place, all else fixed --> gates --> the answer
                                  |                                             |
                                  +--not possible: git's conflict stays         +--objects: git's own answer

Invariants: what git merges cleanly and no gate objects to is returned as git made it; a place that no rule resolves is
returned as git's conflict; a file is clean only if it is so, in the same words, with the sides swapped; a result never
has a token too few or too many for both sides' edits (``conservation``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.merge.blanks import without_blanks
from forkmerge.merge.pieces import (
    Conflict,
    LineMerge,
    Piece,
    Resolved,
    coalesce,
    marker_size_for,
    read_markers,
    text_of,
)
from forkmerge.merge.rules import BOTH, CARRIED, JOINING, WHITESPACE, Allowed
from forkmerge.model.hunk import Alternative, FileMerge, Hunk, Segment
from forkmerge.syntax.catalogue import BUILTIN, Catalogue
from forkmerge.syntax.parsing import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forkmerge.model.finding import Finding
    from forkmerge.syntax.profile import Profile


def merge_file(  # noqa: PLR0913 - one call, all its options
    path: str,
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    line_merge: LineMerge,
    allowed: Allowed | Callable[[], Allowed] | None = None,
    alternatives: bool = False,
    languages: Catalogue = BUILTIN,
    follow: bool = True,
) -> FileMerge:
    """Return the merge of one file; conflicts are hunks whose ``merged`` is None, objections are ``findings``.

    ``allowed`` are the rules that may resolve by themselves, asked for when there is something to resolve; with
    ``alternatives`` each conflict that is left carries what the other rules would give.  The segments hold merged text
    around the conflicts; ``merge.tile`` turns the result into hunks that tile all three versions.  ``languages`` tell
    which language ``path`` is in; ``follow``: edits follow the lines that the other side moved.
    """
    trivial = _trivial(base, ours, theirs)
    if trivial is not None:
        return FileMerge(path, (trivial,) if trivial else (), git_clean=True)
    size = marker_size_for(base, ours, theirs)
    text, count = line_merge(base, ours, theirs, style="diff3", marker_size=size)
    profile = _profile(languages, path, base, ours, theirs)
    if not count:
        return checked(path, base, ours, theirs, text, languages=languages)
    rules = allowed() if callable(allowed) else allowed or Allowed()
    if languages.ordered(path):
        rules = Allowed(rules.rules - JOINING)
    raw = _line_ends(read_markers(text, size), base, ours, theirs)
    git = _blanks(raw, rules)
    pieces: Sequence[Piece] = git
    why = ""
    if profile is not None and not _usable(profile):
        profile = None
    if profile is None:
        pieces = _by_lines(languages, path, (base, ours, theirs), git, rules)
    if profile is None and alternatives:
        pieces = tuple(_either_order(p) for p in pieces)
    if profile is not None and any(isinstance(p, Conflict) for p in git):
        from forkmerge.merge.stale import bound, stale  # noqa: PLC0415 - not needed for clean files

        words = stale(profile, base, ours, theirs)
        nothing = bool(words) and bound(profile, base, words)
        rules = Allowed(frozenset() if nothing else rules.rules, doubtful=bool(words))
        pieces, why = _structured(profile, path, (base, ours, theirs), git, rules, alternatives=alternatives)
        why = "one side took a name away that the other goes on to use" if nothing else why
    elif profile is not None and git != raw:
        pieces, why = _verified(profile, path, (base, ours, theirs), git, raw)
    if follow and profile is not None and not profile.data and any(isinstance(p, Conflict) for p in pieces):

        def again(*texts: bytes) -> FileMerge:
            return merge_file(
                path,
                *texts,
                line_merge=line_merge,
                allowed=rules,
                alternatives=alternatives,
                languages=languages,
                follow=False,
            )

        followed = _followed(path, rules, again, (base, ours, theirs))
        if followed is not None:
            return followed
    as_git = all(isinstance(p, bytes) or (isinstance(p, Conflict) and not p.reason) for p in pieces)
    return FileMerge(path, tuple(_segment(p, why) for p in pieces), as_git=as_git)


def _followed(
    path: str, rules: Allowed, merge: Callable[..., FileMerge], inputs: tuple[bytes, bytes, bytes]
) -> FileMerge | None:
    """Return the clean merge in which edits follow the lines that the other side moved, None where there is none."""
    if not rules.permits({CARRIED}):
        return None
    from forkmerge.merge.carried import carried  # noqa: PLC0415 - not needed for clean files
    from forkmerge.merge.conservation import unbalanced  # noqa: PLC0415 - the same
    from forkmerge.merge.tile import tile  # noqa: PLC0415 - the same

    base, ours, theirs = inputs
    moved = carried(base, ours, theirs)
    if moved is None:
        return None
    merged = merge(base, *moved)
    text = merged.merged()
    if text is None or not merged.clean or unbalanced(base, ours, theirs, text):
        return None
    again = merge(base, moved[1], moved[0])
    if not again.clean or not _same_words((text,), (again.merged() or b"",)):
        return None
    names = {r for h in merged.hunks for r in h.rule.split("+")} | {CARRIED}
    tiled = tile(FileMerge(path, (text,)), base, ours, theirs)
    both = "+".join(sorted(names))
    return replace(
        tiled,
        segments=tuple(
            replace(s, rule=both) if isinstance(s, Hunk) and s.rule not in ("ours", "theirs", "same") else s
            for s in tiled.segments
        ),
    )


def _usable(profile: Profile) -> bool:
    """Return whether the grammar of ``profile`` is installed; without it a file is merged as a text of no language."""
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - not needed for clean files
    from forkmerge.syntax.parsing import language  # noqa: PLC0415 - the same

    try:
        language(profile)
    except ForkmergeError:
        return False
    return True


def _structured(
    profile: Profile,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    git: Sequence[Piece],
    allowed: Allowed,
    *,
    alternatives: bool,
) -> tuple[Sequence[Piece], str]:
    """Return ``git`` with what structure, and then text, resolves, and why it is left to git if a gate objects."""
    from forkmerge.merge.structured import resolve, texts_apart, with_alternatives  # noqa: PLC0415 - not for clean files

    structured = resolve(profile, allowed, git, alternatives=alternatives)
    apart = structured if profile.data else texts_apart(structured, allowed)
    why = ""
    for step, candidate in enumerate((apart, structured)):
        if step and candidate == apart:
            break
        pieces, against = _verified(profile, path, inputs, candidate, git)
        why = why or against
        if pieces is git:
            continue
        if any(isinstance(p, Conflict) for p in pieces):
            return pieces, ""
        swapped = _swapped(git)
        mirrored = resolve(profile, allowed, swapped, alternatives=False)
        if not step and not profile.data:
            mirrored = texts_apart(mirrored, allowed)
        if _same_text(pieces, mirrored):  # PERF: the gates, which don't care for the sides' order, have seen it
            return pieces, ""
        base, ours, theirs = inputs
        again, _ = _verified(profile, path, (base, theirs, ours), mirrored, swapped, mirrored=True)
        if again is not swapped and _same_words(pieces, again):
            return pieces, ""
    return (with_alternatives(profile, git) if alternatives and why else git), why


def _by_lines(
    languages: Catalogue, path: str, inputs: tuple[bytes, bytes, bytes], git: Sequence[Piece], allowed: Allowed
) -> Sequence[Piece]:
    """Return ``git`` with the conflicts resolved that the lines of a file without grammar settle by themselves."""
    lines = languages.lines_for(path)
    if lines is None or not any(isinstance(p, Conflict) for p in git):
        return git
    from forkmerge.merge import linesets  # noqa: PLC0415 - few files are of this kind

    base, ours, theirs = inputs
    swapped = (base, theirs, ours)
    pieces = linesets.resolve(lines, allowed, git, inputs)
    for found, three in ((pieces, inputs), (linesets.resolve(lines, allowed, _swapped(git), swapped), swapped)):
        whole = [text_of(found, choose) for choose in (lambda c: c.ours, lambda c: c.theirs)]
        if any(linesets.objections(lines, path, three, text) for text in whole):
            return git
    return pieces


def checked(
    path: str,
    base: bytes,
    ours: bytes,
    theirs: bytes,
    text: bytes,
    *,
    languages: Catalogue = BUILTIN,
    apart: bool = True,
) -> FileMerge:
    """Return git's clean merge ``text`` of the three as it is, or as a conflict where a gate objects to it.

    With ``apart``, what both put in at two places is brought together: a conflict of the two, or once if they say the
    same.
    """
    profile = _profile(languages, path, base, ours, theirs)
    findings = _objections(profile, path, (base, ours, theirs), text)
    if profile is None and (lines := languages.lines_for(path)) is not None:
        from forkmerge.merge import linesets  # noqa: PLC0415 - few files are of this kind

        findings = linesets.objections(lines, path, (base, ours, theirs), text)
    if findings:
        found = _twins(languages, profile, path, (base, ours, theirs), text, findings) if apart else None
        return found or _objected(path, base, ours, theirs, findings)
    return FileMerge(path, (text,), git_clean=True)


def _trivial(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    if ours in (theirs, base):
        return theirs
    return ours if theirs == base else None


def _profile(languages: Catalogue, path: str, base: bytes, ours: bytes, theirs: bytes) -> Profile | None:
    if max(len(base), len(ours), len(theirs)) > MAX_BYTES // 4:
        return None
    return languages.for_path(path, ours)


def _line_ends(
    pieces: tuple[bytes | Conflict, ...], base: bytes, ours: bytes, theirs: bytes
) -> tuple[bytes | Conflict, ...]:
    """Take back the line ends that git adds before a marker where a file ends without one."""
    if not pieces or not isinstance(last := pieces[-1], Conflict):
        return pieces
    texts = []
    for whole, part in ((base, last.base), (ours, last.ours), (theirs, last.theirs)):
        cut = part
        if part.endswith(b"\n") and not whole.endswith(b"\n"):
            cut = part[:-1]
            if cut.endswith(b"\r") and whole.endswith(cut[:-1]):
                cut = cut[:-1]
        texts.append(cut)
    return (*pieces[:-1], Conflict(texts[0], texts[1], texts[2]))


def _blanks(pieces: tuple[bytes | Conflict, ...], allowed: Allowed) -> tuple[Piece, ...]:
    """Return ``pieces`` with the conflicts resolved that are about blanks alone."""
    out: list[Piece] = []
    for piece in pieces:
        content = without_blanks(piece) if isinstance(piece, Conflict) and allowed.permits({WHITESPACE}) else None
        if content is not None and isinstance(piece, Conflict):
            out.append(Resolved(piece.base, piece.ours, piece.theirs, content, (WHITESPACE,)))
        else:
            out.append(piece)
    return tuple(out)


def _objections(
    profile: Profile | None, path: str, inputs: tuple[bytes, bytes, bytes], result: bytes, *, joined: bool = False
) -> tuple[Finding, ...]:
    """Return what the gates have against ``result``; ``joined``: not git merged it but structure."""
    if profile is None:
        return ()
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - kept off the path of files without a grammar
    from forkmerge.merge.gates import objections  # noqa: PLC0415 - the same

    try:
        found = objections(profile, path, *inputs, result)
        if joined and not found:
            from forkmerge.merge.seams import objections as at_seams  # noqa: PLC0415 - not needed for clean files

            found = at_seams(profile, path, inputs, result)
        return found
    except ForkmergeError:
        return ()


def _objected(path: str, base: bytes, ours: bytes, theirs: bytes, findings: tuple[Finding, ...]) -> FileMerge:
    """Return git's clean merge as a conflict of what the sides changed, from the first to the last of it."""
    from forkmerge.merge.tile import changed_extent  # noqa: PLC0415 - seldom needed

    prefix, parts, suffix = changed_extent(base, ours, theirs)
    hunk = Hunk(*parts, merged=None, rule="conflict", reason="; ".join(f.message for f in findings))
    segments = tuple(s for s in (prefix, hunk, suffix) if s)
    return FileMerge(path, segments, findings, git_clean=True)


def _twins(
    languages: Catalogue,
    profile: Profile | None,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    text: bytes,
    findings: tuple[Finding, ...],
) -> FileMerge | None:
    """Return git's clean merge as conflicts of those two that stand in it twice; None where that is not all of it."""
    if not all(f.code in ("duplicate-key", "duplicate-name", "does-not-load") for f in findings):
        return None
    from forkmerge.merge import linesets, twins  # noqa: PLC0415 - seldom needed

    lines = languages.lines_for(path) if profile is None else None
    items: dict[str, twins.Items] = {}
    if profile is not None:
        items = {side: twins.items_of(profile, data) for side, data in zip(_SIDES, inputs, strict=True)}
    elif lines is not None:
        items = {side: twins.lines_named(lines, data) for side, data in zip(_SIDES, inputs, strict=True)}
    pieces = twins.together(items, *inputs, text) if items else ()
    why = "; ".join(f.message for f in findings)
    for choose in (lambda c: c.ours, lambda c: c.theirs):
        result = text_of(pieces, choose)
        against = (
            linesets.objections(lines, path, inputs, result) if lines else _objections(profile, path, inputs, result)
        )
        if not pieces or against:
            return None
    segments = tuple(_segment(p, why) for p in pieces)
    left = any(isinstance(p, Conflict) for p in pieces)
    return FileMerge(path, segments, findings if left else (), git_clean=True)


def _verified(
    profile: Profile,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    pieces: Sequence[Piece],
    git: Sequence[Piece],
    *,
    mirrored: bool = False,
) -> tuple[Sequence[Piece], str]:
    """Return ``pieces`` if the gates hold for the text they give (conflicts read as either side), else git's, and why.

    What is ``mirrored`` is only there to be compared, so the dearest gates are left out.
    """
    if pieces is git:
        return pieces, ""
    whole = not any(isinstance(p, Conflict) for p in pieces)
    for choose in (lambda c: c.ours, lambda c: c.theirs):
        result = text_of(pieces, choose)
        if whole:
            found = _objections(profile, path, inputs, result, joined=not mirrored)
            if mirrored and not found:
                from forkmerge.merge.seams import unmended  # noqa: PLC0415 - not needed for clean files

                found = unmended(profile, path, inputs, result)
            return (git, "; ".join(f.message for f in found)) if found else (pieces, "")
        from forkmerge.syntax.parsing import parse, sound  # noqa: PLC0415 - the parser is loaded already

        before = text_of(git, choose)
        if result != before and not sound(parse(profile, result)) and sound(parse(profile, before)):
            return git, ""
    return pieces, ""


def _swapped(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return git's pieces as they are with the sides swapped (what is resolved by then differs in blanks alone)."""
    return tuple(Conflict(p.base, p.theirs, p.ours) if isinstance(p, Conflict) else p for p in pieces)


def _same_text(pieces: Sequence[Piece], mirrored: Sequence[Piece]) -> bool:
    """Return whether both are free of conflicts and give the same file."""
    if any(isinstance(p, Conflict) for x in (pieces, mirrored) for p in x):
        return False
    here, there = (text_of(x, lambda c: c.ours) for x in (pieces, mirrored))
    return here == there


def _same_words(pieces: Sequence[Piece], swapped: Sequence[Piece]) -> bool:
    """Return whether the merge with the sides swapped is clean as well, and the same but for its order."""
    from forkmerge.merge.conservation import LAYOUT, tokens_of  # noqa: PLC0415 - not needed for clean files

    if any(isinstance(p, Conflict) for p in swapped):
        return False
    here, there = (tokens_of(text_of(x, lambda c: c.ours)) for x in (pieces, swapped))
    return all(here[token] == there[token] for token in here | there if token not in LAYOUT)


def _either_order(piece: Piece) -> Piece:
    """Return a conflict of two additions to a text without grammar with both orders as alternatives."""
    if not isinstance(piece, Conflict) or piece.base.strip() or not piece.ours.strip() or not piece.theirs.strip():
        return piece
    ends = piece.ours.endswith(b"\n") and piece.theirs.endswith(b"\n")
    orders = (piece.ours + piece.theirs, piece.theirs + piece.ours) if ends else ()
    return replace(piece, alternatives=tuple(Alternative(BOTH, content) for content in orders))


def _segment(piece: Piece, why: str) -> Segment:
    if isinstance(piece, Conflict):
        reason = piece.reason or why or "both sides changed these lines"
        return Hunk(piece.base, piece.ours, piece.theirs, None, "conflict", reason, piece.alternatives)
    if isinstance(piece, Resolved):
        return Hunk(
            piece.base, piece.ours, piece.theirs, piece.content, "+".join(sorted(piece.rules)), "", piece.alternatives
        )
    return piece


_SIDES = ("base", "ours", "theirs")

__all__ = ["LineMerge", "checked", "coalesce", "merge_file"]
