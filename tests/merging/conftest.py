"""Real repositories, real git; forkmerge called in this process, as the command line calls it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from support.scenes import Scene

from forkmerge.cli.group import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Forkmerge = Callable[..., "Said"]


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = A Tester\n\temail = tester@example.com\n[init]\n\tdefaultBranch = main\n"
        '[protocol "file"]\n\tallow = always\n[advice]\n\tmergeConflict = false\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_DATE", "2026-01-01T00:00:00Z")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """An empty repository."""
    folder = tmp_path / "repo"
    folder.mkdir()
    made = Scene(folder)
    made.git("init", "-q")
    return made


@pytest.fixture
def forkmerge(scene: Scene, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Forkmerge:
    """Run a command in the repository, or in a folder of it."""

    def call(*args: str, cwd: str = "") -> Said:
        monkeypatch.chdir(scene.folder / cwd)
        capfdbinary.readouterr()
        code = run(list(args))
        said = capfdbinary.readouterr()
        return Said(code, said.out.decode("utf-8", "surrogateescape"), said.err.decode("utf-8", "surrogateescape"))

    return call
