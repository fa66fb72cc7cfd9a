"""``forkmerge ledger`` and its commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import SETTINGS, Command, shared_options
from forkmerge.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_DAYS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


@click.group(
    context_settings=SETTINGS,
    params=shared_options(),
    invoke_without_command=True,
    subcommand_metavar="[list|show|verify|push|fetch|prune] ...",
)
@click.pass_context
def ledger(context: click.Context) -> int:
    """Look at the record of every evaluation, check it, share it, keep it small.

    It lies inside the git directory; each entry holds the hash of the entry before it. Without a command: list.
    """
    return context.invoke(list_) if context.invoked_subcommand is None else 0


@ledger.command("list", cls=Command)
@click.option("-n", "--last", metavar="N", type=click.IntRange(min=1), default=50, show_default=True, help="So many.")
@click.option("--all", "everything", is_flag=True, help="All entries.")
@click.option("--foreign", is_flag=True, help="Only those of other ledgers: fetched, or there before this was copied.")
@json_option("ledger-list")
def list_(*, last: int = 50, everything: bool = False, foreign: bool = False, as_json: bool = False) -> int:
    """List the newest entries, oldest first, and what was pruned."""
    from forkmerge.app.ledger import listing  # noqa: PLC0415 - after the command line is understood
    from forkmerge.report.ledgered import listed  # noqa: PLC0415 - the same

    found = listing(".", last=0 if everything else last, foreign=foreign)
    _print(found, listed(found, foreign=foreign), as_json)
    return 0


@ledger.command("show", cls=Command)
@click.argument("entry", required=False, default="")
@json_option("ledger-show")
def show(entry: str, *, as_json: bool) -> int:
    """Show ENTRY (the last by default), by its number or the beginning of its hash: what was run how, and each test."""
    from forkmerge.app import ledger as app  # noqa: PLC0415 - after the command line is understood
    from forkmerge.report.ledgered import shown  # noqa: PLC0415 - the same

    found = app.show(".", entry)
    _print(found, shown(found), as_json)
    return 0


@ledger.command("verify", cls=Command)
@json_option("ledger-verify")
def verify(*, as_json: bool) -> int:
    """Tell which entries were changed, taken away or moved since they were written (exit code 1)."""
    from forkmerge.app import ledger as app  # noqa: PLC0415 - after the command line is understood
    from forkmerge.report.ledgered import verified  # noqa: PLC0415 - the same

    found = app.verify(".")
    _print(found, verified(found), as_json)
    return 1 if found.findings else 0


@ledger.command("push", cls=Command)
@click.argument("remote", required=False, default="")
def push(remote: str) -> int:
    """Give REMOTE (the only one, or origin) what its ledger at refs/forkmerge/ledger lacks.

    Names of tests, the first lines of failures and the last lines of what the tests printed are in it: share it only
    with those who may read these.
    """
    from forkmerge.app import ledger_remote  # noqa: PLC0415 - after the command line is understood

    done = ledger_remote.push(".", remote)
    click.echo(f"pushed {_entries(done.entries)} to {done.remote}" if done.entries else f"{done.remote} has everything")
    if done.left_out:
        ui().note(f"{_entries(done.left_out)} can't be shared: too large, or after one that is")
    return 0


@ledger.command("fetch", cls=Command)
@click.argument("remote", required=False, default="")
def fetch(remote: str) -> int:
    """Take over what is new in the ledger of REMOTE (the only one, or origin).

    Fetched results are used only for the same tree, command, environment and isolation, and marked as of another
    ledger. What was pruned here is not fetched again.
    """
    from forkmerge.app import ledger_remote  # noqa: PLC0415 - after the command line is understood

    done = ledger_remote.fetch(".", remote)
    if done.taken is None:
        click.echo(f"{done.remote} has no ledger")
        return 0
    taken = done.taken
    click.echo(f"fetched {_entries(taken.rows)} from {done.remote}, {taken.known} known already")
    if taken.pruned:
        ui().note(f"{_entries(taken.pruned)} left out that were pruned here")
    if taken.renamed:
        ui().note("this ledger was put back from an older copy: what it had counts as another ledger's from now on")
    return 0


@ledger.command("prune", cls=Command)
@click.option("--older", metavar="AGE", help="Take away what is older: 90d, 12h, 4w, 1y.")
@click.option("--keep", metavar="N", type=click.IntRange(min=0), help="Keep the newest N entries at most.")
@click.option("--max-size", metavar="SIZE", help="Keep the newest entries of SIZE together: 500k, 50M, 1G.")
def prune(*, older: str | None, keep: int | None, max_size: str | None) -> int:
    """Take away the oldest entries; a signed checkpoint keeps the rest verifiable."""
    if older is None and keep is None and max_size is None:
        raise UsageError("how much is to go is not said", hint="give --older AGE, --keep N or --max-size SIZE")
    age = None if older is None else _measure("--older", older, _DAYS, "90d")
    size = None if max_size is None else int(_measure("--max-size", max_size, _BYTES, "50M"))
    from forkmerge.app import ledger as app  # noqa: PLC0415 - after the command line is understood

    done = app.prune(".", older=age, keep=keep, size=size)
    if done is None or not done.entries:
        click.echo("nothing to prune")
    else:
        click.echo(f"pruned {_entries(done.entries)} of about {max(1, done.bytes >> 10)} KiB")
    return 0


def _print(document: object, lines: Iterable[str], as_json: bool) -> None:
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(document))
        return
    for line in lines:
        click.echo(line.encode("utf-8", "backslashreplace").decode("utf-8"))


def _measure(option: str, text: str, units: dict[str, int], example: str) -> float:
    match: Any = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)([a-z]?)", text.strip().lower())
    if match is None or match[2] not in units:
        raise UsageError(f"{option} {text!r} can't be read", hint=f"write it like {example}")
    return float(match[1]) * units[match[2]]


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
