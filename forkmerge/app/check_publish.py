"""What becomes of the proposal of a check besides being kept: a patch, and a ref that a server can merge.

A server without merge drivers (a pull request on GitHub) sees the conflict, or merges what does not hold.  A commit
that has both sides as its parents and the proposal's tree it merges without looking at any file: the ref is one commit
ahead of either side.

Invariants: only a proposal that keeps every required test is published; a ref that is checked out, or that stands on
anything but what was published before, is never moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app.apply import commit_message
from forkmerge.app.files import write_bytes
from forkmerge.app.store import Chosen
from forkmerge.errors import UnusableInput, UsageError
from forkmerge.git import trees
from forkmerge.report.values import Verdict

if TYPE_CHECKING:
    from forkmerge.git.repository import Repository
    from forkmerge.report.values import Proposal, Proposals

_MARK = "Forkmerge-Proposal: "


def full_name(repo: Repository, ref: str) -> str:
    """Return the full name of ``ref`` (a branch, unless it says otherwise); UsageError where it can't be one."""
    name = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
    if ref.startswith("-") or repo.run(["check-ref-format", name], check=False).code != 0:
        raise UsageError(f"--publish-ref: {ref!r} can't be the name of a ref")
    return name


def refuse_foreign(repo: Repository, name: str) -> None:
    """Raise UnusableInput where the ref ``name`` is checked out, or stands on what was not published by a check."""
    said = repo.run(["worktree", "list", "--porcelain"]).stdout.decode("utf-8", "surrogateescape")
    if f"branch {name}" in said.splitlines():
        raise UnusableInput("the ref to publish is checked out", where=name, hint="choose another name")
    if name not in repo.names():
        return
    message = repo.run(["show", "-s", "--format=%B", "--end-of-options", name], check=False).stdout
    if _MARK.encode() not in message:
        raise UnusableInput("the ref to publish holds something else", where=name, hint="choose another name")


def publish(repo: Repository, run: Proposals, proposal: Proposal, name: str) -> str:
    """Return the commit that ``name`` stands on now: the tree of ``proposal`` with all sides as its parents.

    It is the user's where there is an identity, else forkmerge's.  Raises UnusableInput where the proposal loses
    required tests, where a side is no commit, and what ``refuse_foreign`` raises.
    """
    if proposal.verdict is not Verdict.GOOD:
        raise UnusableInput(f"nothing is published: the best proposal is {proposal.verdict}", where=proposal.ref)
    parents = tuple(side.commit for side in run.sides if side.commit)
    if len(parents) < len(run.sides):
        raise UnusableInput("nothing is published: a side is no commit", where=name)
    refuse_foreign(repo, name)
    message = commit_message(Chosen(run, proposal), None)
    try:
        made = trees.commit(repo, proposal.tree, parents, message, sign=True)
    except UnusableInput:
        made = trees.commit(repo, proposal.tree, parents, message, author=trees.FORKMERGE, committer=trees.FORKMERGE)
    before = repo.names().get(name, repo.null)
    repo.run(["update-ref", "-m", "forkmerge check --publish-ref", "--end-of-options", name, made, before])
    return made


def write_patch(repo: Repository, run: Proposals, proposal: Proposal, file: str) -> None:
    """Write to ``file`` the patch that makes the proposal's tree of ours (what is checked, ``--head``)."""
    ours = run.scenario.ours.tree
    args = ["diff-tree", "-p", "--binary", "--full-index", "--no-ext-diff", "--no-textconv", "--no-renames"]
    write_bytes(file, repo.run([*args, ours, proposal.tree]).stdout)
