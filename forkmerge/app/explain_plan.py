"""What a plan of a merge says of each file, and a merge that left no record worked out again from its commits.

The engine gives the same answer for the same commits and the same rules, so what a driver did inside of ``git merge``
needs no record.  What a person changed after it is not seen here, and the head of the explanation says so.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from forkmerge.app.explain_words import all_places, evidence, explained, places
from forkmerge.app.merge_look import Look, marked_hunk
from forkmerge.app.merge_values import Fate
from forkmerge.errors import UnusableInput
from forkmerge.report.explained import ExplainedFile, ExplainedHunk, Explanation, FileOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forkmerge.app.merge_values import Plan, PlannedFile
    from forkmerge.git.repository import Repository
    from forkmerge.model.hunk import FileMerge, Hunk

_START = re.compile(rb"<{7,}(?: |\r?$)")
_OUTCOMES = {
    Fate.RESOLVED: FileOutcome.RESOLVED,
    Fate.PARTLY: FileOutcome.PARTLY,
    Fate.LEFT: FileOutcome.CONFLICT,
    Fate.OBJECTED: FileOutcome.OBJECTED,
}


def again(repo: Repository, name: str = "") -> Explanation:
    """Return what forkmerge makes of the merge commit ``name``; by itself of what is in progress, or of HEAD.

    Raises UnusableInput for a commit that does not join two others.
    """
    from forkmerge.app import merge_plan, merge_risk  # noqa: PLC0415 - only where a merge is worked out again
    from forkmerge.app.explain_pending import pending  # noqa: PLC0415 - the same

    commit = ""
    under_way = None if name else pending(repo)
    if under_way is not None:
        ours, theirs, names = under_way.ours, under_way.theirs, under_way.names
    else:
        ours, theirs, commit = _joined(repo, name or "HEAD")
        names = (ours[:12], theirs[:12])
    made = merge_plan.plan(repo, ours, theirs, unrelated=True, allowed=merge_risk.allowed(repo))
    files = tuple(
        untouched(f, texts.get(f.path, b"")) if f.fate == Fate.LEFT else told(f, Look())
        for texts in (left_texts(repo, made),)
        for f in made.files
    )
    files += tuple(whole_conflicts(made, {s.path for s in made.stages}, {f.path for f in files}))
    return Explanation(
        "explain",
        *names,
        tuple(sorted(files, key=lambda f: f.path)),
        clean=made.clean,
        commit=commit,
        created=int(time.time()),
        notes=(
            *((f"in progress: {under_way.operation}",) if under_way is not None else ()),
            "worked out again: what forkmerge makes of the two commits, whatever was done to the result since",
        ),
    )


def _joined(repo: Repository, name: str) -> tuple[str, str, str]:
    commit = repo.resolve(name).commit or ""
    said = repo.run(["rev-list", "--parents", "-n", "1", commit]).stdout.decode("ascii").split() if commit else []
    if len(said) != 3:
        raise UnusableInput(
            "this is no merge of two commits" if name != "HEAD" else "no run is on record here, and HEAD is no merge",
            where=name,
            hint="forkmerge explain --commit REV works out a merge that is in the history",
        )
    return said[1], said[2], commit


def whole_conflicts(made: Plan | None, unmerged: Sequence[str] | set[str], seen: set[str]) -> list[ExplainedFile]:
    """Return what git said of the ``unmerged`` paths that are not ``seen``: conflicts of whole files."""
    said: dict[str, str] = {}
    for m in made.messages if made else ():
        if m.kind.startswith("CONFLICT"):
            for path in m.paths:
                said.setdefault(path, m.text.strip())
    return [ExplainedFile(p, FileOutcome.CONFLICT, said.get(p, "git's conflict")) for p in unmerged if p not in seen]


def left_texts(repo: Repository, made: Plan | None) -> Mapping[str, bytes]:
    """Return git's marked texts of the files that the plan leaves to it."""
    files = made.files if made is not None else ()
    return {f.path: repo.read(f.git.oid) for f in files if f.fate == Fate.LEFT and f.git is not None}


def told(file: PlannedFile, look: Look) -> ExplainedFile:
    """Return what is said of a file that was written with conflicts that have ``look``."""
    return explained(file.path, _OUTCOMES[file.fate], placed(file, look), file.reason)


def untouched(file: PlannedFile, text: bytes) -> ExplainedFile:
    """Return what is said of a file that stays as git has it in ``text``: each marked place, with its reason."""
    conflicts = file.merge.conflicts if file.merge is not None else ()
    starts = [n for n, line in enumerate(text.split(b"\n"), 1) if _START.match(line)]
    if len(starts) != len(conflicts):
        hunks = tuple(ExplainedHunk(line, 0, resolved=False, rule="conflict") for line in starts)
    else:
        both = zip(starts, conflicts, strict=True)
        hunks = tuple(ExplainedHunk(n, 0, False, h.rule, h.reason, evidence(h)) for n, h in both)
    return ExplainedFile(file.path, FileOutcome.CONFLICT, file.reason, hunks)


def placed(file: PlannedFile, look: Look) -> list[tuple[int, int, Hunk]]:
    """Return (line, number of lines, hunk) for the places of a file that was written with ``look``."""
    merge = file.merge
    if merge is None:
        return []
    written = _written(merge, look)
    return all_places(merge.segments, written, file.told) if file.told else places(merge.segments, written)


def _written(merge: FileMerge, look: Look) -> list[bytes]:
    """Return what each segment became in the text that was written."""
    return [
        s if isinstance(s, bytes) else s.merged if s.merged is not None else marked_hunk(s, look)
        for s in merge.segments
    ]
