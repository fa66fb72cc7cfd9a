"""``forkmerge apply``."""

from __future__ import annotations

import click

from forkmerge.cli.common import proposal_argument, ui
from forkmerge.cli.group import Command
from forkmerge.cli.testing import settings_of


@click.command(cls=Command)
@proposal_argument()
@click.option("--branch", metavar="NAME", help="Make a new branch NAME for it instead of moving the current one.")
@click.option("--no-commit", is_flag=True, help="Leave the merge in index and worktree, to be committed by you.")
@click.option("-m", "--message", metavar="MSG", help="The first lines of the commit message.")
@click.option("--no-learning", is_flag=True, help="Don't let later searches know which versions were taken.")
def apply(proposal: str, *, branch: str | None, no_commit: bool, message: str | None, no_learning: bool) -> int:
    """Make PROPOSAL (the best by default) real: a merge commit with both parents."""
    if branch and no_commit:
        raise click.UsageError("--branch and --no-commit exclude each other")
    from forkmerge.app.apply import apply as run  # noqa: PLC0415 - after the command line is understood
    from forkmerge.app.place import top  # noqa: PLC0415 - the same

    learning = settings_of(top("."), {"no_learning": no_learning or None}, no_cache=None).learning
    done = run(".", proposal, branch=branch, commit=not no_commit, message=message, learning=learning)
    ui().note(done.words)
    if done.commit:
        click.echo(done.commit)
    return 0
