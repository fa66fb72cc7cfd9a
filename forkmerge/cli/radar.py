"""``forkmerge radar``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import Command
from forkmerge.cli.testing import test_options
from forkmerge.errors import ExitCode

if TYPE_CHECKING:
    from forkmerge.report.radar import Radar


@click.command(cls=Command)
@click.argument("upstream")
@click.option("--fork", metavar="REV", default="HEAD", show_default=True, help="What the changes are tried on.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=50, show_default=True, help="The newest N changes."
)
@click.option(
    "--since", metavar="DATE", default="", help="None that is older, as git log has it: 2024-05-01, 3.months."
)
@click.option("--commits", is_flag=True, help="Every commit by itself, instead of merges as one change.")
@test_options
@json_option("radar")
def radar(
    upstream: str,
    fork: str,
    *,
    limit: int,
    since: str,
    commits: bool,
    as_json: bool,
    no_cache: bool | None,
    **options: Any,
) -> int:
    """Try each of UPSTREAM's changes that the fork lacks by itself; list those that its tests let in.

    A change is picked by the structured merge and tested with the fork's suite and with the tests that it brings.
    Those that are green are kept as proposals, those that mend tests first.
    """
    from forkmerge.app.config import load  # noqa: PLC0415 - after the command line is understood
    from forkmerge.app.place import top  # noqa: PLC0415 - the same
    from forkmerge.app.radar import RadarRequest  # noqa: PLC0415 - the same

    root = top(".")
    given = {key: value for key, value in options.items() if value not in (None, ())}
    if no_cache:
        given["cache"] = False
    settings = load(root, os.environ, given)
    found = _run(RadarRequest(root, upstream, fork, limit, since, commits, settings))
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report.radar_text import changes  # noqa: PLC0415 - rich comes with it

        changes(ui().console(), found)
    if found.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE


def _run(request: Any) -> Radar:
    from forkmerge.app.radar import radar as run  # noqa: PLC0415 - after the command line is understood
    from forkmerge.report.events import Silent  # noqa: PLC0415 - the same
    from forkmerge.report.progress import Display  # noqa: PLC0415 - rich comes with it

    if ui().quiet:
        return run(request, Silent())
    with Display(ui().error_console()) as display:
        return run(request, display)
