"""The forks of fixtures/forks are what fork.toml says: git fails on them, and the tests of both can pass together."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support import forks

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


@pytest.fixture(scope="module", params=forks.NAMES)
def name(request: pytest.FixtureRequest) -> str:
    if forks.manifest(request.param)["language"] == "javascript" and not shutil.which("node"):
        pytest.skip("node is not installed")
    return str(request.param)


@pytest.fixture(scope="module")
def repository(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forks.build(name, tmp_path_factory.mktemp("fork") / name)


def pinned(name: str, side: str, *, git: str | None = None) -> set[str]:
    differences = forks.manifest(name)["difference"]
    return {test for each in differences if git in (None, each["git"]) for test in each[f"{side}_tests"]}


def test_names_of_tests_are_unique_and_known(name: str, tmp_path: Path) -> None:
    for side in ("fork", "upstream"):
        assert pinned(name, side) <= forks.sources_of_tests(name, side).keys()
        assert pinned(name, side) <= forks.required(name, side)


@pytest.mark.parametrize("side", ["base", "fork", "upstream"])
def test_each_version_passes_its_own_tests(name: str, side: str, tmp_path: Path) -> None:
    shutil.copytree(forks.FORKS / name / side, tmp_path / side)
    passed = forks.results(name, tmp_path / side)
    assert passed.keys() == forks.sources_of_tests(name, side).keys()
    assert all(passed.values())


def test_building_twice_gives_the_same_commits(name: str, repository: Path, tmp_path: Path) -> None:
    again = forks.build(name, tmp_path / "again")
    for branch in ("main", "upstream", "fork"):
        assert forks.git(again, "rev-parse", branch) == forks.git(repository, "rev-parse", branch)


def test_git_conflicts_where_the_manifest_says(name: str, repository: Path, tmp_path: Path) -> None:
    merged = forks.merge(repository, tmp_path / "merge")
    assert merged.code == 1
    assert sorted(merged.conflicts) == sorted(forks.manifest(name)["conflicts"])


@pytest.mark.parametrize(("option", "loser"), [("ours", "upstream"), ("theirs", "fork")])
def test_taking_one_side_wholesale_loses_tests_of_the_other(
    name: str, repository: Path, option: str, loser: str, tmp_path: Path
) -> None:
    merged = forks.merge(repository, tmp_path / "merge", "-X", option)
    assert merged.code == 0
    passed = forks.results(name, forks.with_tests_of(name, merged.tree, loser, tmp_path / "run"))
    lost = {test for test in forks.required(name, loser) if not passed.get(test, False)}
    assert len(lost & pinned(name, loser, git="conflict")) >= 2


def test_files_that_git_merges_cleanly_break_the_fork(name: str, repository: Path, tmp_path: Path) -> None:
    merged = forks.merge(repository, tmp_path / "merge")
    for path in merged.conflicts:
        shutil.copy2(forks.SOLUTIONS / name / path, merged.tree / path)
    passed = forks.results(name, forks.with_tests_of(name, merged.tree, "fork", tmp_path / "run"))
    lost = {test for test in forks.required(name, "fork") if not passed.get(test, False)}
    clean = pinned(name, "fork", git="clean")
    assert clean
    assert clean <= lost


@pytest.mark.parametrize("side", ["fork", "upstream"])
def test_a_resolution_by_hand_passes_the_tests_of_both_sides(
    name: str, repository: Path, side: str, tmp_path: Path
) -> None:
    merged = forks.merge(repository, tmp_path / "merge")
    shutil.copytree(forks.SOLUTIONS / name, merged.tree, dirs_exist_ok=True)
    passed = forks.results(name, forks.with_tests_of(name, merged.tree, side, tmp_path / "run"))
    assert {test for test in forks.required(name, side) if not passed.get(test, False)} == set()


def test_the_merged_suite_of_the_resolution_passes(name: str, repository: Path, tmp_path: Path) -> None:
    merged = forks.merge(repository, tmp_path / "merge")
    shutil.copytree(forks.SOLUTIONS / name, merged.tree, dirs_exist_ok=True)
    passed = forks.results(name, merged.tree)
    assert all(passed.values())
    assert passed.keys() >= pinned(name, "fork") | pinned(name, "upstream")
