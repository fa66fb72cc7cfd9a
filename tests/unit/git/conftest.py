"""Throw-away repositories, made by git itself with an identity and a home of their own."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Make: TypeAlias = "Callable[..., Workshop]"

if TYPE_CHECKING:
    from pathlib import Path
from typing import TYPE_CHECKING


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
    for name in [n for n in os.environ if n.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = A Tester\n\temail = tester@example.com\n[init]\n\tdefaultBranch = main\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)


@pytest.fixture
def make() -> Make:
    """Make an empty repository at a path, with options for ``git init``."""

    def new(path: Path, *options: str) -> Workshop:
        path.mkdir()
        shop = Workshop(path)
        shop.git("init", "-q", *options)
        return shop

    return new


@pytest.fixture
def workshop(make: Make, tmp_path: Path) -> Workshop:
    """An empty repository."""
    return make(tmp_path / "repository")


@pytest.fixture
def diverged(workshop: Workshop) -> Workshop:
    """Branches main (ours, checked out) and theirs that both changed ``text`` from a common base; no conflict."""
    workshop.commit_files("base", {"text": "1\n2\n3\n4\n5\n6\n7\n", "folder/kept": "kept\n", "gone": "gone\n"})
    workshop.git("switch", "-q", "-c", "theirs")
    workshop.commit_files("theirs", {"text": "1\n2\n3\n4\n5\n6\nseven\n", "new/file": "new\n", "gone": None})
    workshop.git("switch", "-q", "main")
    workshop.commit_files("ours", {"text": "one\n2\n3\n4\n5\n6\n7\n"})
    return workshop
