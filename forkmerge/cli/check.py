"""``forkmerge check``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from forkmerge.cli.common import ui
from forkmerge.cli.group import Command
from forkmerge.cli.testing import limit_options, risk_option, sandbox_options, settings_of, suite_options, watched
from forkmerge.errors import ExitCode, UsageError
from forkmerge.report.check_formats import FORMATS

if TYPE_CHECKING:
    from forkmerge.app.check import CheckRequest
    from forkmerge.report.check import CheckReport

_ORDER = "forkmerge.check.order"


class _Check(Command):
    """Keeps the order of ``--format`` and ``--output``: an output is that of the format before it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta[_ORDER] = [p.name for p in order if p.name in ("formats", "outputs")]
        return super().parse_args(ctx, args)


@click.command(cls=_Check)
@click.argument("target", default="")
@click.option("--head", metavar="REV", default="HEAD", show_default=True, help="What is to be merged into TARGET.")
@click.option(
    "--merging", is_flag=True, help="Judge the merge in progress as it stands in the index, in place of TARGET."
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    help="How to report (text); may be repeated, each followed by its --output.",
)
@click.option(
    "--output", "outputs", metavar="FILE", multiple=True, help="Where the format before it goes, in place of stdout."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note"]),
    default="error",
    show_default=True,
    help="The least severity that fails the check.",
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 with findings too; what could not be verified is still 4.")
@click.option("--advisory", is_flag=True, help="Block nothing: exit 0, and report findings as notes.")
@click.option(
    "--write-contract",
    is_flag=True,
    help="Write .forkmerge/contract.toml: what HEAD has and TARGET has not, for every later check to ask for.",
)
@suite_options(test="Run both sides' tests with this command (auto: find it by itself).")
@click.option("--propose", is_flag=True, help="Attach the best offspring, as forkmerge propose keeps it; needs tests.")
@click.option(
    "--publish-ref", metavar="REF", default="", help="Have this branch or ref stand on a merge of both with its tree."
)
@click.option("--patch", metavar="FILE", default="", help="Write the patch that makes it of the head.")
@limit_options(
    budget="Suite equivalents that the search for culprits may cost (20).",
    runs="How often each side's own suite runs, to find flaky tests (2).",
    time="test runs",
)
@sandbox_options()
@risk_option()
def check(  # noqa: PLR0913 - click's way: an argument for each option
    target: str,
    head: str,
    *,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    fail_on: str,
    exit_zero: bool,
    merging: bool,
    advisory: bool,
    write_contract: bool,
    propose: bool,
    publish_ref: str,
    patch: str,
    no_cache: bool | None,
    **options: Any,
) -> int:
    """Tell whether merging HEAD into TARGET keeps both sides' behaviour, and which edits collide if not.

    Nothing is written but reports, and what --write-contract, --publish-ref and --patch name. A merge commit is
    judged as it is when TARGET is one of its parents. Exit code 0: no findings; 1: findings; 4: something could not be
    verified.
    """
    from forkmerge.app.check import CheckRequest  # noqa: PLC0415 - after the command line is understood
    from forkmerge.app.check import check as run  # noqa: PLC0415 - the same
    from forkmerge.app.place import top  # noqa: PLC0415 - the same
    from forkmerge.model.finding import Severity  # noqa: PLC0415 - the same

    wanted = _wanted(click.get_current_context().meta[_ORDER], formats, outputs)
    if bool(target) is merging:
        raise UsageError("TARGET and --merging exclude each other" if target else "missing: the TARGET to merge into")
    root = top(".")
    tests = options["test"] is not None
    if propose and not tests:
        raise UsageError("--propose needs tests to choose by", hint="--test CMD, or --test auto")
    if (publish_ref or patch) and not propose:
        raise UsageError("--publish-ref and --patch hand on a proposal", hint="give --propose too")
    if options["test"] == "auto":
        options["test"] = None  # what is configured, or found
    settings = settings_of(root, options, no_cache=no_cache)
    request = CheckRequest(
        root,
        target,
        head,
        settings,
        merging=merging,
        tests=tests,
        propose=propose,
        publish_ref=publish_ref,
        patch=patch,
        fail_on=Severity(fail_on),
        advisory=advisory,
    )
    if write_contract:
        if formats or outputs:
            raise UsageError("--write-contract writes the contract and makes no report", hint="leave out --format")
        return _write_contract(request)
    report = watched(run, request, quiet=not tests)
    _write(report, wanted)
    return _code(report, exit_zero=exit_zero)


def _write_contract(request: CheckRequest) -> int:
    from forkmerge.app.contract_write import write_contract  # noqa: PLC0415 - forks alone have contracts

    done = write_contract(request)
    click.echo(f"{done.path}: {done.mined} ({len(done.added)} new, {len(done.dropped)} dropped)")
    for thing in done.dropped:
        click.echo(f"  dropped: {thing}")
    if done.note:
        ui().note(f"not looked at: {done.note}")
    ui().note("read it and commit it: every later check asks for what it names")
    return ExitCode.DONE


def _wanted(order: list[str], formats: tuple[str, ...], outputs: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (format, file) in the order of the command line, "" for stdout."""
    names, files = iter(formats), iter(outputs)
    wanted: list[tuple[str, str]] = []
    for option in order:
        if option == "formats":
            wanted.append((next(names), ""))
        elif not wanted:
            wanted.append(("text", next(files)))
        elif wanted[-1][1]:
            raise UsageError("--output needs a --format before it", hint="--format sarif --output check.sarif")
        else:
            wanted[-1] = (wanted[-1][0], next(files))
    wanted = [(name, "" if file == "-" else file) for name, file in wanted] or [("text", "")]
    if sum(not file for _, file in wanted) > 1:
        raise UsageError("two formats can't both go to stdout", hint="give all but one of them an --output FILE")
    return wanted


def _write(report: CheckReport, wanted: list[tuple[str, str]]) -> None:
    from forkmerge.app.files import write_text  # noqa: PLC0415 - after the command line is understood
    from forkmerge.report.check_formats import render  # noqa: PLC0415 - the same

    for name, file in wanted:
        text = render(name, report)
        if file:
            write_text(file, text)
            ui().note(f"wrote {file}")
        else:
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
            sys.stdout.buffer.flush()


def _code(report: CheckReport, *, exit_zero: bool) -> int:
    from forkmerge.report.check import Verdict  # noqa: PLC0415 - after the command line is understood

    if report.interrupted:
        return ExitCode.INTERRUPTED
    if report.advisory or report.verdict is Verdict.PASSED:
        return ExitCode.DONE
    if report.verdict is Verdict.UNVERIFIED:
        return ExitCode.MISSING
    return ExitCode.DONE if exit_zero else ExitCode.FINDINGS
