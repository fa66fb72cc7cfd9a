"""The plan of a merge: git's own answer, and on top of it what the structured merge resolves or objects to.

Idea: whatever is not a text that both sides changed stays as git has it, to the byte.  Of the others, those that git
leaves in conflict are merged structurally over git's own line merge of them, and those that it merged cleanly have to
pass the gates.  Nothing else is parsed; blobs are read in one go, before children that may die are started.

Invariants: nothing is written but objects; without ``structured`` the plan is git's answer.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from forkmerge.app.catalogue import catalogue
from forkmerge.app.meanwhile import Meanwhile
from forkmerge.app.merge_children import each
from forkmerge.app.merge_lookup import Lookup, asked
from forkmerge.app.merge_values import Fate, How, Plan, PlannedFile, Sides
from forkmerge.git import scenario
from forkmerge.git.conflicted import Answer, Message, Stage, answer
from forkmerge.merge.pieces import read_markers
from forkmerge.model.source import EXECUTABLE, REGULAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.app.merge_children import Gave
    from forkmerge.git.repository import Repository
    from forkmerge.merge.pieces import Style
    from forkmerge.merge.rules import Allowed
    from forkmerge.model.hunk import FileMerge
    from forkmerge.model.revision import Scenario

SECONDS = 8.0
"""Seconds after which git's own answer is given for a file."""
_LONG = 32
_FILES = (REGULAR, EXECUTABLE)
_WARMING = "forkmerge imports"
_CHILDRENS = ("forkmerge.merge.file", "forkmerge.merge.verified", "forkmerge.merge.stale", "forkmerge.merge.seams")
_MANY = 12
"""Files from which on a second child is worth its start."""


def plan(
    repo: Repository,
    ours: str,
    theirs: str,
    *,
    unrelated: bool = False,
    structured: bool = True,
    allowed: Allowed | None = None,
    history: Scenario | None = None,
) -> Plan:
    """Return the plan of merging the commit ``theirs`` into ``ours``, names as they are to stand at markers.

    ``history`` is their scenario, if it was worked out before.

    Raises ``UnusableInput`` and ``MissingTool`` as ``git.conflicted.answer``.
    """
    git = answer(repo, ours, theirs, unrelated=unrelated)
    if not structured:
        return Plan(git, (), git.messages)
    conflicted = _content_conflicts(git)
    names = (history.ours.commit or ours, history.theirs.commit or theirs) if history else (ours, theirs)
    long = Meanwhile(partial(_with_bases, repo, *names, unrelated=unrelated)) if conflicted else None
    merged = _merged_by_git(git)
    attributes = asked(repo, [*conflicted, *merged])
    conflicted = {path: sides for path, sides in conflicted.items() if attributes[path].by_lines}
    languages = catalogue([*conflicted, *merged], place=str(repo.worktree or os.sep), inside=True)
    merged = [path for path in merged if attributes[path].by_lines and languages.for_path(path) is not None]
    if not conflicted and not merged:
        return Plan(git, (), git.messages)
    history = history or scenario.resolve(repo, ours, theirs)
    sides = {**conflicted, **_sides(repo, history, merged)}
    how = How(allowed, languages, unrelated)
    files = _files(repo, git, sides, long, how)
    files = tuple(replace(f, marker_size=attributes[f.path].marker_size) for f in files)
    if any(f.fate in (Fate.LEFT, Fate.PARTLY) for f in files):
        from forkmerge.app.merge_moves import follow  # noqa: PLC0415 - only where conflicts are left

        files = follow(repo, history, git, files, sides, how)
    return Plan(git, files, _messages(git, files), history)


def _content_conflicts(git: Answer) -> dict[str, Sides]:
    """Return the paths where nothing but the content of three regular files is in conflict."""
    stages: dict[str, dict[int, Stage]] = {}
    for stage in git.stages:
        stages.setdefault(stage.path, {})[stage.number] = stage
    other = {
        path
        for message in git.messages
        if message.kind.startswith("CONFLICT") and not message.text.startswith("CONFLICT (content)")
        for path in message.paths
    }
    told = {path for m in git.messages if m.text.startswith("CONFLICT (content)") for path in m.paths}
    return {
        path: Sides(path, found[1].entry, found[2].entry, found[3].entry, conflicted=True)
        for path, found in stages.items()
        if path in told - other and len(found) == 3 and all(s.entry.mode in _FILES for s in found.values())
    }


def _merged_by_git(git: Answer) -> list[str]:
    """Return the paths whose content git merged without a conflict."""
    open_paths = {stage.path for stage in git.stages}
    open_paths |= {p for m in git.messages if m.kind.startswith("CONFLICT") for p in m.paths}
    found = [p for m in git.messages if m.kind == "Auto-merging" for p in m.paths[:1]]
    return [path for path in dict.fromkeys(found) if path not in open_paths]


def _sides(repo: Repository, history: Scenario, paths: list[str]) -> dict[str, Sides]:
    """Return what met at paths that git merged; where it followed a rename, so does this."""
    if not paths:
        return {}
    base, ours, theirs = (Lookup(repo, r.tree) for r in (history.base, history.ours, history.theirs))
    out = {}
    names: tuple[dict[str, str], dict[str, str]] | None = None
    for path in paths:
        three = (base.entry(path), ours.entry(path), theirs.entry(path))
        if None in three:
            names = names or _renames(repo, history)
            home = next((old for n in names for old, new in n.items() if new == path), path)
            there = [n.get(home, home) for n in names]
            three = (base.entry(home), ours.entry(there[0]), theirs.entry(there[1]))
        if three[0] and three[1] and three[2] and all(e.mode in _FILES for e in three if e):
            out[path] = Sides(path, three[0], three[1], three[2], conflicted=False)
    return out


def _renames(repo: Repository, history: Scenario) -> tuple[dict[str, str], dict[str, str]]:
    from forkmerge.git.renames import renames  # noqa: PLC0415 - only where git followed one

    to_ours, to_theirs = (renames(repo, history.base.tree, r.tree) for r in (history.ours, history.theirs))
    return {old: r.new for old, r in to_ours.items()}, {old: r.new for old, r in to_theirs.items()}


def _with_bases(repo: Repository, ours: str, theirs: str, *, unrelated: bool) -> Answer:
    """Return git's merge once more, with bases in its conflicts and markers that nothing else looks like.

    PERF: git is at it while it is asked for attributes, and the languages are read.
    """
    return answer(repo, ours, theirs, unrelated=unrelated, style="diff3", marker_size=_LONG)


def _files(
    repo: Repository,
    git: Answer,
    sides: dict[str, Sides],
    long: Meanwhile[Answer] | None,
    how: How,
) -> tuple[PlannedFile, ...]:
    result = Lookup(repo, git.tree)
    marked = Lookup(repo, long.result().tree) if long else result
    works: list[Callable[[], FileMerge]] = []
    order = sorted(sides)
    texts: dict[str, bytes] = {}
    entries = {path: (marked if sides[path].conflicted else result).entry(path) for path in order}
    found = {path: entry.oid for path, entry in entries.items() if entry is not None and entry.mode in _FILES}
    versions = [side.oid for here in sides.values() for side in (here.base, here.ours, here.theirs)]
    data = repo.read_many([*versions, *found.values()])
    for path in order:
        here = sides[path]
        three = (data[here.base.oid], data[here.ours.oid], data[here.theirs.oid])
        text = texts[path] = data[found[path]] if path in found else b""
        works.append(_work(path, three, text, how, conflicted=here.conflicted))
    _warmed()
    children = 2 if len(works) >= _MANY and (os.cpu_count() or 1) > 1 else 1
    answers = each(works, seconds=SECONDS, children=children)
    stages: dict[str, tuple[Stage, ...]] = {}
    for stage in git.stages:
        stages[stage.path] = (*stages.get(stage.path, ()), stage)
    planned = []
    for path, gave in zip(order, answers, strict=True):
        file = PlannedFile(path, Fate.LEFT, result.entry(path), stages.get(path, ()))
        judge = _judged if sides[path].conflicted else _checked
        told = judge(file, gave, texts[path], sides[path])
        if told is not None:
            planned.append(told)
    return tuple(planned)


def warm(*more: str) -> None:
    """Begin to import, beside what is done meanwhile, what every child would import by itself, and ``more``.

    PERF: up to the children the merge waits for a dozen git processes, one after the other.
    """
    threading.Thread(target=_imported, args=((*_CHILDRENS, *more),), name=_WARMING, daemon=True).start()


def _imported(names: tuple[str, ...]) -> None:
    for name in names:
        with suppress(Exception):  # who needs it imports it too, and says what is wrong with it
            import_module(name)


def _warmed() -> None:
    """Wait until all is imported: a process with threads is not to be forked."""
    begun = [thread for thread in threading.enumerate() if thread.name == _WARMING]
    for thread in begun:
        thread.join()
    if not begun:
        _imported(_CHILDRENS)


def _work(
    path: str, three: tuple[bytes, bytes, bytes], text: bytes, how: How, *, conflicted: bool
) -> Callable[[], FileMerge]:
    from forkmerge.merge.file import checked, merge_file  # noqa: PLC0415 - only where files meet

    if not conflicted:
        return lambda: checked(path, *three, text, languages=how.languages)
    known = _Known(three, text)
    return lambda: merge_file(path, *three, line_merge=known, allowed=how.allowed, languages=how.languages)


class _Known:
    """Git's line merge of three texts, known before; asked for anything else, git is called."""

    def __init__(self, three: tuple[bytes, bytes, bytes], text: bytes) -> None:
        self._three = three
        self._text = text
        self._count = text.count(b"<" * _LONG)

    def __call__(
        self,
        base: bytes,
        ours: bytes,
        theirs: bytes,
        *,
        style: Style = "merge",
        labels: tuple[str, str, str] = ("ours", "base", "theirs"),
        marker_size: int = 7,
    ) -> tuple[bytes, int]:
        """Return the marked text and the number of conflicts."""
        known = self._count and style == "diff3" and marker_size == _LONG
        if known and (base, ours, theirs) == self._three:
            return self._text, self._count
        from forkmerge.git.linemerge import line_merge  # noqa: PLC0415 - seldom needed

        return line_merge(base, ours, theirs, style=style, labels=labels, marker_size=marker_size)


def _judged(file: PlannedFile, gave: Gave[FileMerge], text: bytes, _: Sides) -> PlannedFile:
    """Return what becomes of a file that git leaves in conflict, ``text`` being its own answer with long markers."""
    merge = gave.value
    if merge is None:
        return replace(file, reason=f"the structured merge failed: {gave.trouble}")
    if merge.clean:
        return replace(file, fate=Fate.RESOLVED, merge=merge, content=merge.merged())
    reason = "; ".join(dict.fromkeys(h.reason for h in merge.conflicts if h.reason))
    file = replace(file, merge=merge, reason=reason)
    if merge.as_git:
        return file
    try:
        git = read_markers(text, _LONG)
    except ValueError:
        return file
    base, ours, theirs = (
        b"".join(p if isinstance(p, bytes) else getattr(p, side) for p in git) for side in ("base", "ours", "theirs")
    )
    before = sum(_lines(p.ours) + _lines(p.theirs) for p in git if not isinstance(p, bytes))
    after = sum(_lines(h.ours) + _lines(h.theirs) for h in merge.conflicts)
    return replace(file, fate=Fate.PARTLY, told=(base, ours, theirs)) if after < before else file


def _lines(text: bytes) -> int:
    return text.count(b"\n") + (not text.endswith(b"\n") and bool(text))


def _checked(file: PlannedFile, gave: Gave[FileMerge], text: bytes, sides: Sides) -> PlannedFile | None:
    """Return a file that git merged cleanly and a gate objects to; None where none does, and git's ``text`` stands."""
    merge = gave.value
    if merge is None or (merge.clean and merge.merged() == text):
        return None
    if merge.clean:
        return replace(file, fate=Fate.RESOLVED, merge=merge, content=merge.merged())
    three = enumerate((sides.base, sides.ours, sides.theirs), 1)
    stages = tuple(Stage(file.path, number, entry) for number, entry in three)
    reason = "; ".join(f.message for f in merge.findings)
    return replace(file, fate=Fate.OBJECTED, stages=stages, merge=merge, reason=reason)


def _messages(git: Answer, files: tuple[PlannedFile, ...]) -> tuple[Message, ...]:
    """Return git's messages without the conflicts that are resolved, with those that a gate adds."""
    settled = {f.path for f in files if f.fate == Fate.RESOLVED}
    out = [m for m in git.messages if not (m.kind == "CONFLICT (contents)" and set(m.paths) <= settled)]
    for file in files:
        if file.fate == Fate.OBJECTED:
            text = f"CONFLICT (content): Merge conflict in {file.path}\n"
            at = next((i for i, m in enumerate(out) if m.paths[:1] == (file.path,)), len(out) - 1)
            out.insert(at + 1, Message((file.path,), "CONFLICT (contents)", text))
    return tuple(out)
