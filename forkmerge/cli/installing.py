"""What ``install`` and ``uninstall`` share: the scopes, and what is printed."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

from forkmerge.cli.common import ui

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.app.install import Change, Plan

_SCOPES = {
    "local": "This repository (the default).",
    "global": "All repositories of this user.",
    "system": "All users of this machine.",
}


def scope_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--local``, ``--global`` and ``--system``, given to the command as flags; ``chosen`` reads them."""
    for scope, text in reversed(_SCOPES.items()):
        function = click.option(f"--{scope}", scope, is_flag=True, help=text)(function)
    return function


def chosen(scopes: dict[str, bool]) -> str:
    """Return the scope that was asked for; raise a usage error for more than one."""
    given = [scope for scope, on in scopes.items() if on]
    if len(given) > 1:
        raise click.UsageError(" and ".join(f"--{scope}" for scope in given) + " exclude each other")
    return given[0] if given else "local"


def shown(plan: Plan, *, dry_run: bool) -> None:
    """Print what was done, or with ``dry_run`` what would be, as a diff."""
    for change in plan.changes:
        if not change.real:
            ui().note(f"{change.path}: nothing to do")
        elif dry_run:
            click.echo(_diff(change), nl=False)
        else:
            click.echo(f"{_verb(change)} {change.path}")


def _verb(change: Change) -> str:
    if change.after is None:
        return "removed"
    return "made" if change.before is None else "changed"


def _diff(change: Change) -> str:
    before, after = ((text or b"").decode("utf-8", "replace").splitlines() for text in (change.before, change.after))
    old, new = (str(change.path) if text is not None else "/dev/null" for text in (change.before, change.after))
    return "".join(f"{line}\n" for line in difflib.unified_diff(before, after, old, new, lineterm=""))
