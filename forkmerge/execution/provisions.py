"""What a checkout holds besides its tree and tests need: environments, and small files that a build left.

Environment folders (virtual environments, node_modules) are shown to a run read-only, through a symlink in its
candidate.  Small generated files (``src/_version.py``, compiled extensions, ``*.egg-info``), which git was told to
ignore, are copied into it.  What cargo built is shown too, without a symlink: a runner takes from it the dependencies
that need not be compiled again.  Nothing else of the user's checkout reaches a run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from forkmerge.errors import ForkmergeError
from forkmerge.git import command as git

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal["environment", "file", "build"]
ENVIRONMENTS = frozenset({".venv", "venv", "env", ".env", "node_modules", ".tox", ".nox", ".direnv", "virtualenv"})
SUFFIXES = (".py", ".pyi", ".so", ".pyd", ".json", ".toml", ".js", ".cjs", ".mjs")
MAX_FILES, MAX_FILE, MAX_TOTAL = 500, 32 << 20, 128 << 20
_CACHES = frozenset(
    {
        "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".git", ".hg", ".svn", ".idea",
        ".vscode", "build", "dist", "target", "out", "htmlcov", "coverage", ".coverage", ".cache", ".eggs", "wheels",
        ".gradle", ".next", ".turbo", ".parcel-cache", "logs", "tmp", ".terraform", ".ipynb_checkpoints",
    }
)  # fmt: skip
_DATA = (".json", ".toml")
_SECRET_WORDS = ("secret", "credential", "token", "password", "auth", "key")


@dataclass(frozen=True, slots=True)
class Provision:
    """Something at ``path`` (relative to the checkout) whose content lies at ``source`` on the host."""

    path: str
    source: str
    kind: Kind


def provisions(checkout: str) -> tuple[Provision, ...]:
    """Return what a run in a clone of ``checkout`` needs besides the tree; in a stable order, bounded in size."""
    found: list[Provision] = []
    total = 0
    for path in _untracked(checkout):
        full = os.path.join(checkout, path)
        if is_environment(full):
            found.append(Provision(path, os.path.realpath(full), "environment"))
            continue
        if path == "target" and os.path.isdir(os.path.join(full, "debug", ".fingerprint")):
            found.append(Provision(path, os.path.realpath(full), "build"))
            continue
        for each in _small_files(checkout, path):
            size = os.path.getsize(os.path.join(checkout, each))
            if len(found) < MAX_FILES and size <= MAX_FILE and total + size <= MAX_TOTAL:
                total += size
                found.append(Provision(each, os.path.join(checkout, each), "file"))
    return tuple(found)


def is_environment(path: str) -> bool:
    """Return whether ``path`` is a folder that a package manager filled."""
    if not os.path.isdir(path):
        return False
    if os.path.isfile(os.path.join(path, "pyvenv.cfg")) or os.path.isdir(os.path.join(path, "conda-meta")):
        return True
    return os.path.basename(path) in ENVIRONMENTS - {"env", ".env"}


def put(candidate: str, found: tuple[Provision, ...], sources: dict[str, str], *, below: str = "") -> None:
    """Put ``found`` into ``candidate``: environments as symlinks to ``sources[path]``, files as copies, builds not.

    What the tree itself has at a path stays: in ``candidate``, and in ``below`` where it lies on top of that.  A path
    that leads through a symlink of the tree is left out.
    """
    for each in found:
        target = os.path.join(candidate, each.path)
        if each.kind == "build" or not _free(candidate, each.path) or (below and not _free(below, each.path)):
            continue
        with contextlib.suppress(OSError):
            _make_folders(candidate, os.path.dirname(each.path))
            if each.kind == "environment":
                os.symlink(sources[each.path], target)
            else:
                shutil.copyfile(each.source, target)
                shutil.copymode(each.source, target)


def _free(root: str, path: str) -> bool:
    """Return whether nothing is at ``path`` below ``root``, and no symlink or file on the way to it."""
    *above, _ = path.split("/")
    place = root
    for name in above:
        place = os.path.join(place, name)
        if os.path.lexists(place) and (os.path.islink(place) or not os.path.isdir(place)):
            return False
    return not os.path.lexists(os.path.join(root, path))


def _make_folders(root: str, path: str) -> None:
    place = root
    for name in filter(None, path.split("/")):
        place = os.path.join(place, name)
        if not os.path.isdir(place):
            os.mkdir(place)
            os.chmod(place, 0o755)  # noqa: S103 - as the tree's own folders are, whatever the umask is


def _untracked(checkout: str) -> Iterator[str]:
    """Yield what git ignores in ``checkout``, and environment folders that it does not know; paths are relative.

    Without git: the usual environment folders at the top.
    """
    ask = ["ls-files", "--others", "--exclude-standard", "--directory", "-z"]
    try:
        ignored = git.run([*ask, "--ignored"], cwd=checkout).stdout
        unknown = git.run(ask, cwd=checkout).stdout
    except (ForkmergeError, OSError):
        ignored, unknown = b"", b"\0".join(os.fsencode(name) for name in ENVIRONMENTS)
    kept = {_path(line) for line in ignored.split(b"\0") if line}
    others = {_path(line) for line in unknown.split(b"\0") if line}
    yield from sorted(kept | {path for path in others if is_environment(os.path.join(checkout, path))})


def _path(line: bytes) -> str:
    return os.fsdecode(line).rstrip("/")


def _small_files(checkout: str, path: str) -> Iterator[str]:
    name = os.path.basename(path)
    full = os.path.join(checkout, path)
    if (
        os.path.islink(full)
        or name in _CACHES
        or name in ENVIRONMENTS
        or name.startswith(".git")
        or name.endswith("cache")
    ):
        return
    if os.path.isdir(full):
        if is_environment(full):
            return
        with contextlib.suppress(OSError):
            for below in sorted(os.listdir(full)):
                yield from _small_files(checkout, os.path.join(path, below))
    elif os.path.isfile(full) and _wanted(path, name.lower()):
        yield path


def _wanted(path: str, name: str) -> bool:
    if name.endswith(_DATA) and any(word in name for word in _SECRET_WORDS):
        return False
    return name.endswith(SUFFIXES) or ".egg-info/" in path
