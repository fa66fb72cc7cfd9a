"""From ``propose`` to a merge commit: ``show``, ``diff`` and ``apply`` on what a real run kept."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support.proposing import Sandbox, best
from support.stories import prices

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sandbox, dict[str, object]]:
    """A repository of a pytest project with a kept run, and the best proposal."""
    box = prices(tmp_path_factory.mktemp("prices"), pytest=True)
    done = box.propose()
    assert done.code == 0, done.err
    return box, best(done.data)


@pytest.fixture
def box(made: tuple[Sandbox, dict[str, object]], tmp_path: Path) -> Sandbox:
    shutil.copytree(made[0].folder, tmp_path / "repo", symlinks=True)
    return Sandbox(tmp_path / "repo", made[0].home)


def test_show_and_diff_of_what_was_kept(box: Sandbox, made: tuple[Sandbox, dict[str, object]]) -> None:
    shown = box.run("show", "--json").data
    assert shown["proposal"]["tree"] == made[1]["tree"]
    assert "confirmed" in shown["proposal"]["certificate"]
    assert "Verdict: good" in box.run("show").out
    assert "Verdict: loses tests" in box.run("show", "2").out
    tree = str(made[1]["tree"])
    for against, revision in (("fork", "fork"), ("upstream", "upstream"), ("base", "main")):
        wanted = box.git("diff-tree", "-r", "-p", "-M", revision, tree)
        assert box.run("diff", "--against", against).out == wanted
    assert "<<<<<<<" in box.run("diff", "--against", "git").out
    assert "prices.py" in box.run("diff", "--stat").out


def test_apply_makes_the_merge_commit(box: Sandbox, made: tuple[Sandbox, dict[str, object]]) -> None:
    parents = box.git("rev-parse", "fork", "upstream").split()
    done = box.run("apply")
    assert done.code == 0, done.err
    assert box.git("log", "-1", "--format=%P").split() == parents
    assert box.git("rev-parse", "HEAD^{tree}").strip() == made[1]["tree"]
    assert box.git("symbolic-ref", "HEAD").strip() == "refs/heads/fork"
    assert box.git("status", "--porcelain") == ""
    trailers = box.git("log", "-1", "--format=%(trailers:unfold)")
    for wanted in (
        "Forkmerge-Proposal: runs/1/1",
        f"Forkmerge-Upstream: {parents[1]}",
        "Forkmerge-Tests: ours 5/5 kept",
    ):
        assert wanted in trailers
    assert "Forkmerge-Verdict: good" in trailers


def test_apply_to_a_new_branch_leaves_the_current_one(box: Sandbox, made: tuple[Sandbox, dict[str, object]]) -> None:
    before = box.fingerprint()
    assert box.run("apply", "--branch", "merged").code == 0
    box.git("rev-parse", "merged^2")
    assert box.git("rev-parse", "merged^{tree}").strip() == made[1]["tree"]
    box.git("update-ref", "-d", "refs/heads/merged")
    assert box.fingerprint() == before


def test_apply_without_a_commit_leaves_the_merge_to_be_committed(
    box: Sandbox, made: tuple[Sandbox, dict[str, object]]
) -> None:
    parents = box.git("rev-parse", "fork", "upstream").split()
    assert box.run("apply", "--no-commit").code == 0
    assert box.git("rev-parse", "HEAD").strip() == parents[0]
    assert box.git("write-tree").strip() == made[1]["tree"]
    box.git("commit", "-q", "--no-edit")
    assert box.git("log", "-1", "--format=%P").split() == parents
