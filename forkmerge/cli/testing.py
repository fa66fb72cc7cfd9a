"""The options of commands that run tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forkmerge.app.settings import SANDBOXES

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS = (
    click.option("--test", metavar="CMD", help="The test command (the project's files tell it: see doctor)."),
    click.option("--results", metavar="GLOB", help="JUnit XML files that the test command writes."),
    click.option("--test-paths", metavar="PATH", multiple=True, help="What is a test; may be repeated."),
    click.option(
        "--budget", metavar="N", help="Runs of whole suites at most, single tests counted by their share (20)."
    ),
    click.option("--time", metavar="DURATION", help="Limit of the whole run: 90s, 10m, 1h30m."),
    click.option("--test-timeout", metavar="DURATION", help="Limit of a single test."),
    click.option("--run-timeout", metavar="DURATION", help="Limit of one run of a suite."),
    click.option("--jobs", metavar="N", help="Test runs at the same time (0: one for each processor)."),
    click.option("--runs", metavar="N", help="How often the fork's suite runs, to find flaky tests (2)."),
    click.option("--risk", metavar="RISK", help="How sure a rule must be: strict, balanced, eager or a number."),
    click.option("--sandbox", type=click.Choice(SANDBOXES), help="The isolation of test runs; none only by your word."),
    click.option("--allow-network", is_flag=True, default=None, help="Let the tests use the network."),
    click.option("--pass-env", metavar="NAME", multiple=True, help="An environment variable for the tests."),
    click.option("--carry", metavar="GLOB", multiple=True, help="Untracked files that the tests need."),
    click.option("--no-cache", is_flag=True, default=None, help="Run everything again; the ledger is only written."),
)


def test_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``command`` with the options that say how tests are run."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


test_options.__test__ = False  # type: ignore[attr-defined]
