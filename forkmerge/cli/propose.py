"""``forkmerge propose``."""

from __future__ import annotations

from typing import Any

import click

from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import Command
from forkmerge.cli.testing import limit_options, risk_option, sandbox_options, settings_of, suite_options, watched
from forkmerge.errors import ExitCode


@click.command(cls=Command)
@click.argument("upstreams", metavar="UPSTREAM...", nargs=-1, required=True)
@click.option("--fork", metavar="REV", default="HEAD", show_default=True, help="What it is brought into.")
@suite_options()
@limit_options(
    budget="Trees to test at most (20).", runs="How often each parent's suite runs, to find flaky tests (2)."
)
@click.option("--seed", metavar="N", help="The same seed gives the same answer (0).")
@click.option(
    "--diverse", metavar="K", type=click.IntRange(1), default=1, help="Find K fit offspring that behave differently."
)
@click.option(
    "--hold-out",
    metavar="SHARE",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    help="Search without this share of the required tests (0.2), then score on them.",
)
@risk_option()
@sandbox_options()
@click.option(
    "--no-coverage", is_flag=True, default=None, help="Don't watch which functions each test runs; it costs time."
)
@click.option("--no-learning", is_flag=True, default=None, help="Don't let earlier searches order what is asked.")
@json_option("propose")
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False), help="Write an HTML page too.")
def propose(
    upstreams: tuple[str, ...],
    fork: str,
    *,
    diverse: int,
    hold_out: float,
    as_json: bool,
    html: str | None,
    no_cache: bool | None,
    **options: Any,
) -> int:
    """Recombine the fork and UPSTREAM, run both sides' tests on the offspring, and rank proposals.

    Several UPSTREAMs are brought in one after the other; the tests of all of them stay required.
    The proposals are kept under refs/forkmerge/; nothing else of the repository is touched.
    """
    from forkmerge.app.place import top  # noqa: PLC0415 - after the command line is understood
    from forkmerge.app.propose import propose as run  # noqa: PLC0415 - the same
    from forkmerge.app.request import ProposeRequest  # noqa: PLC0415 - the same

    if hold_out and len(upstreams) > 1:
        raise click.UsageError("--hold-out takes one UPSTREAM")
    root = top(".")
    upstream, *others = upstreams
    settings = settings_of(root, options, no_cache=no_cache)
    request = ProposeRequest(root, upstream, fork, settings, diverse=diverse, hold_out=hold_out, others=tuple(others))
    found = watched(run, request)
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
            terminal.line(ui().console(), words.headline(found.scenario, found.others), "bold")
            for warning in found.warnings:
                terminal.line(ui().console(), words.safe(warning))
    if found.interrupted:
        return ExitCode.INTERRUPTED
    if not found.proposals and found.complete:
        return ExitCode.DONE
    if found.unverified:
        return ExitCode.MISSING
    return ExitCode.DONE if found.best is not None and found.best in found.good else ExitCode.FINDINGS
