"""Where a repository is, before it is opened: git's own answer, so that its checks of ownership hold."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from forkmerge.git import command


class Location:
    """Questions to ``git rev-parse`` about the repository around a path, or the one that is given."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        git_dir: str | os.PathLike[str] | None,
        work_tree: str | os.PathLike[str] | None,
    ) -> None:
        given = Path(path)
        self._cwd = given.parent if given.is_file() else given
        self._git_dir = None if git_dir is None else Path(git_dir).absolute()
        self._work_tree = None if work_tree is None else Path(work_tree).absolute()

    def places(self) -> tuple[Path, Path, Path | None, str]:
        """Return git directory, common directory, top of the work tree and object format; raises ``GitFailed``."""
        what = ("--is-bare-repository", "--is-inside-work-tree", "--show-object-format")
        where = ("--absolute-git-dir", "--path-format=absolute", "--git-common-dir", "--show-toplevel")
        with suppress(command.GitFailed):  # PERF: one process for four, where there is a work tree
            lines = self._run(*what, *where).removesuffix(b"\n").split(b"\n")
            if len(lines) == len(what) + len(where) - 1 and lines[:2] == [b"false", b"true"]:
                own, common, top = (Path(os.fsdecode(line)) for line in lines[3:])
                return own, common, top, lines[2].decode("ascii")
        bare, inside, object_format = self._run(*what).decode("ascii").split()
        own, common = self.path("--absolute-git-dir"), self.path("--path-format=absolute", "--git-common-dir")
        return own, common, self.path("--show-toplevel") if (bare, inside) == ("false", "true") else None, object_format

    def path(self, *args: str) -> Path:
        """Return the path that ``git rev-parse`` answers; raises ``GitFailed``."""
        return Path(os.fsdecode(self._run(*args).removesuffix(b"\n")))

    def _run(self, *args: str) -> bytes:
        asked = ("rev-parse", *args)
        return command.run(asked, cwd=self._cwd, git_dir=self._git_dir, work_tree=self._work_tree).stdout
