"""``forkmerge propose``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from forkmerge.app.settings import SANDBOXES
from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import Command
from forkmerge.errors import ExitCode

if TYPE_CHECKING:
    from forkmerge.report.values import Proposals


@click.command(cls=Command)
@click.argument("upstream")
@click.option("--fork", metavar="REV", default="HEAD", show_default=True, help="What it is brought into.")
@click.option("--test", metavar="CMD", help="The test command (the project's files tell it: see doctor).")
@click.option("--results", metavar="GLOB", help="JUnit XML files that the test command writes.")
@click.option("--test-paths", metavar="PATH", multiple=True, help="What is a test; may be repeated.")
@click.option("--budget", metavar="N", help="Trees to test at most (20).")
@click.option("--time", metavar="DURATION", help="Limit of the whole run: 90s, 10m, 1h30m.")
@click.option("--test-timeout", metavar="DURATION", help="Limit of a single test.")
@click.option("--run-timeout", metavar="DURATION", help="Limit of one run of a suite.")
@click.option("--jobs", metavar="N", help="Test runs at the same time (0: one for each processor).")
@click.option("--runs", metavar="N", help="How often each parent's suite runs, to find flaky tests (2).")
@click.option("--seed", metavar="N", help="The same seed gives the same answer (0).")
@click.option("--risk", metavar="RISK", help="How sure a rule must be: strict, balanced, eager or a number.")
@click.option("--sandbox", type=click.Choice(SANDBOXES), help="The isolation of test runs; none only by your word.")
@click.option("--allow-network", is_flag=True, default=None, help="Let the tests use the network.")
@click.option("--pass-env", metavar="NAME", multiple=True, help="An environment variable for the tests.")
@click.option("--carry", metavar="GLOB", multiple=True, help="Untracked files that the tests need.")
@click.option("--no-cache", is_flag=True, default=None, help="Run everything again; the ledger is only written.")
@json_option("propose")
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False), help="Write an HTML page too.")
def propose(upstream: str, fork: str, *, as_json: bool, html: str | None, no_cache: bool | None, **options: Any) -> int:
    """Recombine the fork and UPSTREAM, run both sides' tests on the offspring, and rank proposals.

    The proposals are kept under refs/forkmerge/; nothing else of the repository is touched.
    """
    from forkmerge.app.config import load  # noqa: PLC0415 - after the command line is understood
    from forkmerge.app.place import top  # noqa: PLC0415 - the same
    from forkmerge.app.request import ProposeRequest  # noqa: PLC0415 - the same

    root = top(".")
    given = {key: value for key, value in options.items() if value not in (None, ())}
    if no_cache:
        given["cache"] = False
    settings = load(root, os.environ, given)
    found = _run(ProposeRequest(root, upstream, fork, settings))
    if html is not None:
        from forkmerge.app.files import write_text  # noqa: PLC0415 - only for --html
        from forkmerge.report.html import page  # noqa: PLC0415 - only for --html

        write_text(html, page(found))
        ui().note(f"wrote {html}")
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report import terminal, words  # noqa: PLC0415 - rich comes with it

        if found.proposals:
            terminal.proposals(ui().console(), found)
        else:
            terminal.line(ui().console(), words.headline(found.scenario), "bold")
            for warning in found.warnings:
                terminal.line(ui().console(), words.safe(warning))
    if found.interrupted:
        return ExitCode.INTERRUPTED
    if not found.proposals and found.complete:
        return ExitCode.DONE
    return ExitCode.DONE if found.good else ExitCode.FINDINGS


def _run(request: Any) -> Proposals:
    from forkmerge.app.propose import propose as run  # noqa: PLC0415 - after the command line is understood
    from forkmerge.report.events import Silent  # noqa: PLC0415 - the same
    from forkmerge.report.progress import Display  # noqa: PLC0415 - rich comes with it

    if ui().quiet:
        return run(request, Silent())
    with Display(ui().error_console()) as display:
        return run(request, display)
