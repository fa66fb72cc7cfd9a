"""Runs ``forkmerge check`` on merges that git made clean and people committed as they were: findings there are noise.

    python -m quality.clean_merges REPOSITORY... [--each 6] [--busy] [--only MERGE,...] [--json FILE]

(with ``tests`` on the path.)  Taken are merge commits of two parents with one merge base, neither of them the base,
whose tree is git's own merge of the parents; of each repository as many as ``--each`` says, spread over its history, or
with ``--busy`` those where both sides changed most files.
The command runs as users run it, a process for each merge, in a clone that shares the repository's objects: nothing is
written to the repository itself.  Every finding is printed, to be read by hand: some are true.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LIMIT = 600
LOOKED_AT = 400
"""Merges of a repository that are looked at for busy ones."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One merge: the commit, the document of ``check``, the files of its tree, and what the process took.

    ``seconds`` are by the clock, ``cpu`` those of the processor.
    """

    repository: str
    merge: str
    files: int
    seconds: float
    cpu: float
    code: int
    report: dict[str, Any]
    error: str = ""

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Return the findings, the gravest first."""
        return list(self.report.get("findings", ()))


def git(repository: Path, *args: str) -> str:
    """Return what git prints; raises CalledProcessError."""
    done = subprocess.run(["git", "-C", str(repository), *args], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def is_clean(repository: Path, merge: str, one: str, two: str) -> bool:
    """Return whether git's merge of the parents is clean, no fast-forward, and the tree that was committed."""
    bases = _answer(repository, "merge-base", "--all", one, two).split()
    if len(bases) != 1 or bases[0] in (one, two):
        return False
    made = _answer(repository, "merge-tree", "--write-tree", one, two)
    return made.strip() == _answer(repository, "rev-parse", f"{merge}^{{tree}}").strip()


def sample(repository: Path, each: int, *, busy: bool = False) -> list[tuple[str, str, str]]:
    """Return ``each`` merges spread over the history, oldest last, or those where both sides changed most files."""
    listed = git(repository, "rev-list", "--all", "--min-parents=2", "--max-parents=2", "--parents").splitlines()
    out: list[tuple[str, str, str]] = []
    if busy:
        step = max(len(listed) // LOOKED_AT, 1)
        counted = sorted(
            ((_both_changed(repository, *line.split()[1:]), line) for line in listed[::step]), reverse=True
        )
        for count, line in counted:
            merge, one, two = line.split()
            if count and len(out) < each and is_clean(repository, merge, one, two):
                out.append((merge, one, two))
        return out
    step = max(len(listed) // max(each, 1), 1)
    for start in range(0, len(listed), step):
        for line in listed[start : start + step]:
            merge, one, two = line.split()
            if is_clean(repository, merge, one, two):
                out.append((merge, one, two))
                break
    return out[:each]


def _used() -> float:
    """Return the processor's seconds of all children that ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _both_changed(repository: Path, one: str, two: str) -> int:
    """Return how many files the side with fewer changes changed, 0 where that can't be told."""
    base = _answer(repository, "merge-base", one, two).strip()
    sides = (_answer(repository, "diff-tree", "-r", "--name-only", base, side) for side in (one, two) if base)
    return min((len(side.splitlines()) for side in sides), default=0)


def checked(clone: Path, name: str, merge: str, target: str, head: str) -> Checked:
    """Return what ``forkmerge check`` says of merging ``head`` into ``target``."""
    files = len(git(clone, "ls-tree", "-r", "--name-only", merge).splitlines())
    command = [sys.executable, "-m", "forkmerge.cli", "-q", "check", target, "--head", head, "--format", "json"]
    began, used = time.monotonic(), _used()
    done = subprocess.run(command, cwd=clone, check=False, capture_output=True, text=True, timeout=LIMIT)
    seconds = round(time.monotonic() - began, 2)
    cpu = round(_used() - used, 2)
    report = json.loads(done.stdout) if done.stdout else {}
    return Checked(name, merge, files, seconds, cpu, done.returncode, report, "" if report else done.stderr[-2000:])


def measure(repository: Path, each: int, only: Sequence[str] = (), *, busy: bool = False) -> Iterator[Checked]:
    """Yield the checks of a repository's merges; ``only`` are commits to take in place of a sample."""
    name = (repository.parent.name if repository.name == "repo" else repository.name).removesuffix(".git")
    with tempfile.TemporaryDirectory(prefix="forkmerge-clean-") as folder:
        clone = Path(folder) / "clone"
        git(Path(folder), "clone", "-q", "--bare", "--shared", str(repository.resolve()), str(clone))
        if only:
            merges = [(m, *git(clone, "rev-list", "--parents", "-n", "1", m).split()[1:3]) for m in only]
        else:
            merges = sample(clone, each, busy=busy)
        for merge, one, two in merges:
            yield checked(clone, name, merge, one, two)


def shown(one: Checked) -> str:
    """Return a merge as lines: its head, and each finding with its places."""
    took = f"{one.seconds:.1f} s ({one.cpu:.1f})"
    out = [f"{one.repository} {one.merge[:10]} {one.files} files {took}: {len(one.findings)} findings"]
    if one.error:
        out.append(f"  failed with {one.code}: {one.error}")
    for f in one.findings:
        out.append(f"  {f['path']}:{f['line']}: {f['severity']}: {f['message']} [{f['rule']}]")
        out += [f"      {p['side']} {p['path']}:{p['line']} {p['unit']} {p['what']}" for p in f["places"]]
    return "\n".join(out)


def summary(found: Sequence[Checked]) -> str:
    """Return the counts as a table and a sentence on time."""
    counted = "merges | with findings | errors | warnings | notes"
    rows = [f"| repository | {counted} | median s | longest s | median CPU s | longest |", "|---" * 10 + "|"]
    names = list(dict.fromkeys(c.repository for c in found))
    for name in (*names, "all"):
        mine = [c for c in found if name in ("all", c.repository)]
        counts = [sum(f["severity"] == s for c in mine for f in c.findings) for s in ("error", "warning", "note")]
        times = [sorted(values) or [0.0] for values in ((c.seconds for c in mine), (c.cpu for c in mine))]
        took = (t for each in times for t in (each[len(each) // 2], each[-1]))
        cells = (name, len(mine), sum(bool(c.findings) for c in mine), *counts, *took)
        rows.append("| " + " | ".join(str(c) for c in cells) + " |")
    return "\n".join(rows)


def main() -> int:
    """Print each merge and the table; return 1 when a check failed to run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--each", type=int, default=6)
    parser.add_argument("--busy", action="store_true", help="merges where both sides changed many files")
    parser.add_argument("--only", default="", help="merge commits, separated by commas")
    parser.add_argument("--json", type=Path, help="where everything goes as JSON")
    args = parser.parse_args()
    found = []
    for repository in args.repositories:
        for one in measure(repository, args.each, tuple(filter(None, args.only.split(","))), busy=args.busy):
            found.append(one)
            print(shown(one), flush=True)
    print("\n" + summary(found))
    if args.json:
        args.json.write_text(json.dumps([asdict(one) for one in found], indent=1), encoding="utf-8")
    return int(any(one.error for one in found))


def _answer(repository: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(repository), *args], check=False, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
