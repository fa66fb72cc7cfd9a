from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from forkmerge.app.config import load
from forkmerge.app.settings import KEYS, Settings, seconds
from forkmerge.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def configure(root: Path, *args: str) -> None:
    subprocess.run(["git", "config", *args], cwd=root, check=True)


def test_without_any_configuration_the_built_in_values_hold(root: Path) -> None:
    assert load(str(root), {}) == Settings()
    assert Settings().sandbox == "auto"
    assert Settings().budget == 20


def test_each_layer_wins_over_the_one_below(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.forkmerge]\nbudget = 1\njobs = 1\nruns = 1\nseed = 1\n")
    configure(root, "forkmerge.jobs", "2")
    configure(root, "forkmerge.runs", "2")
    configure(root, "forkmerge.seed", "2")
    found = load(str(root), {"FORKMERGE_RUNS": "3", "FORKMERGE_SEED": "3"}, {"seed": 4, "test": None})
    assert (found.budget, found.jobs, found.runs, found.seed) == (1, 2, 3, 4)


def test_lists_flags_and_durations_are_read_from_every_layer(root: Path) -> None:
    (root / ".forkmerge.toml").write_text('carry = ["*.env"]\ntime = "1h30m"\ntest_paths = ["tests"]\n')
    configure(root, "--global", "--add", "forkmerge.passEnv", "A")
    configure(root, "--global", "--add", "forkmerge.passEnv", "B")
    configure(root, "--global", "forkmerge.allowNetwork", "yes")
    found = load(str(root), {"FORKMERGE_TEST_TIMEOUT": "90", "FORKMERGE_CACHE": "false"})
    assert found.carry == ("*.env",)
    assert found.time == 5400
    assert found.test_paths == ("tests",)
    assert found.pass_env == ("A", "B")
    assert found.allow_network
    assert found.test_timeout == 90
    assert not found.cache


def test_two_configuration_files_are_an_error(root: Path) -> None:
    (root / ".forkmerge.toml").write_text("budget = 1\n")
    (root / "pyproject.toml").write_text("[tool.forkmerge]\nbudget = 1\n")
    with pytest.raises(UsageError, match="two places"):
        load(str(root), {})


def test_a_pyproject_of_others_beside_our_own_file_is_fine(root: Path) -> None:
    (root / ".forkmerge.toml").write_text("budget = 7\n")
    (root / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert load(str(root), {}).budget == 7


@pytest.mark.parametrize("layer", ["file", "git", "environment"])
def test_an_unknown_key_is_an_error_that_names_the_nearest(root: Path, layer: str) -> None:
    environment = {}
    if layer == "file":
        (root / ".forkmerge.toml").write_text("bugdet = 1\n")
    elif layer == "git":
        configure(root, "forkmerge.bugdet", "1")
    else:
        environment["FORKMERGE_BUGDET"] = "1"
    with pytest.raises(UsageError) as caught:
        load(str(root), environment)
    assert "budget" in caught.value.hint.lower()
    assert caught.value.where


@pytest.mark.parametrize(
    "text", ["budget = 0", "budget = true", 'time = "soon"', 'sandbox = "strong"', "carry = 3", "test = 1", "runs = -1"]
)
def test_a_wrong_value_is_an_error_that_names_the_place(root: Path, text: str) -> None:
    (root / ".forkmerge.toml").write_text(text + "\n")
    with pytest.raises(UsageError) as caught:
        load(str(root), {})
    assert caught.value.where.endswith(".forkmerge.toml")
    assert caught.value.message.startswith(text.split(" ", maxsplit=1)[0])


WEAKER = {
    "sandbox": ("none", '"none"'),
    "pass-env": ("TOKEN", '["TOKEN"]'),
    "allow-network": ("true", "true"),
    "setup-network": ("true", "true"),
    "carry": ("../secrets", '["../secrets"]'),
}


@pytest.mark.parametrize("key", WEAKER)
@pytest.mark.parametrize("layer", ["file", "local git"])
def test_a_repository_can_not_weaken_the_sandbox(root: Path, key: str, layer: str) -> None:
    text, toml = WEAKER[key]
    if layer == "file":
        (root / ".forkmerge.toml").write_text(f"{key} = {toml}\n")
    else:
        configure(root, "forkmerge." + "".join(p.title() for p in key.split("-")), text)
    with pytest.raises(UsageError, match="never weaker") as caught:
        load(str(root), {})
    assert f"--{key}" in caught.value.hint


@pytest.mark.parametrize("key", WEAKER)
@pytest.mark.parametrize("layer", ["global git", "environment", "option"])
def test_the_user_may_weaken_the_sandbox_whatever_the_repository_says(root: Path, key: str, layer: str) -> None:
    text, toml = WEAKER[key]
    (root / ".forkmerge.toml").write_text(f"{key} = {toml}\n")
    field = key.replace("-", "_")
    environment: dict[str, str] = {}
    options: dict[str, object] = {}
    if layer == "global git":
        configure(root, "--global", "forkmerge." + key.replace("-", ""), text)
    elif layer == "environment":
        environment[f"FORKMERGE_{field.upper()}"] = text
    else:
        options[field] = text
    assert getattr(load(str(root), environment, options), field) in (text, (text,), True)


def test_a_repository_can_make_the_sandbox_stricter(root: Path) -> None:
    (root / ".forkmerge.toml").write_text('sandbox = "bubblewrap"\n')
    assert load(str(root), {}).sandbox == "bubblewrap"


def test_variables_that_are_no_settings_are_left_alone(root: Path) -> None:
    assert load(str(root), {"FORKMERGE_PATH": "a.py", "FORKMERGES": "x"}) == Settings()


def test_broken_toml_is_an_error_with_its_place(root: Path) -> None:
    (root / ".forkmerge.toml").write_text("budget = \n")
    with pytest.raises(UsageError) as caught:
        load(str(root), {})
    assert caught.value.where.endswith(".forkmerge.toml")


@pytest.mark.parametrize(
    ("text", "value"), [("90", 90), ("90s", 90), ("1.5s", 1.5), ("10m", 600), ("none", None), (0, None)]
)
def test_durations(text: object, value: float | None) -> None:
    assert seconds(text) == value


def test_keys_are_written_with_hyphens() -> None:
    assert "pass-env" in KEYS
    assert not any("_" in key for key in KEYS)
