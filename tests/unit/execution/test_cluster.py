"""The same jobs on a cluster: a real scheduler, workers in processes of their own, one of them killed half-way."""

from __future__ import annotations

import os
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.clusters import DaskCluster, here_alone, kill
from support.killing import processes
from support.proposing import build

from forkmerge.app.testing import identity
from forkmerge.errors import Interrupted, MissingTool
from forkmerge.execution.cluster import Cluster
from forkmerge.execution.environment import Environment, discover
from forkmerge.execution.pool import Job
from forkmerge.execution.provisions import Provision
from forkmerge.execution.suite import Suite
from forkmerge.git import trees
from forkmerge.git.repository import Repository
from forkmerge.model.outcome import RunStatus
from forkmerge.sandbox.command import Limits
from forkmerge.sandbox.probe import choose
from forkmerge.suites.detect import runner_for
from forkmerge.suites.pytest_runner import PytestRunner
from forkmerge.suites.runner import TestCommand, TestLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.sandbox, pytest.mark.filterwarnings("default")]
pytest.importorskip("distributed")
LINE = "cat given && cat made && sleep ${SECONDS_OF_SLEEP:-0} && test ! -e bad"


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    """A repository with a tree of some folders."""
    box = build(tmp_path / "r", {"a.txt": "a\n", "d/b.txt": "b\n", "d/e/c.txt": "c\n"}, {"x": "x"}, {"y": "y"})
    with Repository.open(box.folder) as opened:
        yield opened


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskCluster]:
    """A scheduler without workers."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    with DaskCluster(folder) as cluster:
        yield cluster


def suite_of(repo: Repository, tmp_path: Path, seconds: float = 0.0, line: str = LINE) -> Suite:
    made = tmp_path / "made"
    made.write_text("made by a build\n")
    environment = Environment(
        str(repo.worktree),
        (("PATH", "/usr/bin:/bin"), ("SECONDS_OF_SLEEP", str(seconds))),
        (Provision("made", str(made), "file"),),
    )
    command = TestCommand(line)
    runner = runner_for(line, None, (), lambda _: b"")
    return Suite(runner, command, environment, choose("auto"), limits=Limits(wall=60))


def tree_with(repo: Repository, number: int, **files: bytes) -> str:
    changes = {"given": (0o100644, b"tree %d\n" % number), **{k: (0o100644, v) for k, v in files.items()}}
    return trees.write(repo, repo.resolve("main").tree, changes)


def job(repo: Repository, suite: Suite, number: int, **files: bytes) -> Job:
    tree = tree_with(repo, number, **files)
    return Job(str(number), tree, {}, suite)


def test_jobs_run_on_two_workers_and_all_are_answered_when_one_is_killed_half_way(repo, dask, tmp_path):
    workers = [dask.worker(), dask.worker()]
    suite = suite_of(repo, tmp_path, 0.5)
    with Cluster(dask.address, repo, identify=identity) as cluster:
        dask.wait(lambda: cluster.workers == 2, "two workers")
        futures = [cluster.submit(job(repo, suite, n, **({"bad": b""} if n % 4 == 3 else {}))) for n in range(12)]
        futures[1].result(timeout=60)
        kill(workers[0])
        runs = [future.result(timeout=120) for future in futures]
        assert cluster.workers == 1
    assert [run.exit_code for run in runs] == [1 if n % 4 == 3 else 0 for n in range(12)]
    assert all(run.status is RunStatus.COMPLETED for run in runs), runs
    assert all(f"tree {n}\nmade by a build" in run.tail for n, run in enumerate(runs))
    assert {run.machine for run in runs} == {os.uname().nodename}


def test_a_worker_that_comes_later_takes_part(repo, dask, tmp_path):
    suite = suite_of(repo, tmp_path)
    with Cluster(dask.address, repo, identify=identity) as cluster:
        waiting = cluster.submit(job(repo, suite, 1))
        time.sleep(1)
        assert not waiting.done()
        dask.worker()
        assert waiting.result(timeout=60).exit_code == 0


def test_jobs_whose_workers_die_three_times_could_not_be_verified(repo, dask, tmp_path):
    suite = suite_of(repo, tmp_path, 50)
    with Cluster(dask.address, repo, identify=identity, patience=30) as cluster:
        workers = [dask.worker() for _ in range(3)]
        dask.wait(lambda: cluster.workers == 3, "three workers")
        answer = cluster.submit(job(repo, suite, 1))
        stopping = threading.Event()

        def reap() -> None:
            while not stopping.is_set():
                for worker in workers:
                    folder = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
                    children = "".join(p.read_text() for p in Path(f"/proc/{worker.pid}/task").glob("*/children"))
                    if folder.exists() and children.strip() and worker.poll() is None:
                        kill(worker)
                        workers.append(dask.worker())
                        break
                time.sleep(0.1)

        thread = threading.Thread(target=reap)
        thread.start()
        try:
            run = answer.result(timeout=170)
        finally:
            stopping.set()
            thread.join()
    assert run.status is RunStatus.UNVERIFIED
    assert "could not verify, 3 tries" in run.tail


def test_what_runs_on_a_worker_is_killed_when_it_is_taken_back(repo, dask, tmp_path):
    dask.worker()
    suite = suite_of(repo, tmp_path, 47.5)
    cluster = Cluster(dask.address, repo, identify=identity)
    dask.wait(lambda: cluster.workers == 1, "a worker")
    future = cluster.submit(job(repo, suite, 1))
    running = partial(any_process, "sleep 47.5")
    dask.wait(running, "the run")
    cluster.close(cancel=True)
    assert isinstance(future.exception(), Interrupted)
    dask.wait(lambda: not running(), "the end of the run", seconds=20)


def test_progress_and_single_results_come_back(repo, dask, tmp_path):
    dask.worker()
    test = b"import time, pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_it(n):\n    time.sleep(0.4)\n"
    command = TestCommand(f"{sys.executable} -m pytest -q -p no:cacheprovider tests")
    environment = discover(str(repo.worktree), os.environ, argv=command.argv)
    suite = Suite(PytestRunner(), command, environment, choose("auto"), test_limits=TestLimits(30, 120))
    heard: list[tuple[str, int, int | None]] = []
    with Cluster(dask.address, repo, identify=identity, progress=lambda *told: heard.append(told)) as cluster:
        found = cluster.submit(job(repo, suite, 1, **{"tests/test_it.py": test})).result(timeout=120)
    assert [r.status.value for r in found.results] == ["passed"] * 6, found
    finished = [told[1] for told in heard]
    assert finished == sorted(finished)
    assert any(0 < count < 6 for count in finished), heard
    assert any("test_it" in told[0] and told[2] == 6 for told in heard), heard


def any_process(words: str) -> bool:
    return any(said.startswith(words) for _, _, said in processes())


def test_workers_of_another_environment_are_not_used(repo, dask, tmp_path):
    dask.worker()
    suite = suite_of(repo, tmp_path)
    with Cluster(dask.address, repo, identify=here_alone) as cluster:
        dask.wait(lambda: cluster.workers == 1, "a worker")
        with pytest.raises(MissingTool, match="its environment is another one"):
            cluster.submit(job(repo, suite, 1)).result(timeout=60)


def test_workers_without_forkmerge_are_not_used(repo, dask, tmp_path):
    (tmp_path / "cluster" / "sitecustomize.py").write_text("import sys\nsys.modules['forkmerge'] = None\n")
    dask.worker(PYTHONPATH=str(tmp_path / "cluster"))
    suite = suite_of(repo, tmp_path)
    with Cluster(dask.address, repo, identify=identity) as cluster:
        dask.wait(lambda: cluster.workers == 1, "a worker")
        with pytest.raises(MissingTool, match="there is no forkmerge"):
            cluster.submit(job(repo, suite, 1)).result(timeout=60)


def test_nobody_at_the_address_is_told(repo):
    with pytest.raises(MissingTool, match="does not answer"):
        Cluster("tcp://127.0.0.1:9", repo, identify=identity)
