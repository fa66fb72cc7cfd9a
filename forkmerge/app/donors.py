"""Donors: the parts of upstream's history that changes can be taken from, smallest first.

A commit alone is a merge with its parent for a base, as ``git cherry-pick`` has it; the fork's renames since then are
seen as such, so that new code can follow them.  The merge that brought a commit into upstream's main line holds what
was made together with it; all of the history up to a commit holds everything that it can depend on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.git.scenario import base_of
from forkmerge.model.revision import Revision, Scenario

if TYPE_CHECKING:
    from forkmerge.git.repository import Repository

_SHORT = 9


@dataclass(frozen=True, slots=True)
class Donor:
    """A range of upstream's history: ``source`` says in words which; ``commit``: the only one in it, or ""."""

    scenario: Scenario
    source: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as people know it."""

    id: str
    author: str
    subject: str
    parents: tuple[str, ...] = ()


def commit_of(repo: Repository, name: str) -> Commit:
    """Return author and subject of a commit."""
    said = repo.run(["show", "-s", "--format=%H%x00%P%x00%an%x00%s", "--end-of-options", name]).stdout
    identity, parents, author, subject = said.decode("utf-8", "replace").strip("\n").split("\0", 3)
    return Commit(identity, author, subject, tuple(parents.split()))


def picked(repo: Repository, fork: Revision, commit: str) -> Donor:
    """Return what ``commit`` alone changed (a merge: against its first parent)."""
    known = commit_of(repo, commit)
    word = "merge" if len(known.parents) > 1 else "commit"
    theirs = Revision(known.id, known.id, repo.tree_of(known.id))
    if known.parents:
        parent = known.parents[0]
        base = Revision(parent, parent, repo.tree_of(parent))
    else:
        base = Revision("empty tree", None, repo.empty_tree)
    scenario = Scenario(base, fork, theirs, (base.commit,) if base.commit else ())
    return Donor(scenario, f"{word} {known.id[:_SHORT]} ({known.subject})", known.id if word == "commit" else "")


def history(repo: Repository, fork: Revision, tip: Revision) -> Donor:
    """Return everything that upstream made up to ``tip`` since it went apart from the fork."""
    bases = repo.merge_bases(fork.commit or "", tip.commit or "")
    count = (
        repo.run(["rev-list", "--count", tip.commit or "", *(f"^{b}" for b in bases)]).stdout.decode("ascii").strip()
    )
    scenario = Scenario(base_of(repo, bases), fork, tip, bases)
    what = "all commits" if count == "1" else f"all {count} commits"
    return Donor(scenario, f"{what} of upstream up to {(tip.commit or tip.tree)[:_SHORT]}")


def brought_in_by(repo: Repository, commit: str, tip: str) -> str:
    """Return the merge that brought ``commit`` into the main line of ``tip``, "" where it was made there."""
    args = ["rev-list", "--first-parent", "--reverse", tip, f"^{commit}"]
    line = repo.run(args, check=False).stdout.decode("ascii", "replace").split()
    low, high = 0, len(line)
    while low < high:
        middle = (low + high) // 2
        if _holds(repo, line[middle], commit):
            high = middle
        else:
            low = middle + 1
    if low == len(line):
        return ""
    parents = commit_of(repo, line[low]).parents
    return line[low] if len(parents) > 1 and parents[0] != commit else ""


def _holds(repo: Repository, tip: str, commit: str) -> bool:
    return repo.run(["merge-base", "--is-ancestor", commit, tip], check=False).code == 0
