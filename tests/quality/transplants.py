"""Runs ``forkmerge transplant`` on real bug fixes that a fork lacks, and judges what comes out.

    python -m quality.transplants FIXES.json --clones DIR --work DIR [--only SHA8,OWNER/NAME] [--most 10] [--json OUT]

(with ``tests`` on the path.)  FIXES.json is what ``quality.mine_transplants`` wrote; ``--work`` holds the virtual
environments that ``quality.prepare_merges`` made.  ``transplant`` is given upstream's branch and the names of the tests
that the fix added or changed, and not the fix.  The judge does not believe it: it runs the recorded test command on the
fork and on the result, and counts changed lines by git.  A fix whose tests pass on the fork as it is does not count.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from quality.mine_transplants import changed, picked
from quality.prepare_merges import IDENTITY
from quality.prepared import VERSION, Entry, Outcome, git, outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """One fix: what ``transplant`` says, and what the judge found.

    ``lines`` are changed lines of the fix, ``taken`` those of the result, each with those of code alone; ``failing``
    are goals that the judge saw fail on the result, ``lost`` tests that pass on the fork and never there.
    """

    repo: str
    fix: str
    subject: str
    outcome: str
    source: str = ""
    lines: tuple[int, int] = (0, 0)
    taken: tuple[int, int] = (0, 0)
    goals: int = 0
    failing: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    minimal: bool = False
    suites: int = 0
    probes: int = 0
    equivalents: float = 0.0
    seconds: float = 0.0
    said: str = ""

    @property
    def usable(self) -> bool:
        """Return whether the fork lacks the fix at all, and its tests can be run."""
        return self.outcome != "nothing-to-do" and not self.outcome.startswith("exit 3")

    @property
    def good(self) -> bool:
        """Return whether the goals pass and nothing is lost, by the judge's own runs."""
        return self.outcome == "found" and not self.failing and not self.lost

    @property
    def small(self) -> bool:
        """Return whether the result is no larger than the fix."""
        return self.good and self.taken[0] <= self.lines[0]


def prepare(fix: dict[str, Any], clones: Path, work: Path) -> Entry:
    """Make the repository of a fix anew, with the branches fork (checked out) and upstream."""
    commits = {"base": fix["base"], "fork": "fork", "upstream": fix["upstream"]}
    stubs = fix.get("stub_files") or {}
    rest = (fix["venv"], tuple(fix["requirements"]), tuple(fix["src"]), fix["test"], stubs, (), work.resolve())
    entry = Entry(fix["repo"], fix["fix"], "transplant", commits, *rest)
    full = next(
        p.parent
        for p in sorted((clones / entry.repo.replace("/", "+")).glob("**/HEAD"))
        if (p.parent / "objects").is_dir()
    )
    shutil.rmtree(entry.folder, ignore_errors=True)
    entry.folder.mkdir(parents=True)
    git(entry.folder, "clone", "-q", "--shared", "--no-checkout", str(full.resolve()), "repo")
    tip = fix["base"]
    for pick in fix["picks"]:
        tree = picked(entry.repository, tip, pick)
        tip = (
            git(entry.repository, *IDENTITY, "commit-tree", tree, "-p", tip, "-m", f"Like {pick[:9]}").decode().strip()
        )
    git(entry.repository, "branch", "-f", "upstream", fix["upstream"])
    git(entry.repository, "checkout", "-qf", "-B", "fork", tip)
    return entry


def judge(fix: dict[str, Any], entry: Entry, options: argparse.Namespace) -> Judged:
    """Return what ``transplant`` makes of a fix."""
    entry.put_stubs(entry.repository)
    program = [sys.executable, "-E", str(options.program)]
    command = [*program, "transplant", "upstream", "--test", entry.test, "--json", "--time", str(options.time)]
    command += [word for name in fix["goals"] for word in ("--goal", name)]
    command += [word for name in VERSION for word in ("--pass-env", name)]
    command += [word for name in entry.stubs for word in ("--carry", name)]
    start = time.monotonic()
    done = subprocess.run(
        command, cwd=entry.repository, env=entry.environment(entry.repository), check=False, capture_output=True
    )
    head = (entry.repo, fix["fix"], fix["subject"])
    seconds = round(time.monotonic() - start, 1)
    said = " ".join(done.stderr.decode("utf-8", "replace").split())[-300:]
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return Judged(*head, outcome=f"exit {done.returncode}", seconds=seconds, said=said)
    common: dict[str, Any] = {
        "outcome": found["outcome"],
        "source": found["source"],
        "lines": (fix["lines"], fix["code"]),
        "goals": len(found["goals"]),
        "minimal": found["minimal"],
        "suites": found["evaluations"],
        "probes": found["probes"],
        "equivalents": found["suite_equivalents"],
        "seconds": seconds,
        "replaced": tuple(w["test"] for w in found["waivers"]),
    }
    if found["outcome"] != "found":
        said = "; ".join([found["reason"], *(f"{t['source']}: {t['why']} {t['lost'][:3]}" for t in found["tried"])])
        return Judged(*head, **common, said=said)
    tree = found["proposal"]["tree"]
    lines = changed(entry.repository, "fork", tree)
    code = sum(n for path, n in lines.items() if path.endswith(".py") and "test" not in path)
    return Judged(*head, **common, **_tests(entry, tree, found, options), taken=(sum(lines.values()), code))


def _tests(entry: Entry, tree: str, found: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    place = entry.folder / "tree"
    fork, result = (outcome(entry, t, place, options.suite_seconds) for t in ("fork", tree))
    lost = _gone(fork, result) - {w["test"] for w in found["waivers"]}
    if lost:  # what fails by chance, on a busy machine, is not lost
        lost &= _gone(fork, outcome(entry, tree, place, options.suite_seconds))
        lost &= outcome(entry, "fork", place, options.suite_seconds).passed
        lost &= _gone(fork, outcome(entry, tree, place, options.suite_seconds))
    goals = [g["test"] for g in found["goals"] if g["upstream"] == "passed"]
    return {"failing": tuple(g for g in goals if g not in result.passed), "lost": tuple(sorted(lost))}


def _gone(fork: Outcome, result: Outcome) -> set[str]:
    """Return tests that pass on the fork and fail on the result, and functions of which nothing passes there any more.

    Parameters come and go by themselves, where they hold the time of day.
    """
    left = {name.partition("[")[0] for name in result.passed}
    return {t for t in fork.passed if t in result.failed or t.partition("[")[0] not in left}


def table(rows: list[Judged]) -> str:
    """Return the table of the report, in Markdown, and what it adds up to."""
    heads = (
        "project",
        "fix",
        "outcome",
        "lines of the fix (code)",
        "lines taken (code)",
        "from",
        "suites",
        "probes",
        "s",
    )
    out = [_row(heads), _row(("---",) * len(heads))]
    for row in rows:
        said = "found" if row.good else row.outcome + " (judge: not good)" * (row.outcome == "found")
        taken = f"{row.taken[0]} ({row.taken[1]})" if row.outcome == "found" else ""
        fix = f"{row.fix[:9]} {row.subject}".replace("|", "\\|")
        lines = f"{row.lines[0]} ({row.lines[1]})"
        cost = (str(row.suites), str(row.probes), f"{row.seconds:.0f}")
        out.append(_row((row.repo.partition("/")[2], fix, said, lines, taken, row.source.split(" ", 1)[0], *cost)))
    usable = [row for row in rows if row.usable]
    out.append("")
    good, small = sum(r.good for r in usable), sum(r.small for r in usable)
    none = f"{len(rows) - len(usable)} of {len(rows)} drawn don't count: their tests pass on the fork as it is."
    out.append(f"{good} of {len(usable)} are found, {small} of them no larger than the fix; {none}")
    return "\n".join(out)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Print a line for each fix as it is done, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--clones", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--most", type=int, default=10, help="stop after so many fixes that count")
    parser.add_argument("--time", type=int, default=900, help="seconds for one fix")
    parser.add_argument("--suite-seconds", type=float, default=600)
    parser.add_argument("--program", type=Path, default=Path(sys.executable).with_name("forkmerge"))
    parser.add_argument("--json", type=Path, help="write the results here, after each fix")
    options = parser.parse_args()
    only = [word for word in options.only.split(",") if word]
    rows: list[Judged] = []
    for fix in json.loads(options.file.read_text(encoding="utf-8"))["fixes"]:
        if only and not any(fix["fix"].startswith(word) or fix["repo"] == word for word in only):
            continue
        if sum(row.usable for row in rows) >= options.most:
            break
        rows.append(judge(fix, prepare(fix, options.clones, options.work), options))
        row = rows[-1]
        print(
            f"{row.fix[:9]} {row.repo}: {row.outcome}, {row.lines} -> {row.taken} lines, {row.suites} suites, "
            f"{row.probes} probes, {row.seconds} s; failing {row.failing[:3]}, lost {row.lost[:3]} {row.said}",
            flush=True,
        )
        if options.json:
            options.json.write_text(json.dumps([asdict(r) for r in rows], indent=1) + "\n", encoding="utf-8")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
