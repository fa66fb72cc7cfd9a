"""``forkmerge align``."""

from __future__ import annotations

import click

from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import Command


@click.command(cls=Command)
@click.argument("fork")
@click.argument("upstream")
@json_option("align")
@click.option("--all", "everything", is_flag=True, help="List units that nobody changed too, of all files.")
def align(fork: str, upstream: str, *, as_json: bool, everything: bool) -> int:
    """List the homologous units of FORK and UPSTREAM with score and evidence, and the loci."""
    from forkmerge.app.align import align as run  # noqa: PLC0415 - after the command line is understood

    found = run(".", fork, upstream, everything=everything)
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report import tables  # noqa: PLC0415 - rich comes with it

        tables.alignment(ui().console(), found, everything=everything)
    return 0
