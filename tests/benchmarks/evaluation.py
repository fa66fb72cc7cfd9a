"""What an evaluation costs beyond the tests, and what a second worker brings: ``make bench-evaluation``.

    PYTHONPATH=tests:. python -m benchmarks.evaluation overhead --files 10000 --rounds 15
    PYTHONPATH=tests:. python -m benchmarks.evaluation workers --jobs 8 --seconds 4 --files 200
    PYTHONPATH=tests:. python -m benchmarks.evaluation workers --jobs 8 --seconds 4 --files 200 --cluster

``overhead``: a repository of so many files with a suite of pytest that sleeps for a while.  Every round runs the bare
suite in a plain checkout, and evaluates a new tree that differs in a few files: written, checked, made into a clone,
run in the sandbox, read, put into the ledger.  The two take turns, so that what else the machine does falls on both;
the figures are medians.  ``workers``: the same evaluations with one worker and with two, their tests asleep for most of
the time, so that a machine of two processors that does other work shows what the pool adds and not what it lacks.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from support.clusters import DaskCluster

from forkmerge.app import testing
from forkmerge.app.runs import Runs
from forkmerge.app.settings import Settings
from forkmerge.execution import load
from forkmerge.fitness.evaluator import Evaluator
from forkmerge.fitness.ledger import Ledger
from forkmerge.fitness.records import Purpose
from forkmerge.fitness.required import Duty, Required
from forkmerge.git import trees
from forkmerge.git.repository import Repository
from forkmerge.report.events import Silent

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = """import time, pytest
from pkg0 import value

@pytest.mark.parametrize("n", range({tests}))
def test_it(n):
    time.sleep({seconds})
    assert value() >= 0
"""
MOST_MS, MOST_SHARE = 50.0, 0.03


class Clock:
    """Seconds of wall time, and of processor time of this process alone."""

    def __enter__(self) -> Self:
        self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._began[0]
        self.processor = time.process_time() - self._began[1]


class Bench:
    """A repository of ``files`` files whose suite sleeps for about ``seconds``."""

    def __init__(self, top: Path, files: int, seconds: float, tests: int) -> None:
        self.top = top
        self.files = files
        self.root = top / "repo"
        self.root.mkdir()
        for number in range(files):
            path = self.root / f"data{number % 40}" / f"sub{number % 400}" / f"f{number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"file {number}\n" + "a line of it\n" * (number % 300))
        (self.root / "pkg0.py").write_text("def value():\n    return 0\n")
        (self.root / "tests").mkdir()
        (self.root / "tests/test_it.py").write_text(TESTS.format(tests=tests, seconds=seconds / tests))
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("-c", "user.name=b", "-c", "user.email=b@example.com", "commit", "-qm", "all")
        self.tree = self.git("rev-parse", "HEAD^{tree}")
        self.command = f"{sys.executable} -m pytest -q -p no:cacheprovider tests"

    def git(self, *args: str) -> str:
        """Return what git says."""
        return subprocess.run(["git", *args], cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def bare(self) -> Clock:
        """Return what it took to run the suite alone, in the checkout."""
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "TERM": "dumb"}
        with Clock() as clock:
            subprocess.run(self.command.split(), cwd=self.root, env=env, check=True, capture_output=True)
        return clock

    def runs(self, repo: Repository, jobs: int, *, sandbox: str = "auto", cluster: str = "") -> Runs:
        """Return what runs the suite on trees."""
        settings = Settings(test=self.command, sandbox=sandbox, jobs=jobs)
        used = testing.setting(repo, repo.entries(self.tree), settings, os.environ)
        base = str(self.top / "work")
        extra = {"cluster": cluster} if cluster else {}
        return Runs(repo, used, jobs=jobs, base=base, progress=Silent(), over=lambda: False, **extra)

    def candidates(self, repo: Repository) -> Iterator[str]:
        """Yield trees that differ from each other in three files."""
        base, number = self.tree, 0
        while True:
            number += 1
            changes = {f"data{n % 40}/sub{n % 400}/f{n}.txt": (0o100644, b"changed %d\n" % number) for n in range(3)}
            changes["pkg0.py"] = (0o100644, b"def value():\n    return %d\n" % number)
            yield trees.write(repo, base, changes)


def overhead(bench: Bench, rounds: int, sandbox: str) -> int:
    """Print what an evaluation takes beyond the bare suite; return 1 where that is more than it may be."""
    with Repository.open(bench.root) as repo, bench.runs(repo, 1, sandbox=sandbox) as runs:
        ledger = Ledger.open(str(bench.top / "ledger.sqlite3"))
        recall = testing.recall(ledger, runs.setting, Settings(test=bench.command), os.environ)
        base = bench.tree
        first = runs(base, None, Purpose.SUITE)
        assert all(r.status.good for r in first.results), first.tail
        required = Required(tuple(Duty("ours", r.test) for r in first.results))
        parents = {"ours": base, "theirs": base}
        evaluator = Evaluator(lambda tree, _: tree, runs, recall, required, parents, 2.0, jobs=1)
        made = bench.candidates(repo)
        bench.bare()
        bare, whole = [], []
        for _ in range(rounds):
            bare.append(bench.bare())
            with Clock() as clock:
                evaluation = evaluator.evaluate(next(made))
            whole.append(clock)
            assert evaluation.good, evaluation
        ledger.close()
    print(f"{bench.files} files, sandbox {runs.setting.backend.name}, {rounds} rounds; median (least) in ms")
    alone, took = [1000 * clock.wall for clock in bare], [1000 * clock.wall for clock in whole]
    extra = statistics.median(took) - statistics.median(alone)
    most = MOST_MS + MOST_SHARE * statistics.median(alone)
    print(f"the suite alone:  {statistics.median(alone):.0f} ({min(alone):.0f})")
    print(f"an evaluation:    {statistics.median(took):.0f} ({min(took):.0f})")
    print(f"beyond the tests: {extra:.0f} ({min(took) - min(alone):.0f}) of at most {most:.0f}")
    print(f"of it processor time of forkmerge: {1000 * statistics.median(c.processor for c in whole):.0f}")
    return int(extra > most)


def workers(bench: Bench, jobs: int, *, cluster: bool) -> int:
    """Print how many evaluations a second one worker and two make; return 1 where two are not worth 1.8."""
    took = {}
    with Repository.open(bench.root) as repo:
        made = bench.candidates(repo)
        for count in (1, 2, 1, 2):
            with ExitStack() as stack:
                if cluster:
                    folder = bench.top / f"cluster{len(took)}-{count}-{time.monotonic_ns()}"
                    folder.mkdir()
                    dask = stack.enter_context(DaskCluster(folder))
                    for _ in range(count):
                        dask.worker()
                    runs = stack.enter_context(bench.runs(repo, count, cluster=dask.address))
                    dask.wait(lambda: runs.idle == count, "the workers")  # noqa: B023 - called at once
                else:
                    runs = stack.enter_context(bench.runs(repo, count))
                    runs._pool._machine = lambda: load.Machine(64, 0.0, 1 << 40)
                threads = stack.enter_context(ThreadPoolExecutor(jobs))
                warm = [next(made) for _ in range(count)]
                list(threads.map(lambda tree: runs(tree, None, Purpose.SUITE), warm))  # noqa: B023 - the same
                trees_ = [next(made) for _ in range(jobs)]
                with Clock() as clock:
                    found = list(threads.map(lambda tree: runs(tree, None, Purpose.SUITE), trees_))  # noqa: B023 - the same
                assert all(r.status.good for run in found for r in run.results), found
                took[count] = min(took.get(count, clock.wall), clock.wall)
                print(f"{count} worker(s): {jobs} evaluations in {clock.wall:.1f} s, {jobs / clock.wall:.2f} a second")
    gain = took[1] / took[2]
    print(f"{'Dask' if cluster else 'local'}: two workers make {gain:.2f} times the evaluations of one")
    return int(gain < 1.8)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("overhead", "workers"))
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--jobs", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--tests", type=int, default=20)
    parser.add_argument("--sandbox", default="auto")
    parser.add_argument("--cluster", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="forkmerge-bench-") as top:
        bench = Bench(Path(top), asked.files, asked.seconds, asked.tests)
        if asked.what == "overhead":
            return overhead(bench, asked.rounds, asked.sandbox)
        return workers(bench, asked.jobs, cluster=asked.cluster)


if __name__ == "__main__":
    sys.exit(main())
