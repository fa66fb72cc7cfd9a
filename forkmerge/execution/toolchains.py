"""Where the programs that a test command starts really live: the folders that a run has to be able to read.

A program found on PATH is followed to its end: symlinks, the interpreter in its first line, the ``home`` of a virtual
environment.  What is found is a prefix (``.../versions/3.12``), never the user's home or anything above it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from forkmerge.sandbox.command import inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

INTERPRETERS = (
    "python", "python3", "node", "npm", "npx", "ruby", "java", "go", "cargo", "rustc", "pytest", "uv", "mvn", "gradle",
    "cmake", "ctest",
)  # fmt: skip
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/opt", "/nix/store", "/gnu/store")
_DEPTH = 8

# tools that keep their parts in a folder below the home, and the variable that names it
_HOMES = (
    ("PYENV_ROOT", ".pyenv"), ("NVM_DIR", ".nvm"), ("RBENV_ROOT", ".rbenv"), ("RUSTUP_HOME", ".rustup"),
    ("CARGO_HOME", ".cargo"), ("ASDF_DATA_DIR", ".asdf"), ("VOLTA_HOME", ".volta"), ("SDKMAN_DIR", ".sdkman"),
)  # fmt: skip
# what a build system keeps below the home, the files in a project that ask for it, the variable that names it; a cache
# of compiled packages is read only too: what is built in a run is never seen by another one
_STORES = (
    ("go/pkg/mod", ("go.mod", "go.work"), "GOMODCACHE"), (".cache/go-build", ("go.mod", "go.work"), "GOCACHE"),
    (".m2/repository", ("pom.xml",), "FORKMERGE_MAVEN_REPOSITORY"),
    (".gradle/caches", ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
     "GRADLE_RO_DEP_CACHE"),
)  # fmt: skip
_USER_SITE = (".local/bin", ".local/lib", ".local/share/uv", ".local/share/pipx", ".local/share/mise")
SECRETS = (".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", ".m2/settings.xml")


def prefixes(program: str, environ: Mapping[str, str], checkout: str) -> frozenset[str]:
    """Return every folder that ``program`` and the interpreters on PATH live in or need; see ``outside``."""
    found: set[str] = set()
    for name in (program, *INTERPRETERS):
        path = shutil.which(name, path=environ.get("PATH", ""))
        if path is not None:
            found.update(chain(path))
    for value in (environ.get("VIRTUAL_ENV"), environ.get("CONDA_PREFIX")):
        if value:
            found.update((value, *venv_homes(value)))
    for folder in environ.get("PATH", "").split(os.pathsep):
        if os.path.isabs(folder) and os.path.isdir(folder):
            found.update((os.path.normpath(folder), os.path.realpath(folder)))
    if environ.get("HOME"):
        found.update(_tools(environ["HOME"], environ, checkout))
    return frozenset(found)


def outside(found: Iterable[str], home: str, checkout: str) -> tuple[str, ...]:
    """Return those of ``found`` that may be shown, without those that lie in another."""
    allowed = {path for path in found if path and _allowed(path, home, checkout)}
    return tuple(sorted(p for p in allowed if not any(p != other and inside(p, other) for other in allowed)))


def homes(environ: Mapping[str, str], checkout: str) -> dict[str, str]:
    """Return the variables that tell tools where their parts are, which they would look for below the private home."""
    home = environ.get("HOME", "")
    named = {variable: os.path.join(home, folder) for variable, folder in _HOMES}
    named |= {variable: os.path.join(home, folder) for folder, files, variable in _STORES if _asks(checkout, files)}
    if os.path.isdir(os.path.join(home, ".local/lib")):
        named["PYTHONUSERBASE"] = os.path.join(home, ".local")
    return {variable: path for variable, path in named.items() if home and os.path.isdir(path)}


def chain(path: str) -> Iterator[str]:
    """Yield the prefixes of all files that stand between ``path`` and the program that runs in the end."""
    for _ in range(_DEPTH):
        yield from _prefix(path)
        yield from venv_homes(os.path.dirname(os.path.dirname(path)))
        real = _step(path)
        if real is None:
            return
        path = real


def venv_homes(folder: str) -> Iterator[str]:
    """Yield the prefix of the interpreter that the virtual environment at ``folder`` was made of."""
    with contextlib.suppress(OSError), open(os.path.join(folder, "pyvenv.cfg"), encoding="utf-8") as file:
        for line in file:
            key, _, value = line.partition("=")
            if key.strip() in ("home", "base-prefix"):
                found = value.strip() if key.strip() == "base-prefix" else os.path.dirname(value.strip())
                yield from (found, os.path.realpath(found))
    python = os.path.join(folder, "bin", "python")
    for _ in range(_DEPTH):  # every step of the chain of symlinks has to be there
        if not os.path.islink(python):
            return
        python = os.path.normpath(os.path.join(os.path.dirname(python), os.readlink(python)))
        yield from _prefix(python)


def _step(path: str) -> str | None:
    """Return what ``path`` leads to: the target of a symlink, the interpreter in the first line, None at the end."""
    if os.path.islink(path):
        return os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
    with contextlib.suppress(OSError), open(path, "rb") as file:
        first = file.readline(512)
        if first.startswith(b"#!"):
            words = os.fsdecode(first[2:].strip()).split()
            if words and not words[0].endswith("/env"):
                return words[0]
    return None


def _prefix(path: str) -> Iterator[str]:
    folder = os.path.dirname(path)
    if os.path.basename(folder) in ("bin", "sbin", "Scripts", "shims"):
        yield os.path.dirname(folder)
    yield folder
    real = os.path.realpath(folder)
    if real != folder:
        yield from _prefix(os.path.join(real, os.path.basename(path)))


def _tools(home: str, environ: Mapping[str, str], checkout: str) -> Iterator[str]:
    paths = environ.get("PATH", "").split(os.pathsep)
    for variable, folder in _HOMES:
        path = environ.get(variable) or os.path.join(home, folder)
        if os.path.isdir(path) and any(inside(os.path.normpath(entry), path) for entry in paths if entry):
            yield path
            if folder == ".cargo":
                yield environ.get("RUSTUP_HOME") or os.path.join(home, ".rustup")
    for folder, files, variable in _STORES:
        if _asks(checkout, files):
            yield environ.get(variable, "") or os.path.join(home, folder)
    for folder in _USER_SITE:
        yield os.path.join(home, folder)


def _asks(checkout: str, files: tuple[str, ...]) -> bool:
    """Return whether one of ``files`` stands at the top of the checkout or in a folder there."""
    with contextlib.suppress(OSError):
        folders = [checkout, *(entry.path for entry in os.scandir(checkout) if entry.is_dir(follow_symlinks=False))]
        return any(os.path.exists(os.path.join(folder, name)) for folder in folders for name in files)
    return False


def _allowed(path: str, home: str, checkout: str) -> bool:
    """Return whether ``path`` may be shown: outside the system and checkout, no home, nothing that holds either."""
    if not os.path.isabs(path) or os.path.normpath(path) != path or not os.path.isdir(path):
        return False
    if any(inside(path, folder) for folder in _SYSTEM) or inside(path, checkout) or inside(checkout, path):
        return False
    private = {"/", "/home", "/root", "/tmp", "/var", "/var/tmp", "/run", "/proc", "/dev", "/mnt", "/srv", "/media"}  # noqa: S108
    real_home = os.path.realpath(home) if home else "/"
    if path in private or (home and (inside(home, path) or inside(real_home, path))):
        return False
    return path not in {os.path.join(home, name) for name in (".local", ".config", ".cache", ".ssh", ".gnupg")}
