"""``doctor``: what this machine can and can't do, each with its mend; everything is tried, nothing is guessed."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.app.languages import languages
from forkmerge.errors import ForkmergeError, MissingTool
from forkmerge.git import command
from forkmerge.git.repository import Repository
from forkmerge.report.documents import Check, Diagnosis, State

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST_GIT = (2, 38)
_DRIVER_LABELS = (2, 44)


def diagnose(folder: str) -> Diagnosis:
    """Return what works here; ``folder`` is where the user stands."""
    checks: list[Check] = []
    for part in (_git, _python, _grammars):
        checks += part()
    sandbox, statement = _sandbox()
    checks += sandbox
    checks += _repository(folder)
    checks += _terminal()
    return Diagnosis(tuple(checks), statement)


def _git() -> Iterator[Check]:
    try:
        said = command.run(["version"]).stdout.decode("utf-8", "replace").strip()
    except MissingTool as error:
        yield Check("git", "git", State.MISSING, error.message, error.hint)
        return
    match = re.search(r"(\d+)\.(\d+)", said)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    wanted = ".".join(map(str, OLDEST_GIT))
    if version < OLDEST_GIT:
        yield Check("git", "git", State.MISSING, f"{said}: too old", f"install git {wanted} or newer")
        return
    yield Check("git", "git", State.OK, f"{said} ({shutil.which('git')})")
    labels = State.OK if version >= _DRIVER_LABELS else State.NOTE
    found = "merge drivers get names of the sides" if labels is State.OK else "merge drivers get no names of the sides"
    yield Check("git", "driver labels", labels, found, "" if labels is State.OK else "git 2.44 or newer")
    for role in ("AUTHOR", "COMMITTER"):
        said_who = command.run(["var", f"GIT_{role}_IDENT"], check=False)
        if said_who.code:
            mend = "git config --global user.name and user.email"
            yield Check("git", "identity", State.LIMITED, "git does not know who you are: apply can't commit", mend)
            return


def _python() -> Iterator[Check]:
    yield Check("python", "python", State.OK, f"{platform.python_version()} ({sys.executable})")
    for module, use in (("tree_sitter", "parsing"), ("pygit2", "reading objects fast"), ("pysat", "the search")):
        try:
            __import__(module)
        except ImportError as error:
            state = State.LIMITED if module == "pygit2" else State.MISSING
            yield Check("python", module, state, f"can't be imported ({use}): {error}", "install forkmerge again")


def _grammars() -> Iterator[Check]:
    found = languages().languages
    broken = [language for language in found if not language.available]
    for language in (each for each in broken if each.grammar_version or each.source):
        yield Check("grammars", language.name, State.LIMITED, language.problem, language.mend)
    absent = [language for language in broken if not (language.grammar_version or language.source)]
    if absent:
        names = ", ".join(language.name for language in absent)
        wheels = " ".join(dict.fromkeys(language.grammar for language in absent))
        mend = f"pip install {wheels} (or forkmerge[all-languages])"
        yield Check("grammars", "not installed", State.LIMITED, f"merged as git merges them: {names}", mend)
    known = [language.name for language in found if language.available]
    state = State.OK if known else State.MISSING
    yield Check("grammars", "languages", state, ", ".join(known) or "none", "" if known else "install forkmerge again")


def _sandbox() -> tuple[list[Check], tuple[str, ...]]:
    from forkmerge.sandbox import probe  # noqa: PLC0415 - loaded when it is needed

    found = probe.diagnose()
    active = next((d for d in found if d.ok and d.name != "none"), None)
    checks = [
        Check("sandbox", d.name, State.OK if d.ok else State.NOTE, d.detail if not d.ok else "works", d.mend)
        for d in found
        if d.name != "none"
    ]
    if active is None:
        mends = "; or ".join(d.mend for d in found if d.mend)
        checks.append(Check("sandbox", "active", State.MISSING, "no sandbox works here", mends))
        return checks, ()
    strong = active.name == "bubblewrap"
    mend = "" if strong else next((d.mend for d in found if d.name == "bubblewrap"), "")
    state = State.OK if strong else State.LIMITED
    checks.append(Check("sandbox", "active", state, active.name, mend))
    checks.append(_clones())
    checks.append(_cgroups())
    return checks, tuple(part.strip() for part in active.detail.split(";") if part.strip())


def _clones() -> Check:
    from forkmerge.execution.folders import WorkFolder, base  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.sandbox import overlay, probe  # noqa: PLC0415 - the same

    try:
        folder = WorkFolder(base(os.environ))
    except OSError as error:
        return Check(
            "sandbox", "clones", State.MISSING, f"no folder for them can be made: {error}", "set XDG_CACHE_HOME"
        )
    try:
        stacked = overlay.stack(probe.choose(), folder.path) is not None
    finally:
        folder.close()
    if stacked:
        return Check("sandbox", "clones", State.OK, "lie on top of a pristine folder: no file is copied for a run")
    return Check(
        "sandbox", "clones", State.NOTE, "are copied for each run, file by file: slow in large repositories",
        "bubblewrap, util-linux, Linux 5.11 or later, and a cache folder (XDG_CACHE_HOME) that is no overlay itself",
    )  # fmt: skip


def _cgroups() -> Check:
    own = "/sys/fs/cgroup"
    try:
        path = Path("/proc/self/cgroup").read_text(encoding="ascii").strip().rpartition("::")[2]
        own = f"/sys/fs/cgroup{path}"
    except OSError:
        pass
    if os.access(own, os.W_OK) and Path(own, "cgroup.procs").exists():
        return Check("sandbox", "cgroups", State.OK, f"{own} can be written: limits for whole runs")
    return Check(
        "sandbox", "cgroups", State.NOTE, "can't be written: limits of memory and processes are best effort",
        "run it under systemd-run --user --scope -p Delegate=yes",
    )  # fmt: skip


def _repository(folder: str) -> Iterator[Check]:
    try:
        with Repository.open(folder) as repo:
            where = str(repo.worktree or repo.git_dir)
            yield Check("repository", "repository", State.OK, f"{where} ({repo.object_format})")
            yield from _tests(repo)
    except ForkmergeError as error:
        yield Check("repository", "repository", State.NOTE, error.message, error.hint)


def _tests(repo: Repository) -> Iterator[Check]:
    """Yield each suite that the files tell of: its command, its tool, what told of it, what it lacks."""
    from forkmerge.app import testing  # noqa: PLC0415 - loaded when it is needed
    from forkmerge.suites.projects import suites  # noqa: PLC0415 - the same

    mend = 'tell it: --test CMD, or test = "CMD" in .forkmerge.toml'
    try:
        entries = repo.entries(repo.resolve("HEAD").tree)
    except ForkmergeError as error:
        yield Check("repository", "tests", State.NOTE, error.message, error.hint)
        return
    found = suites(entries.keys(), lambda path: repo.read(entries[path].oid))
    if not found:
        yield Check("repository", "tests", State.LIMITED, "no test command was found", mend)
    checkout = str(repo.worktree or "")
    for suite in found:
        command = testing.with_interpreter(suite.command, checkout) if checkout else suite.command
        how = "by its exit code alone" if suite.tool == "exit-code" else suite.tool
        said = f"{command} ({how}, told by {suite.told_by})"
        lack = testing.lacking(suite, checkout) if checkout else ""
        program = shutil.which(command.split()[0]) if suite.program == "python" else ""
        if program is None:
            lack = f"there is no {command.split()[0]} on PATH"
        yield Check(
            "repository",
            "tests",
            State.MISSING if lack else State.OK,
            f"{said}: {lack}" if lack else said,
            mend * bool(lack),
        )


def _terminal() -> Iterator[Check]:
    encoding = (sys.stdout.encoding or "unknown").lower()
    kind = f"TERM={os.environ.get('TERM', '')}" if sys.stdout.isatty() else "output is piped"
    yield Check("terminal", "terminal", State.OK, f"{kind}, {encoding}, {shutil.get_terminal_size().columns} columns")
