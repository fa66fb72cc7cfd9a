"""What may be decided without tests: what ``risk`` and ``versions`` say, in any place where it can be said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.git.repository import Repository
    from forkmerge.merge.rules import Allowed


def allowed(repo: Repository) -> Allowed:
    """Return the rules for work in ``repo``; raise UsageError where its configuration can't be understood."""
    from forkmerge.app.config import load  # noqa: PLC0415 - only where files meet

    return load(str(repo.worktree or repo.git_dir), os.environ, configured=repo.configured).allowed
