"""``forkmerge show``."""

from __future__ import annotations

import click

from forkmerge.cli.common import json_option, proposal_argument, ui
from forkmerge.cli.group import Command


@click.command(cls=Command)
@proposal_argument()
@json_option("show")
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False), help="Write the whole run as an HTML page.")
def show(proposal: str, *, as_json: bool, html: str | None) -> int:
    """Show PROPOSAL (the best by default): where each locus came from, tests gained and lost."""
    from forkmerge.app.proposals import chosen, shown  # noqa: PLC0415 - after the command line is understood

    found = chosen(".", proposal)
    if html is not None:
        from forkmerge.app.files import write_text  # noqa: PLC0415 - only for --html
        from forkmerge.report.html import page  # noqa: PLC0415 - only for --html

        write_text(html, page(found.run))
        ui().note(f"wrote {html}")
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(shown(found)))
    elif html is None:
        from forkmerge.report import terminal  # noqa: PLC0415 - rich comes with it

        terminal.proposal(ui().console(), found.run, found.proposal)
    return 0
