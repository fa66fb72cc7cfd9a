"""What it costs to watch which functions each test runs: ``propose`` with and without it, and the bare suite.

    PYTHONPATH=tests:. python -m benchmarks.reach CHECKOUT [--python PATH] [--tests "tests"] [--src src] [--rounds 5]
    PYTHONPATH=tests:. python -m benchmarks.reach CHECKOUT --coverage        # beside coverage.py's contexts

``bare`` is pytest as the user runs it, ``told`` with our plugin alone, ``watched`` with the functions too; with
``--coverage`` also ``lines`` (coverage.py) and ``contexts`` (coverage.py with a context for each test), where it is
installed beside that Python.  They take turns, and the figures are processor seconds, the least of all rounds: a busy
machine makes processes wait, it makes them do little more.  Below stands what the watched run told.
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.model.outcome import RunStatus
from forkmerge.model.reach import EVERYTHING
from forkmerge.suites.pytest_runner import PytestRunner
from forkmerge.suites.runner import Ended, TestCommand, TestLimits

if TYPE_CHECKING:
    from forkmerge.model.reach import Reach


def once(kind: str, options: argparse.Namespace) -> tuple[float, Reach | None]:
    """Return the processor seconds of one run, and what it told of its tests."""
    checkout = options.checkout.resolve()
    with tempfile.TemporaryDirectory() as support:
        events = f"{support}/events"
        given = (("PYTHONPATH", str(checkout / options.src)), ("PYTHONDONTWRITEBYTECODE", "1"))
        command = f"{shlex.quote(str(options.python))} -m pytest -q -p no:cacheprovider {options.tests}"
        if kind in ("lines", "contexts"):
            config = Path(support) / "coveragerc"
            config.write_text("[run]\ndynamic_context = test_function\n" if kind == "contexts" else "[run]\n")
            given += (("COVERAGE_FILE", f"{support}/data"), ("COVERAGE_CORE", "ctrace"))
            command = command.replace(" -m pytest", f" -m coverage run --rcfile {config} --source . -m pytest")
        argv, env = TestCommand(command).argv, dict(given)
        if kind in ("told", "watched"):
            limits = TestLimits(reach=kind == "watched")
            made = PytestRunner().prepare(
                TestCommand(command, env=given), support=support, events=events, tests=None, limits=limits,
                root=str(checkout),
            )  # fmt: skip
            for name, data in made.files:
                (Path(support) / name).write_bytes(data)
            argv, env = made.argv, dict(made.env)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "FORKMERGE"))}
        done = subprocess.run(argv, cwd=checkout, env=clean | env, check=False, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, 1):
            sys.exit(f"{kind}: {(done.stdout + done.stderr).decode()[-500:]}")
        ended = Ended(done.returncode, RunStatus.COMPLETED)
        run = PytestRunner().collect(events_path=events, candidate=str(checkout), completed=ended)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, run.reach


def main() -> None:
    """Print the table, and what was told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--tests", default="tests")
    parser.add_argument("--src", default="src")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--coverage", action="store_true", help="measure coverage.py too")
    options = parser.parse_args()
    kinds = ["bare", "told", "watched", *["lines", "contexts"] * options.coverage]
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    reach = None
    for _ in range(options.rounds):
        for kind in kinds:
            cost, told = once(kind, options)
            seconds[kind].append(cost)
            reach = told or reach
    print("| run | processor seconds | times the bare suite |\n|---|---|---|")
    for kind in kinds:
        print(f"| {kind} | {min(seconds[kind]):.2f} | {min(seconds[kind]) / min(seconds['bare']):.2f} |")
    if reach is not None:
        masks = list(reach.tests.values())
        shared = masks[0]
        for mask in masks:
            shared &= mask
        own = statistics.median((mask & ~shared).bit_count() for mask in masks)
        lost = 1 << reach.places.index(EVERYTHING) if EVERYTHING in reach.places else 0
        print(
            f"{len(masks)} tests, {len(reach.places)} places; {shared.bit_count()} are shared by all tests, the median "
            f"test has {own:g} of its own; {sum(bool(mask & lost) for mask in masks)} could not be followed"
        )


if __name__ == "__main__":
    main()
