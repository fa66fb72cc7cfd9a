"""``solve``: the conflicts that a merge, rebase, cherry-pick, revert or stash has left in the work tree.

Only files of the work tree are written, each in one step; the index keeps its stages, so that git goes on asking for
``git add``.  Where the index has the three versions, they are what the markers are read with; where it has not (the
file was added, or there is no repository), the markers themselves are.

Invariant: "clean" is said only when no conflict is left in anything that was asked for.
"""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app import explain_pending, explain_record, merge_risk, merge_write
from forkmerge.app.catalogue import catalogue
from forkmerge.app.explain_record import KeptFile, Record
from forkmerge.app.explain_words import all_places, explained
from forkmerge.app.merge_children import each
from forkmerge.app.merge_look import Look, labels_in
from forkmerge.app.merge_lookup import Asked, asked
from forkmerge.app.merge_told import kept_hunk
from forkmerge.app.solve_blocks import Block, blocks, marker_size
from forkmerge.app.solve_file import Solved, solve_file
from forkmerge.app.solve_match import Piece, match, untouched
from forkmerge.app.solve_places import Found, Target, look_for
from forkmerge.app.solve_tellings import Tellings
from forkmerge.errors import ForkmergeError, UnusableInput
from forkmerge.report.explained import ExplainedFile, Explanation, FileOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forkmerge.git.repository import Repository
    from forkmerge.merge.pieces import Style
    from forkmerge.merge.rules import Allowed
    from forkmerge.syntax.catalogue import Catalogue

_SHOWN = 8
SECONDS = 8.0
"""Seconds for one file, after which it stays as it is."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A file with markers, read: how its conflicts look, its pieces, its versions where they are known."""

    target: Target
    text: bytes
    look: Look
    pieces: tuple[Piece, ...]
    versions: tuple[bytes, bytes, bytes] | None
    crlf: bool


def solve(folder: str, paths: Sequence[str]) -> Explanation:
    """Solve what can be solved in ``paths`` (all conflicts when there are none) and return what was done.

    Raise UnusableInput when nothing is in progress and no path has markers, or a path does not exist.
    """
    with look_for(folder, paths) as found:
        targets = found.targets
        if not targets and not found.operation:
            raise UnusableInput(
                "there are no conflicts here: nothing is in progress, and no path has conflict markers",
                where=os.fspath(folder),
                hint="name the files that have markers",
            )
        read, told = _read_all(found)
        place = str(found.repo.worktree) if found.repo is not None else ""
        languages = catalogue([r.target.path for r in read], place=place, inside=found.repo is not None)
        allowed = merge_risk.allowed(found.repo) if found.repo is not None else None
        gave = each([_work(r, languages, allowed) for r in read], seconds=SECONDS)
        kept = []
        for one, answer in zip(read, gave, strict=True):
            path = one.target.path
            if answer.value is None:
                told[path] = ExplainedFile(path, FileOutcome.CONFLICT, f"it could not be solved: {answer.trouble}")
                continue
            solved = answer.value
            try:
                told[path] = _written(one, solved)
            except ForkmergeError as error:
                told[path] = ExplainedFile(path, FileOutcome.CONFLICT, error.message)
                continue
            kept.append(_kept(one, solved))
        files = tuple(told[path] for path in sorted(told))
        clean = all(f.outcome == FileOutcome.RESOLVED for f in files)
        now = int(time.time())
        notes = (f"in progress: {found.operation}",) if found.operation else ()
        names = explain_pending.names(found.repo) if found.repo is not None else ("", "")
        explanation = Explanation("solve", *names, files, clean=clean, created=now, notes=notes)
        if found.repo is not None and files:
            explain_record.save(found.repo.git_dir, Record(explanation, tuple(k for k in kept if k.hunks)))
    return explanation


def next_step(found: Explanation) -> str:
    """Return what is to be done now, in words."""
    solved = [f.path for f in found.files if f.outcome == FileOutcome.RESOLVED]
    left = len(found.files) - len(solved)
    if not found.files:
        return "No conflicts are left; git's own --continue concludes what is in progress."
    parts = []
    if left:
        parts.append(f"{left} {'file has' if left == 1 else 'files have'} conflicts left.")
    if solved:
        names = " ".join(shlex.quote(p) for p in solved[:_SHOWN]) + (" ..." if len(solved) > _SHOWN else "")
        parts.append(f"Look at what was solved, then: git add -- {names}")
    return " ".join(parts)


def _read_all(found: Found) -> tuple[list[_Read], dict[str, ExplainedFile]]:
    """Return the files that can be worked on, and what is said of the others."""
    told: dict[str, ExplainedFile] = {}
    texts: dict[str, bytes] = {}
    for target in found.targets:
        path = target.path
        try:
            texts[path] = merge_write.read(target.place())
        except ForkmergeError as error:
            gone = not os.path.lexists(target.raw_place)
            told[path] = ExplainedFile(path, FileOutcome.CONFLICT, target.trouble or _gone(error, gone=gone))
    open_targets = [t for t in found.targets if t.path in texts]
    attributes = asked(found.repo, [t.path for t in open_targets]) if found.repo is not None else {}
    three = {t.path: t.three for t in open_targets if t.three is not None}
    tellings = Tellings(found.repo, three) if found.repo is not None and three else None
    out = []
    for target in open_targets:
        if target.trouble:
            told[target.path] = ExplainedFile(target.path, FileOutcome.CONFLICT, target.trouble)
            continue
        read = _read(found.repo, target, texts[target.path], attributes.get(target.path, Asked()), tellings)
        if any(not isinstance(piece, bytes) for piece in read.pieces):
            out.append(read)
        elif target.three is not None and not attributes.get(target.path, Asked()).by_lines:
            reason = "its attributes keep git from merging it by lines: choose one side"
            told[target.path] = ExplainedFile(target.path, FileOutcome.CONFLICT, reason)
        else:
            told[target.path] = ExplainedFile(target.path, FileOutcome.RESOLVED, "no markers are left in it")
    return out, told


def _gone(error: ForkmergeError, *, gone: bool) -> str:
    return "it is not in the work tree" if gone else error.message


def _read(repo: Repository | None, target: Target, text: bytes, attributes: Asked, tellings: Tellings | None) -> _Read:
    versions = None
    if repo is not None and target.three is not None:
        base, ours, theirs = (repo.read(e.oid) for e in target.three)
        versions = (base, ours, theirs)
    crlf = _converted(text, versions)
    shown = text.replace(b"\r\n", b"\n") if crlf else text
    size = marker_size(shown, attributes.marker_size)
    labels = labels_in(shown, size) or ("ours", "base", "theirs")
    styles: tuple[Style, ...] = ("merge",) if not _has_bases(shown, size) else ("diff3", "zdiff3")
    best: tuple[Piece, ...] = blocks(shown, size)
    style = styles[0]
    if tellings is not None and versions is not None and any(isinstance(p, Block) for p in best):
        for telling, told_style in tellings.of(target.path, styles):
            pieces = match(shown, telling, labels, size)
            if pieces is not None and untouched(pieces) > untouched(best):
                best, style = pieces, told_style
            if all(not isinstance(p, Block) for p in best):
                break
    return _Read(target, text, Look(labels, style, size), best, versions, crlf)


def _has_bases(text: bytes, size: int) -> bool:
    return any(isinstance(a, Block) and a.base is not None for a in blocks(text, size))


def _converted(text: bytes, versions: tuple[bytes, bytes, bytes] | None) -> bool:
    """Return whether git has put CRLF at every line of a file that has none in its blobs."""
    if versions is None or any(b"\r\n" in v for v in versions):
        return False
    return 0 < text.count(b"\n") == text.count(b"\r\n")


def _work(read: _Read, languages: Catalogue, allowed: Allowed | None) -> Callable[[], Solved]:
    path, pieces, versions, look = read.target.path, read.pieces, read.versions, read.look
    return lambda: solve_file(path, pieces, versions, look, allowed=allowed, languages=languages)


def _written(read: _Read, solved: Solved) -> ExplainedFile:
    """Write the file if anything in it was solved, and return what is said of it."""
    text = solved.text.replace(b"\n", b"\r\n") if read.crlf else solved.text
    done = text != read.text
    if done:
        place = read.target.place()
        if merge_write.read(place) != read.text:
            raise UnusableInput("it was changed while it was being solved", where=read.target.path)
        merge_write.replace(place, text)
    left = any(h.merged is None for h in solved.hunks)
    outcome = FileOutcome.PARTLY if done else FileOutcome.CONFLICT
    return explained(
        read.target.path,
        outcome if left else FileOutcome.RESOLVED,
        all_places(solved.segments, solved.written, solved.told),
        solved.reason,
    )


def _kept(read: _Read, solved: Solved) -> KeptFile:
    found = all_places(solved.segments, solved.written, solved.told)
    hunks = tuple(kept_hunk(line, count, hunk) for line, count, hunk in found if hunk.merged is not None)
    text = explain_record.text_of(solved.text)
    return KeptFile(read.target.path, text, hunks, read.look.labels, read.look.style, read.look.marker_size)
