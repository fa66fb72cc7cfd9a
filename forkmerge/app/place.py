"""Where a command works: the repository around the folder that the user stands in."""

from __future__ import annotations

from forkmerge.git.repository import Repository


def top(folder: str) -> str:
    """Return the work tree around ``folder`` (a bare repository: its git directory); raise UnusableInput if none."""
    with Repository.open(folder) as repo:
        return str(repo.worktree or repo.git_dir)
