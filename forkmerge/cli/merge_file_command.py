"""``merge-file`` in the group's help; a call that begins with it never comes here (see ``cli.main``)."""

from __future__ import annotations

import click

from forkmerge.cli.merge_file import run


@click.command(
    "merge-file",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def merge_file(arguments: tuple[str, ...]) -> int:
    """Stand in for git merge-file: the same arguments, options and exit codes."""
    return run(list(arguments))
