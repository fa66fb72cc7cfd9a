"""Folders of processes that were killed are removed by later ones, those of living ones never."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest

from forkmerge.execution.folders import WorkFolder
from forkmerge.git.sterile import PREFIX, Sterile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def aged(path: Path) -> Path:
    os.utime(path, (1, 1))
    return path


def test_what_a_killed_process_left_in_the_temporary_folder_is_removed(temporary: Path, tmp_path: Path) -> None:
    left = temporary / f"{PREFIX}left"
    (left / "refs").mkdir(parents=True)
    probe = temporary / "fm-probe-left"
    probe.mkdir()
    others = temporary / "forkmerge-demo-kept"
    others.mkdir()
    young = temporary / f"{PREFIX}young"
    young.mkdir()
    link = temporary / f"{PREFIX}link"
    link.symlink_to(aged(others))
    aged(left), aged(probe)
    WorkFolder(str(tmp_path / "base")).close()
    assert set(temporary.iterdir()) == {others, young, link}


def test_the_folder_of_a_living_process_stays(temporary: Path, tmp_path: Path) -> None:
    with Sterile(tmp_path, "sha1") as alive:
        aged(alive.path)
        WorkFolder(str(tmp_path / "base")).close()
        assert alive.path.is_dir()
    assert list(temporary.iterdir()) == []
