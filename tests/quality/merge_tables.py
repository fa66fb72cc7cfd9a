"""The tables of ``file_merges``: by language beside git, the files to look at by hand, and two runs beside each other.

Everything is Markdown that also reads well in a terminal.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from math import ceil
from typing import TYPE_CHECKING, Any

from quality.sameness import GOOD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = dict[str, Any]
TITLES = {
    "conflict": "conflict: git merge-file leaves conflicts",
    "clean": "clean: git merge-file is clean, and people committed that",
    "cleandiff": "cleandiff: git merge-file is clean, and people committed something else",
}
COLUMNS = (
    "files",
    "good",
    "order",
    "other",
    "conflict",
    "invalid",
    "error",
    "hunks left",
    "git good",
    "p50",
    "p95",
    "max",
)
SLOW = 10_000
_ERRORS = ("error", "timeout")


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with columns of equal width, the first to the left, the others to the right."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(3, *(len(line[i]) for line in lines)) for i in range(len(head))]

    def row(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if not i else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join([first, *others]) + " |"

    rule = "|" + "|".join("-" * (w + 2) if not i else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([row(lines[0]), rule, *map(row, lines[1:])])


def table(results: Sequence[Row], *, times: bool = True) -> str:
    """Return a table for each kind: languages by their number of files, then all; ``times`` adds milliseconds."""
    columns = COLUMNS if times else COLUMNS[:-3]
    parts = []
    for kind, title in TITLES.items():
        some = [r for r in results if r["kind"] == kind]
        if some:
            groups: dict[str, list[Row]] = defaultdict(list)
            for r in some:
                groups[r["lang"]].append(r)
            ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
            rows = [(lang, *_cells(rs)[: len(columns)]) for lang, rs in [*ordered, ("all", some)]]
            parts.append(f"{title}\n\n{markdown(('language', *columns), rows)}\n\n{_times(some)}\n")
    return "\n".join(parts)


def lists(results: Sequence[Row]) -> str:
    """Return the files to look at: wrong beyond doubt, slow, fallen back to git, clean for git but not the same."""
    wrong = [r for r in results if r["verdict"] in ("invalid", *_ERRORS)]
    slow = [r for r in results if r["milliseconds"] > SLOW]
    differ = [r for r in results if r["kind"] == "clean" and not r["same"]]
    fell = [r for r in results if r["note"] and r not in differ and r not in wrong]
    said = {
        "wrong": wrong,
        f"slower than {SLOW // 1000} s": slow,
        "fallen back to git's merge": fell,
        "clean, and not git's bytes": differ,
    }
    out = []
    for title, rows in said.items():
        out.append(f"{title}: {len(rows)}")
        out += [f"  {r['case']}: {r['verdict']}, {r['milliseconds']:.0f} ms. {r['note']}".rstrip() for r in rows]
    stray = [r for r in results if r["strays"]]
    out.append(f"definitions in scopes where neither side has them: {len(stray)}")
    out += [f"  {r['case']}: {', '.join(r['strays'])}" for r in stray]
    return "\n".join(out)


def comparison(a: Row, b: Row) -> str:
    """Return what changed between two runs, verdict by verdict, with the cases."""
    first, second = ({r["case"]: r for r in run["results"]} for run in (a, b))
    both = [case for case in first if case in second]
    parts = [f"A: {a['tool']}, B: {b['tool']}, {len(both)} files in both"]
    for kind, title in TITLES.items():
        cases = [case for case in both if first[case]["kind"] == kind]
        if not cases:
            continue
        rows = [(tag, *_cells([run[c] for c in cases])) for tag, run in (("A", first), ("B", second))]
        parts += ["", title, "", markdown(("run", *COLUMNS), rows), ""]
        moved = [c for c in cases if first[c]["verdict"] != second[c]["verdict"]]
        moves = Counter((first[c]["verdict"], second[c]["verdict"]) for c in moved)
        for (old, new), count in moves.most_common():
            parts.append(f"{old} -> {new}: {count}")
            parts += [f"  {c}" for c in moved if (first[c]["verdict"], second[c]["verdict"]) == (old, new)]
    return "\n".join(parts)


def _cells(rows: Sequence[Row]) -> tuple[object, ...]:
    verdicts = Counter(r["verdict"] for r in rows)
    times = sorted(r["milliseconds"] for r in rows)
    return (
        len(rows),
        _share(sum(verdicts[v] for v in GOOD), len(rows)),
        verdicts["order"],
        verdicts["other"],
        verdicts["conflict"],
        verdicts["invalid"],
        sum(verdicts[v] for v in _ERRORS),
        f"{sum(r['hunks'] for r in rows)}/{sum(r['git_hunks'] for r in rows)}",
        sum(r["git_verdict"] in GOOD for r in rows),
        f"{statistics.median(times):.0f}",
        f"{times[ceil(0.95 * len(times)) - 1]:.0f}",
        f"{times[-1]:.0f}",
    )


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.1f} %)"


def _times(rows: Sequence[Row]) -> str:
    mine, git = (statistics.median(r[key] for r in rows) for key in ("milliseconds", "git_milliseconds"))
    return f"Median time: {mine / git:.1f} times that of git merge-file."
