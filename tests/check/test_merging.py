"""``check --merging``: the merge in progress, as it stands in the index, by hand and as git's own hook."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.proposing import build

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

LIB = "RATE = 20\n\n\ndef f():\n    return RATE\n\n\ndef g():\n    return 2\n"
TESTS = "import lib\n\n\ndef test_g():\n    assert lib.g() == 2\n"


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """A fork that calls what its upstream renamed, and the branch fine, which merges well."""
    made = build(
        tmp_path,
        {"lib.py": LIB},
        {"use.py": "from lib import f\n\nX = f()\n", "test_use.py": TESTS},
        {"lib.py": LIB.replace("def f", "def f1")},
    )
    made.git("checkout", "-qb", "fine", "main")
    made.commit("fine", {"lib.py": LIB.replace("20", "25")})
    made.git("checkout", "-q", "fork")
    return made


def hook(box: Sandbox, name: str) -> None:
    path = box.folder / ".git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m forkmerge.cli -q check --merging\n')
    path.chmod(0o755)


def test_git_s_hook_stops_a_merge_that_breaks_a_call_and_lets_a_good_one_pass(box: Sandbox) -> None:
    hook(box, "pre-merge-commit")
    before = box.git("rev-parse", "HEAD")
    done = subprocess.run(
        ["git", "merge", "--no-edit", "upstream"], cwd=box.folder, env=box.environment(), check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "head uses lib.f, but target renamed f to f1 [dangling-import]" in done.stderr
    assert "FAILED: HEAD into upstream: 1 error" in done.stderr
    assert box.git("rev-parse", "HEAD") == before
    box.git("merge", "--abort")
    box.git("merge", "-q", "--no-edit", "fine")
    assert box.git("rev-list", "--parents", "-n", "1", "HEAD").count(" ") == 2


def test_what_was_dropped_by_hand_is_told_before_the_commit(box: Sandbox) -> None:
    box.git("merge", "-q", "--no-commit", "fine")
    assert box.run("check", "--merging").code == 0
    (box.folder / "test_use.py").write_text("import lib\n")
    assert box.run("check", "--merging").code == 0, "what is not in the index is not in the merge"
    box.git("add", "-A")
    before = box.fingerprint()
    done = box.run("check", "--merging", "--format", "json")
    assert done.code == 1, done.err
    assert [(f["rule"], f["path"]) for f in done.data["findings"]] == [("lost-test", "test_use.py")]
    assert box.fingerprint() == before


def test_conflicts_that_are_left_are_said(box: Sandbox) -> None:
    box.commit("other", {"lib.py": LIB.replace("20", "30")})
    box.git("merge", "-q", "--no-commit", "fine", check=False)
    done = box.run("check", "--merging")
    assert done.code == 3
    assert "conflicts are left in the index" in done.err


def test_without_a_merge_there_is_nothing_to_judge(box: Sandbox) -> None:
    done = box.run("check", "--merging")
    assert done.code == 2
    assert "no merge is in progress" in done.err
    assert box.run("check").code == 2
    assert box.run("check", "upstream", "--merging").code == 2


def test_a_shallow_clone_without_the_merge_base_says_how_to_get_it(box: Sandbox) -> None:
    url = f"file://{box.folder}"
    box.git("clone", "-q", "--depth", "1", "--no-single-branch", "--branch", "fork", url, "shallow")
    done = box.run("check", "origin/upstream", cwd=box.folder / "shallow")
    assert done.code == 3
    assert "git fetch --unshallow" in done.err
