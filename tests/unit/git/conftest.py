"""Throw-away repositories, made by git itself with an identity and a home of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TypeAlias

    Make: TypeAlias = "Callable[..., Workshop]"
    Elsewhere: TypeAlias = "Callable[[Path], AbstractContextManager[Workshop]]"


class Workshop:
    """A repository under test: ``git`` runs git in it, ``commit`` makes commits from a mapping of files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *args: str | bytes, check: bool = True, stdin: bytes | None = None, **env: str) -> str:
        done = subprocess.run(
            ["git", *args], cwd=self.path, input=stdin, capture_output=True, env={**os.environ, **env}, check=False
        )
        if check and done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, files: dict[str, bytes | str | None]) -> None:
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str = "change", **files: bytes | str | None) -> str:
        return self.commit_files(message, files)

    def commit_files(self, message: str, files: dict[str, bytes | str | None]) -> str:
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def files(self) -> dict[str, bytes]:
        found = {}
        for path in sorted(self.path.rglob("*")):
            if ".git" not in path.relative_to(self.path).parts and path.is_file():
                found[path.relative_to(self.path).as_posix()] = path.read_bytes()
        return found


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give git a home and a configuration that belong to the test, and no word of the environment's."""
    prepare_home(tmp_path, monkeypatch)


def prepare_home(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home = top / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = A Tester\n\temail = tester@example.com\n[init]\n\tdefaultBranch = main\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    temporary = top / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)


def new_workshop(path: Path, *options: str) -> Workshop:
    path.mkdir()
    shop = Workshop(path)
    shop.git("init", "-q", *options)
    return shop


def diverge(shop: Workshop) -> Workshop:
    shop.commit_files("base", {"text": "1\n2\n3\n4\n5\n6\n7\n", "folder/kept": "kept\n", "gone": "gone\n"})
    shop.git("switch", "-q", "-c", "theirs")
    shop.commit_files("theirs", {"text": "1\n2\n3\n4\n5\n6\nseven\n", "new/file": "new\n", "gone": None})
    shop.git("switch", "-q", "main")
    shop.commit_files("ours", {"text": "one\n2\n3\n4\n5\n6\n7\n"})
    return shop


@pytest.fixture
def make() -> Make:
    """Make an empty repository at a path, with options for ``git init``."""
    return new_workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """An empty repository."""
    return new_workshop(tmp_path / "repository")


@pytest.fixture
def diverged(pattern: Path, workshop: Workshop) -> Workshop:
    """Branches main (ours, checked out) and theirs that both changed ``text`` from a common base; no conflict."""
    return copy(pattern, workshop)


@pytest.fixture(scope="session")
def pattern(elsewhere: Elsewhere, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``diverged`` is a copy of."""
    with elsewhere(tmp_path_factory.mktemp("diverged")) as shop:
        return shop.path


def copy(pattern: Path, workshop: Workshop) -> Workshop:
    """Replace the repository in ``workshop`` by a copy, its index in step with the new files."""
    shutil.rmtree(workshop.path)
    shutil.copytree(pattern, workshop.path, symlinks=True)
    workshop.git("update-index", "-q", "--refresh")
    return workshop


@pytest.fixture(scope="session")
def elsewhere() -> Elsewhere:
    """Enter a home in a folder, with the repository ``diverged`` in it, outside of any one test."""

    @contextlib.contextmanager
    def enter(top: Path) -> Iterator[Workshop]:
        with pytest.MonkeyPatch.context() as patch:
            prepare_home(top, patch)
            yield diverge(new_workshop(top / "pattern"))

    return enter
