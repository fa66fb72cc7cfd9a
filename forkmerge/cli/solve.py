"""``forkmerge solve``."""

from __future__ import annotations

import click

from forkmerge.cli.common import json_option, tell, ui
from forkmerge.cli.group import Command


@click.command(cls=Command)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--undo", metavar="PATH[:LINE]", help="Take back the resolution at LINE, or all of PATH's.")
@json_option("solve")
def solve(paths: tuple[str, ...], *, undo: str | None, as_json: bool) -> int:
    """Solve conflicts of the merge, rebase, cherry-pick, revert or stash pop in progress, in PATHs or everywhere.

    Only files of the work tree are written; git add them when you have looked at them. Exit code 0: no conflict is left
    there; 1: some are; 3: nothing is in progress and no path has conflict markers.
    """
    if undo is not None and paths:
        raise click.UsageError("--undo goes without further paths")
    if undo is not None:
        from forkmerge.app.solve_undo import undo as run_undo  # noqa: PLC0415 - after the command line is understood

        found = run_undo(".", undo)
    else:
        from forkmerge.app.solve import solve as run  # noqa: PLC0415 - after the command line is understood

        found = run(".", paths)
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report.explained import lines  # noqa: PLC0415 - only for people

        tell(lines(found))
    if undo is not None:
        return 0
    from forkmerge.app.solve import next_step  # noqa: PLC0415 - after the command line is understood

    ui().note(next_step(found))
    return 0 if found.clean else 1
