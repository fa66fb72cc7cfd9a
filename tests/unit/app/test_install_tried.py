from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from forkmerge.app import install
from forkmerge.app.install_tried import tried
from forkmerge.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PROGRAM = (sys.executable, "-P", "-m", "forkmerge.cli")


def script(folder: Path, text: str) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_driver_that_merges_is_fine() -> None:
    assert tried(PROGRAM) == ""


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    assert "gone" in tried((str(tmp_path / "gone"),))


def test_what_fails_is_told_in_its_own_words(tmp_path: Path) -> None:
    assert (
        tried((script(tmp_path, "echo started >&2; echo no such module >&2; exit 1"),))
        == "it ended with 1: no such module"
    )


def test_an_answer_that_merged_nothing_is_told(tmp_path: Path) -> None:
    assert tried((script(tmp_path, "exit 77"),)) == "it ended with 77"
    assert tried((script(tmp_path, "exit 0"),)) == "it ended with 0"


def test_the_first_merge_finds_its_modules_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    assert tried(PROGRAM) == ""
    assert list((tmp_path / "forkmerge").glob("modules-*"))


def test_install_warns_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = (script(tmp_path, "exit 1"),)
    monkeypatch.setattr(install, "program", lambda: program)
    subprocess.run(["git", "init", "-q", str(tmp_path / "repository")], check=True)
    monkeypatch.chdir(tmp_path / "repository")
    assert main(["install"]) == 0
    assert "the driver did not merge it (it ended with 1); git itself will" in capsys.readouterr().err
