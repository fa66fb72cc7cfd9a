"""Git's line merges of conflicted files, told again: all files at once with git's own merge, or one by one.

A merge uses git's histogram diff, ``git checkout --conflict`` and ``git merge-file`` use Myers's; which of them wrote
the markers is not noted anywhere, so both are tried.  Invariant: only objects are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app.merge_lookup import Lookup
from forkmerge.app.solve_match import LONG, Telling
from forkmerge.git import trees
from forkmerge.git.conflicted import answer
from forkmerge.git.linemerge import line_merge
from forkmerge.git.mergetree import stand_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forkmerge.git.repository import Repository
    from forkmerge.merge.pieces import Style
    from forkmerge.model.source import Entry

Three = tuple["Entry", "Entry", "Entry"]


class Tellings:
    """The merges of files whose base, ours and theirs are known."""

    def __init__(self, repo: Repository, files: Mapping[str, Three]) -> None:
        self._repo = repo
        self._files = files
        self._told: dict[str, Lookup] = {}
        self._commits: tuple[str, str] | None = None

    def of(self, path: str, styles: tuple[Style, ...]) -> Iterator[tuple[Telling, Style]]:
        """Yield what git may have written for ``path``, in the style that its markers are in, likeliest first."""
        base, ours, theirs = (self._repo.read(e.oid) for e in self._files[path])
        for style in styles:
            yield Telling(self._by_git(path, "diff3"), self._by_git(path, style)), style
        for style in styles:
            texts = [line_merge(base, ours, theirs, style=s, marker_size=LONG)[0] for s in ("diff3", style)]
            yield Telling(texts[0], texts[1]), style

    def _by_git(self, path: str, style: Style) -> bytes:
        if style not in self._told:
            made = answer(self._repo, *self._both(), style=style, marker_size=LONG)
            self._told[style] = Lookup(self._repo, made.tree)
        entry = self._told[style].entry(path)
        return self._repo.read(entry.oid) if entry is not None else b""

    def _both(self) -> tuple[str, str]:
        """Return commits of ours and theirs that hold nothing but the files, over one of the base."""
        if self._commits is None:
            empty = trees.empty_tree(self._repo)
            made = [
                trees.write(self._repo, empty, {path: three[i] for path, three in self._files.items()})
                for i in range(3)
            ]
            base = stand_in(self._repo, made[0])
            self._commits = stand_in(self._repo, made[1], [base]), stand_in(self._repo, made[2], [base])
        return self._commits
