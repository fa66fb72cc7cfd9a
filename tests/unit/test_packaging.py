"""The wheel holds all that it needs, and works where nothing of the checkout is."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
hatchling = pytest.importorskip("hatchling.builders.wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = hatchling.WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("dist")))
    return Path(path)


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(where)
    return where


def run(site: Path, where: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(site), "HOME": str(where)}
    command = [sys.executable, "-P", "-W", "error", *arguments]
    return subprocess.run(command, cwd=where, env=environment, check=True, capture_output=True, text=True).stdout


def contents(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(("source", "packed"), [("grammars", "grammars"), ("fixtures/forks", "forks")])
def test_wheel_holds_the_data(site: Path, source: str, packed: str) -> None:
    assert contents(site / "forkmerge" / "_data" / packed) == contents(ROOT / source)


def test_wheel_holds_every_module_and_nothing_else(site: Path) -> None:
    modules = contents(ROOT / "forkmerge")
    packed = {name for name in contents(site / "forkmerge") if not name.startswith("_data/")}
    assert packed == modules


def test_wheel_holds_no_solution(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if "solution" in name]


def test_wheel_names_its_commands_and_its_licence(site: Path) -> None:
    (information,) = site.glob("*.dist-info")
    entries = (information / "entry_points.txt").read_text(encoding="utf-8")
    assert "forkmerge = forkmerge.cli.main:main" in entries
    assert "git-forkmerge = forkmerge.cli.main:main" in entries
    assert "Apache License" in (information / "licenses" / "LICENSE").read_text(encoding="utf-8")


def test_unpacked_wheel_knows_its_languages_and_forks(site: Path, tmp_path: Path) -> None:
    told = run(site, tmp_path, "-c", "import forkmerge; print(forkmerge.__file__)")
    assert Path(told.strip()).is_relative_to(site)
    languages = run(site, tmp_path, "-m", "forkmerge.cli", "languages")
    assert {path.stem for path in (ROOT / "grammars").glob("*.toml")} <= {
        line.split()[0] for line in languages.splitlines() if line.strip()
    }
    forks = run(site, tmp_path, "-m", "forkmerge.cli", "demo", "--list")
    assert {line.split()[0] for line in forks.splitlines()} == {
        path.parent.name for path in (ROOT / "fixtures" / "forks").glob("*/fork.toml")
    }
