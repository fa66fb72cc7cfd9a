"""``forkmerge radar``."""

from __future__ import annotations

from typing import Any

import click

from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import Command
from forkmerge.cli.testing import limit_options, risk_option, sandbox_options, settings_of, suite_options, watched
from forkmerge.errors import ExitCode


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
@suite_options()
@limit_options(
    budget="Runs of whole suites at most, single tests counted by their share (20).",
    runs="How often the fork's suite runs, to find flaky tests (2).",
)
@risk_option()
@sandbox_options()
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
    from forkmerge.app.place import top  # noqa: PLC0415 - after the command line is understood
    from forkmerge.app.radar import RadarRequest  # noqa: PLC0415 - the same
    from forkmerge.app.radar import radar as run  # noqa: PLC0415 - the same

    root = top(".")
    settings = settings_of(root, options, no_cache=no_cache)
    found = watched(run, RadarRequest(root, upstream, fork, limit, since, commits, settings))
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report.radar_text import changes  # noqa: PLC0415 - rich comes with it

        changes(ui().console(), found)
    if found.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE
