"""What is told of a merge when it is made: the document, the record for ``explain``, and one line for people.

Invariant: what is kept of a resolution is what taking it back needs, and nothing of a file that has none.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.app import explain_record
from forkmerge.app.explain_plan import placed, told, untouched, whole_conflicts
from forkmerge.app.explain_record import KeptFile, KeptHunk, KeptStage, Record
from forkmerge.app.explain_words import PLAIN
from forkmerge.report.explained import Explanation, FileOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from forkmerge.app.merge_values import Plan
    from forkmerge.app.merge_worktree import Laid
    from forkmerge.model.hunk import Hunk


def explanation(
    made: Plan | None,
    texts: Mapping[str, bytes],
    laid: Sequence[Laid],
    notes: tuple[str, ...],
    unmerged: Sequence[str],
    names: tuple[str, str],
    commit: str,
) -> Explanation:
    """Return the document of a merge that is made: git's ``unmerged`` paths and what was ``laid`` over its own."""
    done = {one.file.path: one for one in laid}
    files = []
    for file in made.files if made else ():
        one = done.get(file.path)
        files.append(told(file, one.look) if one else untouched(file, texts.get(file.path, b"")))
    files += whole_conflicts(made, unmerged, {f.path for f in files})
    now = int(time.time())
    ordered = tuple(sorted(files, key=lambda f: f.path))
    return Explanation("merge", *names, ordered, clean=not unmerged, commit=commit, created=now, notes=notes)


def nothing(ours: str, theirs: str) -> Explanation:
    """Return the document of a merge in which there was nothing to merge."""
    return Explanation("merge", ours, theirs, (), clean=True, created=int(time.time()))


def keep(git_dir: Path, found: Explanation, laid: Sequence[Laid]) -> None:
    """Write the record of a merge."""
    explain_record.save(git_dir, Record(found, tuple(map(_kept, laid))))


def words(found: Explanation, *, committed: bool) -> str:
    """Return in one line what is to be done now."""
    left = [f for f in found.files if f.outcome != FileOutcome.RESOLVED]
    if committed:
        return f"Merge made: {found.commit[:12]}."
    if found.clean:
        return "The merge is in your index and worktree; git commit makes it."
    count = "1 file has" if len(left) == 1 else f"{len(left)} files have"
    return f"{count} conflicts left: edit them, git add them, and forkmerge merge --continue (or --abort)."


def kept_hunk(line: int, count: int, hunk: Hunk) -> KeptHunk:
    """Return a resolution in the form in which it is kept."""
    text = explain_record.text_of
    return KeptHunk(
        line, count, text(hunk.base), text(hunk.ours), text(hunk.theirs), text(hunk.merged or b""), hunk.rule
    )


def _kept(one: Laid) -> KeptFile:
    found = placed(one.file, one.look)
    stages = tuple(KeptStage(s.number, s.entry.mode, s.entry.oid) for s in one.file.stages)
    kept = KeptFile(
        one.file.path,
        explain_record.text_of(one.text),
        tuple(
            kept_hunk(line, count, hunk)
            for line, count, hunk in found
            if hunk.merged is not None and hunk.rule not in PLAIN
        ),
        one.look.labels,
        one.look.style,
        one.look.marker_size,
        one.oid,
        stages,
    )
    return replace(kept, text="") if not kept.hunks else kept
