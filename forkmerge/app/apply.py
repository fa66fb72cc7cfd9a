"""``apply``: a proposal becomes a commit with trailers that say where it came from.

A merge has all parents; what takes some of upstream's changes and not all of them has the fork alone, and names the
commits that they come from and their authors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge import __version__
from forkmerge.app import applied, store
from forkmerge.errors import UnusableInput
from forkmerge.git.apply import apply as apply_tree
from forkmerge.git.repository import Repository
from forkmerge.report import words

if TYPE_CHECKING:
    from forkmerge.app.store import Chosen


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done: the new ``commit`` ("" when it is left to the user), what moved, and words for it."""

    commit: str
    ref: str
    words: str


@dataclass(frozen=True, slots=True)
class Picked:
    """A commit of upstream that a proposal takes changes from; ``author`` is ``Name <email>``."""

    commit: str
    author: str
    subject: str


def apply(
    folder: str, name: str, *, branch: str | None, commit: bool, message: str | None, learning: bool = True
) -> Applied:
    """Apply the proposal called ``name`` in the repository around ``folder``; raise UnusableInput if it can't be.

    With ``learning`` it is written down which versions were taken where the sides conflict.
    """
    with Repository.open(folder) as repo:
        found = store.choose(repo, name)
        sides = (found.run.scenario.ours, found.run.scenario.theirs, *found.run.others)
        commits = tuple(side.commit for side in sides if side.commit is not None)
        if len(commits) < len(sides):
            raise UnusableInput(
                "the proposal merges trees, not commits: there is nothing to be its parents", where=found.run.name
            )
        picked = () if found.run.joins else tuple(_picked(repo, commit) for commit in found.proposal.picks)
        text = commit_message(found, message, picked)
        parents = commits if found.run.joins else commits[:1]
        done = apply_tree(repo, found.proposal.tree, parents, text, branch=branch, commit=commit)
        if learning:
            applied.record(repo, found)
    count = f"{len(done.changed)} {words.plural('file', len(done.changed))} changed"
    what = "merge" if found.run.joins else "commit"
    if done.commit is None:
        said = f"The {what} is in your index and worktree ({count}); git commit makes it."
    else:
        said = f"{done.ref.removeprefix('refs/heads/')} is now the {what} {done.commit[:12]} ({count})."
    return Applied(done.commit or "", done.ref, said)


def commit_message(found: Chosen, message: str | None, picked: tuple[Picked, ...] = ()) -> str:
    """Return the message: the user's words or git's usual ones, then the trailers."""
    scenario, proposal = found.run.scenario, found.proposal
    usual = f"Merge {words.listed([_quoted(r.name) for r in found.run.sides[1:]])} into {scenario.ours.name}"
    if not found.run.joins:
        usual = picked[0].subject if len(picked) == 1 else f"Take changes of {scenario.theirs.name}"
    subject = (message or usual).strip()
    bases = ", ".join(scenario.bases) or "none"
    trailers = [
        ("Forkmerge-Proposal", f"{found.run.name}/{proposal.number} ({proposal.origin}, forkmerge {__version__})"),
        ("Forkmerge-Base", bases),
        ("Forkmerge-Fork", scenario.ours.commit or scenario.ours.tree),
        *(("Forkmerge-Upstream", r.commit or r.tree) for r in (scenario.theirs, *found.run.others)),
        *(("Forkmerge-Taken-From", f"{p.commit} {p.subject}") for p in picked),
        *(("Forkmerge-Tests", f"{t.parent or t.owner} {t.kept}/{t.required} kept") for t in proposal.tests),
        ("Forkmerge-Verdict", str(proposal.verdict)),
        *(("Co-authored-by", author) for author in dict.fromkeys(p.author for p in picked)),
    ]
    return "\n".join([subject, "", *(f"{key}: {_one_line(value)}" for key, value in trailers), ""])


def _picked(repo: Repository, commit: str) -> Picked:
    said = repo.run(["show", "-s", "--format=%H%x00%an <%ae>%x00%s", "--end-of-options", commit]).stdout
    return Picked(*said.decode("utf-8", "replace").strip().split("\0", 2))


def _quoted(name: str) -> str:
    return f"'{name}'"


def _one_line(text: str) -> str:
    return " ".join(text.split())
