from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import forkmerge

ROOT = Path(forkmerge.__file__).parent.parent
Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def clean_environment(home: Path) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "FORKMERGE_", "FORCE_COLOR", "NO_COLOR"))}
    return env | {
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(home.parent),
    }


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "gitconfig").write_text("[user]\n\tname = Maintainer\n\temail = maintainer@example.org\n")
    return home


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    return clean_environment(home)


@pytest.fixture
def forkmerge_run(tmp_path: Path, env: dict[str, str]) -> Run:
    def run(*args: str, cwd: Path = tmp_path, **more: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "forkmerge.cli", *args],
            cwd=cwd, env=env | more, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip

    return run


@pytest.fixture
def git(tmp_path: Path, env: dict[str, str]) -> Run:
    def run(*args: str, cwd: Path = tmp_path, check: bool = False) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["git", *args], cwd=cwd, env=env, capture_output=True, check=check)

    return run


@pytest.fixture
def fork(tmp_path: Path, git: Run) -> Path:
    """A repository with the branches main (the base), upstream and fork (the current), which conflict in one line."""
    folder = tmp_path / "repo"
    folder.mkdir()

    def commit(message: str, text: str, **files: str) -> None:
        (folder / "calc.py").write_text(text)
        for name, content in files.items():
            (folder / f"{name}.py").write_text(content)
        git("add", "-A", cwd=folder, check=True)
        git("commit", "-qm", message, cwd=folder, check=True)

    git("init", "-q", "-b", "main", cwd=folder, check=True)
    base = "import os\n\n\ndef area(a, b):\n    return a * b\n\n\ndef perimeter(a, b):\n    return 2 * (a + b)\n"
    commit("base", base)
    git("checkout", "-qb", "upstream", cwd=folder, check=True)
    commit("upstream", base.replace("a * b", "abs(a * b)").replace("perimeter", "circumference"))
    git("checkout", "-qb", "fork", "main", cwd=folder, check=True)
    commit("fork", base.replace("a * b", "float(a * b)"), extra="def more():\n    return 1\n")
    return folder
