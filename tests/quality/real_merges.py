"""Runs ``forkmerge propose`` on real merges and judges the best proposal by what people committed.

    python -m quality.real_merges FILE.json --work DIR [--only SHA8,QUALITY] [--budget 20] [--time 900] [--json OUT]
    python -m quality.real_merges FILE.json --work DIR --hide 0.2 --seed 0,1,2

(with ``tests`` on the path; docs/how-to/measure-on-real-merges.md tells how DIR is prepared and what the columns say.)
The judge does not believe ``propose``: it writes the best tree out, runs the recorded test command on it and on
people's tree, compares both with the sides, and measures both with the same ``kept``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quality.hold_out import Trial, document, table, trials
from quality.hold_out import line as line_of_trial
from quality.prepared import SIDES, VERSION, Entry, blob, entries, files, git, outcome
from quality.real_tables import line, tables
from quality.sameness import sameness, strays

from forkmerge.recombination.kept import Kept, kept

if TYPE_CHECKING:
    from collections.abc import Sequence

BINARY_PROBE = 8000


@dataclass(frozen=True, slots=True)
class Judged:
    """One merge: what ``propose`` says of its best tree, and what the judge found.

    ``required`` and ``lost`` are the duties to both parents, ``merged_lost`` tests of the merged tree; ``likeness`` is
    ``exactly``, ``formatting`` or ``no``, ``differing`` the paths that differ in more than formatting, ``strays`` the
    definitions in them that stand in a scope where neither side has them.  ``new_failures`` fail on the best tree,
    twice, and not on people's; ``mended`` the other way round; ``missing`` pass on people's and were not run on the
    best.
    """

    merge: str
    repo: str
    quality: str
    verdict: str
    origin: str = ""
    required: int = 0
    lost: tuple[str, ...] = ()
    merged_lost: tuple[str, ...] = ()
    kept: tuple[float, float] = (0.0, 0.0)
    people_kept: tuple[float, float] = (0.0, 0.0)
    likeness: str = "no"
    differing: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    passed: int = 0
    people_passed: int = 0
    new_failures: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    evaluations: int = 0
    suite_equivalents: float = 0.0
    cached: int = 0
    complete: bool = False
    seconds: float = 0.0
    said: str = ""
    warnings: tuple[str, ...] = ()


def judge(entry: Entry, options: argparse.Namespace) -> Judged:
    """Return what ``propose`` makes of ``entry`` and how it compares with people's merge."""
    start = time.monotonic()
    done = _propose(entry, options, ("--no-cache",) if options.fresh else ())
    seconds = round(time.monotonic() - start, 1)
    head = (entry.merge, entry.repo, entry.quality)
    try:
        document = json.loads(done.stdout)
        best = document["proposals"][0]
    except (ValueError, IndexError):
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[-300:]
        return Judged(*head, verdict=f"none (exit {done.returncode})", seconds=seconds, said=said)
    duties = [tests for tests in best["tests"] if tests["owner"] != "merged"]
    tests = _tests(entry, best["tree"], options.suite_seconds)
    return Judged(
        *head,
        verdict=best["verdict"],
        origin=best["origin"],
        required=sum(t["required"] for t in duties),
        lost=tuple(sorted({name for t in duties for name in t["lost"]})),
        merged_lost=tuple(name for t in best["tests"] if t["owner"] == "merged" for name in t["lost"]),
        evaluations=document["evaluations"],
        suite_equivalents=document["suite_equivalents"],
        cached=document["cached"],
        complete=document["complete"],
        seconds=seconds,
        warnings=tuple(document["warnings"]),
        **_likeness(entry, best["tree"]),
        **tests,
    )


def _propose(entry: Entry, options: argparse.Namespace, more: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    git(entry.repository, "checkout", "-qf", "ours")
    entry.put_stubs(entry.repository)
    # PYTHONPATH is the tests'; forkmerge must not import the project (it may be click or rich), hence -E
    program = [sys.executable, "-E", str(options.program)]
    command = [*program, "propose", "theirs", "--fork", "ours", "--test", entry.test, "--json"]
    command += ["--budget", str(options.budget), "--time", str(options.time)]
    command += [word for name in VERSION for word in ("--pass-env", name)]
    command += [word for name in entry.stubs for word in ("--carry", name)]
    command += ["--no-coverage"] * options.no_coverage
    command += more
    return subprocess.run(
        command, cwd=entry.repository, env=entry.environment(entry.repository), check=False, capture_output=True
    )


def _tests(entry: Entry, best: str, seconds: float) -> dict[str, Any]:
    """Return the recorded command's word on the best tree beside people's; what fails by chance does not count."""
    places = [entry.folder / name for name in ("tree-people", "tree-best")]
    people, mine = (outcome(entry, tree, place, seconds) for tree, place in zip(("human", best), places, strict=True))
    new = mine.failed - people.failed
    if new:
        new &= outcome(entry, best, places[1], seconds).failed
    mended = people.failed & mine.passed
    if mended:
        mended &= outcome(entry, "human", places[0], seconds).failed
    return {
        "passed": len(mine.passed),
        "people_passed": len(people.passed),
        "new_failures": tuple(sorted(new)),
        "mended": tuple(sorted(mended)),
        "missing": tuple(sorted(people.passed - mine.passed - mine.failed)),
        "said": "" if people.finished and mine.finished else "the recorded command did not end in time",
    }


def _likeness(entry: Entry, best: str) -> dict[str, Any]:
    """Return how alike the best tree and people's are, and what each keeps of the sides on paths that both changed."""
    repository = entry.repository
    trees = {side: files(repository, side) for side in (*SIDES, best)}
    both = [
        path
        for path in sorted(set().union(*(trees[side] for side in SIDES[:3])))
        if all(trees["base"].get(path) != trees[side].get(path) for side in ("ours", "theirs"))
    ]
    total = {"human": Kept(), best: Kept()}
    for path in both:
        inputs = [blob(repository, trees[side].get(path)) for side in SIDES[:3]]
        if not any(b"\0" in data[:BINARY_PROBE] for data in inputs):
            for tree in total:
                total[tree] += kept(*inputs, blob(repository, trees[tree].get(path)))
    differing = [
        path for path in {**trees["human"], **trees[best]} if trees["human"].get(path) != trees[best].get(path)
    ]
    told = [path for path in differing if not _formatting(repository, path, trees["human"], trees[best])]
    sides = [trees["ours"], trees["theirs"]]
    stray = [
        f"{path}: {name}"
        for path in told
        for name in strays(
            path, blob(repository, trees[best].get(path)), [blob(repository, side.get(path)) for side in sides]
        )
    ]
    return {
        "strays": tuple(stray),
        "kept": (total[best].share_ours, total[best].share_theirs),
        "people_kept": (total["human"].share_ours, total["human"].share_theirs),
        "likeness": "no" if told else "formatting" if differing else "exactly",
        "differing": tuple(sorted(told)),
    }


def _formatting(repository: Path, path: str, people: dict[str, str], best: dict[str, str]) -> bool:
    """Return whether the two files differ in formatting and comments alone."""
    if path not in people or path not in best:
        return False
    return sameness(path, *(blob(repository, tree[path]) for tree in (best, people))) in ("exact", "space", "token")


def main() -> int:
    """Print a line for each merge as it is done, then the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the JSON file that lists the merges")
    parser.add_argument("--work", type=Path, required=True, help="the folder with the prepared repositories")
    parser.add_argument("--only", default="", help="beginnings of merge ids, or qualities, with commas")
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--time", type=int, default=900, help="seconds for propose on one merge")
    parser.add_argument("--suite-seconds", type=float, default=600, help="seconds for the recorded command on one tree")
    parser.add_argument("--fresh", action="store_true", help="run everything again, whatever the ledger knows")
    parser.add_argument("--program", type=Path, default=Path(sys.executable).with_name("forkmerge"))
    parser.add_argument("--no-coverage", action="store_true", help="do without what each test touches")
    parser.add_argument("--json", type=Path, help="write the results here, after each merge")
    parser.add_argument("--hide", type=float, default=0.0, help="compare with this share of the tests unknown (0.2)")
    parser.add_argument("--seed", default="0", help="with --hide: the seeds to draw them with, with commas")
    options = parser.parse_args()
    if options.hide:
        return _hide(options)
    results: list[dict[str, Any]] = []
    for entry in entries(options.file, options.work, [word for word in options.only.split(",") if word]):
        if not (entry.repository / ".git").exists():
            print(f"{entry.merge[:8]} {entry.repo}: not prepared", flush=True)
            continue
        results.append(asdict(judge(entry, options)))
        print(line(results[-1]), flush=True)
        if options.json:
            document = {"budget": options.budget, "merges": results}
            options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(tables(results))
    return 0


def _hide(options: argparse.Namespace) -> int:
    """Print what hiding some tests from the search changes, a line for each trial and then the table."""
    found: list[Trial] = []
    for entry in entries(options.file, options.work, [word for word in options.only.split(",") if word]):
        if not (entry.repository / ".git").exists():
            print(f"{entry.merge[:8]} {entry.repo}: not prepared", flush=True)
            continue
        ask = partial(_propose, entry, options)
        for trial in trials(entry.merge, entry.repo, map(int, options.seed.split(",")), ask, options.hide):
            found.append(trial)
            print(line_of_trial(trial), flush=True)
            if options.json:
                options.json.write_text(document(found, options.hide), encoding="utf-8")
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
