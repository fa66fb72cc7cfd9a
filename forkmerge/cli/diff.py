"""``forkmerge diff``."""

from __future__ import annotations

import sys

import click

from forkmerge.cli.common import proposal_argument, ui
from forkmerge.cli.group import Command


@click.command(cls=Command)
@proposal_argument()
@click.option(
    "--against",
    type=click.Choice(["fork", "upstream", "base", "git"]),
    default="fork",
    show_default=True,
    help="The other end of the diff; git: the tree of git's own merge, with its conflict markers.",
)
@click.option("--stat", is_flag=True, help="Only how much changed in each file.")
def diff(proposal: str, *, against: str, stat: bool) -> int:
    """Show how PROPOSAL (the best by default) differs from the fork, upstream, the base or git's merge."""
    from forkmerge.app.proposals import diff as run  # noqa: PLC0415 - after the command line is understood

    sys.stdout.flush()
    text = run(".", proposal, against, stat=stat, colored=ui().colored(sys.stdout))
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()
    return 0
