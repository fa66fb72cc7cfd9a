"""Runs that are begun early: whoever asks for one gets it, once, and no other."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from support.proposing import CHEAP, CHEAP_COMMAND, build

from forkmerge.app import testing
from forkmerge.app.runs import Runs
from forkmerge.app.settings import Settings
from forkmerge.execution import pool
from forkmerge.execution.load import Machine
from forkmerge.fitness.records import Purpose
from forkmerge.git import trees
from forkmerge.git.repository import Repository
from forkmerge.report.events import Silent

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.sandbox
def test_a_run_that_was_begun_is_given_to_whoever_asks_and_made_once(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(pool.load, "machine", lambda: Machine(64, 0.0, 1 << 40))
    box = build(tmp_path, {"run.py": CHEAP, "checks/a.py": "def check_a(): pass\n"}, {"x": "x"}, {"y": "y"})
    settings = Settings(test=f"sleep 0.5; echo $$; {CHEAP_COMMAND}", results="results.xml")
    made = []
    with Repository.open(box.folder) as repo:
        tree = repo.resolve("main").tree
        used = testing.setting(repo, repo.entries(tree), settings, os.environ)
        base = str(tmp_path / "work")
        with Runs(repo, used, jobs=2, base=base, progress=Silent(), over=lambda: False) as runs:
            submit = runs._pool.submit
            monkeypatch.setattr(runs._pool, "submit", lambda job, **more: made.append(job.tree) or submit(job, **more))
            other = trees.write(repo, tree, {"other": (0o100644, b"")})
            assert runs.idle >= 1
            runs.begin([(other, None, Purpose.SUITE)])
            time.sleep(2.5)
            began = time.monotonic()
            found = runs(other, None, Purpose.SUITE)
            assert time.monotonic() - began < 0.4
            assert [r.test.name for r in found.results] == ["check_a"]
            assert made == [other]
            runs(other, None, Purpose.SUITE)
            assert made == [other, other]
