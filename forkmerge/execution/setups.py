"""Environments made for manifests: where the sides ask for other dependencies, each gets what it asks for.

The user's own environment serves every tree whose manifests (requirements, lock files, ...) ask for what those of the
user's checkout ask for.  For other manifests the user's setup command is run once, in the sandbox, on a clone that
holds these manifests and nothing else, so that what it makes depends on nothing else; the environment folders that it
leaves (``.venv``, ``node_modules``) are kept and shown read-only to every tree with the same manifests.  Installing is
the only step that may have the network, and only when the user says so.

Invariants: an environment is kept only when its command ended with 0; two that want the same one wait for each other;
what was not asked for in a month is deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import time
import tomllib
from dataclasses import dataclass, replace
from fnmatch import translate
from typing import TYPE_CHECKING

from forkmerge.errors import Interrupted, UnusableInput
from forkmerge.execution import toolchains
from forkmerge.execution.folders import locked
from forkmerge.execution.places import remove_tree
from forkmerge.execution.provisions import Provision, is_environment
from forkmerge.execution.treeid import format_of, tree_id
from forkmerge.model.outcome import RunStatus, SuiteRun
from forkmerge.model.source import EXECUTABLE, REGULAR
from forkmerge.sandbox.command import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from forkmerge.execution.environment import Environment
    from forkmerge.execution.workshop import Workspace
    from forkmerge.model.source import Entry
    from forkmerge.sandbox.backend import Backend

MANIFESTS = (
    "requirements*.txt", "requirements*.in", "constraints*.txt", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile",
    "Pipfile.lock", "poetry.lock", "uv.lock", "pdm.lock", "environment.y*ml", "tox.ini", "package.json",
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc",
    "go.mod", "go.sum", "Cargo.toml", "Cargo.lock", "pom.xml", "build.gradle*", "settings.gradle*", "gradle.lockfile",
    "Gemfile", "Gemfile.lock", ".python-version", ".nvmrc",
)  # fmt: skip
"""Names of files that say what a project needs; all files in folders called ``requirements`` do so too."""
_SECTIONS = {
    "pyproject.toml": (
        ("build-system", "requires"), ("project", "dependencies"), ("project", "optional-dependencies"),
        ("project", "requires-python"), ("dependency-groups",), ("tool", "poetry", "dependencies"),
        ("tool", "poetry", "group"), ("tool", "poetry", "dev-dependencies"), ("tool", "pdm", "dev-dependencies"),
        ("tool", "uv"), ("tool", "hatch", "envs"),
    ),
    "package.json": (
        ("dependencies",), ("devDependencies",), ("peerDependencies",), ("optionalDependencies",), ("overrides",),
        ("resolutions",), ("workspaces",), ("engines",),
    ),
    "Cargo.toml": (
        ("dependencies",), ("dev-dependencies",), ("build-dependencies",), ("target",), ("workspace",), ("features",),
        ("patch",),
    ),
}  # fmt: skip
"""Where files that say other things as well speak of dependencies."""
_NAME = re.compile("|".join(map(translate, MANIFESTS)))
_FOLDER = "environments"
_DONE = "made.json"
_OFFLINE = frozenset({"PIP_NO_INDEX", "CARGO_NET_OFFLINE", "npm_config_offline"})
_SECONDS = 1800.0
_KEPT = 30 * 24 * 3600.0
_DEPTH = 3
_TAIL = 600


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an environment is made: the shell ``command``, whether it may use the ``network``, and for whom (``who``).

    ``who`` tells machines and interpreters apart, as the ledger does.
    """

    command: str
    network: bool = False
    who: str = ""


@dataclass(frozen=True, slots=True)
class Making:
    """The payload of a job that makes an environment, to be kept at ``target``."""

    recipe: Recipe
    target: str


def manifests(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the files of a tree that say what it needs."""
    return {
        path: entry for path, entry in entries.items() if entry.mode in (REGULAR, EXECUTABLE) and _is_manifest(path)
    }


def _is_manifest(path: str) -> bool:
    above, _, name = path.rpartition("/")
    # PERF: asked of every path of a tree for every run
    in_folder = name.endswith((".txt", ".in")) and above.rpartition("/")[2] == "requirements"
    return (in_folder or _NAME.match(name) is not None) and "node_modules" not in above.split("/")


def wishes(entries: Mapping[str, Entry], read: Callable[[str], bytes]) -> dict[str, bytes]:
    """Return what the manifests of a tree ask for: of those that say other things as well, the dependencies alone."""
    return {path: _asked(path.rpartition("/")[2], read(entry.oid)) for path, entry in manifests(entries).items()}


def _asked(name: str, data: bytes) -> bytes:
    sections = _SECTIONS.get(name)
    if sections is None:
        return data
    try:
        table = json.loads(data) if name.endswith(".json") else tomllib.loads(data.decode())
    except ValueError:
        return data
    found = {".".join(path): _below(table, path) for path in sections}
    return json.dumps(found, sort_keys=True, default=str).encode()


def _below(table: object, path: tuple[str, ...]) -> object:
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    return table


class Setups:
    """The environments for trees; ``own`` are the wishes that ``environment``, the user's, is for.

    ``read`` gives a blob's bytes, ``submit`` runs a job on a tree (its id, entries, payload) and returns what came of
    it; ``base`` is where environments are kept.  May be used by several threads.
    """

    def __init__(
        self,
        recipe: Recipe,
        environment: Environment,
        own: Mapping[str, bytes],
        *,
        base: str,
        read: Callable[[str], bytes],
        submit: Callable[[str, Mapping[str, Entry], Making], SuiteRun],
    ) -> None:
        self._recipe = recipe
        self._environment = environment
        self._own = dict(own)
        self._read = read
        self._base = os.path.join(base, _FOLDER)
        self._submit = submit
        self._known: dict[str, Environment] = {}

    def environment(self, entries: Mapping[str, Entry]) -> Environment:
        """Return the environment for a tree; UnusableInput where the setup command fails for its manifests."""
        needed = manifests(entries)
        if not needed:
            return self._environment
        tree = tree_id(needed, format_of(next(iter(needed.values())).oid))
        found = self._known.get(tree)
        if found is None and wishes(needed, self._read) == self._own:
            found = self._known[tree] = self._environment
        if found is None:
            found = self._known[tree] = with_folders(self._environment, self._made(tree, needed))
        return found

    def _made(self, tree: str, needed: Mapping[str, Entry]) -> tuple[Provision, ...]:
        said = json.dumps([self._recipe.command, self._recipe.who, tree])
        key = hashlib.sha256(said.encode()).hexdigest()[:32]
        target = os.path.join(self._base, key)
        os.makedirs(self._base, mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chmod(self._base, 0o711)  # noqa: S103 - runs have user ids of their own, which have to get through
        _sweep(self._base)
        with locked(f"{target}.lock", wait=True):
            if (found := kept(target)) is not None:
                return found
            remove_tree(target)
            run = self._submit(tree, needed, Making(self._recipe, target))
            found = kept(target)
        if found is None:
            said = run.tail.strip()[-_TAIL:] or str(run.status)
            raise UnusableInput(
                f"the setup command failed for {', '.join(sorted(needed))}: {said}",
                where=self._recipe.command,
                hint=""
                if self._recipe.network
                else "a setup command that installs from the network needs --setup-network",
            )
        return found


def make(making: Making, workspace: Workspace, environment: Environment, backend: Backend) -> SuiteRun:
    """Return what the setup command did in ``workspace``, and keep what it made if it ended with 0."""
    recipe = making.recipe
    variables = tuple((k, v) for k, v in environment.variables if not (recipe.network and k in _OFFLINE))
    bare = replace(environment, found=(), editable=(), variables=variables)
    command = bare.command(
        ("/bin/sh", "-c", recipe.command),
        candidate=workspace.candidate,
        below=workspace.below,
        user=workspace.user,
        backend=backend,
        limits=replace(Limits(), wall=_SECONDS),
        network=recipe.network,
    )
    done = backend.run(command, on_tick=workspace.cancelled)
    tail = done.stdout_tail.decode("utf-8", "replace")
    if done.status == "killed":
        raise Interrupted("the run was stopped")
    if done.status != "exited" or done.code != 0:
        status = RunStatus.TIMEOUT if done.status == "timeout" else RunStatus.CRASHED
        return SuiteRun(status, exit_code=done.code, seconds=done.seconds, tail=done.reason or tail)
    _keep(workspace.candidate, making.target)
    return SuiteRun(RunStatus.COMPLETED, exit_code=0, seconds=done.seconds, tail=tail)


def kept(target: str) -> tuple[Provision, ...] | None:
    """Return the environment folders that were made at ``target``, None where they were not, or not to the end."""
    try:
        with open(os.path.join(target, _DONE), encoding="utf-8") as file:
            paths = json.load(file)
        os.utime(target)
    except (OSError, ValueError):
        return None
    folders = tuple(Provision(path, os.path.join(target, str(n)), "environment") for n, path in enumerate(paths))
    return folders if all(os.path.isdir(each.source) for each in folders) else None


def with_folders(environment: Environment, folders: tuple[Provision, ...]) -> Environment:
    """Return ``environment`` with ``folders`` in place of those at the same paths."""
    paths = {each.path for each in folders}
    found = (*(each for each in environment.found if each.path not in paths), *folders)
    homes = [home for each in folders for home in toolchains.venv_homes(each.source)]
    outside = toolchains.outside(set(homes), dict(environment.variables).get("HOME", ""), environment.checkout)
    return replace(environment, found=found, shown=tuple(dict.fromkeys((*environment.shown, *outside))))


def _keep(candidate: str, target: str) -> None:
    """Move the environment folders of ``candidate`` to ``target``; all of them or none."""
    paths = sorted(_environments(candidate))
    part = f"{target}.part"
    remove_tree(part)
    os.makedirs(part, mode=0o755)
    for number, path in enumerate(paths):
        shutil.move(os.path.join(candidate, path), os.path.join(part, str(number)))
    with open(os.path.join(part, _DONE), "w", encoding="utf-8") as file:
        json.dump(paths, file)
    os.rename(part, target)


def _environments(candidate: str) -> Iterator[str]:
    """Yield the folders below ``candidate``, not behind a symlink, that a package manager filled."""
    stack = [("", 0)]
    while stack:
        folder, depth = stack.pop()
        for entry in os.scandir(os.path.join(candidate, folder)):
            if entry.is_symlink() or not entry.is_dir(follow_symlinks=False) or entry.name == ".git":
                continue
            path = f"{folder}/{entry.name}".lstrip("/")
            if is_environment(entry.path):
                yield path
            elif depth + 1 < _DEPTH:
                stack.append((path, depth + 1))


def _sweep(base: str) -> None:
    """Delete environments that nobody asked for in a month."""
    for entry in os.scandir(base):
        with contextlib.suppress(OSError):
            if entry.is_dir(follow_symlinks=False) and time.time() - entry.stat(follow_symlinks=False).st_mtime > _KEPT:
                remove_tree(entry.path)
