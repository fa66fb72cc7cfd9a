"""A transplant for people: what the goal did before and does now, what was taken of whom, what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from forkmerge.report import words
from forkmerge.report.terminal import line
from forkmerge.report.transplant import Outcome

if TYPE_CHECKING:
    from rich.console import Console

    from forkmerge.report.transplant import TakenChange, Transplant

_MOST = 10


def transplanted(console: Console, found: Transplant) -> None:
    """Print a run."""
    line(console, f"from {words.headline(found.scenario)}", "bold")
    if found.outcome is Outcome.FOUND:
        _taken(console, found)
    elif found.outcome is Outcome.NOTHING:
        line(console, words.safe(_sentence(found.reason)), "bold green")
    else:
        _refused(console, found)
    _goals(console, found)
    for warning in found.warnings:
        line(console, f"Warning: {words.safe(warning)}", "yellow")
    for waiver in found.waivers:
        line(console, f"Replaced: {words.safe(waiver.test)}: {words.safe(waiver.why)}")
    if found.parents:
        line(console, effort(found), "dim")
        line(console, f"sandbox: {words.safe(found.sandbox.backend)} ({words.safe(found.sandbox.strength)})", "dim")
    if found.outcome is Outcome.FOUND:
        line(console, "Next: forkmerge show 1, forkmerge diff 1, forkmerge apply 1", "dim")


def effort(found: Transplant) -> str:
    """Return what the search cost."""
    return (
        f"{found.evaluations} {words.plural('run', found.evaluations)} of the whole suite and {found.probes} of single "
        f"tests, {found.cached} more from the ledger, test time of {found.suite_equivalents:.1f} whole suites, "
        f"{found.seconds:.1f} s"
    )


def _taken(console: Console, found: Transplant) -> None:
    added, removed = sum(c.added for c in found.taken), sum(c.removed for c in found.taken)
    few = "none can be left out" if found.minimal else "not shrunk to the end"
    line(
        console,
        f"{len(found.taken)} of {max(found.offered, len(found.taken))} changes of {words.safe(found.source)} "
        f"make the goal pass (+{added} -{removed} lines; {few})",
        "bold green",
    )
    replaced = f", {len(found.waivers)} replaced by upstream's" if found.waivers else ""
    line(console, f"Tests of the fork: all {found.required - len(found.waivers)} required kept{replaced}.")
    line(console)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    table.add_column("  taken", overflow="fold", ratio=5)
    table.add_column("lines", no_wrap=True)
    table.add_column("as", no_wrap=True)
    table.add_column("upstream's commit", overflow="fold", ratio=4)
    for change in found.taken:
        table.add_row(
            Text(f"  {_place(change)}"),
            f"+{change.added} -{change.removed}",
            change.role + (", adapted" if change.adapted else ""),
            Text(f"{change.commit[:9]} {words.safe(change.author)}: {words.safe(change.subject)}"),
        )
    console.print(table)


def _place(change: TakenChange) -> str:
    where = f"{words.safe(change.path)}:{change.line}" if change.line else words.safe(change.path)
    return f"{where} {words.safe(change.unit)}" if change.unit else where


def _refused(console: Console, found: Transplant) -> None:
    start = "Not finished" if found.outcome is Outcome.UNFINISHED else "It can't be transplanted"
    line(console, f"{start}: {words.safe(found.reason)}.", "bold yellow")
    for tried in found.tried:
        count = f"{tried.changes} {words.plural('change', tried.changes)}"
        line(console, f"  {words.safe(tried.source)}, {count}: {words.safe(tried.why)}")
    if found.lost:
        line(console)
        line(console, f"Tests of the fork in the way ({len(found.lost)}):", "red")
        for name in found.lost[:_MOST]:
            line(console, f"  {words.safe(name)}")
        if len(found.lost) > _MOST:
            line(console, f"  ... and {len(found.lost) - _MOST} more", "dim")


def _goals(console: Console, found: Transplant) -> None:
    if not found.goals:
        return
    line(console)
    line(console, f"Goal ({len(found.goals)} {words.plural('test', len(found.goals))}):", "bold")
    for goal in sorted(found.goals, key=lambda g: g.before == "passed")[:_MOST]:
        said = [f"{goal.upstream} on upstream"]
        said += [f"{goal.before} on the fork"] if goal.before else []
        said += [f"{goal.after} now"] if goal.after else []
        line(console, f"  {words.safe(goal.test)}: {', '.join(said)}")
    if len(found.goals) > _MOST:
        line(console, f"  ... and {len(found.goals) - _MOST} more", "dim")
    line(console)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
