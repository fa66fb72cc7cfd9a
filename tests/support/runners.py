"""Repositories from ``fixtures/runners``: the same story in each language, and the command run on them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.proposing import ROOT, Sandbox, build

if TYPE_CHECKING:
    from typing import Any

RUNNERS = ROOT / "fixtures" / "runners"
NAMES = tuple(sorted(path.name for path in RUNNERS.iterdir() if path.is_dir()))


def files(name: str, version: str) -> dict[str, str]:
    """Return the files of a version of a fixture."""
    top = RUNNERS / name / version
    return {str(p.relative_to(top)): p.read_text(encoding="utf-8") for p in sorted(top.rglob("*")) if p.is_file()}


def fork(name: str, where: Path, **env: str) -> Sandbox:
    """Return a repository of a fixture; ``env`` are further variables of the user."""
    base, mine, theirs = (files(name, version) for version in ("base", "fork", "upstream"))
    gone = [dict.fromkeys(base.keys() - side.keys()) for side in (mine, theirs)]
    return build(where, base, {**gone[0], **mine}, {**gone[1], **theirs}, **env)


def check(box: Sandbox, *args: str, test: str = "auto", timeout: float = 300) -> dict[str, Any]:
    """Return the JSON document of ``check --test``."""
    done = box.run("check", "upstream", "--test", test, "--format", "json", *args, timeout=timeout)
    assert done.code in (0, 1, 4), (done.code, done.out, done.err)
    return done.data


def broken(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the findings about tests that the merge breaks."""
    return [finding for finding in data["findings"] if finding["rule"] == "broken-test"]


def needs(*programs: str) -> None:
    """Skip the test where a program is missing."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here")


def go_cache() -> dict[str, str]:
    """Return the variable that names the user's own cache of compiled packages: building all of them takes long."""
    said = subprocess.run(["go", "env", "GOCACHE"], capture_output=True, text=True, check=True).stdout.strip()
    return {"GOCACHE": said} if Path(said).is_dir() else {}


def rust_homes() -> dict[str, str]:
    """Return the variables that name where the user's Rust lives: the test's own home has none."""
    return {
        name: str(path)
        for name, folder in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"))
        if (path := Path(os.environ.get(name) or Path.home() / folder)).is_dir()
    }


def installed(tool: str, where: Path) -> Path:
    """Return a ``node_modules`` with ``tool``, installed once for all tests below ``where``; skip where that fails."""
    folder = where / f"installed-{tool}"
    if not folder.exists():
        folder.mkdir()
        (folder / "package.json").write_text('{"private": true}\n')
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", tool]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"{tool} can't be installed here: {done.stderr.strip().splitlines()[-1:]}")
    return folder / "node_modules"
