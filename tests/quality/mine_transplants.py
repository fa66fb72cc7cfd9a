"""Finds bug fixes in full clones of projects, and forks that lack them: what ``transplants`` measures on.

    python -m quality.mine_transplants MERGES.json --clones DIR --out FIXES.json [--each 8] [--seed 0]

(with ``tests`` on the path.)  A fix is a commit that says so, without being a merge, that changes code and tests and
little enough to be one thing.  Its fork starts a number of commits before it, and takes what it can of the commits that
came after it, those first that touch the same files; upstream goes on for a number of commits.  Which fixes are looked
at is drawn by chance.  How the tests of a project are run is taken from MERGES.json.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from quality.prepare_merges import IDENTITY
from quality.prepared import git

from forkmerge.app.goals import unit_spans

FIX = re.compile(r"\b(?:fix(?:es|ed)?|bugs?|crash(?:es)?|regression|incorrect(?:ly)?|wrong(?:ly)?)\b", re.IGNORECASE)
NO_FIX = re.compile(
    r"\b(?:typos?|docs?|documentation|changelog|tests?|mypy|lint|typing|type hints?|ci|readme)\b", re.IGNORECASE
)
MOST_LINES = 80
ON, OWN = 10, 2


def main() -> int:
    """Write the fixes that were drawn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the JSON file that lists merges, for how tests are run")
    parser.add_argument("--clones", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--repo", action="append", default=[], help="OWNER/NAME@SINCE, may be repeated")
    parser.add_argument("--each", type=int, default=8, help="fixes of one project")
    parser.add_argument("--back", type=int, default=20, help="how many commits before the fix the fork starts")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    known = {m["repo"]: m for m in json.loads(given.file.read_text(encoding="utf-8"))["merges"]}
    found: list[dict[str, Any]] = []
    for named in given.repo:
        name, _, since = named.partition("@")
        full = next(
            p.parent
            for p in sorted((given.clones / name.replace("/", "+")).glob("**/HEAD"))
            if (p.parent / "objects").is_dir()
        )
        with TemporaryDirectory() as folder:
            git(Path(folder), "clone", "-q", "--bare", "--shared", str(full.resolve()), folder)
            fixes = drawn(Path(folder), since, Random(given.seed), given.each, given.back)
        how = {key: known[name].get(key) for key in ("repo", "venv", "requirements", "src", "stub_files", "test")}
        found += [how | fix for fix in fixes]
        print(f"{name}: {len(fixes)} fixes", flush=True)
    given.out.write_text(json.dumps({"fixes": found}, indent=1) + "\n", encoding="utf-8")
    return 0


def drawn(clone: Path, since: str, random: Random, most: int, back: int) -> list[dict[str, Any]]:
    """Return ``most`` fixes of a project, drawn by chance among those that have a fork."""
    args = ["log", "--no-merges", f"--since={since}", "--format=%H%x00%s", "HEAD"]
    rows = [line.split("\0", 1) for line in git(clone, *args).decode("utf-8", "replace").splitlines()]
    commits = [commit for commit, subject in rows if FIX.search(subject) and not NO_FIX.search(subject)]
    random.shuffle(commits)
    found = []
    for commit in commits:
        fix = _fix(clone, commit, back)
        if fix is not None:
            found.append(fix)
        if len(found) == most:
            break
    return found


def changed(clone: Path, old: str, new: str) -> dict[str, int]:
    """Return path -> changed lines between two trees."""
    rows = git(clone, "diff", "--numstat", "--no-renames", "-z", old, new).decode("utf-8", "replace").split("\0")
    cells = [row.split("\t") for row in rows if row]
    return {path: int(a) + int(b) for a, b, path in cells if a.isdecimal()}


def _fix(clone: Path, commit: str, behind: int) -> dict[str, Any] | None:
    lines = changed(clone, f"{commit}~1", commit)
    code = {
        p: n
        for p, n in lines.items()
        if p.endswith(".py") and "test" not in p and not p.startswith(("docs/", "examples/"))
    }
    tests = {p: n for p, n in lines.items() if p.endswith(".py") and p.startswith("tests/")}
    if not code or not tests or sum(code.values()) + sum(tests.values()) > MOST_LINES:
        return None
    goals = _goals(clone, commit, tests)
    back = git(clone, "rev-parse", "-q", "--verify", f"{commit}~{behind}", fail=False).decode().strip()
    line = git(clone, "rev-list", "--first-parent", "--ancestry-path", "--reverse", f"{commit}..HEAD").decode().split()
    if not goals or not back or not line:
        return None
    fork = _fork(clone, commit, back, set(code))
    if not fork:
        return None
    subject = git(clone, "show", "-s", "--format=%s", commit).decode("utf-8", "replace").strip()
    return {
        "fix": commit, "subject": subject, "base": back, "picks": fork, "upstream": line[min(ON, len(line)) - 1],
        "goals": goals, "lines": sum(lines.values()), "code": sum(code.values()), "tests": sum(tests.values()),
    }  # fmt: skip


def _goals(clone: Path, commit: str, tests: dict[str, int]) -> list[str]:
    """Return the names of the tests that a commit adds or changes."""
    found = []
    for path in tests:
        texts = [git(clone, "cat-file", "blob", f"{c}:{path}", fail=False) for c in (f"{commit}~1", commit)]
        before, after = ({s: span.of(t) for s, span in unit_spans(path, t).items()} for t in texts)
        found += [
            "::".join((path, *scope))
            for scope, text in after.items()
            if before.get(scope) != text and scope[-1].startswith("test")
        ]
    return found


def _fork(clone: Path, commit: str, back: str, code: set[str]) -> list[str]:
    """Return later commits that apply to ``back`` one after the other, those first that touch the code of the fix."""
    later = git(clone, "rev-list", "--no-merges", "--reverse", f"{commit}..HEAD").decode().split()[:200]
    touched = {c: set(changed(clone, f"{c}~1", c)) for c in later}
    later = [c for c in later if any(p.endswith(".py") and not p.startswith("tests/") for p in touched[c])]
    later.sort(key=lambda c: not touched[c] & code)
    found: list[str] = []
    tree = back
    for candidate in later[:60]:
        made = picked(clone, tree, candidate)
        if made and made != git(clone, "rev-parse", f"{tree}^{{tree}}").decode().strip():
            found.append(candidate)
            tree = made
        if len(found) == OWN:
            break
    return found


def picked(clone: Path, tree: str, commit: str) -> str:
    """Return the tree that git's cherry-pick of ``commit`` onto ``tree`` gives, "" where it conflicts.

    Objects are written to ``clone``.
    """
    command = [*IDENTITY, "commit-tree", f"{tree}^{{tree}}", "-p", f"{commit}~1", "-m", "fork"]
    ours = git(clone, *command).decode().strip()
    lines = git(clone, "merge-tree", "--write-tree", ours, commit, fail=False).decode("utf-8", "replace").split("\n")
    return lines[0].strip() if len([line for line in lines if line]) == 1 else ""


if __name__ == "__main__":
    sys.exit(main())
