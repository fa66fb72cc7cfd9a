"""Draws merges that came out clean and are not what people committed, for reading: docs/explanation/quality.md.

    python -m quality.draw_others CASES --out FOLDER [--count 100] [--python 45] [--seed 3]

(with ``tests`` on the path.)  The cases in which git leaves conflicts are merged in an order that only ``--seed`` and
their names decide, until so many have the verdict ``other`` of ``quality.file_merges``.  Each gets a folder with the
three versions, what people committed, the merge, and ``reading.diff``: what people have otherwise, then what each side
did to the places that were resolved.  ``list.tsv`` names them with the rules that they rest on, and how many merges
came out clean on the way: what is wrong among the others is a share of all that is called clean.
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from quality.file_merges import load
from quality.sameness import sameness

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.markers import render
from forkmerge.model.hunk import Hunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quality.file_merges import Case

    from forkmerge.model.hunk import FileMerge

VERSIONS = ("base", "ours", "theirs", "expected")


def drawn(cases: list[Case], *, count: int, python: int, seed: str) -> Iterator[tuple[Case, FileMerge, bytes, str]]:
    """Yield clean merges with their text and verdict until ``count`` of them, ``python`` in Python, are "other"."""
    order = sorted(cases, key=lambda c: c.name)
    random.Random(seed).shuffle(order)
    left = {True: python, False: count - python}
    for case in order:
        of_python = case.lang == "python"
        if not left[of_python]:
            continue
        base, ours, theirs, expected = map(case.read, VERSIONS)
        merged = merge_file(case.path, base, ours, theirs, line_merge=line_merge)
        text, conflicts = render(merged, line_merge)
        if conflicts:
            continue
        verdict = sameness(case.path, text, expected)
        left[of_python] -= verdict == "other"
        yield case, merged, text, verdict


def write(folder: Path, case: Case, merged: FileMerge, text: bytes) -> None:
    """Write one case for reading."""
    folder.mkdir(parents=True)
    for version in VERSIONS:
        folder.joinpath(version + case.ext).write_bytes(case.read(version))
    folder.joinpath("merged" + case.ext).write_bytes(text)
    parts = [f"{case.path} of {case.name}\n\nmerged -> people\n", _diff(text, case.read("expected"))]
    for hunk in merged.segments:
        if isinstance(hunk, Hunk) and hunk.merged is not None:
            parts += [f"\n{hunk.rule}\nbase -> ours\n", _diff(hunk.base, hunk.ours)]
            parts += [
                "base -> theirs\n",
                _diff(hunk.base, hunk.theirs),
                "ours -> merged\n",
                _diff(hunk.ours, hunk.merged),
            ]
    folder.joinpath("reading.diff").write_text("".join(parts), encoding="utf-8")


def _diff(before: bytes, after: bytes) -> str:
    lines = [x.decode("utf-8", "replace").splitlines() for x in (before, after)]
    return "".join(line + "\n" for line in [*difflib.unified_diff(*lines, lineterm="")][2:])


def main() -> int:
    """Write the cases for reading and print the counts; return 1 if there are not so many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path, help="the folder with the cases, at any depth")
    parser.add_argument("--out", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--python", type=int, default=45, help="so many of them in Python")
    parser.add_argument("--seed", default="3")
    given = parser.parse_args()
    given.out.mkdir(parents=True)
    clean: dict[str, dict[str, int]] = {}
    rows = []
    found = drawn(load(given.cases, {"conflict"}, set()), count=given.count, python=given.python, seed=given.seed)
    for case, merged, text, verdict in found:
        counts = clean.setdefault(case.lang, {})
        counts[verdict] = counts.get(verdict, 0) + 1
        if verdict != "other":
            continue
        name = f"{len(rows) + 1:03}-{case.lang}"
        write(given.out / name, case, merged, text)
        used = sorted({rule for h in merged.hunks for rule in h.rule.split("+")})
        rows.append(f"{name}\t{case.name}\t{case.path}\t{'+'.join(used)}\n")
    given.out.joinpath("list.tsv").write_text("".join(rows), encoding="utf-8")
    given.out.joinpath("clean.json").write_text(json.dumps(clean, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{sum(sum(counts.values()) for counts in clean.values())} clean, {len(rows)} of them other")
    return int(len(rows) < given.count)


if __name__ == "__main__":
    sys.exit(main())
