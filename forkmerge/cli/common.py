"""What the commands share: the ``--json`` option, where they work, the revision and proposal arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.cli.ui import Ui


def ui() -> Ui:
    """Return how the running command talks."""
    state = cast("dict[str, Ui]", click.get_current_context().find_root().obj)
    return state["ui"]


def json_option(command: str) -> Callable[..., Any]:
    """Return the ``--json`` option of ``command``."""
    text = f"Print one JSON document (docs/reference/schemas/{command}.json)."
    return click.option("--json", "as_json", is_flag=True, help=text)


def proposal_argument() -> Callable[..., Any]:
    """Return the PROPOSAL argument: a number of the latest run, a name under refs/forkmerge/, or nothing: the best."""
    return click.argument("proposal", required=False, default="")
