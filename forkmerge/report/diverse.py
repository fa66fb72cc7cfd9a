"""What several fit offspring have differently, for people: a row for each place, a column for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from forkmerge.report import words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from forkmerge.report.values import Difference, Diversity

MOST = 20


def differences(found: Diversity, *, most: int | None = MOST) -> RenderableType:
    """Return the table of the first ``most`` differences (all with None)."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  place", overflow="fold", ratio=3)
    for number in found.proposals:
        table.add_column(f"proposal {number}", overflow="fold", ratio=3)
    for difference in found.differences[:most]:
        chosen = [words.choice(c) + (f": {words.safe(c.text)}" if c.text else "") for c in difference.choices]
        table.add_row(Text(f"  {place(difference)}"), *map(Text, chosen))
    return table


def place(difference: Difference) -> str:
    """Return where a difference is."""
    return words.safe(difference.path) + (f" {words.safe(difference.unit)}" if difference.unit else "")
