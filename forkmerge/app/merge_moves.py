"""Conflicts that come from a unit having moved: one side put it elsewhere, the other edited it where it was.

Idea: looked for only where a conflict is left.  Parsed are the file in conflict and those files of the side that took
lines away which received them: found by the lines themselves, so that a large merge costs no more than it must.  The
merging is ``merge.moves``'s; here the files are chosen and the result is judged once more against the original texts.

Invariant: a file that git merged or took as it stands changes only if every conflict of the file that the edit comes
from is gone by that, and no gate objects to either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.app.explain_words import PLAIN
from forkmerge.app.merge_children import each
from forkmerge.app.merge_lookup import asked
from forkmerge.app.merge_values import Fate, How, PlannedFile
from forkmerge.git.changes import changes
from forkmerge.model.source import EXECUTABLE, REGULAR, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.app.merge_values import Sides
    from forkmerge.git.changes import Change
    from forkmerge.git.conflicted import Answer
    from forkmerge.git.repository import Repository
    from forkmerge.merge.moves import Moved
    from forkmerge.model.hunk import Segment
    from forkmerge.model.revision import Scenario
    from forkmerge.model.source import Entry
    from forkmerge.model.treemerge import PathMerge

MOVED = "moved"
SECONDS = 20.0
"""Seconds for the units of one file in conflict and of the files around it."""
MOST_FILES = 8
"""Files that one conflict may have moved to; where more look like it, nothing is followed."""
_LEAST = 3
"""Lines of substance that a file must have received to count as a place where a unit went."""
_LONG = 6
_LARGEST = 500_000
_FILES = (REGULAR, EXECUTABLE)


def follow(
    repo: Repository,
    history: Scenario,
    git: Answer,
    files: tuple[PlannedFile, ...],
    sides: Mapping[str, Sides],
    how: How,
) -> tuple[PlannedFile, ...]:
    """Return ``files`` with those resolved, or added, that moved units account for."""
    open_files = [f for f in files if f.fate in (Fate.LEFT, Fate.PARTLY) and how.languages.for_path(f.path)]
    if not open_files:
        return files
    place = _Place(repo, history, git, how)
    out = {f.path: f for f in files}
    for file in open_files:
        if out[file.path].fate == Fate.RESOLVED:
            continue
        found = place.settled(sides[file.path], frozenset(p for p, f in out.items() if f.fate != Fate.RESOLVED))
        out.update({f.path: f for f in found})
    return tuple(out[path] for path in sorted(out))


class _Place:
    """What both sides changed, and how to read it."""

    def __init__(self, repo: Repository, history: Scenario, git: Answer, how: How) -> None:
        self._repo = repo
        self._how = how
        self._git = git
        self._stages = {s.path for s in git.stages}
        self._told = {p for m in git.messages if m.kind.startswith("CONFLICT") for p in m.paths}
        base = history.base.tree
        self._changes = tuple(changes(repo, base, r.tree) for r in (history.ours, history.theirs))
        self._known: dict[str, bytes] = {}

    def settled(self, here: Sides, unsettled: frozenset[str]) -> tuple[PlannedFile, ...]:
        """Return the file of ``here`` and those that its units moved to, resolved; nothing where that can't be done."""
        homes = self._homes(here)
        others = {path: self._three(path) for path in self._received(here, homes)}
        if len(others) > MOST_FILES or any(p in self._stages and p not in unsettled for p in others):
            return ()
        drivers = asked(self._repo, others)
        others = {p: three for p, three in others.items() if drivers[p].by_lines}
        three = {here.path: (here.base, here.ours, here.theirs), **others}
        if any(
            e is not None and (e.mode not in _FILES or self._repo.size(e.oid) > _LARGEST)
            for t in three.values()
            for e in t
        ):
            return ()
        for entries in three.values():
            for entry in entries:
                if entry is not None:
                    self.read(entry.oid)
        gave = each([lambda: self._merged(three)], seconds=SECONDS)[0].value
        if not gave or here.path not in gave or not all(p.clean for p in gave.values()):
            return ()
        planned = [self._planned(path, merged) for path, merged in sorted(gave.items())]
        return tuple(p for p in planned if p is not None) if all(planned) else ()

    def read(self, oid: str) -> bytes:
        """Return a blob, read once."""
        if oid not in self._known:
            self._known[oid] = self._repo.read(oid)
        return self._known[oid]

    def _homes(self, here: Sides) -> set[str]:
        return {here.path} | {c.old_path for side in self._changes for c in side if c.new_path == here.path}

    def _received(self, here: Sides, homes: Iterable[str]) -> list[str]:
        """Return the paths of files that took in lines which a side took out of the file of ``here``."""
        base = _substance(self.read(here.base.oid))
        found: list[str] = []
        for side, entry in zip(self._changes, (here.ours, here.theirs), strict=True):
            gone = base - _substance(self.read(entry.oid))
            near = [c for c in side if c.new_path not in homes] if len(gone) >= _LEAST else []
            found += [c.new_path for c in near if self._took_in(c, gone)]
        return sorted(set(found))

    def _took_in(self, change: Change, gone: set[bytes]) -> bool:
        new = change.new
        if (
            new is None
            or new.mode not in _FILES
            or not self._how.languages.for_path(change.new_path)
            or self._repo.size(new.oid) > _LARGEST
        ):
            return False
        there = _substance(self.read(new.oid)) & gone
        if len(there) < _LEAST:
            return False
        old = change.old
        return (
            len(there - _substance(self.read(old.oid)) if old is not None and old.mode in _FILES else there) >= _LEAST
        )

    def _three(self, path: str) -> tuple[Entry | None, Entry | None, Entry | None]:
        """Return what base, ours and theirs have at ``path``; a file that only one side has stands there alone."""
        ours, theirs = ({c.new_path: c for c in side} for side in self._changes)
        here = ours.get(path), theirs.get(path)
        base = next((c.old for c in here if c is not None), None)
        return base, here[0].new if here[0] else base, here[1].new if here[1] else base

    def _merged(
        self, three: Mapping[str, tuple[Entry | None, Entry | None, Entry | None]]
    ) -> dict[str, PathMerge] | None:
        """Return the merges of these paths where moved units make a difference and nothing is left to decide."""
        from forkmerge.alignment.align import align  # noqa: PLC0415 - only where conflicts are left
        from forkmerge.git.linemerge import line_merge  # noqa: PLC0415 - the same
        from forkmerge.merge.moves import moved_units  # noqa: PLC0415 - the same
        from forkmerge.merge.rules import Allowed  # noqa: PLC0415 - the same
        from forkmerge.merge.tree import Inputs, merge_trees  # noqa: PLC0415 - the same

        trees = [{path: entries[i] for path, entries in three.items()} for i in range(3)]
        present = [{path: entry for path, entry in tree.items() if entry is not None} for tree in trees]
        sources = [tuple(SourceFile(p, self._known[e.oid], e.mode) for p, e in tree.items()) for tree in present]
        moved = moved_units(align(*sources))
        if not moved:
            return None
        base, ours, theirs = present
        inputs = Inputs(
            base,
            ours,
            theirs,
            self._known.__getitem__,
            line_merge,
            moved=moved,
            allowed=self._how.allowed or Allowed(),
            alternatives=False,
            languages=self._how.languages,
        )
        merged = {p.path: p for p in merge_trees(inputs).paths}
        sound = all(self._sound(path, three[path], p) for path, p in merged.items())
        sound = sound and not self._strays(moved, three, merged)
        return merged if sound and all(p.clean for p in merged.values()) else None

    def _sound(self, path: str, entries: tuple[Entry | None, Entry | None, Entry | None], merged: PathMerge) -> bool:
        """Return whether the gates hold for the result against what the three had, before anything was carried."""
        from forkmerge.merge.file import checked  # noqa: PLC0415 - only where conflicts are left

        text = merged.file.merged() if merged.file is not None else None
        if text is None:
            return merged.file is None and not merged.conflict
        base, ours, theirs = (self._known[e.oid] if e is not None else b"" for e in entries)
        return checked(path, base, ours, theirs, text, languages=self._how.languages, apart=False).clean

    def _strays(
        self,
        moved: Iterable[Moved],
        three: Mapping[str, tuple[Entry | None, Entry | None, Entry | None]],
        merged: Mapping[str, PathMerge],
    ) -> bool:
        """Return whether an edit uses, in the file that it was carried to, what only its own file binds."""
        from forkmerge.merge.moves import strays  # noqa: PLC0415 - only where conflicts are left

        for unit in moved:
            there, home = unit.there[0], unit.edited[0]
            file = merged[there].file if there in merged else None
            mine, other = (1, 2) if unit.side == "ours" else (2, 1)
            before, source = three[there][mine], three[home][other]
            text = file.merged() if file is not None else None
            if there == home or text is None or before is None or source is None:
                continue
            if strays(there, self._known[source.oid], self._known[before.oid], text):
                return True
        return False

    def _planned(self, path: str, merged: PathMerge) -> PlannedFile | None:
        if merged.file is None or (text := merged.file.merged()) is None:
            return None
        from forkmerge.app.merge_lookup import Lookup  # noqa: PLC0415 - only where conflicts are left

        entry = Lookup(self._repo, self._git.tree).entry(path)
        stages = tuple(s for s in self._git.stages if s.path == path)
        reason = "an edit was carried to where the other side had moved the unit"
        if entry is None:
            return None
        segments = tuple(_named(s) for s in merged.file.segments)
        file = replace(merged.file, segments=segments, as_git=False)
        return PlannedFile(path, Fate.RESOLVED, entry, stages, file, text, reason)


def _named(segment: Segment) -> Segment:
    """Return a segment with the rule's name where more than one side's edit, or its place, is in it."""
    if isinstance(segment, bytes) or segment.rule in PLAIN:
        return segment
    rules = {*segment.rule.split("+"), MOVED} - {"line", "conflict"}
    return replace(segment, rule="+".join(sorted(rules)))


def _substance(data: bytes) -> set[bytes]:
    """Return the lines that say something, without their indentation."""
    return {line for raw in data.split(b"\n") if len(line := raw.strip()) >= _LONG}
