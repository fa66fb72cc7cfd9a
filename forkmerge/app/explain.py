"""``explain``: the rule and the evidence behind what the last run did, from its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app import explain_record
from forkmerge.app.solve_places import repository_path
from forkmerge.errors import UnusableInput
from forkmerge.git.repository import Repository

if TYPE_CHECKING:
    from forkmerge.report.explained import Explanation


def explain(folder: str, path: str = "") -> Explanation:
    """Return what the last run decided, of ``path`` (a file or a folder) alone if it is named.

    Raise UnusableInput when no run is on record, or none that looked at ``path``.
    """
    with Repository.open(folder) as repo:
        record = explain_record.load(repo.git_dir)
        if record is None:
            raise UnusableInput(
                "no run is on record here", where=str(repo.git_dir), hint="forkmerge merge and forkmerge solve keep one"
            )
        if not path:
            return record.explanation
        given = repository_path(repo, folder, path)
    found = explain_record.of_paths(record.explanation, [given])
    if not found.files:
        raise UnusableInput(
            "the last run had nothing to decide there", where=path, hint="what only one side changed is taken as it is"
        )
    return found
