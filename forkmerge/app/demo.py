"""``demo``: a built-in fork becomes a real repository, git and forkmerge are let loose on it, and both are shown.

Everything that is printed was done here and now: git's conflicts, its merge with the conflicts resolved to one side,
and the proposals, each by running the tests of both sides in the sandbox.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import forkmerge
from forkmerge.app.config import load
from forkmerge.app.request import ProposeRequest
from forkmerge.errors import ExitCode, MissingTool, UnusableInput, UsageError
from forkmerge.git import command
from forkmerge.report import words
from forkmerge.report.terminal import line, proposals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from forkmerge.app.settings import Settings
    from forkmerge.report.values import GitReport, Proposals

_WHO = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Forkmerge Demo"), ("EMAIL", "demo@forkmerge.invalid"))
}
_VERSIONS = (("base", "main", 1), ("upstream", "upstream", 2), ("fork", "fork", 3))


@dataclass(frozen=True, slots=True)
class Difference:
    """A planted difference: what each side did at ``path``, and what git makes of it."""

    kind: str
    path: str
    fork: str
    upstream: str
    git: str


@dataclass(frozen=True, slots=True)
class Fixture:
    """A built-in fork: its folder, the test command, and what is planted in it."""

    name: str
    title: str
    folder: Path
    test: str
    results: str
    test_paths: tuple[str, ...]
    differences: tuple[Difference, ...]


def fixtures() -> tuple[Fixture, ...]:
    """Return the built-in forks, of the wheel or of the source checkout."""
    package = Path(forkmerge.__file__).parent
    homes = (package / "_data" / "forks", package.parent / "fixtures" / "forks")
    home = next((h for h in homes if h.is_dir()), None)
    if home is None:
        raise UnusableInput("the built-in forks are missing", where=str(homes[0]), hint="install forkmerge again")
    return tuple(_fixture(path.parent) for path in sorted(home.glob("*/fork.toml")))


def run(name: str | None, keep: str | None, *, console: Console, notes: Console, quiet: bool) -> int:
    """Show the story of the fork called ``name`` (the first that can be tested here); return the exit code."""
    fixture = _choose(name)
    with _place(keep) as folder:
        build(fixture, Path(folder))
        line(console, fixture.title, "bold")
        line(console, f"A fork and its upstream with {len(fixture.differences)} differences between them:")
        for difference in fixture.differences:
            line(console, f"  {difference.path}: {difference.kind} (for git: {difference.git})", "dim")
        line(console)
        found = _propose(fixture, folder, notes, quiet=quiet)
        _beside(console, found)
        line(console)
        line(console, "What forkmerge proposes", "bold")
        proposals(console, found)
        if keep is not None:
            line(console, f"The repository is in {keep}: try forkmerge show, diff and apply there.")
    return ExitCode.DONE if found.good else ExitCode.FINDINGS


def build(fixture: Fixture, folder: Path) -> None:
    """Make the repository of ``fixture`` in the empty ``folder``: branches main, upstream and fork (the current)."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise UnusableInput("the folder is not empty", where=str(folder), hint="name a new one")
    _git(folder, "init", "-q", "-b", "main")
    for version, branch, day in _VERSIONS:
        if branch != "main":
            _git(folder, "checkout", "-q", "-b", branch, "main")
        for path in folder.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(
            fixture.folder / version, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
        _git(folder, "add", "--all", "--force")
        date = f"2024-03-{day:02d}T12:00:00+00:00"
        _git(folder, "commit", "-q", "-m", version, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date, **_WHO)


def _git(folder: Path, *args: str, **env: str) -> None:
    command.run(args, cwd=folder, env=env)


def _fixture(folder: Path) -> Fixture:
    told = tomllib.loads((folder / "fork.toml").read_text(encoding="utf-8"))
    keys = ("kind", "path", "fork", "upstream", "git")
    return Fixture(
        name=told["name"],
        title=told["title"],
        folder=folder,
        test=told["test"],
        results=told.get("results", ""),
        test_paths=(told["tests"],) if told.get("tests") else (),
        differences=tuple(Difference(*(d.get(key, "") for key in keys)) for d in told.get("difference", ())),
    )


def _choose(name: str | None) -> Fixture:
    known = fixtures()
    if name is not None:
        found = next((f for f in known if f.name == name), None)
        if found is None:
            raise UsageError(f"there is no built-in fork {name!r}", hint=f"one of {', '.join(f.name for f in known)}")
        if missing := _missing(found):
            raise missing
        return found
    troubles = [_missing(fixture) for fixture in known]
    found = next((f for f, trouble in zip(known, troubles, strict=True) if trouble is None), None)
    if found is None:
        raise next(trouble for trouble in troubles if trouble is not None)
    return found


def _missing(fixture: Fixture) -> MissingTool | None:
    """Return what keeps the tests of ``fixture`` from running here, None if nothing does."""
    program = shlex.split(fixture.test)[0]
    if program == "python":
        tried = subprocess.run([sys.executable, "-c", "import pytest"], capture_output=True, check=False)
        hint = f"{sys.executable} -m pip install pytest"
        return MissingTool("the demo's tests need pytest", hint=hint) if tried.returncode else None
    if shutil.which(program) is None:
        return MissingTool(f"the tests of {fixture.name} need {program}", hint=f"install {program}")
    return None


def _place(keep: str | None) -> AbstractContextManager[str]:
    if keep is not None:
        return nullcontext(keep)
    return tempfile.TemporaryDirectory(prefix="forkmerge-demo-")


def _settings(fixture: Fixture, folder: str) -> Settings:
    test = fixture.test
    if shlex.split(test)[0] == "python":
        test = shlex.quote(sys.executable) + test.removeprefix("python")
    given = {"test": test, "test_paths": fixture.test_paths}
    if fixture.results:
        given["results"] = fixture.results
    return load(folder, os.environ, given)


def _propose(fixture: Fixture, folder: str, notes: Console, *, quiet: bool) -> Proposals:
    from forkmerge.app.propose import propose  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.report.events import Silent  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.report.progress import Display  # noqa: PLC0415 - loaded when it is needed

    request = ProposeRequest(folder, "upstream", "fork", _settings(fixture, folder), wholesale=True)
    if quiet:
        return propose(request, Silent())
    with Display(notes) as display:
        return propose(request, display)


def _beside(console: Console, found: Proposals) -> None:
    line(console, "What git does", "bold")
    line(console, f"  $ git merge upstream: {words.git_line(found).removeprefix('git' + chr(39) + 's own merge: ')}")
    for text in _wholesale(found.git):
        line(console, f"  {text}")


def _wholesale(git: GitReport) -> Iterator[str]:
    for whole in git.wholesale:
        lost = whole.lost
        side = words.SIDES[whole.favor]
        outcome = f"{len(lost)} required {words.plural('test', len(lost))} lost" if lost else "no test lost"
        names = ", ".join(name.rpartition("::")[2] for name in lost[:3]) + (", ..." if len(lost) > 3 else "")
        yield f"each conflict resolved to the {side}: {outcome}" + (f" ({words.safe(names)})" if lost else "")
