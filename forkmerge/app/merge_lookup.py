"""Single entries of trees, by path, each folder read once; and what attributes say of paths that are to be merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.model.source import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.git.repository import Repository

_FOLDER = 0o040000
USUAL_SIZE = 7
_OURS = ("", "text", "forkmerge", "set")
"""Values of the ``merge`` attribute with which git merges a file by its lines ("" is: nothing said)."""


class Lookup:
    """The entries of one tree."""

    def __init__(self, repo: Repository, tree: str) -> None:
        self._repo = repo
        self._tree = tree
        self._folders: dict[str, dict[str, tuple[int, str]]] = {}

    def entry(self, path: str) -> Entry | None:
        """Return the entry at ``path``, None when there is no file, link or submodule."""
        folder, _, name = path.rpartition("/")
        found = self._folder(folder).get(name)
        return Entry(*found) if found is not None and found[0] != _FOLDER else None

    def _folder(self, path: str) -> dict[str, tuple[int, str]]:
        known = self._folders.get(path)
        if known is None:
            known = self._folders[path] = self._read(path)
        return known

    def _read(self, path: str) -> dict[str, tuple[int, str]]:
        if not path:
            return self._repo.folder(self._tree)
        parent, _, name = path.rpartition("/")
        found = self._folder(parent).get(name)
        return self._repo.folder(found[1]) if found is not None and found[0] == _FOLDER else {}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the attributes of one path ask for: the driver ("" the usual), and the size of its markers."""

    driver: str = ""
    marker_size: int = USUAL_SIZE

    @property
    def by_lines(self) -> bool:
        """Return whether git merges the file by its lines, so that a structured merge may stand in."""
        return self.driver in _OURS


def asked(repo: Repository, paths: Iterable[str]) -> dict[str, Asked]:
    """Return path -> what its attributes ask for, as git sees them in this work tree."""
    names = list(paths)
    if not names:
        return {}
    text = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in names)
    done = repo.run(["check-attr", "--stdin", "-z", "merge", "conflict-marker-size"], stdin=text)
    fields = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    said: dict[str, dict[str, str]] = {}
    for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        if value != "unspecified":
            said.setdefault(path, {})[name] = value
    return {path: _asked(said.get(path, {})) for path in names}


def _asked(said: dict[str, str]) -> Asked:
    size = said.get("conflict-marker-size", "")
    return Asked(said.get("merge", ""), int(size) if size.isdecimal() and int(size) > 0 else USUAL_SIZE)
