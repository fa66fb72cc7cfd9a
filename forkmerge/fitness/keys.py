"""What a result depends on besides the tree: one hash for the environment, one for the selection of tests.

The environment's key holds everything outside the tree that a test can see and that we can name: runner, variables that
are passed on, the program that runs, what is installed beside it, and the sandbox with the version of its policy.

Programs and packages are told by what is in them, never by when they came there, so two machines on which the same was
installed at the same place have one key.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.model.outcome import TestId

_WHOLE, _PART = 1 << 20, 1 << 16


def environment_key(
    *, runner: str, env: Iterable[tuple[str, str]], program: str, installed: str, sandbox: str, policy: str
) -> str:
    """Return the hash of an environment; ``program`` and ``installed`` as the functions below give them."""
    return _hash(["environment-2", runner, sorted(env), program, installed, sandbox, policy])


def selection_key(tests: Iterable[TestId] | None) -> str:
    """Return "" for the whole suite, else a hash of the set of selected tests."""
    if tests is None:
        return ""
    return _hash(sorted([t.runner, t.file, t.suite, t.name, t.ordinal] for t in tests))


def program_identity(argv: tuple[str, ...], environ: Mapping[str, str], directory: str) -> str:
    """Return what identifies the program that ``argv`` starts: its resolved path and content; "" if not found."""
    found = shutil.which(argv[0], path=environ.get("PATH"))
    if found is None and os.sep in argv[0]:
        found = os.path.join(directory, argv[0])  # noqa: PTH118 - a plain string for the hash
    if found is None:
        return ""
    real = os.path.realpath(found)
    return " ".join((found, real, _digest(real), *_libraries(real)))


def _libraries(program: str) -> Iterable[str]:
    """Yield what tells the library of an interpreter, where the program itself is a small thing in front of it."""
    folder = os.path.join(os.path.dirname(os.path.dirname(program)), "lib")  # noqa: PTH118, PTH120 - plain strings
    try:
        names = sorted(name for name in os.listdir(folder) if name.startswith("libpython"))  # noqa: PTH208 - the same
    except OSError:
        return
    for name in names:
        yield f"{name} {_digest(f'{folder}/{name}')}"


def installed_fingerprint(argv: tuple[str, ...], environ: Mapping[str, str], directory: str) -> str:
    """Return a hash of what is installed where the command looks: distributions and node packages, by their records.

    Looks into the site-packages of the interpreter (or the virtual environment) that the command runs in, of an active
    or usual virtual environment, and into ``node_modules``.  A distribution is told by its ``RECORD``, which holds the
    hashes of its files; the files are not read: one that was changed by hand is not noticed.
    """
    marks: set[str] = set()
    for prefix in _prefixes(argv, environ, directory):
        marks.update(_distributions(prefix))
    for name in ("node_modules/.package-lock.json", "node_modules/.yarn-integrity", "node_modules/.modules.yaml"):
        marks.update(_mark(os.path.join(directory, name)))  # noqa: PTH118 - plain strings for the hash
    return _hash(sorted(marks))


def _prefixes(argv: tuple[str, ...], environ: Mapping[str, str], directory: str) -> set[str]:
    prefixes = {environ.get("VIRTUAL_ENV", ""), f"{directory}/.venv", f"{directory}/venv"}
    for word in (argv[0], "python3", "python"):
        found = shutil.which(word, path=environ.get("PATH"))
        if found is None and os.sep in word:
            found = os.path.join(directory, word)  # noqa: PTH118 - the same
        if found is not None:  # the folder of the link, not of its target: that is what makes a virtual environment
            prefixes.add(os.path.dirname(os.path.dirname(os.path.abspath(found))))  # noqa: PTH100, PTH120 - the same
    return {p for p in prefixes if p}


def _distributions(prefix: str) -> Iterable[str]:
    for library in ("lib", "lib64", "Lib"):
        try:
            pythons = [f for f in os.listdir(f"{prefix}/{library}") if f.startswith(("python", "site-packages"))]  # noqa: PTH208
        except OSError:
            continue
        for python in pythons:
            for packages in ("site-packages", "dist-packages"):
                folder = f"{prefix}/{library}/{python}/{packages}"
                if python == "site-packages":
                    folder = f"{prefix}/{library}/{python}"
                yield from _entries(folder)


def _entries(folder: str) -> Iterable[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth")):
                    yield f"{entry.path} {_distribution(entry)}"
    except OSError:
        return


def _distribution(entry: os.DirEntry[str]) -> str:
    """Return what tells a distribution from others of its name; the time of one that has no record of its files."""
    if not entry.is_dir():
        return _digest(entry.path)
    found = [_digest(f"{entry.path}/{name}") for name in ("RECORD", "direct_url.json", "installed-files.txt")]
    if found[0] or found[2]:
        return " ".join(found)
    said = _digest(f"{entry.path}/METADATA") or _digest(f"{entry.path}/PKG-INFO")
    return f"{said} {entry.stat(follow_symlinks=False).st_mtime_ns}"


def _mark(path: str) -> tuple[str, ...]:
    found = _digest(path)
    return (f"{path} {found}",) if found else ()


def _digest(path: str) -> str:
    """Return size and hash of a file, "" if there is none; of a large one its beginning and end are read.

    A program has the number of its build there.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a plain string for the hash
            size = os.fstat(file.fileno()).st_size
            found = hashlib.sha256(file.read(_PART if size > _WHOLE else -1))
            if size > _WHOLE:
                file.seek(-_PART, os.SEEK_END)
                found.update(file.read())
    except OSError:
        return ""
    return f"{size} {found.hexdigest()}"


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=True, sort_keys=True).encode()).hexdigest()[:32]
