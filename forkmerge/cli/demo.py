"""``forkmerge demo``."""

from __future__ import annotations

import click

from forkmerge.cli.common import ui
from forkmerge.cli.group import Command


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--keep", metavar="DIR", type=click.Path(file_okay=False), help="Build it in DIR and leave it there.")
@click.option("--list", "list_only", is_flag=True, help="List the built-in forks.")
def demo(name: str | None, *, keep: str | None, list_only: bool) -> int:
    """Show the whole story on a built-in fork: what git does, and beside it what forkmerge proposes."""
    from forkmerge.app import demo as story  # noqa: PLC0415 - after the command line is understood

    if list_only:
        for fixture in story.fixtures():
            click.echo(f"{fixture.name}\t{fixture.title}")
        return 0
    return story.run(name, keep, console=ui().console(), notes=ui().error_console(), quiet=ui().quiet)
