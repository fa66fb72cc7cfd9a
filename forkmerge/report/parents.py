"""What became of each of several parents, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from forkmerge.report import words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from forkmerge.report.values import ParentReport

HEADS = ("parent", "tests kept", "waived", "edits kept", "not all of its edits are in")
_MOST = 5


def row(found: ParentReport) -> tuple[str, ...]:
    """Return the cells of a parent."""
    files = [f"{words.safe(f.path)} ({f.tokens} of {f.of} tokens)" for f in found.left_out[:_MOST]]
    more = len(found.left_out) - _MOST
    where = ", ".join(files) + (f" and {more} more {words.plural('file', more)}" if more > 0 else "")
    lost = f" -{len(found.lost)}" if found.lost else ""
    name = words.safe(found.name) + (f" ({found.run})" if found.run else "")
    return name, f"{found.kept}/{found.required}{lost}", str(found.waived or ""), words.percent(found.edits), where


def parents(many: tuple[ParentReport, ...]) -> RenderableType:
    """Return the table of all of them."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, head in enumerate(HEADS):
        table.add_column(("  " if not number else "") + head, overflow="fold", no_wrap=0 < number < len(HEADS) - 1)
    for found in many:
        first, *rest = row(found)
        table.add_row(Text(f"  {first}"), *map(Text, rest))
    return table
