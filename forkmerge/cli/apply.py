"""``forkmerge apply``."""

from __future__ import annotations

import click

from forkmerge.cli.common import proposal_argument, ui
from forkmerge.cli.group import Command


@click.command(cls=Command)
@proposal_argument()
@click.option("--branch", metavar="NAME", help="Make a new branch NAME for it instead of moving the current one.")
@click.option("--no-commit", is_flag=True, help="Leave the merge in index and worktree, to be committed by you.")
@click.option("-m", "--message", metavar="MSG", help="The first lines of the commit message.")
def apply(proposal: str, *, branch: str | None, no_commit: bool, message: str | None) -> int:
    """Make PROPOSAL (the best by default) real: a merge commit with both parents."""
    if branch and no_commit:
        raise click.UsageError("--branch and --no-commit exclude each other")
    from forkmerge.app.apply import apply as run  # noqa: PLC0415 - after the command line is understood

    done = run(".", proposal, branch=branch, commit=not no_commit, message=message)
    ui().note(done.words)
    if done.commit:
        click.echo(done.commit)
    return 0
