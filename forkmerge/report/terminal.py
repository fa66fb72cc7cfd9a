"""Proposals for people at a terminal: one table, the loci of the best, and what to type next.

Readable at 80 columns; without colours it is the same text, so that a pipe gets stable lines.  Everything that comes
from the repository goes through ``words.safe`` and is printed as text, never as markup.
"""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from forkmerge.report import words
from forkmerge.report.values import DecidedBy, Owner, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from forkmerge.report.values import DroppedEdit, LocusReport, Proposal, Proposals

_STYLES = {Verdict.GOOD: "green", Verdict.LOSES: "yellow", Verdict.BROKEN: "red", Verdict.UNVERIFIED: "magenta"}
_MOST_LOCI, _MOST_NAMES = 12, 10
_OPEN = (DecidedBy.UNDETERMINED, DecidedBy.UNTRIED)


def proposals(console: Console, run: Proposals) -> None:
    """Print a whole run: the ranked proposals, then the best one's loci and the remarks."""
    line(console, words.headline(run.scenario, run.others), "bold")
    line(console, words.git_line(run))
    line(console)
    console.print(_ranking(run))
    line(console)
    line(console, words.conclusion(run), "bold green" if run.good else "bold yellow")
    if run.best is not None:
        _losses(console, run.best)
        _many(console, run)
        _diverse(console, run)
        _loci(console, words.places(run, len(run.best.loci)), run.best.loci, most=_MOST_LOCI)
    _remarks(console, run)
    line(console, words.effort(run), "dim")
    line(console, _sandbox(run), "dim")
    if run.best is not None:
        makes = ", forkmerge apply 1" if run.good else ""
        line(console, f"Next: forkmerge show 1, forkmerge diff 1{makes}", "dim")


def proposal(console: Console, run: Proposals, chosen: Proposal) -> None:
    """Print one proposal in full: tests, every locus, every dropped edit, what it rests on."""
    line(console, f"Proposal {chosen.number} of {run.name or 'this run'}: {words.origin(chosen)}", "bold")
    line(console, words.headline(run.scenario, run.others))
    line(console, f"tree {chosen.tree[:12]}" + (f", commit {chosen.commit[:12]}" if chosen.commit else ""), "dim")
    line(console)
    line(console, f"Verdict: {words.VERDICTS[chosen.verdict]}", _STYLES[chosen.verdict])
    if chosen.certificate:
        line(console, f"  {words.safe(chosen.certificate)}")
    for tests in chosen.tests:
        line(console, f"  {words.possessive(tests)} tests: {tests.kept} of {tests.required} required kept")
    line(
        console,
        f"  edits kept: {words.percent(chosen.kept_ours)} of the fork's, "
        f"{words.percent(chosen.kept_theirs)} of upstream's",
    )
    _losses(console, chosen, most=None)
    if chosen.against_git is not None:
        _names(console, "Passes here, fails after git's merge", chosen.against_git.rescued, most=None)
        _names(console, "Passes after git's merge, fails here", chosen.against_git.lost, most=None)
    for finding in chosen.findings:
        line(console, f"Finding: {words.safe(finding)}", "yellow")
    if chosen.number == 1:
        _many(console, run)
    if run.diversity is not None and chosen.number in run.diversity.proposals:
        _diverse(console, run)
    _loci(console, words.places(run, len(chosen.loci)), chosen.loci, most=None)
    dropped = [edit for locus in chosen.loci for edit in locus.dropped]
    if dropped:
        line(console)
        line(console, f"Left out ({len(dropped)}):", "bold")
        for edit in dropped:
            line(console, f"  {_dropped(edit)}")
    _remarks(console, run)
    line(console, _sandbox(run), "dim")


def line(console: Console, text: str = "", style: str = "", *, indent: int = 0) -> None:
    """Print ``text``: at a terminal wrapped with its own indentation, in a pipe as one line.

    ``indent`` columns of the line are taken already by what was printed before.
    """
    if console.is_terminal and len(text) + indent > console.width:
        own = len(text) - len(text.lstrip())
        first, hanging = " " * (indent or own), " " * (indent or own + 2)
        wrapped = fill(
            text.lstrip(), console.width, initial_indent=first, subsequent_indent=hanging, break_on_hyphens=False
        )
        text = wrapped[indent:]
    console.print(Text(text, style=style), overflow="fold", soft_wrap=True)


def _ranking(run: Proposals) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
    table.add_column("#", justify="right")
    table.add_column("from", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for heading in ("fork\ntests", "upstream\ntests", "new\ngreen", "vs\ngit", "edits kept\nfork/upstr."):
        table.add_column(heading, justify="right", no_wrap=True)
    for p in run.proposals:
        table.add_row(
            str(p.number),
            words.origin(p),
            Text(words.VERDICTS[p.verdict], style=_STYLES[p.verdict]),
            words.tests(words.of_owner(p.tests, Owner.OURS)),
            words.tests(words.of_owner(p.tests, Owner.THEIRS)),
            f"+{len(p.gained)}" if p.gained else "",
            words.against_git(p),
            f"{words.percent(p.kept_ours)} / {words.percent(p.kept_theirs)}",
        )
    return table


def _loci(console: Console, heading: str, loci: tuple[LocusReport, ...], *, most: int | None) -> None:
    if not loci:
        return
    ranked = sorted(loci, key=_weight) if most is not None else list(loci)
    shown = ranked if most is None else ranked[:most]
    line(console)
    line(console, heading, "bold")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    table.add_column("  place", overflow="fold", ratio=5)
    table.add_column("taken from", overflow="fold", ratio=2)
    table.add_column("decided by", no_wrap=True)
    for locus in shown:
        place = f"  {words.safe(locus.path)}" + (f":{locus.line}" if locus.line else "")
        place += f" {words.safe(locus.unit)}" if locus.unit else ""
        style = "yellow" if locus.decided_by in _OPEN else ""
        table.add_row(Text(place), Text(words.allele(locus.origin)), Text(words.DECIDED[locus.decided_by], style=style))
        if locus.note and most is None:
            table.add_row(Text(f"    {words.safe(locus.note)}", style="dim"), "", "")
    console.print(table)
    if len(shown) < len(ranked):
        line(console, f"  ... and {len(ranked) - len(shown)} more: forkmerge show", "dim")


def _weight(locus: LocusReport) -> tuple[int, int]:
    """Return a key that puts first what the reader has to judge: loci of both sides, then undecided ones."""
    return (-len(locus.sides), locus.decided_by not in _OPEN)


def _many(console: Console, run: Proposals) -> None:
    if not run.many:
        return
    from forkmerge.report.parents import parents  # noqa: PLC0415 - only for several upstreams

    line(console)
    line(console, "What is in proposal 1 of each parent:", "bold")
    console.print(parents(run.many))


def _diverse(console: Console, run: Proposals) -> None:
    if run.diversity is None:
        return
    line(console)
    line(console, words.diversity(run), "bold")
    if run.diversity.differences:
        from forkmerge.report.diverse import MOST, differences  # noqa: PLC0415 - only where it was asked for

        console.print(differences(run.diversity))
        more = len(run.diversity.differences) - MOST
        if more > 0:
            line(console, f"  ... and {more} more {words.plural('place', more)}: --json has them all", "dim")


def _losses(console: Console, chosen: Proposal, *, most: int | None = _MOST_NAMES) -> None:
    for tests in chosen.tests:
        names = (words.lost(tests, name) for name in tests.lost)
        _names(console, f"Lost of {words.possessive(tests)} tests", names, most=most, style="red")
    _names(console, "Passes now, failed on both sides", chosen.gained, most=most, style="green")


def _names(console: Console, title: str, names: Iterable[str], *, most: int | None, style: str = "") -> None:
    listed = tuple(names)
    if not listed:
        return
    line(console)
    line(console, f"{title} ({len(listed)}):", style or "bold")
    for name in listed[:most]:
        line(console, f"  {words.safe(name)}")
    if most is not None and len(listed) > most:
        line(console, f"  ... and {len(listed) - most} more", "dim")


def _remarks(console: Console, run: Proposals) -> None:
    line(console)
    if run.held_out is not None:
        line(console, words.held_out(run), "yellow" if run.held_out.lost else "")
    for warning in run.warnings:
        line(console, f"Warning: {words.safe(warning)}", "yellow")
    if run.flaky:
        names = ", ".join(words.safe(name) for name in run.flaky[:3]) + (", ..." if len(run.flaky) > 3 else "")
        line(console, f"Flaky, decides nothing ({len(run.flaky)}): {names}", "yellow")
    if run.waivers:
        count = len(run.waivers)
        line(console, f"{count} {words.plural('test', count)} not required: {_reasons(run)}")


def _reasons(run: Proposals) -> str:
    counts: dict[str, int] = {}
    for waiver in run.waivers:
        counts[waiver.why] = counts.get(waiver.why, 0) + 1
    return "; ".join(f"{words.safe(why)} ({count})" for why, count in counts.items())


def _dropped(edit: DroppedEdit) -> str:
    where = f"{words.safe(edit.path)}:{edit.line}" if edit.line else words.safe(edit.path)
    who = f" ({edit.commit[:9]} {words.safe(edit.author)})" if edit.commit else ""
    first = words.safe(edit.text.strip().split("\n")[0])
    why = f": {words.safe(edit.why)}" if edit.why else ""
    return f"{words.SIDES.get(edit.side, edit.side)}'s edit at {where}{who}{why}" + (f"  | {first}" if first else "")


def _sandbox(run: Proposals) -> str:
    return f"sandbox: {words.safe(run.sandbox.backend)} ({words.safe(run.sandbox.strength)})"
