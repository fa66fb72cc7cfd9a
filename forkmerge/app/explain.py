"""``explain``: the rule and the evidence behind what the last run did, from its record or worked out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app import explain_record
from forkmerge.app.explain_pending import outdated
from forkmerge.app.solve_places import repository_path
from forkmerge.errors import UnusableInput
from forkmerge.git.repository import Repository

if TYPE_CHECKING:
    from forkmerge.report.explained import Explanation


def explain(folder: str, path: str = "", *, commit: str = "") -> Explanation:
    """Return what the last run decided, of ``path`` (a file or a folder) alone if it is named.

    A merge that has no record, one that git made or began with the driver, is worked out again; so is the merge
    ``commit``.
    Raise UnusableInput when there is no merge to speak of, or none that had anything to decide at ``path``.
    """
    with Repository.open(folder) as repo:
        record = None if commit else explain_record.load(repo.git_dir)
        if record is None or outdated(repo, record):
            from forkmerge.app.explain_plan import again  # noqa: PLC0415 - only where a merge is worked out again

            found = again(repo, commit)
        else:
            found = record.explanation
        if not path:
            return found
        given = repository_path(repo, folder, path)
    found = explain_record.of_paths(found, [given])
    if not found.files:
        raise UnusableInput(
            "the last run had nothing to decide there", where=path, hint="what only one side changed is taken as it is"
        )
    return found
