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
    ("Added on both sides", ("added-twice",)),
    ("Moved to another file", ("moved-file", "moved-file+renamed")),
    ("Renamed", ("renamed", "moved+renamed")),
    ("Moved within the file", ("moved",)),
    ("Split or joined", ("split", "joined")),
    ("Same name, same place", ("same",)),
    ("On one side only", ("added", "deleted")),
)
_UNTOUCHED = ": same name, body unchanged"
"""The end of the evidence for a side that did nothing to a unit."""
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
        rows = [u for u in found.units if _group(u) in kinds]
        shown = [u for u in rows if everything or u.kind != "same" or u.change != "none"]
        unchanged += len(rows) - len(shown)
        if shown:
            line(console)
            line(console, f"{title} ({len(shown)})", "bold")
            _units(console, shown)
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
        grammar = f"{language.grammar} {language.grammar_version}".strip() or "none: by lines"
        if language.source:
            grammar += f" ({words.safe(language.source)})"
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


def _units(console: Console, units: list[AlignedUnits]) -> None:
    """Print units under the names of their files at a terminal, each on one line of its own in a pipe."""
    path = ""
    for unit in units:
        places = [place for place in (unit.fork, unit.upstream, unit.base) if place is not None]
        together = console.is_terminal and len({place.path for place in places}) == 1
        if together and places[0].path != path:
            path = places[0].path
            line(console, f"  {words.safe(path)}")
        elif not together:
            path = ""
        score = f"{unit.score:.2f}{'?' if unit.doubtful else ''}" if unit.score else ""
        text = f"{'    ' if together else '  '}{score:<5}  {_both(unit, short=together)}{_who(unit)}"
        evidence = words.safe("; ".join(e for e in unit.evidence if not e.endswith(_UNTOUCHED)))
        if console.is_terminal:
            line(console, text, "yellow" if unit.change == "both" else "")
            if evidence:
                line(console, f"{' ' * (len(text) - len(text.lstrip()) + 7)}{evidence}", "dim")
        else:
            line(console, text + (f"  ({evidence})" if evidence else ""))


def _group(unit: AlignedUnits) -> str:
    twice = unit.base is None and unit.fork is not None and unit.upstream is not None
    return "added-twice" if twice else unit.kind


def _who(unit: AlignedUnits) -> str:
    if unit.change == "none":
        return ""
    if unit.change == "same":
        return "  [both alike]"
    gone = unit.fork is None or unit.upstream is None
    verb = "added" if unit.base is None else "changed" if not gone or unit.change == "both" else "deleted"
    return f"  [{verb} by {unit.change}]"


def _both(unit: AlignedUnits, *, short: bool) -> str:
    """Return where fork and upstream have the unit ("a.py:3 f -> a.py:7 g"), or the one side that has it."""
    fork, upstream = _place(unit.fork, short=short), _place(unit.upstream, short=short)
    if unit.fork is not None and unit.upstream is not None:
        return fork if fork == upstream else f"{fork} -> {upstream}"
    return fork or upstream or _place(unit.base, short=short)


def _place(place: Place | None, *, short: bool) -> str:
    if place is None:
        return ""
    unit = words.safe(place.unit) or "(unnamed)"
    return f"{unit}:{place.line}" if short else f"{words.safe(place.path)}:{place.line} {unit}"


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
