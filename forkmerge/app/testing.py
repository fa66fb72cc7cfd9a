"""How the tests of a repository are run here: found or told, in the chosen sandbox, with the user's environment."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import replace
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

from forkmerge.app.runs import Setting
from forkmerge.errors import MissingTool, UnusableInput, UsageError
from forkmerge.fitness.ledger import FINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.app.settings import Settings
    from forkmerge.execution.provisions import Provision
    from forkmerge.execution.suite import Suite
    from forkmerge.fitness.ledger import Ledger
    from forkmerge.fitness.records import Purpose, Recall
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun, TestId
    from forkmerge.model.source import Tree
    from forkmerge.sandbox.probe import Wanted
    from forkmerge.suites.projects import Suite as Found
    from forkmerge.suites.runner import Runner, TestCommand

POLICY = "policy-1"
_MOST_CARRIED = 2000
_VENVS = (".venv", "venv")


def setting(repo: Repository, tree: Tree, settings: Settings, environ: Mapping[str, str]) -> Setting:
    """Return how tests are run; UsageError where no test command can be found, MissingTool without a sandbox."""
    from forkmerge.execution.environment import discover  # noqa: PLC0415 - loaded when tests are to be run
    from forkmerge.execution.setups import Recipe  # noqa: PLC0415 - the same
    from forkmerge.fitness import keys  # noqa: PLC0415 - the same
    from forkmerge.sandbox.probe import choose  # noqa: PLC0415 - the same

    if repo.worktree is None:
        raise UnusableInput(
            "a bare repository has no checkout whose environment the tests could use",
            where=str(repo.git_dir),
            hint="run this in a clone with a work tree",
        )
    checkout = os.path.realpath(repo.worktree)
    runner, command, left_out = _command(tree, settings, repo.read, checkout)
    environment = discover(checkout, environ, argv=_named(command), passed=settings.pass_env)
    carried = tuple(_carried(checkout, settings.carry, {p.path for p in environment.found}))
    environment = replace(environment, found=(*environment.found, *carried))
    backend = choose(cast("Wanted", settings.sandbox))
    recipe = None
    if settings.setup:
        who = keys.program_identity(_named(command), environ, checkout)
        recipe = Recipe(settings.setup, settings.setup_network, f"{who} {backend.name}")
    own = _wishes(repo)
    return Setting(runner, command, backend, environment, settings.allow_network, left_out, recipe, own)


def _wishes(repo: Repository) -> dict[str, bytes] | None:
    """Return what the manifests of the checkout ask for, None where nothing is checked out."""
    from forkmerge.execution.setups import wishes  # noqa: PLC0415 - loaded when tests are to be run

    try:
        return wishes(repo.entries(repo.resolve("HEAD").tree), repo.read)
    except UnusableInput:
        return None


def recall(ledger: Ledger, used: Setting, settings: Settings, environ: Mapping[str, str]) -> Recall:
    """Return the ledger bound to what decides about results here; without ``cache`` it is only written."""
    from forkmerge.execution.suite import Suite  # noqa: PLC0415 - loaded when tests are to be run
    from forkmerge.fitness.records import Records  # noqa: PLC0415 - the same

    suite = Suite(used.runner, used.command, used.environment, used.backend, network=used.network)
    key = identity(suite, environ)
    if used.recipe is not None:
        key = sha256(f"{key} {used.recipe}".encode()).hexdigest()
    former = "" if settings.carry else f"{used.backend.name} {POLICY}"
    records = Records(ledger, used.command.text, key, isolation(used, settings), former)
    return records if settings.cache else _Forgetful(records)


def identity(suite: Suite, environ: Mapping[str, str] | None = None) -> str:
    """Return the key of the environment of ``suite`` on this machine; by the variables that its tests see, if None."""
    from forkmerge.fitness import keys  # noqa: PLC0415 - loaded when tests are to be run

    variables = suite.environment.variables
    environ = dict(variables) if environ is None else environ
    argv, checkout = _named(suite.command), suite.environment.checkout
    return keys.environment_key(
        runner=" ".join((suite.runner.name, getattr(suite.runner, "line", ""))).strip(),
        env=variables,
        program=keys.program_identity(argv, environ, checkout),
        installed=keys.installed_fingerprint(argv, environ, checkout),
        sandbox=suite.backend.name,
        policy=f"{POLICY} network={suite.network}",
    )


def isolation(used: Setting, settings: Settings) -> str:
    """Return what was isolated and how, as the ledger tells it: sandbox, network, and what was let in by name."""
    let_in = (("pass-env", settings.pass_env), ("carry", settings.carry))
    named = "".join(f" {word}={','.join(sorted(set(names)))}" for word, names in let_in if names)
    return f"{used.backend.name} {POLICY} network={'yes' if used.network else 'no'}{named}"


def not_run(side: str, used: Setting, words: str) -> MissingTool:
    """Return the error for tests of ``side`` that did not even start; ``words`` are the last that the run said."""
    program = used.command.argv[0]
    hint = "forkmerge doctor says what is missing; --sandbox chooses another isolation"
    said = f": {words}" if words else ""
    if re.search(r"dial (?:tcp|udp)|offline|network is unreachable|failed to download", words):
        hint = "fetch what they depend on once yourself (go mod download, cargo fetch, mvn test), or --allow-network"
    if named := re.search(r"(?:^|[\s:])([^\s:]+): (?:command )?not found", words):
        program = named[1]
    if "failed to execute" in words or "No such file" in words or "not found" in words:
        said = f": {program} can't be started in the sandbox {used.backend.name} ({words.removeprefix('setpriv: ')})"
        hint = f"install {program}, or name another test command with --test"
        if used.command.argv[0] == "/bin/sh" and named is None:
            said = f": {words}"
            hint = "install what is missing, or name another test command with --test"
    elif "No module named pytest" in words:
        said = f": {program} has no pytest"
        hint = f"{program} -m pip install pytest, or name another interpreter with --test 'PYTHON -m pytest'"
    return MissingTool(f"the tests of the {side} could not be run{said}", hint=hint)


class _Forgetful:
    """A record that is written, and asked only for what was written by this process."""

    def __init__(self, records: Recall) -> None:
        self._records = records
        self._own: dict[tuple[str, tuple[TestId, ...] | None, Purpose], SuiteRun] = {}

    def put(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose, run: SuiteRun) -> None:
        self._own[tree, tests, purpose] = run
        self._records.put(tree, tests, purpose, run)

    def get(self, tree: str, tests: tuple[TestId, ...] | None, purpose: Purpose) -> SuiteRun | None:
        run = self._own.get((tree, tests, purpose))
        return run if run is not None and run.status in FINAL else None

    def runs(self, *_: object) -> tuple[()]:
        return ()


def _command(
    tree: Tree, settings: Settings, read: Callable[[str], bytes], checkout: str
) -> tuple[Runner, TestCommand, tuple[str, ...]]:
    """Return the runner and the command, and what of the project's suites is left out and why."""
    from forkmerge.suites.detect import joined, runner_for  # noqa: PLC0415 - loaded when tests are to be run
    from forkmerge.suites.projects import suites  # noqa: PLC0415 - the same
    from forkmerge.suites.runner import TestCommand  # noqa: PLC0415 - the same

    def content(path: str) -> bytes:
        return read(tree[path].oid)

    results = settings.results or None
    if settings.test:
        return runner_for(settings.test, results, tree.keys(), content), TestCommand(settings.test, results), ()
    found = suites(tree.keys(), content)
    if not found:
        raise UsageError(
            "no test command was given and none can be told from the files",
            hint='give it with --test CMD, or test = "CMD" in .forkmerge.toml',
        )
    chosen, left_out = runnable(found, checkout)
    text = joined(with_interpreter(suite.command, checkout) for suite in chosen)
    return runner_for(text, results, tree.keys(), content), TestCommand(text, results), left_out


def runnable(found: tuple[Found, ...], checkout: str) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """Return the suites that can be run here, all where none can, and in words what was left out and why.

    A suite of which only the exit code is known is run if it is the only one: beside others it could not be told apart.
    """
    missing = {suite: what for suite in found if (what := lacking(suite, checkout))}
    ready = tuple(suite for suite in found if suite not in missing) or found
    several = tuple(suite for suite in ready if suite.tool != "exit-code") or ready
    why = {suite: "its tests can't be told apart from each other" for suite in ready if suite not in several}
    out = [
        f"the tests of {suite.tool} ({suite.told_by}: {suite.command}) were not run: {(missing | why)[suite]}"
        for suite in found
        if suite not in several
    ]
    return several, tuple(out)


def lacking(suite: Found, checkout: str) -> str:
    """Return what a suite lacks here to be run, "" where nothing is known to."""
    from shutil import which  # noqa: PLC0415 - seldom needed

    program = suite.program
    if program == "python":
        return ""
    found = os.access(Path(checkout, program), os.X_OK) if program.startswith("./") else which(program) is not None
    if not found:
        return f"there is no {program} on PATH"
    needs = suite.told_by == "package.json" and suite.tool != "node"
    if needs and not any(
        Path(folder, "node_modules").is_dir() for folder in (checkout, *map(str, Path(checkout).parents))
    ):
        return "there is no node_modules (npm install)"
    return ""


def with_interpreter(command: str, checkout: str) -> str:
    """Return a command of ``python`` with the interpreter of the checkout in its place."""
    if not command.startswith("python "):
        return command
    return f"{_python(checkout)} {command.removeprefix('python ')}"


def _named(command: TestCommand) -> tuple[str, ...]:
    """Return the arguments by which a command's program is found: inside a shell line, the first one named by path."""
    if command.argv[:2] != ("/bin/sh", "-c"):
        return command.argv
    try:
        words = shlex.split(command.text)
    except ValueError:
        return command.argv
    return next(((w,) for w in words if Path(w).is_absolute() and os.access(w, os.X_OK)), command.argv)


def _python(checkout: str) -> str:
    """Return the interpreter that tests of the checkout are run with: that of its own virtual environment, if any."""
    for name in _VENVS:
        program = Path(checkout, name, "bin", "python")
        if os.access(program, os.X_OK):
            return shlex.quote(str(program))
    return "python" if _on_path("python") else "python3"


def _on_path(program: str) -> bool:
    from shutil import which  # noqa: PLC0415 - seldom needed

    return which(program) is not None


def _carried(checkout: str, globs: tuple[str, ...], known: set[str]) -> list[Provision]:
    """Return the untracked files that the user wants in every clone."""
    from forkmerge.execution.provisions import Provision  # noqa: PLC0415 - loaded when tests are to be run

    if not globs:
        return []
    out: list[Provision] = []
    for folder, folders, names in os.walk(checkout):
        folders[:] = sorted(f for f in folders if f != ".git")
        for name in sorted(names):
            full = Path(folder, name)
            path = os.path.relpath(full, checkout)
            if path in known or full.is_symlink() or not any(fnmatchcase(path, g) for g in globs):
                continue
            out.append(Provision(path, str(full), "file"))
            if len(out) > _MOST_CARRIED:
                raise UsageError(f"--carry names more than {_MOST_CARRIED} files", hint="name fewer")
    return out
