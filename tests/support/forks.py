"""Builds git repositories from fixtures/forks and runs their suites: what the tests of the forks need."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FORKS = ROOT / "fixtures" / "forks"
SOLUTIONS = ROOT / "fixtures" / "solutions"
NAMES = tuple(sorted(path.parent.name for path in FORKS.glob("*/fork.toml")))
DATES = {
    "base": "2024-03-01T12:00:00+00:00",
    "upstream": "2024-03-02T12:00:00+00:00",
    "fork": "2024-03-03T12:00:00+00:00",
}
IDENTITY = ("Forkmerge Demo", "demo@forkmerge.invalid")


@dataclass(frozen=True, slots=True)
class Merged:
    """How a merge by git went: its exit code, the work tree it left, and the paths in conflict."""

    code: int
    tree: Path
    conflicts: tuple[str, ...]


def manifest(name: str) -> dict[str, Any]:
    return tomllib.loads((FORKS / name / "fork.toml").read_text(encoding="utf-8"))


def git(repository: Path, *arguments: str, date: str = DATES["base"], check: bool = True) -> str:
    name, email = IDENTITY
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(repository),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
           for what, value in (("NAME", name), ("EMAIL", email), ("DATE", date))},
    }  # fmt: skip
    return subprocess.run(
        ["git", *arguments], cwd=repository, env=environment, check=check, capture_output=True, text=True
    ).stdout


def build(name: str, where: Path) -> Path:
    """Return a repository with the branches main, upstream and fork (checked out) of a fixture."""
    where.mkdir(parents=True)
    git(where, "init", "-q", "-b", "main")
    for branch, version in (("main", "base"), ("upstream", "upstream"), ("fork", "fork")):
        if version != "base":
            git(where, "checkout", "-q", "-b", branch, "main")
            git(where, "rm", "-q", "-r", ".")
        shutil.copytree(FORKS / name / version, where, dirs_exist_ok=True)
        git(where, "add", "-A")
        git(where, "commit", "-q", "-m", version, date=DATES[version])
    return where


def merge(repository: Path, where: Path, *options: str) -> Merged:
    """Return what ``git merge`` with ``options`` makes of fork and upstream, in a work tree at ``where``."""
    git(repository, "worktree", "add", "-q", "--detach", str(where), "fork")
    code = subprocess.run(
        ["git", "-c", "user.name=d", "-c", "user.email=d@d", "merge", "-q", "--no-edit", *options, "upstream"],
        cwd=where, check=False, capture_output=True,
    ).returncode  # fmt: skip
    conflicts = git(where, "diff", "--name-only", "--diff-filter=U").split()
    return Merged(code, where, tuple(conflicts))


def with_tests_of(name: str, tree: Path, side: str, where: Path) -> Path:
    """Return a copy of ``tree`` in which the whole test folder is the one of ``side``."""
    folder = manifest(name)["tests"]
    shutil.copytree(tree, where, ignore=shutil.ignore_patterns(".git", "__pycache__"))
    shutil.rmtree(where / folder)
    shutil.copytree(FORKS / name / side / folder, where / folder)
    return where


def results(name: str, tree: Path) -> dict[str, bool]:
    """Return whether each test passes in ``tree``, by its name; a test with parameters passes when all of them do.

    Empty when the suite did not even start.
    """
    told = manifest(name)
    report = tree / "results.xml"
    command = told["test"].split()
    if told["language"] == "python":
        command = [sys.executable, *command[1:], f"--junit-xml={report}"]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }
    subprocess.run(command, cwd=tree, env=environment, check=False, capture_output=True, timeout=120)
    passed: dict[str, bool] = {}
    if not report.exists():
        return passed
    for case in ET.parse(report).iter("testcase"):
        test = case.get("name", "").split("[")[0]
        good = all(case.find(tag) is None for tag in ("failure", "error", "skipped"))
        passed[test] = passed.get(test, True) and good
    report.unlink()
    return passed


def sources_of_tests(name: str, side: str) -> dict[str, str]:
    """Return the source of each test of a side by its name: what tells whether a side edited it."""
    python = manifest(name)["language"] == "python"
    sources: dict[str, str] = {}
    for path in sorted((FORKS / name / side / manifest(name)["tests"]).rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            sources |= _python_tests(text) if python else _javascript_tests(text)
    return sources


def _python_tests(text: str) -> dict[str, str]:
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {
        node.name: ast.unparse(node) for node in functions if node.name.startswith("test_")
    }  # decorators are part of what is unparsed


def _javascript_tests(text: str) -> dict[str, str]:
    pieces = re.split(r"^ *(?=(?:test|it)\()", text, flags=re.MULTILINE)[1:]
    title = re.compile(r"""(?:test|it)\((["'`])(.*?)\1""")
    return {found.group(2): piece[: piece.index("});")] for piece in pieces if (found := title.match(piece))}


def required(name: str, side: str) -> frozenset[str]:
    """Return the tests of ``side`` less those that it left as they were and the other side edited or deleted."""
    other = "upstream" if side == "fork" else "fork"
    base, mine, theirs = (sources_of_tests(name, version) for version in ("base", side, other))
    return frozenset(test for test, text in mine.items() if not (base.get(test) == text and theirs.get(test) != text))
