"""What a result depends on besides the tree: one hash for the environment, one for the selection of tests.

The environment's key holds everything outside the tree that a test can see and that we can name: runner, variables that
are passed on, the program that runs, what is installed beside it, and the sandbox with the version of its policy.
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


def environment_key(
    *, runner: str, env: Iterable[tuple[str, str]], program: str, installed: str, sandbox: str, policy: str
) -> str:
    """Return the hash of an environment; ``program`` and ``installed`` as the functions below give them."""
    return _hash(["environment-1", runner, sorted(env), program, installed, sandbox, policy])


def selection_key(tests: Iterable[TestId] | None) -> str:
    """Return "" for the whole suite, else a hash of the set of selected tests."""
    if tests is None:
        return ""
    return _hash(sorted([t.runner, t.file, t.suite, t.name, t.ordinal] for t in tests))


def program_identity(argv: tuple[str, ...], environ: Mapping[str, str], directory: str) -> str:
    """Return what identifies the program that ``argv`` starts: its resolved path, size and time; "" if not found."""
    found = shutil.which(argv[0], path=environ.get("PATH"))
    if found is None and os.sep in argv[0]:
        found = os.path.join(directory, argv[0])  # noqa: PTH118 - a plain string for the hash
    if found is None:
        return ""
    real = os.path.realpath(found)
    try:
        status = os.stat(real)  # noqa: PTH116 - the same
    except OSError:
        return real
    return f"{found} {real} {status.st_size} {status.st_mtime_ns}"


def installed_fingerprint(argv: tuple[str, ...], environ: Mapping[str, str], directory: str) -> str:
    """Return a hash of what is installed where the command looks: names and times of distributions and node packages.

    Looks into the site-packages of the interpreter (or the virtual environment) that the command runs in, of an active
    or usual virtual environment, and into ``node_modules``.  Contents are not read: a changed file inside an installed
    package that leaves its metadata alone is not noticed.
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
                    yield f"{entry.path} {entry.stat(follow_symlinks=False).st_mtime_ns}"
    except OSError:
        return


def _mark(path: str) -> tuple[str, ...]:
    try:
        status = os.stat(path)  # noqa: PTH116 - a plain string for the hash
    except OSError:
        return ()
    return (f"{path} {status.st_size} {status.st_mtime_ns}",)


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=True, sort_keys=True).encode()).hexdigest()[:32]
