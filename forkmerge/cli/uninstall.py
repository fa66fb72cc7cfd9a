"""``forkmerge uninstall``."""

from __future__ import annotations

import os

import click

from forkmerge.cli.group import Command
from forkmerge.cli.installing import chosen, scope_options, shown


@click.command(cls=Command)
@scope_options
@click.option("--dry-run", is_flag=True, help="Print what would be written, write nothing.")
def uninstall(*, dry_run: bool, **scopes: bool) -> int:
    """Take out what install wrote: the files are then as they were, with what was added around it."""
    from forkmerge.app.install import carry_out, plan_uninstall  # noqa: PLC0415 - after the command line is understood

    plan = plan_uninstall(chosen(scopes), ".", os.environ)
    if not dry_run:
        carry_out(plan)
    shown(plan, dry_run=dry_run)
    return 0
