"""``solve --undo``: one resolution of the last run taken back.

The record of the run has the file as it was written, with where each resolution stood in it.  Where those lines stand
now, whatever was done around them since, git's conflict is put in their place.

Invariant: every byte outside of the resolution stays; lines that were changed since are never overwritten.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.app import explain_record, merge_index, merge_write
from forkmerge.app.explain_record import KeptFile, KeptHunk, Record, bytes_of, text_of
from forkmerge.app.merge_look import Look, marked_hunk
from forkmerge.app.solve_places import repository_path
from forkmerge.errors import UnusableInput
from forkmerge.git import scenario
from forkmerge.git.conflicted import Stage
from forkmerge.git.repository import Repository
from forkmerge.merge.diff import common
from forkmerge.merge.pieces import lines_of
from forkmerge.model.hunk import Hunk
from forkmerge.model.source import Entry
from forkmerge.report.explained import ExplainedFile, Explanation, FileOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forkmerge.merge.pieces import Style

TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True)
class _Spot:
    """A resolution where it stands now: the lines ``start`` to ``end`` (from 0, the end left out)."""

    hunk: KeptHunk
    start: int
    end: int

    def covers(self, line: int) -> bool:
        """Return whether ``line`` (from 1) is one of its lines; without any, those next to where it stands."""
        if self.start == self.end:
            return line in (self.start, self.start + 1)
        return self.start < line <= self.end


def undo(folder: str, spec: str) -> Explanation:
    """Take the resolution at ``PATH:LINE`` back, or all of ``PATH``, and return what is said of the file then.

    Raise UnusableInput where the last run resolved nothing there, or the lines have been changed since.
    """
    with Repository.open(folder) as repo:
        record = explain_record.load(repo.git_dir)
        if record is None:
            raise UnusableInput("no run is on record here", hint="forkmerge merge and forkmerge solve keep one")
        path, line = _split(repo, folder, spec, record)
        file = next((f for f in record.files if f.path == path and f.hunks), None)
        if file is None:
            raise UnusableInput("the last run resolved nothing there", where=path, hint="forkmerge explain lists it")
        place = merge_write.on_disk(repo.worktree or repo.git_dir, path)
        text = merge_write.read(place)
        spots = _spots(file, text)
        chosen = [s for s in spots if line is None or s.covers(line)]
        if not chosen:
            raise UnusableInput(
                "no resolution of the last run stands there as it was written",
                where=spec,
                hint=_hint(path, spots),
            )
        merge_write.replace(place, _without(text, chosen, file))
        notes = _unmerge(repo, file)
        record = _noted(record, file, chosen)
        explain_record.save(repo.git_dir, record)
    found = explain_record.of_paths(record.explanation, [path])
    return replace(found, clean=False, created=int(time.time()), notes=notes)


def _split(repo: Repository, folder: str, spec: str, record: Record) -> tuple[str, int | None]:
    known = {f.path for f in record.files}
    head, colon, tail = spec.rpartition(":")
    if colon and tail.isdecimal() and repository_path(repo, folder, spec) not in known:
        return repository_path(repo, folder, head), int(tail)
    return repository_path(repo, folder, spec), None


def _crlf(file: KeptFile, text: bytes) -> bool:
    return "\r\n" not in file.text and 0 < text.count(b"\n") == text.count(b"\r\n")


def _spots(file: KeptFile, text: bytes) -> list[_Spot]:
    """Return the resolutions that stand in ``text`` as they were written."""
    mine = lines_of(text.replace(b"\r\n", b"\n") if _crlf(file, text) else text)
    written = lines_of(bytes_of(file.text))
    at = dict(common(written, mine))
    out = []
    for hunk in file.hunks:
        first = hunk.line - 1
        if hunk.lines:
            start = at.get(first)
            if start is not None and all(at.get(first + i) == start + i for i in range(hunk.lines)):
                out.append(_Spot(hunk, start, start + hunk.lines))
            continue
        before = at.get(first - 1, -1 if first == 0 else None)
        after = at.get(first, len(mine) if first == len(written) else None)
        if before is not None and after == before + 1:
            out.append(_Spot(hunk, after, after))
    return out


def _without(text: bytes, chosen: Sequence[_Spot], file: KeptFile) -> bytes:
    crlf = _crlf(file, text)
    lines = lines_of(text)
    for spot in sorted(chosen, key=lambda s: s.start, reverse=True):
        block = _block(file, spot.hunk)
        lines[spot.start : spot.end] = [block.replace(b"\n", b"\r\n") if crlf else block]
    return b"".join(lines)


def _block(file: KeptFile, kept: KeptHunk) -> bytes:
    """Return the conflict that a resolution was, between its markers."""
    labels = (*file.labels, "", "", "")[:3]
    style: Style = "diff3" if file.style == "diff3" else "zdiff3" if file.style == "zdiff3" else "merge"
    look = Look((labels[0], labels[1], labels[2]), style, file.marker_size)
    return marked_hunk(Hunk(bytes_of(kept.base), bytes_of(kept.ours), bytes_of(kept.theirs), None, "conflict"), look)


def _unmerge(repo: Repository, file: KeptFile) -> tuple[str, ...]:
    """Let the index have git's conflict again, where the run had put its resolution there and nothing is concluded."""
    if not file.oid or not file.stages:
        return ()
    there = merge_index.staged(repo).get(file.path, ())
    if not scenario.in_progress(repo) or [(s.number, s.entry.oid) for s in there] != [(0, file.oid)]:
        return ("the index is left as it is: the merge has been concluded, or the file added since",)
    stages = tuple(Stage(file.path, s.number, Entry(s.mode, s.oid)) for s in file.stages)
    merge_index.put(repo, {file.path: stages})
    merge_index.told(repo, merge_index.staged(repo, unmerged=True))
    return ()


def _noted(record: Record, file: KeptFile, chosen: Sequence[_Spot]) -> Record:
    """Return the record as if the run had left the ``chosen`` in conflict: with the lines of what stands below them."""
    gone = [spot.hunk for spot in chosen]
    longer = {hunk: len(lines_of(_block(file, hunk))) for hunk in gone}
    written = [_Spot(hunk, hunk.line - 1, hunk.line - 1 + hunk.lines) for hunk in gone]
    now = text_of(_without(bytes_of(file.text), written, file))

    def moved(line: int) -> int:
        return line + sum(more - hunk.lines for hunk, more in longer.items() if hunk.line < line)

    kept = tuple(replace(h, line=moved(h.line)) for h in file.hunks if h not in gone)
    files = tuple(replace(f, text=now, hunks=kept) if f.path == file.path else f for f in record.files)
    taken = {(hunk.line, hunk.rule): more for hunk, more in longer.items()}
    explained = tuple(_taken_back(f, taken, moved) if f.path == file.path else f for f in record.explanation.files)
    return Record(replace(record.explanation, files=explained, clean=False), files)


def _taken_back(
    file: ExplainedFile, taken: Mapping[tuple[int, str], int], moved: Callable[[int], int]
) -> ExplainedFile:
    hunks = tuple(
        replace(h, line=moved(h.line), lines=taken[h.line, h.rule], resolved=False, reason=TAKEN_BACK)
        if h.resolved and (h.line, h.rule) in taken
        else replace(h, line=moved(h.line))
        for h in file.hunks
    )
    left = FileOutcome.PARTLY if any(h.resolved for h in hunks) else FileOutcome.CONFLICT
    return replace(file, outcome=left, hunks=hunks)


def _hint(path: str, spots: Sequence[_Spot]) -> str:
    if not spots:
        return "its resolutions have been edited since; git checkout --merge -- PATH gives git's conflicts back"
    return "they stand at " + ", ".join(f"{path}:{s.start + 1}" for s in spots)
