"""What ``real_merges`` prints: a line for each merge, then Markdown tables by merge and by quality."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from quality.merge_tables import markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, Any]
BROKEN = "human merge broken"
_TOLERANCE = 0.0005

MERGES = (
    *("merge", "project", "best", "required lost", "kept ours/theirs", "people kept", "like people's"),
    *("new failures", "mended", "trees", "suites"),
)
QUALITIES = (
    *("quality", "merges", "good", "keeps as much", "like people's", "up to formatting", "with new failures"),
    *("better than people", "trees, median", "suites, median"),
)


def keeps_as_much(row: Row) -> bool:
    """Return whether the best tree keeps at least as much of each side's edits as people's merge."""
    return all(mine >= people - _TOLERANCE for mine, people in zip(row["kept"], row["people_kept"], strict=True))


def better(row: Row) -> bool:
    """Return whether the best tree passes tests that fail on people's merge, and gives nothing for it."""
    return bool(row["mended"]) and row["verdict"] == "good" and not row["new_failures"]


def line(row: Row) -> str:
    """Return what is said of a merge as soon as it is judged."""
    head = f"{row['merge'][:8]} {row['repo']} [{row['quality']}] {row['verdict']}, {row['seconds']:.0f} s"
    if not row["origin"]:
        return f"{head}: {row['said']}"
    lost = f"{len(row['lost'])} lost, {len(row['merged_lost'])} of the merged tree"
    differing = f" ({len(row['differing'])} paths differ)" if row["differing"] else ""
    changes = ", ".join(f"{len(row[key])} {key.replace('_', ' ')}" for key in ("new_failures", "mended", "missing"))
    parts = [
        f"{row['origin']}, {row['required']} required, {lost}",
        f"kept {_pair(row['kept'])}, people {_pair(row['people_kept'])}",
        f"like people's: {row['likeness']}{differing}",
        f"{row['passed']} pass, people {row['people_passed']}; {changes}",
        f"{row['evaluations']} trees ({row['cached']} known), {row['suite_equivalents']:.2f} suites",
    ]
    parts += [] if row["complete"] else ["the search was not complete"]
    parts += [row["said"]] if row["said"] else []
    names = [f"    new failure: {name}" for name in row["new_failures"][:5]]
    names += [f"    lost: {name}" for name in row["lost"][:5]]
    names += [f"    in a scope of no side: {name}" for name in row["strays"][:5]]
    names += [f"    differs: {name}" for name in row["differing"][:5]]
    return "\n".join([f"{head}: " + "; ".join(parts), *names])


def tables(rows: Sequence[Row]) -> str:
    """Return both tables; in the second only merges count that gave a proposal."""
    if not rows:
        return "no merges"
    merges = [_merge(row) for row in rows]
    order = {row["quality"]: 0 for row in rows}
    parts = [(quality, [row for row in rows if row["quality"] == quality]) for quality in order]
    qualities = [_quality(name, part) for name, part in [*parts, ("all", list(rows))]]
    return f"\n{markdown(MERGES, merges)}\n\n{markdown(QUALITIES, qualities)}"


def _merge(row: Row) -> tuple[object, ...]:
    return (
        row["merge"][:8],
        row["repo"].rpartition("/")[2],
        f"{row['verdict']} ({row['origin']})" if row["origin"] else row["verdict"],
        f"{len(row['lost'])} of {row['required']}",
        _pair(row["kept"]),
        _pair(row["people_kept"]),
        row["likeness"],
        len(row["new_failures"]),
        len(row["mended"]),
        row["evaluations"],
        f"{row['suite_equivalents']:.1f}",
    )


def _quality(name: str, rows: Sequence[Row]) -> tuple[object, ...]:
    answered = [row for row in rows if row["origin"]]
    broken = [row for row in answered if row["quality"] == BROKEN]
    return (
        name,
        len(rows),
        sum(row["verdict"] == "good" for row in answered),
        sum(map(keeps_as_much, answered)),
        sum(row["likeness"] == "exactly" for row in answered),
        sum(row["likeness"] in ("exactly", "formatting") for row in answered),
        sum(bool(row["new_failures"]) for row in answered),
        f"{sum(map(better, broken))} of {len(broken)}" if broken else "",
        _median([row["evaluations"] for row in answered]),
        _median([row["suite_equivalents"] for row in answered]),
    )


def _median(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f}" if values else ""


def _pair(shares: Sequence[float]) -> str:
    return "/".join(f"{share:.2f}" for share in shares)
