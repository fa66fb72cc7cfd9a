"""All units of one revision, numbered in file order, with the tree they form.

Groups are the places that hold units: a unit with children, or a file (number ``-1 - file``).  Siblings keep the order
of the file.  The table is built once per comparison and not changed afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.alignment.located import Located
from forkmerge.alignment.words import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forkmerge.model.source import SourceFile
    from forkmerge.syntax.units import Unit

_CALLABLE = frozenset(("function", "method", "constructor", "generator", "operator"))
_MEASURED = frozenset(("callable", "type", "test", "impl", "namespace", "macro"))
_TYPE = frozenset(("class", "interface", "struct", "enum", "trait", "record", "type", "union", "object", "protocol"))


def family(kind: str) -> str:
    """Return the group of unit kinds that can turn into one another: functions and methods, types, else the kind."""
    if kind in _CALLABLE:
        return "callable"
    return "type" if kind in _TYPE else kind


class Table:
    """The units of ``files``; ``parent[i]`` is the group that holds unit ``i``, ``members[group]`` what it holds.

    ``measured[i]`` says whether a unit is compared by content; the others (constants, fields, imports, plain keys) are
    the old ones only by their name, or by value and place.
    """

    def __init__(self, files: Sequence[SourceFile], read: Callable[[SourceFile], tuple[Unit, ...]]) -> None:
        self.files = tuple(files)
        self.located: list[Located] = []
        self.families: list[str] = []
        self.measured: list[bool] = []
        self.parent: list[int] = []
        self.rank: list[int] = []
        self.file: list[int] = []
        self.members: dict[int, tuple[int, ...]] = {}
        for number, source in enumerate(self.files):
            lines = _Lines(source.data)
            self.members[-1 - number] = self._add(source, read(source), -1 - number, number, lines)

    def _add(self, source: SourceFile, units: Sequence[Unit], parent: int, file: int, lines: _Lines) -> tuple[int, ...]:
        numbers = []
        for rank, unit in enumerate(units):
            number = len(self.located)
            numbers.append(number)
            self.located.append(Located(source.path, unit, lines.at(unit.span.start), source.data))
            self.families.append(family(unit.kind))
            self.measured.append(self.families[-1] in _MEASURED or bool(unit.children))
            self.parent.append(parent)
            self.rank.append(rank)
            self.file.append(file)
            if unit.children:
                self.members[number] = self._add(source, unit.children, number, file, lines)
        return tuple(numbers)

    def __len__(self) -> int:
        return len(self.located)

    def own(self, number: int) -> bytes:
        """Return the name of a unit as bytes."""
        return self.located[number].unit.name.encode("utf-8", "surrogateescape")

    def text(self, number: int) -> bytes:
        """Return the bytes of a unit."""
        return self.located[number].text

    def head_and_body(self, number: int) -> tuple[bytes, bytes]:
        """Return the bytes of a unit cut where its body begins."""
        located = self.located[number]
        span, body = located.unit.span, located.unit.body
        cut = body.start if span.start <= body.start <= span.end and len(body) else span.end
        return located.data[span.start : cut], located.data[cut : span.end]

    def digest(self, number: int, *, recursive: bool = False) -> bytes:
        """Return what is equal for units of one family whose bodies are the same, names left out (see ``words``)."""
        return digest(*self.head_and_body(number), self.own(number), recursive=recursive)

    def name(self, number: int) -> tuple[str, str]:
        """Return what tells a unit from its siblings: its family and name."""
        return self.families[number], self.located[number].unit.name

    def size(self, number: int) -> int:
        """Return the length of a unit in bytes."""
        return len(self.located[number].unit.span)


class _Lines:
    """Line numbers of rising offsets, counted once over the file (children start after their parents)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0
        self._line = 1

    def at(self, offset: int) -> int:
        if offset < self._offset:
            self._offset, self._line = 0, 1
        self._line += self._data.count(b"\n", self._offset, offset)
        self._offset = offset
        return self._line
