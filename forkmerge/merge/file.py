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
from functools import cache, partial
from typing import TYPE_CHECKING

from forkmerge.merge.blanks import BOM, converted, evened, restored, without_blanks
from forkmerge.merge.objected import objected, objections, segment, twins_apart
from forkmerge.merge.pieces import (
    Conflict,
    LineMerge,
    Piece,
    Resolved,
    coalesce,
    marker_size_for,
    read_markers,
    resolved,
)
from forkmerge.merge.rules import CARRIED, EMBEDDED, JOINING, RENAMED, WHITESPACE, Allowed
from forkmerge.model.hunk import FileMerge, Hunk
from forkmerge.syntax.catalogue import BUILTIN, Catalogue
from forkmerge.syntax.parsing import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
) -> FileMerge:
    """Return the merge of one file; conflicts are hunks whose ``merged`` is None, objections are ``findings``.

    ``allowed`` are the rules that may resolve by themselves, asked for when there is something to resolve; with
    ``alternatives`` each conflict that is left carries what the other rules would give.  The segments hold merged text
    around the conflicts; ``merge.tile`` turns the result into hunks that tile all three versions.  ``languages`` tell
    which language ``path`` is in.
    """
    three = (base, ours, theirs)
    asked = cache(partial(_asked, allowed))
    found = _merged(path, three, line_merge, asked, alternatives=alternatives, languages=languages)
    if found.git_clean or not found.clean or not asked().least:
        return found
    from forkmerge.merge.odds import UNLIKELY, large, unlikely  # noqa: PLC0415 - not needed for clean files

    if not large(*three):
        return found
    if not unlikely(found, three, asked().least):
        mirrored = partial(replace, asked().mirrored())  # the sides' order may change by which rule a place is resolved
        other = _merged(path, (base, theirs, ours), line_merge, mirrored, languages=languages)
        if other.clean and not unlikely(other, three, asked().least):
            return found
    careful = partial(replace, asked(), doubtful=True)
    again = _merged(path, three, line_merge, careful, alternatives=alternatives, languages=languages)
    return replace(again, segments=tuple(_because(s, UNLIKELY) for s in again.segments))


def _because(segment: bytes | Hunk, reason: str) -> bytes | Hunk:
    return replace(segment, reason=reason) if isinstance(segment, Hunk) and segment.merged is None else segment


def _merged(  # noqa: PLR0913 - what merge_file was asked for
    path: str,
    three: tuple[bytes, bytes, bytes],
    line_merge: LineMerge,
    allowed: Callable[[], Allowed],
    *,
    alternatives: bool = False,
    languages: Catalogue = BUILTIN,
    follow: bool = True,
    embeds: bool = True,
) -> FileMerge:
    """Return the merge of one file, however likely it is.

    ``follow``: edits follow the lines that the other side moved; ``embeds``: texts of other languages inside of the
    file are merged by their language.
    """
    base, ours, theirs = three
    trivial = _trivial(base, ours, theirs)
    if trivial is not None:
        return FileMerge(path, (trivial,) if trivial else (), git_clean=True)
    size = marker_size_for(*three)
    text, count = line_merge(*three, style="diff3", marker_size=size)
    profile = _profile(languages, path, *three)
    if not count:
        found = checked(path, *three, text, languages=languages)
        if found.clean or profile is None or not follow or not _usable(profile):
            return found
        return _named(profile, path, three, allowed(), line_merge, languages) or found
    rules = asked = allowed()
    if (b"\r\n" in text or BOM in text) and (laid := _converted(path, three, rules, line_merge, languages)) is not None:
        return laid
    if languages.ordered(path):
        rules = replace(rules, rules=rules.rules - JOINING)
    raw = _line_ends(read_markers(text, size), *three)
    git, ended = evened(_blanks(raw, rules))
    pieces: Sequence[Piece] = git
    why = ""
    profile = _with_grammar(profile)
    alone = partial(_merged, path, line_merge=line_merge, alternatives=alternatives, languages=languages, follow=follow)
    again = partial(merge_file, path, line_merge=line_merge, allowed=rules)
    embeds = embeds and rules.permits({EMBEDDED})
    if embeds and (inside := _embedded(profile, path, three, languages, (alone, again), rules)) is not None:
        return inside
    if profile is None:
        from forkmerge.merge.plain import by_lines, either_order  # noqa: PLC0415 - few files are of no language

        pieces = by_lines(languages, path, three, (raw, git), rules)
        pieces = tuple(either_order(p) for p in pieces) if alternatives else pieces
    elif any(isinstance(p, Conflict) for p in git):
        from forkmerge.merge.stale import bound, stale  # noqa: PLC0415 - not needed for clean files
        from forkmerge.merge.verified import structured  # noqa: PLC0415 - the same

        words = stale(profile, *three)
        nothing = bool(words) and bound(profile, base, words)
        rules = replace(rules, rules=frozenset() if nothing else rules.rules, doubtful=bool(words) or rules.doubtful)
        pieces, why = structured(profile, path, three, git, rules, alternatives=alternatives)
        if any(isinstance(p, Resolved) and (b"'" in p.content or b'"' in p.content) for p in pieces):
            from forkmerge.merge.quotes import requoted  # noqa: PLC0415 - only where something was resolved

            pieces = requoted(profile, three, pieces)
        why = "one side took a name away that the other goes on to use" if nothing else why
    elif git != raw:
        from forkmerge.merge.verified import verified  # noqa: PLC0415 - not needed for clean files

        pieces, why = verified(profile, path, three, git, raw)
    if ended is not None:
        pieces = restored(pieces, ended)
    if follow and profile is not None and not profile.data and any(isinstance(p, Conflict) for p in pieces):
        moved = _follow(profile, path, three, rules, line_merge, languages)
        moved = moved or _named(profile, path, three, asked, line_merge, languages)
        if moved is not None:
            return moved
    as_git = all(isinstance(p, bytes) or (isinstance(p, Conflict) and not p.reason) for p in pieces)
    return FileMerge(path, tuple(segment(p, why) for p in pieces), as_git=as_git)


def _embedded(
    profile: Profile | None,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    languages: Catalogue,
    merges: tuple[Callable[..., FileMerge], Callable[..., FileMerge]],
    rules: Allowed,
) -> FileMerge | None:
    """Return the merge in which texts of other languages are merged by these, None where both edited none."""
    signs = [sign.encode() for row in profile.embedded for sign in row.begins] if profile is not None else []
    if profile is None or not all(any(sign in text for sign in signs) for text in inputs):
        return None
    from forkmerge.merge.embedded import embedded  # noqa: PLC0415 - not needed for clean files

    def whole(*texts: bytes, allowed: Allowed = rules) -> FileMerge:
        return merges[0](texts, allowed=lambda: allowed, embeds=False)

    return embedded(profile, path, inputs, languages, whole, merges[1])


def _asked(allowed: Allowed | Callable[[], Allowed] | None) -> Allowed:
    return allowed() if callable(allowed) else allowed or Allowed()


def _converted(
    path: str, inputs: tuple[bytes, bytes, bytes], rules: Allowed, line_merge: LineMerge, languages: Catalogue
) -> FileMerge | None:
    """Return the clean merge in which all lines end, and the file begins, as one side had it; None for none."""
    given = converted(*inputs) if rules.permits({WHITESPACE}) else None
    if given is None:
        return None
    from forkmerge.merge.followed import tiled  # noqa: PLC0415 - seldom needed

    merged = _merged(path, given, line_merge, lambda: rules, languages=languages)
    return tiled(path, inputs, merged, WHITESPACE) if merged.clean else None


def _follow(
    profile: Profile,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    rules: Allowed,
    line_merge: LineMerge,
    languages: Catalogue,
) -> FileMerge | None:
    """Return the clean merge in which edits follow the lines that the other side moved, None where there is none."""
    if not rules.permits({CARRIED}):
        return None
    from forkmerge.merge.followed import followed  # noqa: PLC0415 - not needed for clean files

    return followed(profile, path, _again(path, rules, line_merge, languages), inputs)


def _named(
    profile: Profile,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    rules: Allowed,
    line_merge: LineMerge,
    languages: Catalogue,
) -> FileMerge | None:
    """Return the clean merge in which both sides use the names that one of them gave, None where there is none."""
    if profile.data or not rules.permits({RENAMED}):
        return None
    from forkmerge.merge import renamed  # noqa: PLC0415 - not needed for clean files
    from forkmerge.merge.followed import with_names  # noqa: PLC0415 - the same

    found = renamed.merged(profile, path, inputs, line_merge, partial(checked, languages=languages))
    return found or with_names(profile, path, _again(path, rules, line_merge, languages), inputs)


def _again(path: str, rules: Allowed, line_merge: LineMerge, languages: Catalogue) -> Callable[..., FileMerge]:
    def again(*texts: bytes) -> FileMerge:
        base, ours, theirs = texts
        return _merged(path, (base, ours, theirs), line_merge, lambda: rules, languages=languages, follow=False)

    return again


def _with_grammar(profile: Profile | None) -> Profile | None:
    return profile if profile is not None and _usable(profile) else None


def _usable(profile: Profile) -> bool:
    """Return whether the grammar of ``profile`` is installed; without it a file is merged as a text of no language."""
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - not needed for clean files
    from forkmerge.syntax.parsing import language  # noqa: PLC0415 - the same

    try:
        language(profile)
    except ForkmergeError:
        return False
    return True


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
    findings = objections(profile, path, (base, ours, theirs), text)
    if profile is None and (lines := languages.lines_for(path)) is not None:
        from forkmerge.merge import linesets  # noqa: PLC0415 - few files are of this kind

        findings = linesets.objections(lines, path, (base, ours, theirs), text)
    if findings:
        found = twins_apart(languages, profile, path, (base, ours, theirs), text, findings) if apart else None
        return found or objected(path, base, ours, theirs, findings)
    return FileMerge(path, (text,), git_clean=True)


def _trivial(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    if ours in (theirs, base):
        return theirs
    return ours if theirs == base else None


def _profile(languages: Catalogue, path: str, base: bytes, ours: bytes, theirs: bytes) -> Profile | None:
    if max(len(base), len(ours), len(theirs)) > MAX_BYTES // 4:
        return None
    told = b"\n".join(text for text in (base, *sorted((ours, theirs))) if text)
    return languages.for_path(path, told)  # the same with the sides swapped, also where one of them cut its mark off


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
    return resolved(pieces, _bare) if allowed.permits({WHITESPACE}) else pieces


def _bare(conflict: Conflict) -> tuple[bytes, str] | None:
    content = without_blanks(conflict)
    return None if content is None else (content, WHITESPACE)


__all__ = ["LineMerge", "checked", "coalesce", "merge_file"]
