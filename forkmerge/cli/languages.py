"""``forkmerge languages``."""

from __future__ import annotations

import click

from forkmerge.cli.common import json_option, ui
from forkmerge.cli.group import Command
from forkmerge.errors import UsageError


@click.command(cls=Command)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--check", is_flag=True, help="Validate profiles of your own: FILEs, or those of this place.")
@json_option("languages")
def languages(*, files: tuple[str, ...], check: bool, as_json: bool) -> int:
    """Tell which languages can be parsed here, and the mend for each that can't.

    Profiles of your own are looked for in .forkmerge/grammars of the work tree and in forkmerge/grammars of the user's
    configuration folder (~/.config).  With --check the exit code is 1 if something is wrong with one.
    """
    from forkmerge.app import languages as app  # noqa: PLC0415 - after the command line is understood

    if check:
        count, wrong = app.check(files)
        if as_json:
            from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json
            from forkmerge.report.documents import Languages  # noqa: PLC0415 - the same

            ui().document(to_data(Languages((), count, wrong)))
            return int(bool(wrong))
        for line in wrong:
            click.echo(line)
        if not wrong:
            click.echo(f"{count} {'profile' if count == 1 else 'profiles'} checked, nothing is wrong")
        return int(bool(wrong))
    if files:
        raise UsageError("FILE goes with --check", hint="forkmerge languages --check FILE")
    found = app.languages()
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(found))
    else:
        from forkmerge.report import tables  # noqa: PLC0415 - rich comes with it

        tables.languages(ui().console(), found)
    return 0
