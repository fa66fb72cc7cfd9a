"""What the commands that run tests share: their options, the settings that these make, and the display of a run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from forkmerge.app.settings import SANDBOXES
from forkmerge.cli.common import ui
from forkmerge.merge.rules import POLICIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.app.settings import Settings
    from forkmerge.report.events import Progress

Wrap = TypeVar("Wrap", bound="Callable[..., Any]")
Request = TypeVar("Request")
Found = TypeVar("Found")


def suite_options(test: str = "The test command (the project's files tell it: see doctor).") -> Callable[[Wrap], Wrap]:
    """Return the options that say what the tests are; ``test`` is the help of the command's."""
    return _all(
        click.option("--test", metavar="CMD", help=test),
        click.option("--results", metavar="GLOB", help="JUnit XML files that the test command writes."),
        click.option("--test-paths", metavar="PATH", multiple=True, help="What is a test; may be repeated."),
    )


def limit_options(*, budget: str, runs: str, time: str = "whole run") -> Callable[[Wrap], Wrap]:
    """Return the options that bound the runs, with what ``budget`` and ``runs`` mean and what ``time`` limits."""
    return _all(
        click.option("--budget", metavar="N", help=budget),
        click.option("--time", metavar="DURATION", help=f"Limit of the {time}: 90s, 10m, 1h30m."),
        click.option("--test-timeout", metavar="DURATION", help="Limit of a single test."),
        click.option("--run-timeout", metavar="DURATION", help="Limit of one run of a suite."),
        click.option("--jobs", metavar="N", help="Test runs at the same time, at most (0: one for each processor)."),
        click.option("--cluster", metavar="ADDRESS", help="Run the tests on a cluster of Dask: tcp://HOST:8786."),
        click.option("--runs", metavar="N", help=runs),
    )


def risk_option() -> Callable[[Wrap], Wrap]:
    """Return the options that say what may be resolved without tests."""
    return _all(
        click.option("--risk", metavar="RISK", help="How sure a rule must be: strict, balanced, eager or a number."),
        click.option("--versions", type=click.Choice(POLICIES), help="Which of two versions at one place holds."),
    )


def sandbox_options() -> Callable[[Wrap], Wrap]:
    """Return the options that say what a run may reach and know."""
    words = "The isolation of test runs; none only by your word."
    return _all(
        click.option("--sandbox", type=click.Choice(SANDBOXES), help=words),
        click.option("--allow-network", is_flag=True, default=None, help="Let the tests use the network."),
        click.option("--setup", metavar="CMD", help="Makes an environment where a side asks for other dependencies."),
        click.option("--setup-network", is_flag=True, default=None, help="Let the setup command use the network."),
        click.option("--pass-env", metavar="NAME", multiple=True, help="An environment variable for the tests."),
        click.option("--carry", metavar="GLOB", multiple=True, help="Untracked files that the tests need."),
        click.option(
            "--no-cache", is_flag=True, default=None, help="Run everything again; the ledger is only written."
        ),
    )


def _all(*options: Callable[..., Any]) -> Callable[[Wrap], Wrap]:
    def wrap(command: Wrap) -> Wrap:
        for option in reversed(options):
            command = option(command)
        return command

    return wrap


def settings_of(root: str, options: Mapping[str, Any], *, no_cache: bool | None) -> Settings:
    """Return the settings for ``root`` with those ``options`` that were given; UsageError for what makes no sense."""
    from forkmerge.app.config import load  # noqa: PLC0415 - after the command line is understood

    given = {key: value for key, value in options.items() if value not in (None, ())}
    if no_cache:
        given["cache"] = False
    for key in ("coverage", "learning"):
        if given.pop(f"no_{key}", None):
            given[key] = False
    return load(root, os.environ, given)


def watched(run: Callable[[Request, Progress], Found], request: Request, *, quiet: bool = False) -> Found:
    """Return what ``run`` finds, its progress shown unless nobody wants to see it."""
    from forkmerge.report.events import Silent  # noqa: PLC0415 - after the command line is understood

    if quiet or ui().quiet:
        return run(request, Silent())
    from forkmerge.report.progress import Display  # noqa: PLC0415 - rich comes with it

    with Display(ui().error_console()) as display:
        return run(request, display)
