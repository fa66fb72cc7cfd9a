"""Prepared repositories of real merges: where they are, their trees, their recorded test command.

Layout: ``WORK/<owner>+<name>__<sha8>/repo`` is a repository with the branches ``base``, ``ours``, ``theirs`` and
``human`` (what people committed); ``WORK/venvs/<venv>`` is the virtual environment of the entry.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SIDES = ("base", "ours", "theirs", "human")
VERSION = {"SETUPTOOLS_SCM_PRETEND_VERSION": "99.0"}
"""For projects that ask git for their version when they are imported: the trees have no history to ask."""

_SUMMARY = re.compile(r"^(PASSED|FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One merge of the file, and its folder."""

    repo: str
    merge: str
    quality: str
    commits: Mapping[str, str]
    venv: str
    requirements: tuple[str, ...]
    src: tuple[str, ...]
    test: str
    stubs: Mapping[str, str]
    conflicting: tuple[str, ...]
    work: Path

    @property
    def folder(self) -> Path:
        """Return the folder of this merge."""
        return self.work / f"{self.repo.replace('/', '+')}__{self.merge[:8]}"

    @property
    def repository(self) -> Path:
        """Return the repository with the four branches."""
        return self.folder / "repo"

    @property
    def python(self) -> Path:
        """Return the folder of the virtual environment."""
        return self.work / "venvs" / self.venv

    def environment(self, tree: Path) -> dict[str, str]:
        """Return the environment in which the tests of a checkout at ``tree`` run."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GIT_", "PYTEST", "FORKMERGE_"))}
        env["PATH"] = os.pathsep.join([str(self.python / "bin"), env.get("PATH", os.defpath)])
        env["PYTHONPATH"] = os.pathsep.join(os.path.normpath(tree / folder) for folder in self.src)
        return {**env, **VERSION, "VIRTUAL_ENV": str(self.python), "TZ": "UTC", "LC_ALL": "C.UTF-8"}

    def put_stubs(self, tree: Path) -> None:
        """Write the generated files that the project needs and that its build would make."""
        for name, text in self.stubs.items():
            file = tree / name
            if not file.exists() and file.parent.exists():
                file.write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The tests of one tree under the recorded command."""

    passed: frozenset[str]
    failed: frozenset[str]
    finished: bool


def entries(file: Path, work: Path, only: Sequence[str]) -> list[Entry]:
    """Return the merges of ``file`` whose id begins with, or whose quality is, one of ``only`` (none: all)."""
    found = []
    for said in json.loads(file.read_text(encoding="utf-8"))["merges"]:
        if only and not any(said["merge"].startswith(word) or said["quality"] == word for word in only):
            continue
        ours, theirs = said["parents"]
        found.append(
            Entry(
                said["repo"],
                said["merge"],
                said["quality"],
                {"base": said["base"], "ours": ours, "theirs": theirs, "human": said["merge"]},
                said["venv"],
                tuple(said["requirements"]),
                tuple(said["src"]),
                said["test"],
                said.get("stub_files", {}),
                tuple(said["conflicting_paths"]),
                work.resolve(),
            )
        )
    return found


def git(repository: Path, *arguments: str, fail: bool = True) -> bytes:
    """Return what git prints; raises CalledProcessError when it fails, unless ``fail`` is off."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return subprocess.run(["git", "-C", repository, *arguments], env=env, check=fail, capture_output=True).stdout


def files(repository: Path, tree: str) -> dict[str, str]:
    """Return path -> blob of the regular files of a tree."""
    listed = git(repository, "ls-tree", "-r", "-z", tree).decode("utf-8", "surrogateescape").split("\0")
    rows = [line.partition("\t") for line in listed if line]
    return {path: info.split()[2] for info, _, path in rows if info.startswith("100")}


def blob(repository: Path, oid: str | None) -> bytes:
    """Return the bytes of a blob, none for a file that is not there."""
    return git(repository, "cat-file", "blob", oid) if oid else b""


def outcome(entry: Entry, tree: str, place: Path, seconds: float) -> Outcome:
    """Return what the recorded command says about ``tree``, which is written to ``place`` for it.

    The command runs without a sandbox, in the entry's virtual environment, with ``place`` as its home.
    """
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    with tarfile.open(fileobj=BytesIO(git(entry.repository, "archive", "--format=tar", tree))) as archive:
        archive.extractall(place)
    entry.put_stubs(place)
    env = {**entry.environment(place), "HOME": str(place), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    process = subprocess.Popen(
        ["bash", "-c", f"{entry.test} -rpfE"],
        cwd=place,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, finished = process.communicate(timeout=seconds)[0], True
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, finished = process.communicate()[0], False
    rows = [m.groups() for m in _SUMMARY.finditer(said.decode("utf-8", "replace"))]
    failed = frozenset(name for word, name in rows if word != "PASSED")
    return Outcome(frozenset(name for word, name in rows if word == "PASSED") - failed, failed, finished)
