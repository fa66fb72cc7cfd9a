"""What a side did to a unit of the base, in words and with its place: told by the alignment of the files it changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.model.source import SourceFile
from forkmerge.report.check import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.alignment.located import Match
    from forkmerge.model.source import Tree

_MOST_BYTES = 3_000_000
NAMES = {"ours": "head", "theirs": "target"}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a unit: ``words`` go on after the side's name (``renamed it to f``)."""

    words: str
    place: Place
    renamed: bool = False


@dataclass(slots=True)
class History:
    """The trees of base and sides; each side is aligned with the base when it is first asked for."""

    base: Tree
    sides: dict[str, Tree]
    read: Callable[[str], bytes]
    _known: dict[tuple[str, str], tuple[Match, ...]] = field(default_factory=dict)

    def name(self, side: str) -> str:
        """Return what reports call ``side``."""
        return NAMES[side]

    def fate(self, side: str, path: str, unit: str) -> Fate | None:
        """Return what ``side`` did to the base's ``unit`` of the file ``path``; None when that can't be told."""
        who = NAMES[side]
        tree = self.sides[side]
        if path not in self.base:
            return None
        for match in self._matches(side, path):
            left, right = match.left, match.right
            if left is None or left.path != path or left.unit.qualified != unit:
                continue
            if right is None:
                return Fate(f"removed {unit}", Place(who, path, left.line, unit, "removed (the line is the base's)"))
            now = right.unit.qualified
            place = Place(who, right.path, right.line, now)
            if right.path != left.path:
                moved = f"moved {unit} to {right.path}" + (f" as {now}" if now != unit else "")
                return Fate(moved, place)
            if now != unit:
                return Fate(f"renamed {unit} to {now}", place, renamed=True)
            return Fate(f"edited {unit}", place)
        if path not in tree:
            return Fate(f"removed or moved {path}", Place(who, path, 0, "", "not there any more"))
        return Fate(f"removed {unit}", Place(who, path, 0, unit, "removed"))

    def _matches(self, side: str, path: str) -> tuple[Match, ...]:
        key = (side, path)
        if key not in self._known:
            self._known[key] = self._align(side, path)
        return self._known[key]

    def _align(self, side: str, path: str) -> tuple[Match, ...]:
        from forkmerge.alignment.align import match  # noqa: PLC0415 - only where there is something to explain

        tree = self.sides[side]
        suffix = path.rpartition(".")[2]
        near = [
            p
            for p in tree
            if p.endswith(f".{suffix}")
            and self.base.get(p) != tree[p]
            and p != path
            and tree[p].mode & 0o170000 == 0o100000
        ]
        olds, news, size = [path], [path] if path in tree else [], 0
        for other in near:
            if other in self.base:
                continue  # a unit may have moved into a new file, or into one that was there
            news.append(other)
        for other in near:
            if other in self.base and len(news) < 40:
                olds.append(other)
                news.append(other)
        left: list[SourceFile] = []
        right: list[SourceFile] = []
        for where, tree_, out in ((olds, self.base, left), (news, tree, right)):
            for p in where:
                data = self.read(tree_[p].oid)
                size += len(data)
                if size > _MOST_BYTES:
                    break
                out.append(SourceFile(p, data))
        return match(tuple(left), tuple(right), changed_only=False)
