"""A real cluster of Dask on this machine: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from forkmerge.app.testing import identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.execution.suite import Suite

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class DaskCluster:
    """A scheduler in a process, and the workers that were started; use it as a context manager."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    address: str = ""

    def __enter__(self) -> Self:
        said = self.folder / "scheduler.json"
        where = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(said), "--no-dashboard"]
        self.start("distributed.cli.dask_scheduler", *where)
        self.wait(said.exists, "the scheduler")
        self.address = json.loads(said.read_text())["address"]
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()

    def start(self, module: str, *args: str, **env: str) -> subprocess.Popen[bytes]:
        variables = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/tests", "HOME": str(self.folder), **env}
        variables.pop("XDG_CACHE_HOME", None)
        words = [sys.executable, "-m", module, *args]
        with (self.folder / f"log{len(self.processes)}").open("wb") as log:
            process = subprocess.Popen(words, cwd=self.folder, env=variables, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def worker(self, threads: int = 1, **env: str) -> subprocess.Popen[bytes]:
        """Start a worker and return its process; one that is killed stays dead."""
        args = ["--nthreads", str(threads), "--no-dashboard", "--no-nanny", "--local-directory", str(self.folder)]
        return self.start("distributed.cli.dask_worker", self.address, *args, **env)

    def wait(self, condition: object, what: str, seconds: float = 120.0) -> None:
        """Wait until ``condition()``."""
        until = time.monotonic() + seconds
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < until, f"{what} did not come: {self.logs()}"
            time.sleep(0.1)

    def logs(self) -> Mapping[str, str]:
        return {log.name: log.read_text()[-2000:] for log in self.folder.glob("log*")}


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker as a machine that goes away does."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def here_alone(suite: Suite) -> str:
    """Return a key of an environment that is another one in each process."""
    return f"{identity(suite)} {os.getpid()}"
