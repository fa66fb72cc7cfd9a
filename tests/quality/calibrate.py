"""Measures how often each resolving rule is right, and writes it where the rules read it.

    python -m quality.calibrate CASES [--sample N] [--seed 1] [--lang python,go] [--write] [--curve]

(with ``tests`` on the path; see docs/how-to/measure-on-real-merges.md for the cases.)  Every conflict file is merged
with all rules, in this process.  A resolved place is *right* when its lines, with the line before and the line after,
stand together in what people committed; imports may stand in another order.  A place where people changed something
else beside it counts as wrong.  A place that took several rules counts for each of them.  A file counts once for each
rule, as right only if every place of it is: twenty places of one file that people laid out anew are one mistake, not
twenty, and a file with one wrong place is a wrong merge.  So the figures are low rather than high.

What a file as a whole is worth is told by the rules that it took and by how much was changed (``merge.odds``): of each,
what it adds to the odds is fitted to whether the merged file was people's.

``--write`` writes ``forkmerge/merge/precision.py``; ``--curve`` prints, for each k from 1 to 20, what the rules that
are right at least k times in k + 1 give on whole files.
"""

from __future__ import annotations

import argparse
import math
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quality.file_merges import Case, load
from quality.regression import fitted
from quality.sameness import GOOD, sameness

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.diff import common
from forkmerge.merge.file import merge_file
from forkmerge.merge.odds import changed, large
from forkmerge.merge.rules import ALL, EAGER, IMPORTS, Allowed, precise

if TYPE_CHECKING:
    from forkmerge.model.hunk import FileMerge, Hunk

RIDGE = 10.0
"""How much data it takes for a weight to stand: one rule was seen in a few files, another in a thousand."""
TABLE = Path(__file__).parents[2] / "forkmerge" / "merge" / "precision.py"
HEAD = '''"""How often each rule was right on real merges: (right, wrong) files, by ``python -m quality.calibrate``.

Measured on {files} conflict files, sample {sample}, seed {seed}; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {{
{rows}}}

ODDS: dict[str, float] = {{
{weights}
}}
"""What each rule, and each unit of change, adds to the log-odds that a merged file is people's (``merge.odds``)."""
'''


@dataclass(frozen=True, slots=True)
class Place:
    """One resolved place: the rules that it took, and whether people wrote the same."""

    rules: tuple[str, ...]
    right: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that all rules together merge: those that it took, how much was changed, and whether it was people's."""

    rules: frozenset[str]
    lines: int
    share: float
    right: bool


def eager(case: Case) -> FileMerge:
    """Return what all rules make of ``case``."""
    base, ours, theirs = (case.read(version) for version in ("base", "ours", "theirs"))
    return merge_file(case.path, base, ours, theirs, line_merge=line_merge, allowed=EAGER)


def whole(case: Case, merged: FileMerge) -> Whole | None:
    """Return what became of ``case`` as a whole, None where something is left."""
    text = merged.merged()
    if text is None or not merged.clean or merged.git_clean:
        return None
    base, ours, theirs = (case.read(version) for version in ("base", "ours", "theirs"))
    used = frozenset(rule for hunk in merged.hunks for rule in hunk.rule.split("+"))
    return Whole(used, *changed(base, ours, theirs), sameness(case.path, text, case.read("expected")) in GOOD)


def odds(found: list[Whole]) -> dict[str, float]:
    """Return what each rule of ``ALL``, and each unit of change, adds to the log-odds of a file."""
    names = sorted(ALL)
    rows = [[*(float(n in file.rules) for n in names), math.log1p(file.lines), file.share] for file in found]
    always, weights = fitted(rows, [file.right for file in found], ridge=RIDGE)
    return dict(zip(("always", *names, "lines", "share"), (always, *weights), strict=True))


def places(case: Case, merged: FileMerge | None = None) -> list[Place]:
    """Return what became of each conflict of ``case`` that some rule resolves."""
    merged = merged or eager(case)
    wanted = _lines(case.read("expected"))
    lines: list[bytes | Hunk] = []
    spans: list[tuple[int, int, Hunk]] = []
    for segment in merged.segments:
        start = len(lines)
        if isinstance(segment, bytes):
            lines += _lines(segment)
        elif segment.merged is None:
            lines.append(segment)
        else:
            lines += _lines(segment.merged)
            spans.append((start, len(lines), segment))
    keys = [line if isinstance(line, bytes) else index for index, line in enumerate(lines)]
    where = dict(common(keys, wanted))
    return [
        Place(tuple(hunk.rule.split("+")), _right((start, end), lines, wanted, where, IMPORTS in hunk.rule))
        for start, end, hunk in spans
    ]


def by_rule(found: list[Place]) -> tuple[set[str], set[str]]:
    """Return the rules that were right at all of the places ``found`` that they took part in, and the others."""
    bad = {rule for place in found if not place.right for rule in place.rules}
    return {rule for place in found for rule in place.rules} - bad, bad


def _right(
    span: tuple[int, int], lines: list[bytes | Hunk], wanted: list[bytes], where: dict[int, int], imports: bool
) -> bool:
    start, end = span
    before = start and isinstance(lines[start - 1], bytes)
    after = end < len(lines) and isinstance(lines[end], bytes)
    first, last = start - int(bool(before)), end + int(after)
    if imports and before and after and {first, last - 1} <= where.keys():
        there = wanted[where[first] : where[last - 1] + 1]
        return _words(there) == _words([x for x in lines[first:last] if isinstance(x, bytes)])
    at = [where.get(i) for i in range(first, last)]
    return bool(at) and all(a is not None and at[0] is not None and a == at[0] + i for i, a in enumerate(at))


def _words(lines: list[bytes]) -> list[bytes]:
    text = b" ".join(lines)
    for sign in b"(),\\":
        text = text.replace(bytes([sign]), b" ")
    return sorted(text.split())


def _lines(data: bytes) -> list[bytes]:
    return [b" ".join(line.split()) for line in data.splitlines() if line.strip()]


def verdict(case: Case, allowed: Allowed) -> str:
    """Return what the file is under ``allowed``: ``conflict``, or how alike it is to what people committed."""
    inputs = [case.read(version) for version in ("base", "ours", "theirs")]
    merged: FileMerge = merge_file(case.path, *inputs, line_merge=line_merge, allowed=allowed)
    texts = [s if isinstance(s, bytes) else s.merged for s in merged.segments]
    if any(text is None for text in texts):
        return "conflict"
    return sameness(case.path, b"".join(text or b"" for text in texts), case.read("expected"))


def curve(cases: list[Case]) -> str:
    """Return a table: for each k the rules that serve, and good, other and precision of whole files."""
    rows = ["| k | good | wrong | conflict | precision | rules that don't serve |", "|---|---|---|---|---|---|"]
    seen: dict[frozenset[str], list[str]] = {}
    sure = [not large(*(case.read(version) for version in ("base", "ours", "theirs"))) for case in cases]
    for k in range(1, 21):
        allowed = precise(k)
        known = seen.get(allowed.rules)
        words = [
            known[i] if known is not None and (sure[i] or known[i] == "conflict") else verdict(case, allowed)
            for i, case in enumerate(cases)
        ]  # what a higher mark leaves in conflict by its odds stays so
        seen[allowed.rules] = words
        found = Counter(words)
        good, wrong = sum(found[word] for word in GOOD), found["order"] + found["other"]
        share = f"{good / (good + wrong):.1%}" if good + wrong else "-"
        out = ", ".join(sorted(ALL - allowed.rules)) or "-"
        rows.append(f"| {k} | {good} | {wrong} | {found['conflict']} | {share} | {out} |")
    return "\n".join(rows)


def main() -> None:
    """Print the table of rules, and what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lang", default="")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--curve", action="store_true")
    given = parser.parse_args()
    cases = load(given.cases, {"conflict"}, {word for word in given.lang.split(",") if word})
    if given.sample and given.sample < len(cases):
        cases = random.Random(given.seed).sample(cases, given.sample)
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    files: list[Whole] = []
    for case in cases:
        merged = eager(case)
        good, bad = by_rule(places(case, merged))
        right.update(good)
        wrong.update(bad)
        if (file := whole(case, merged)) is not None:
            files.append(file)
    print("| rule | right | wrong | precision |\n|---|---|---|---|")
    for rule in sorted(ALL):
        total = right[rule] + wrong[rule]
        print(f"| {rule} | {right[rule]} | {wrong[rule]} | {f'{right[rule] / total:.1%}' if total else '-'} |")
    if given.write:
        rows = "".join(f'    "{rule}": ({right[rule]}, {wrong[rule]}),\n' for rule in sorted(ALL))
        weights = "\n".join(f'    "{name}": {weight:.3f},' for name, weight in odds(files).items())
        head = HEAD.format(files=len(cases), sample=given.sample or "all", seed=given.seed, rows=rows, weights=weights)
        TABLE.write_text(head, encoding="utf-8")
    if given.curve:
        print()
        print(curve(cases))


if __name__ == "__main__":
    main()
