"""Git as the user runs it, forkmerge as a command, and what is left of it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.driven import Repo

import forkmerge

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(forkmerge.__file__).parent.parent


@pytest.fixture
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which neither forkmerge nor Python is on the path, but git is."""
    git = shutil.which("git")
    assert git is not None
    home = tmp_path_factory.mktemp("home")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "FORKMERGE_", "XDG_", "PYTHON"))}
    return kept | {
        "PATH": os.pathsep.join([str(Path(git).parent), "/usr/bin", "/bin"]),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(home.parent),
        "GIT_EDITOR": "true",
        **{f"GIT_{who}_{what}": "me@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command forkmerge, in a folder with a blank, a quote and a percent sign in its name."""
    path = tmp_path_factory.mktemp("it's 100%S") / "forkmerge"
    path.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from forkmerge.cli.main import main\nsys.exit(main())\n"
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str], Path]:
    """Make a program named forkmerge out of a shell script."""

    def make(script: str) -> Path:
        path = tmp_path / "broken" / "forkmerge"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def repo(tmp_path: Path, env: dict[str, str]) -> Repo:
    path = tmp_path / "repo"
    path.mkdir()
    repo = Repo(path, env)
    repo.git("init", "-qb", "main")
    return repo


@pytest.fixture
def gone(tmp_path: Path) -> Path:
    return tmp_path / "removed" / "forkmerge"
