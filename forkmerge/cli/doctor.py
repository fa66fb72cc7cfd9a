"""``forkmerge doctor``."""

from __future__ import annotations

import click

from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import Command
from forkmerge.errors import ExitCode


@click.command(cls=Command)
@json_option("doctor")
def doctor(*, as_json: bool) -> int:
    """Tell what this machine can and can't do, and the mend for each; exit code 4 if something needed is missing."""
    from forkmerge.app.doctor import diagnose  # noqa: PLC0415 - after the command line is understood

    found = diagnose(".")
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report import tables  # noqa: PLC0415 - rich comes with it

        tables.diagnosis(ui().console(), found)
    return ExitCode.MISSING if found.missing else ExitCode.DONE
