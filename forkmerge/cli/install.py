"""``forkmerge install``."""

from __future__ import annotations

import os

import click

from forkmerge.cli.group import Command
from forkmerge.cli.installing import chosen, scope_options, shown


@click.command(cls=Command)
@scope_options
@click.option("--dry-run", is_flag=True, help="Print what would be written, write nothing.")
def install(*, dry_run: bool, **scopes: bool) -> int:
    """Make forkmerge the merge driver of git, and a merge tool.

    It is called for the files of the languages that can be parsed here. Git itself merges what forkmerge can't, and
    everything when forkmerge is gone. `forkmerge uninstall` takes it out exactly.
    """
    from forkmerge.app.install import carry_out, overruled, plan_install  # noqa: PLC0415 - after the command line
    from forkmerge.app.install_tried import tried  # noqa: PLC0415

    plan = plan_install(chosen(scopes), ".", os.environ)
    if not dry_run:
        carry_out(plan)
    shown(plan, dry_run=dry_run)
    if not dry_run and (other := overruled(plan, ".")):
        click.echo(f"warning: git takes another merge.forkmerge.driver here, from {other}", err=True)
    if not dry_run and (wrong := tried(plan.program)):
        click.echo(f"warning: tried on a small file, the driver did not merge it ({wrong}); git itself will", err=True)
    return 0
