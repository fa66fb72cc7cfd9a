"""The radar for people: a line for each change, and why the others can't be taken by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from forkmerge.report import words
from forkmerge.report.radar import Fate
from forkmerge.report.terminal import line

if TYPE_CHECKING:
    from rich.console import Console

    from forkmerge.report.radar import Radar, RadarChange

_STYLES = {Fate.GREEN: "green", Fate.OWN: "yellow", Fate.LOSES: "red", Fate.CONFLICT: "yellow"}
_FATES = {
    Fate.GREEN: "green",
    Fate.OWN: "own tests fail",
    Fate.LOSES: "loses tests",
    Fate.CONFLICT: "conflict",
    Fate.PRESENT: "in the fork",
    Fate.UNTRIED: "not tried",
    Fate.UNVERIFIED: "not verified",
}
_MOST = 3


def changes(console: Console, found: Radar) -> None:
    """Print a run."""
    line(console, f"changes of {words.headline(found.scenario)}", "bold")
    if not found.changes:
        none = ("There is nothing that the fork lacks.", "bold green")
        line(console, *(none if found.complete else ("It ended before any change was looked at.", "bold yellow")))
        _warnings(console, found)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
    table.add_column("#", justify="right")
    table.add_column("commit", no_wrap=True)
    table.add_column("by itself", no_wrap=True)
    for heading in ("mends", "tests", "lines"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("change", overflow="fold")
    for change in found.changes:
        table.add_row(
            str(change.number) if change.number else "",
            change.commit[:9],
            Text(_FATES[change.fate], style=_STYLES.get(change.fate, "dim")),
            str(len(change.mends)) if change.mends else "",
            str(change.tests) if change.tests else "",
            f"+{change.added} -{change.removed}" if change.added or change.removed else "",
            Text(f"{words.safe(change.subject)} ({words.safe(change.author)})" + _note(change)),
        )
    console.print(table)
    line(console)
    green, mending = found.of(Fate.GREEN), [c for c in found.changes if c.mends]
    said = f"{len(green)} of {len(found.changes)} can be taken by themselves"
    said += f", {len(mending)} of them {'mends' if len(mending) == 1 else 'mend'} tests" if mending else ""
    line(console, said, "bold green" if green else "bold yellow")
    _reasons(console, found)
    if found.older:
        line(
            console, f"{found.older} older {words.plural('change', found.older)} not looked at: --limit N looks at more"
        )
    _warnings(console, found)
    line(console, effort(found), "dim")
    line(console, f"sandbox: {words.safe(found.sandbox.backend)} ({words.safe(found.sandbox.strength)})", "dim")
    if green:
        line(console, "Next: forkmerge show 1, forkmerge diff 1, forkmerge apply 1", "dim")
    elif found.of(Fate.OWN) or found.of(Fate.CONFLICT):
        line(
            console, "Next: forkmerge transplant UPSTREAM --commit COMMIT takes what a change needs, and no more", "dim"
        )


def effort(found: Radar) -> str:
    """Return what the run cost."""
    return (
        f"{found.evaluations} {words.plural('run', found.evaluations)} of the whole suite, {found.cached} more from "
        f"the ledger, test time of {found.suite_equivalents:.1f} whole suites, {found.seconds:.1f} s"
    )


def _warnings(console: Console, found: Radar) -> None:
    for warning in found.warnings:
        line(console, f"Warning: {words.safe(warning)}", "yellow")


def _note(change: RadarChange) -> str:
    return f" [{words.safe(change.why)}]" if change.fate is Fate.GREEN and change.why else ""


def _reasons(console: Console, found: Radar) -> None:
    for change in found.changes:
        names = _names(change)
        if names:
            more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
            shown = ", ".join(words.safe(name) for name in names[:_MOST])
            line(console, f"  {change.commit[:9]} {_FATES[change.fate]}: {shown}{more}")


def _names(change: RadarChange) -> tuple[str, ...]:
    if change.fate is Fate.LOSES:
        return change.lost
    if change.fate is Fate.OWN:
        return change.failing
    return change.conflicts if change.fate is Fate.CONFLICT else ()
