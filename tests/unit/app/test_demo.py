from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from forkmerge.app.demo import build, fixtures
from forkmerge.app.wholesale import wholesale
from forkmerge.errors import UnusableInput
from forkmerge.git.mergetree import git_merge
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import resolve

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *args], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("fixture", fixtures(), ids=lambda f: f.name)
def test_a_built_in_fork_becomes_the_same_repository_everywhere(fixture, tmp_path: Path) -> None:
    for name in ("one", "two"):
        build(fixture, tmp_path / name)
    heads = [git(tmp_path / name, "rev-parse", "main", "fork", "upstream").stdout for name in ("one", "two")]
    assert heads[0] == heads[1]
    assert git(tmp_path / "one", "status", "--porcelain").stdout == ""
    assert git(tmp_path / "one", "branch", "--show-current").stdout == "fork\n"
    assert git(tmp_path / "one", "merge-base", "fork", "upstream").stdout.strip() in heads[0].split()[:1]


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(UnusableInput, match="not empty"):
        build(fixtures()[0], tmp_path)
    assert (tmp_path / "mine").read_text() == "x"


@pytest.mark.parametrize("favor", ["ours", "theirs"])
def test_wholesale_is_what_git_makes_with_that_strategy_option(favor, tmp_path: Path) -> None:
    build(fixtures()[0], tmp_path)
    with Repository.open(tmp_path) as repo:
        scenario = resolve(repo, "fork", "upstream")
        tree = wholesale(repo, scenario, git_merge(repo, scenario), favor)
    who = ("-c", "user.name=x", "-c", "user.email=x@y")
    assert git(tmp_path, *who, "merge", "-q", "-X", favor, "-m", "m", "upstream").returncode == 0
    assert git(tmp_path, "rev-parse", "HEAD^{tree}").stdout.strip() == tree
