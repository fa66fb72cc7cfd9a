"""``driver`` in the group's help; a call that begins with it never comes here (see ``cli.main``)."""

from __future__ import annotations

import click

from forkmerge.cli.driver import run


@click.command(
    "driver",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def driver(arguments: tuple[str, ...]) -> int:
    """Be git's merge driver: the result into %A, exit code 0 clean, 1 conflicts with markers."""
    return run(list(arguments))
