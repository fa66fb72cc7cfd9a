"""Object ids as git computes them, from values alone: what a clone is checked against."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, TypeAlias

from forkmerge.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.model.source import Entry

ObjectFormat: TypeAlias = Literal["sha1", "sha256"]
_FOLDER = 0o40000


def object_id(kind: str, data: bytes, form: ObjectFormat) -> str:
    """Return the id of a git object."""
    return object_hash(kind, len(data), (data,), form)


def object_hash(kind: str, size: int, chunks: Iterable[bytes], form: ObjectFormat) -> str:
    """Return the id of a git object of ``size`` bytes that comes in ``chunks``."""
    digest = hashlib.new(form, f"{kind} {size}\0".encode(), usedforsecurity=False)
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def format_of(oid: str) -> ObjectFormat:
    """Return the format that an id is of, by its length."""
    return "sha256" if len(oid) == 64 else "sha1"


def tree_id(entries: Mapping[str, Entry], form: ObjectFormat) -> str:
    """Return the id of the tree that has exactly ``entries`` (path -> entry); folders are made of the paths."""
    return TreeIds(form).id_of(entries)


class TreeIds:
    """The ids of trees, one after the other: of a tree that differs little from the last, little is worked out anew.

    Not for several threads at a time.
    """

    def __init__(self, form: ObjectFormat) -> None:
        self._form: ObjectFormat = form
        self._begin()

    def _begin(self) -> None:
        self._last: Mapping[str, Entry] = {}
        self._folders: dict[bytes, dict[bytes, tuple[int, bytes]]] = {b"": {}}
        """Path of a folder -> name -> mode and raw id."""

    def id_of(self, entries: Mapping[str, Entry]) -> str:
        """Return the id of the tree that has exactly ``entries``; UnusableInput where a file and a folder collide."""
        touched: set[bytes] = {b""}
        last = self._last
        try:
            for path, entry in last.items():
                if (new := entries.get(path)) is not entry and new != entry:
                    folder, _, name = _raw(path).rpartition(b"/")
                    del self._folders[folder][name]
                    touched.add(folder)
            self._drop_empty(touched)
            for path, entry in entries.items():
                if (old := last.get(path)) is not entry and old != entry:
                    self._add(path, entry, touched)
            found = self._ids(touched)
        except BaseException:
            self._begin()  # half of a change is the beginning of nothing
            raise
        self._last = entries
        return found

    def _add(self, path: str, entry: Entry, touched: set[bytes]) -> None:
        folder, _, name = _raw(path).rpartition(b"/")
        touched.add(folder)
        self._make(folder, path)
        if name in self._folders[folder]:
            raise UnusableInput("a file stands where a folder is needed", where=path)
        self._folders[folder][name] = entry.mode, bytes.fromhex(entry.oid)

    def _make(self, folder: bytes, path: str) -> None:
        """See to it that ``folder`` is there, and those that it lies in."""
        if folder in self._folders:
            return
        above, _, name = folder.rpartition(b"/")
        self._make(above, path)
        if name in self._folders[above]:
            raise UnusableInput("a file stands where a folder is needed", where=path)
        self._folders[above][name] = _FOLDER, b""
        self._folders[folder] = {}

    def _drop_empty(self, touched: set[bytes]) -> None:
        for folder in sorted(touched, key=len, reverse=True):
            empty = folder
            while empty and not self._folders.get(empty, {b"": None}):
                del self._folders[empty]
                touched.discard(empty)
                empty, _, name = empty.rpartition(b"/")
                del self._folders[empty][name]
                touched.add(empty)

    def _ids(self, touched: set[bytes]) -> str:
        """Return the id of the root, with those of ``touched`` folders and of what they lie in worked out anew."""
        todo = {b""}
        for folder in touched:
            parts = folder.split(b"/")
            todo.update(b"/".join(parts[: depth + 1]) for depth in range(len(parts)))
        found = b""
        for folder in sorted(todo, key=lambda path: path.count(b"/") + bool(path), reverse=True):
            rows = sorted(
                (name + b"/" if mode == _FOLDER else name, b"%o %b\0" % (mode, name) + oid)
                for name, (mode, oid) in self._folders[folder].items()
            )
            found = bytes.fromhex(object_id("tree", b"".join(row for _, row in rows), self._form))
            if folder:
                above, _, name = folder.rpartition(b"/")
                self._folders[above][name] = _FOLDER, found
        return found.hex()


def _raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
