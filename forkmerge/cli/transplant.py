"""``forkmerge transplant``."""

from __future__ import annotations

from typing import Any

import click

from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import Command
from forkmerge.cli.testing import limit_options, risk_option, sandbox_options, settings_of, suite_options, watched
from forkmerge.errors import ExitCode


@click.command(cls=Command)
@click.argument("upstream")
@click.option("--goal", "goals", metavar="TEST", multiple=True, help="A test of upstream's; may be repeated.")
@click.option(
    "--commit", metavar="REV", default="", help="A commit of upstream's; its tests are the goal, if none is named."
)
@click.option("--fork", metavar="REV", default="HEAD", show_default=True, help="What the changes are brought into.")
@suite_options()
@limit_options(
    budget="Runs of whole suites at most, single tests counted by their share (20).",
    runs="How often the fork's suite runs, to find flaky tests (2).",
)
@risk_option()
@sandbox_options()
@json_option("transplant")
def transplant(
    upstream: str,
    goals: tuple[str, ...],
    commit: str,
    fork: str,
    *,
    as_json: bool,
    no_cache: bool | None,
    **options: Any,
) -> int:
    """Find the smallest set of UPSTREAM's changes that makes goal tests pass on the fork.

    No passing test of the fork is lost. What is found is kept as a proposal under refs/forkmerge/, with the fork as
    its only parent; nothing else of the repository is touched.
    """
    from forkmerge.app.place import top  # noqa: PLC0415 - after the command line is understood
    from forkmerge.app.transplant import TransplantRequest  # noqa: PLC0415 - the same
    from forkmerge.app.transplant import transplant as run  # noqa: PLC0415 - the same
    from forkmerge.report.transplant import Outcome  # noqa: PLC0415 - the same

    root = top(".")
    settings = settings_of(root, options, no_cache=no_cache)
    found = watched(run, TransplantRequest(root, upstream, goals, commit, fork, settings))
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report.transplant_text import transplanted  # noqa: PLC0415 - rich comes with it

        transplanted(ui().console(), found)
    if found.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE if found.outcome in (Outcome.FOUND, Outcome.NOTHING) else ExitCode.FINDINGS
