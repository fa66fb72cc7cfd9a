"""``forkmerge explain``."""

from __future__ import annotations

import click

from forkmerge.cli.common import json_option, tell, ui
from forkmerge.cli.group import Command


@click.command(cls=Command)
@click.argument("path", required=False, default="")
@click.option("--commit", metavar="REV", default="", help="A merge in the history, worked out again.")
@json_option("explain")
def explain(path: str, *, commit: str, as_json: bool) -> int:
    """Tell the rule and the evidence behind each resolution and refusal of the last merge or solve.

    A merge that git made, with the driver or without, is worked out again.
    """
    from forkmerge.app.explain import explain as run  # noqa: PLC0415 - after the command line is understood

    found = run(".", path, commit=commit)
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report.explained import head, lines  # noqa: PLC0415 - only for people

        tell((head(found), *lines(found)))
    return 0
