"""The tables of ``align``, ``languages`` and ``doctor`` for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from forkmerge.report import words
from forkmerge.report.documents import State
from forkmerge.report.terminal import line

if TYPE_CHECKING:
    from rich.console import Console

    from forkmerge.report.documents import AlignedUnits, Alignment, Diagnosis, Languages, Place

_GROUPS = (
    ("Moved to another file", ("moved-file", "moved-file+renamed")),
    ("Renamed", ("renamed", "moved+renamed")),
    ("Moved within the file", ("moved",)),
    ("Split or joined", ("split", "joined")),
    ("Same name, same place", ("same",)),
    ("On one side only", ("added", "deleted")),
)
_MARKS = {
    State.OK: ("ok", "green"),
    State.LIMITED: ("limited", "yellow"),
    State.MISSING: ("missing", "red"),
    State.NOTE: ("note", "dim"),
}


def alignment(console: Console, found: Alignment, *, everything: bool) -> None:
    """Print the homologous units by kind, then the loci; units that nobody changed only with ``everything``."""
    line(console, words.headline(found.scenario), "bold")
    unchanged = 0
    for title, kinds in _GROUPS:
        rows = [u for u in found.units if u.kind in kinds]
        shown = [u for u in rows if everything or u.kind != "same" or u.change != "none"]
        unchanged += len(rows) - len(shown)
        if shown:
            line(console)
            line(console, f"{title} ({len(shown)})", "bold")
            console.print(_units(shown))
    if unchanged:
        line(console)
        line(console, f"{unchanged} more {words.plural('unit', unchanged)} in these files are unchanged (--all)", "dim")
    for path in found.skipped:
        line(console, f"Too large to take apart: {words.safe(path)}", "yellow")
    _loci(console, found)


def languages(console: Console, found: Languages) -> None:
    """Print the languages, what tells them, and the mend for each that can't be parsed."""
    table = _table(("language", 0), ("files", 3), ("grammar", 2), ("", 0))
    for language in found.languages:
        files = " ".join((*language.extensions, *(f"({e})" for e in language.by_content), *language.file_names))
        grammar = f"{language.grammar} {language.grammar_version}".strip()
        word, style = ("ok", "green") if language.available else ("missing", "red")
        table.add_row(language.name, files, grammar, Text(word, style=style))
    console.print(table)
    for language in found.languages:
        if not language.available:
            line(console, f"{language.name}: {language.problem}. Mend: {language.mend}", "yellow")


def diagnosis(console: Console, found: Diagnosis) -> None:
    """Print the checks by group, each with its mend, then what the sandbox promises."""
    group = ""
    for check in found.checks:
        if check.group != group:
            group = check.group
            line(console, group, "bold")
        word, style = _MARKS[check.state]
        console.print(Text(f"  {word:<8}", style=style), end="")
        line(console, f"{check.name}: {words.safe(check.found)}", indent=10)
        if check.mend and check.state is not State.OK:
            line(console, f"          mend: {words.safe(check.mend)}", "dim")
    if found.statement:
        line(console)
        line(console, "The sandbox promises, and no more than this:", "bold")
        for sentence in found.statement:
            line(console, f"  {words.safe(sentence)}")


def _units(units: list[AlignedUnits]) -> Table:
    table = _table(("fork", 4), ("upstream", 4), ("changed by", 0), ("score", 0), ("evidence", 4))
    for unit in units:
        score = f"{unit.score:.2f}{'?' if unit.doubtful else ''}" if unit.score else ""
        changed = {"none": "", "same": "both alike"}.get(unit.change, unit.change)
        table.add_row(
            *(Text(cell) for cell in _places(unit)),
            Text(changed, style="yellow" if changed == "both" else ""),
            score,
            Text(words.safe("; ".join(unit.evidence)), style="dim"),
        )
    return table


def _places(unit: AlignedUnits) -> tuple[str, str]:
    """Return both places; upstream's path is left out where it is that of the fork."""
    fork, upstream = _place(unit.fork), _place(unit.upstream)
    if unit.fork is None or unit.upstream is None:
        gone = f"(deleted: {_place(unit.base)})" if unit.base is not None else ""
        return fork or gone, upstream or gone
    if unit.fork.path == unit.upstream.path:
        upstream = f":{unit.upstream.line} {words.safe(unit.upstream.unit)}"
    return fork, upstream


def _place(place: Place | None) -> str:
    return "" if place is None else f"{words.safe(place.path)}:{place.line} {words.safe(place.unit)}"


def _loci(console: Console, found: Alignment) -> None:
    if not found.loci:
        return
    both = [locus for locus in found.loci if len(locus.sides) > 1]
    conflicts = sum(locus.conflict for locus in found.loci)
    line(console)
    counts = f"{len(found.loci)} {'locus' if len(found.loci) == 1 else 'loci'}"
    line(console, f"{counts}: {len(both)} changed by both sides, {conflicts} in conflict", "bold")
    if not both:
        return
    table = _table(("locus", 4), ("", 0), ("alleles", 4))
    for locus in both:
        style = "yellow" if locus.conflict else ""
        origins = ", ".join(dict.fromkeys(words.allele(origin) for origin in locus.alleles))
        table.add_row(
            Text(words.safe(locus.id)), Text("conflict" if locus.conflict else "merged", style=style), Text(origins)
        )
    console.print(table)


def _table(*columns: tuple[str, int]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading, ratio in columns:
        table.add_column(heading, overflow="fold", ratio=ratio or None, no_wrap=not ratio)
    return table
