"""The whole story: on each built-in fork the best proposal keeps every required test of both sides."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import forks

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("name", forks.NAMES)
def test_demo_finds_a_proposal_that_keeps_all_tests(name: str, tmp_path: Path) -> None:
    if forks.manifest(name)["language"] == "javascript" and not shutil.which("node"):
        pytest.skip("node is not installed")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "forkmerge.cli", "demo", name],
        cwd=tmp_path, env=environment, check=False, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert "git merge upstream: conflicts in" in done.stdout
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert [path.name for path in tmp_path.iterdir()] == []
