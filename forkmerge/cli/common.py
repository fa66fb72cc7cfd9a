"""What the commands share: the ``--json`` option, where they work, the revision and proposal arguments."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from forkmerge.cli.ui import Ui


def ui() -> Ui:
    """Return how the running command talks."""
    state = cast("dict[str, Ui]", click.get_current_context().find_root().obj)
    return state["ui"]


def tell(lines: Iterable[str]) -> None:
    """Print lines for people; at a terminal those that are too wide go on in the next, between words and indented."""
    wide = sys.stdout.isatty()
    if wide:
        from shutil import get_terminal_size  # noqa: PLC0415 - only at a terminal
        from textwrap import wrap  # noqa: PLC0415 - the same

        width = max(40, get_terminal_size().columns)
    for line in lines:
        shown = line.encode("utf-8", "backslashreplace").decode("utf-8")
        indent = " " * (len(shown) - len(shown.lstrip(" ")) + 4)
        parts = (
            wrap(shown, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
            if wide and len(shown) > width
            else [shown]
        )
        for part in parts:
            click.echo(part)


def json_option(command: str) -> Callable[..., Any]:
    """Return the ``--json`` option of ``command``."""
    text = f"Print one JSON document (docs/reference/schemas/{command}.json)."
    return click.option("--json", "as_json", is_flag=True, help=text)


def proposal_argument() -> Callable[..., Any]:
    """Return the PROPOSAL argument: a number of the latest run, a name under refs/forkmerge/, or nothing: the best."""
    return click.argument("proposal", required=False, default="")
