"""``forkmerge languages``."""

from __future__ import annotations

import click

from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import Command


@click.command(cls=Command)
@json_option("languages")
def languages(*, as_json: bool) -> int:
    """Tell which languages can be parsed here, and the mend for each that can't."""
    from forkmerge.app.languages import languages as run  # noqa: PLC0415 - after the command line is understood

    found = run()
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report import tables  # noqa: PLC0415 - rich comes with it

        tables.languages(ui().console(), found)
    return 0
