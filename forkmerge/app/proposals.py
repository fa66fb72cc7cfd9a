"""``show`` and ``diff``: kept proposals, looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app import store
from forkmerge.errors import UnusableInput
from forkmerge.git.repository import Repository
from forkmerge.report.documents import ShownProposal

if TYPE_CHECKING:
    from forkmerge.app.store import Chosen
    from forkmerge.report.values import Proposals


def chosen(folder: str, name: str) -> Chosen:
    """Return the proposal called ``name`` in the repository around ``folder``."""
    with Repository.open(folder) as repo:
        return store.choose(repo, name)


def shown(found: Chosen) -> ShownProposal:
    """Return the document that ``show --json`` prints."""
    run = found.run
    several = run.diversity if run.diversity and found.proposal.number in run.diversity.proposals else None
    return ShownProposal(run.name, run.scenario, found.proposal, run.git, run.sandbox, run.warnings, run.flaky, several)


def diff(folder: str, name: str, against: str, *, stat: bool = False, colored: bool = False) -> bytes:
    """Return git's diff from ``against`` (fork, upstream, base, git) to the proposal; no program but git runs."""
    with Repository.open(folder) as repo:
        found = store.choose(repo, name)
        args = ["diff-tree", "-r", "-M", "--no-ext-diff", "--no-textconv", "--stat" if stat else "-p"]
        args.append("--color=always" if colored else "--color=never")
        return repo.run([*args, _other(found.run, against), found.proposal.tree]).stdout


def _other(run: Proposals, against: str) -> str:
    if against == "git":
        if not run.git.tree:
            raise UnusableInput("git's own merge left no tree to compare with", where=run.name)
        return run.git.tree
    scenario = run.scenario
    return {"fork": scenario.ours, "upstream": scenario.theirs, "base": scenario.base}[against].tree
