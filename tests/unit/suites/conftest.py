"""Run real pytest sessions on small projects, the way the house above does, but without a sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from forkmerge.model.outcome import RunStatus, SuiteRun, TestId
from forkmerge.suites.pytest_runner import PytestRunner
from forkmerge.suites.runner import Ended, Mode, TestCommand, TestLimits

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Project:
    root: Path
    support: Path
    events: Path
    runner: PytestRunner

    def write(self, **files: str) -> Project:
        for name, text in files.items():
            path = self.root / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self

    def start(
        self,
        command: str = "",
        *,
        tests: tuple[TestId, ...] | None = None,
        limits: TestLimits = TestLimits(),  # noqa: B008 - frozen
        mode: Mode = Mode.RUN,
        env: tuple[tuple[str, str], ...] = (),
    ) -> subprocess.Popen[str]:
        invocation = self.runner.prepare(
            TestCommand(command or f"{sys.executable} -m pytest -q", env=env),
            support=str(self.support),
            events=str(self.events),
            tests=tests,
            limits=limits,
            mode=mode,
            root=str(self.root),
        )
        for name, data in invocation.files:
            (self.support / name).write_bytes(data)
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "FORKMERGE"))}
        return subprocess.Popen(
            invocation.argv,
            env=clean | {"PYTHONDONTWRITEBYTECODE": "1"} | dict(invocation.env),
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def ended(self, *args, **kwargs) -> Ended:
        began = time.monotonic()
        with self.start(*args, **kwargs) as process:
            output, _ = process.communicate(timeout=60)
        return Ended(process.returncode, RunStatus.COMPLETED, output[-4000:], time.monotonic() - began)

    def collect(self, ended: Ended) -> SuiteRun:
        return self.runner.collect(events_path=str(self.events), candidate=str(self.root), completed=ended)

    def run(self, *args, **kwargs) -> SuiteRun:
        return self.collect(self.ended(*args, **kwargs))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root, support = tmp_path / "candidate", tmp_path / "support"
    root.mkdir()
    support.mkdir()
    (root / "pytest.ini").write_text("[pytest]\n")
    return Project(root, support, tmp_path / "events.jsonl", PytestRunner())
