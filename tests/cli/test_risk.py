"""``forkmerge.risk`` decides which rules ``merge-file`` may use, ``forkmerge.versions`` which version holds."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BASE = b"def area(w, h):\n    size = w * h\n    return size\n"
OURS = BASE.replace(b"size = w", b"size = 2 * w")
THEIRS = BASE.replace(b"return size", b"return size + 1")


def merged(folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    for name, data in (("a.py", OURS), ("o.py", BASE), ("b.py", THEIRS)):
        (folder / name).write_bytes(data)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "FORKMERGE_"))}
    program = [sys.executable, "-m", "forkmerge.cli", "merge-file", "-p", "a.py", "o.py", "b.py"]
    return subprocess.run(program, cwd=folder, env=env | variables, check=False, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def test_the_default_resolves_what_a_high_price_leaves(folder: Path) -> None:
    assert merged(folder).returncode == 0
    assert b"<<<<<<<" not in merged(folder).stdout
    careful = merged(folder, FORKMERGE_RISK="1000")
    assert careful.returncode == 1
    assert b"<<<<<<<" in careful.stdout


def test_git_says_it_and_the_environment_overrules(folder: Path) -> None:
    subprocess.run(["git", "config", "forkmerge.risk", "1000"], cwd=folder, check=True)
    assert merged(folder).returncode == 1
    assert merged(folder, FORKMERGE_RISK="eager").returncode == 0


def test_what_is_no_risk_gives_gits_own_merge_and_says_so(folder: Path) -> None:
    done = merged(folder, FORKMERGE_RISK="bold")
    assert done.returncode == 1
    assert b"git's own merge" in done.stderr
    assert b"expected strict, balanced, eager or a number" in done.stderr


def versioned(folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "FORKMERGE_"))}
    for name, version in (("a.py", "2.1"), ("o.py", "2.0"), ("b.py", "2.0.4")):
        (folder / name).write_text(f'__version__ = "{version}"\n')
    program = [sys.executable, "-m", "forkmerge.cli", "merge-file", "-p", "a.py", "o.py", "b.py"]
    return subprocess.run(program, cwd=folder, env=env | variables, check=False, capture_output=True)


def test_two_versions_are_a_conflict_until_a_policy_says_which_one_holds(folder: Path) -> None:
    assert versioned(folder).returncode == 1
    assert versioned(folder, FORKMERGE_VERSIONS="higher").stdout == b'__version__ = "2.1"\n'
    subprocess.run(["git", "config", "forkmerge.versions", "theirs"], cwd=folder, check=True)
    assert versioned(folder).stdout == b'__version__ = "2.0.4"\n'
    assert versioned(folder, FORKMERGE_VERSIONS="conflict").returncode == 1
    wrong = versioned(folder, FORKMERGE_VERSIONS="newest")
    assert wrong.returncode == 1
    assert b"forkmerge.versions" in wrong.stderr
    assert b"higher" in wrong.stderr
