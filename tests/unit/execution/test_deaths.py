"""Workers that hang, die or can't make their clone: replaced, the job run again, and after three times nobody can tell.

Every test really kills, hangs or starves something.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from forkmerge.errors import Interrupted, MissingTool
from forkmerge.execution import deaths, load
from forkmerge.execution.deaths import Died
from forkmerge.execution.environment import Environment
from forkmerge.execution.load import Machine
from forkmerge.execution.pool import Job, Pool
from forkmerge.execution.suite import Suite, run_suite
from forkmerge.execution.treeid import tree_id
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.sandbox.command import Limits
from forkmerge.sandbox.overlay import stack
from forkmerge.sandbox.probe import choose
from forkmerge.suites.detect import runner_for
from forkmerge.suites.runner import TestCommand

ROOT = Path(__file__).parents[3]
IDLE = partial(Machine, 64, 0.0, 1 << 40)


def job_of(blobs, text: str, payload: object = None) -> Job:
    entries = {"a": blobs.entry(text), "d/b": blobs.entry("same")}
    return Job(text, tree_id(entries, "sha1"), entries, payload)


def fine(job, workspace) -> SuiteRun:
    return SuiteRun(RunStatus.COMPLETED, exit_code=0, tail=Path(workspace.candidate, "a").read_text())


def pool_of(tmp_path, blobs, run_job, **more) -> Pool:
    return Pool(2, base=str(tmp_path / "base"), read=blobs.read, run_job=run_job, machine=IDLE, **more)


def sandboxed(tmp_path, line: str, wall: float = 60) -> Suite:
    command = TestCommand(line)
    environment = Environment(str(tmp_path / "at"), (("PATH", "/usr/bin:/bin"),))
    return Suite(runner_for(line, None, (), lambda _: b""), command, environment, choose("auto"), limits=Limits(wall))


def descendants() -> dict[int, str]:
    """Return the processes that descend from this one, with their words."""
    found, todo = {}, [os.getpid()]
    while todo:
        pid = todo.pop()
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                for child in map(int, children.read_text().split()):
                    words = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[child] = words
                    todo.append(child)
            except OSError:
                continue
    return found


def kill_when_seen(word: str, times: int, done: threading.Event) -> int:
    """Kill whatever of a run's processes has ``word`` in its command, so many times; return how often it was done."""
    killed: set[int] = set()
    while len(killed) < times and not done.is_set():
        for pid, words in descendants().items():
            if word in words and pid not in killed:
                time.sleep(0.2)  # let it get going
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                killed.add(pid)
                break
        time.sleep(0.05)
    return len(killed)


# -- hanging ---------------------------------------------------------------------------------------------------------


def test_a_worker_that_hangs_is_replaced_and_its_job_runs_again(tmp_path, blobs):
    release, tries = threading.Event(), []

    def run(job, workspace):
        tries.append(workspace.candidate)
        if len(tries) == 1:
            release.wait(60)  # it does not even ask whether it is to stop
            return SuiteRun(RunStatus.CRASHED, tail="the answer of one that was given up")
        return fine(job, workspace)

    with pool_of(tmp_path, blobs, run, patience=0.5) as pool:
        assert pool.submit(job_of(blobs, "one")).result(timeout=30).tail == "one"
        release.set()
        assert pool.submit(job_of(blobs, "two")).result(timeout=30).tail == "two"
    assert len(tries) == 3


def test_a_job_that_hangs_three_workers_could_not_be_verified(tmp_path, blobs):
    release = threading.Event()

    def run(job, workspace):
        if job.key == "bad":
            release.wait(60)
        return fine(job, workspace)

    with pool_of(tmp_path, blobs, run, patience=0.3) as pool:
        bad, good = pool.submit(job_of(blobs, "bad")), pool.submit(job_of(blobs, "good"))
        assert good.result(timeout=30).tail == "good"
        found = bad.result(timeout=30)
        release.set()
    assert found.status is RunStatus.UNVERIFIED
    assert "nothing was heard of a worker" in found.tail


# -- dying -----------------------------------------------------------------------------------------------------------


@pytest.mark.sandbox
@pytest.mark.parametrize("victim", ["bwrap", "sleep 20"])
def test_a_sandbox_that_is_killed_once_is_made_again(tmp_path, blobs, victim):
    suite = sandboxed(tmp_path, "sleep 20.0; true" if victim == "bwrap" else "test -e a && sleep 20.0")
    if suite.backend.name != "bubblewrap":
        pytest.skip("no bubblewrap here")
    suite = sandboxed(tmp_path, "sleep 1.5; cat a")
    word = "bwrap" if victim == "bwrap" else "sleep 1.5"
    done = threading.Event()
    killer = threading.Thread(target=kill_when_seen, args=(word, 1, done))
    with pool_of(tmp_path, blobs, run_suite, stack=partial(stack, suite.backend)) as pool:
        first = pool.submit(job_of(blobs, "warm", sandboxed(tmp_path, "true"))).result(timeout=60)
        assert first.status is RunStatus.COMPLETED, first
        killer.start()
        found = pool.submit(job_of(blobs, "one", suite)).result(timeout=60)
        done.set()
        killer.join()
    assert found.status is RunStatus.COMPLETED, found
    assert "one" in found.tail


@pytest.mark.sandbox
def test_a_sandbox_that_is_killed_three_times_could_not_be_verified(tmp_path, blobs):
    suite = sandboxed(tmp_path, "sleep 30.5; cat a")
    if suite.backend.name != "bubblewrap":
        pytest.skip("no bubblewrap here")
    done = threading.Event()
    killer = threading.Thread(target=kill_when_seen, args=("bwrap", 99, done))
    with pool_of(tmp_path, blobs, run_suite, stack=partial(stack, suite.backend)) as pool:
        pool.submit(job_of(blobs, "warm", sandboxed(tmp_path, "true"))).result(timeout=60)
        killer.start()
        found = pool.submit(job_of(blobs, "one", suite)).result(timeout=60)
        done.set()
        killer.join()
        assert pool.submit(job_of(blobs, "two", sandboxed(tmp_path, "cat a"))).result(timeout=60).tail.strip() == "two"
    assert found.status is RunStatus.UNVERIFIED
    assert "3 tries" in found.tail


def crashed(name: str) -> Died:
    test = TestId("pytest", "t.py", "", name)
    run = SuiteRun(RunStatus.CRASHED, (TestResult(test, Status.CRASHED),), -9)
    return Died("it was killed by SIGKILL", run=run)


@pytest.mark.parametrize(
    ("places", "status", "tries"),
    [(["x", "x"], RunStatus.CRASHED, 2), (["x", "y", "z"], RunStatus.UNVERIFIED, 3), (["x", ""], None, 2)],
)
def test_a_test_that_kills_its_process_again_is_a_crash_and_other_kills_are_not(tmp_path, blobs, places, status, tries):
    made = []

    def run(job, workspace):
        made.append(job.key)
        if len(made) <= len(places) and places[len(made) - 1]:
            raise crashed(places[len(made) - 1])
        return fine(job, workspace)

    with pool_of(tmp_path, blobs, run) as pool:
        found = pool.submit(job_of(blobs, "one")).result(timeout=30)
    assert found.status is (status or RunStatus.COMPLETED)
    assert len(made) == tries


# -- starving --------------------------------------------------------------------------------------------------------


def starved(script: str) -> subprocess.CompletedProcess[str]:
    """Run ``script`` in a process that may mount: a small disk, a small group; skips where that can't be."""
    users = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    words = ["unshare", *users, "--mount", "--propagation", "private", "--", sys.executable, "-c"]
    done = subprocess.run(
        [*words, textwrap.dedent(script)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/tests"},
    )  # fmt: skip
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"not here: {done.stderr[-300:]}")
    return done


PRELUDE = """
    import os, subprocess, sys
    from pathlib import Path
    from forkmerge.execution.load import Machine
    from forkmerge.execution.pool import Job, Pool
    from forkmerge.execution.treeid import object_id, tree_id
    from forkmerge.model.outcome import RunStatus, SuiteRun
    from forkmerge.model.source import Entry
    data = {}
    def job(texts):
        entries = {}
        for number, text in enumerate(texts):
            oid = object_id("blob", text, "sha1")
            data[oid] = text
            entries[f"f{number}"] = Entry(0o100644, oid)
        return Job("k", tree_id(entries, "sha1"), entries)
    def pool(base, run):
        return Pool(1, base=base, read=data.__getitem__, run_job=run, machine=lambda: Machine(64, 0.0, 1 << 40))
    def mounted(where, size):
        os.makedirs(where)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", where]).returncode:
            sys.exit(77)
"""


def test_a_disk_that_is_too_small_for_the_clone_could_not_be_verified(tmp_path):
    done = starved(f"""{PRELUDE}
    mounted({str(tmp_path / "disk")!r}, "1m")
    def run(job, workspace):
        return SuiteRun(RunStatus.COMPLETED, exit_code=0, tail=Path(workspace.candidate, "f0").read_text())
    with pool({str(tmp_path / "disk")!r}, run) as workers:
        big = workers.submit(job([os.urandom(300_000) for _ in range(8)])).result(timeout=60)
        small = workers.submit(job([b"small"])).result(timeout=60)
    print(big.status, small.status, small.tail, big.tail)
    """)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("unverified completed small"), done.stdout
    assert "No space left" in done.stdout


def test_failures_on_a_full_disk_are_not_the_offsprings(tmp_path):
    done = starved(f"""{PRELUDE}
    from forkmerge.execution.suite import run_suite, Suite
    from forkmerge.execution.environment import Environment
    from forkmerge.sandbox.reduced import Plain
    from forkmerge.suites.detect import runner_for
    from forkmerge.suites.runner import TestCommand
    from dataclasses import replace
    mounted({str(tmp_path / "disk")!r}, "12m")
    def suite(line):
        runner = runner_for(line, None, (), lambda _: b"")
        return Suite(runner, TestCommand(line), Environment("/at", (("PATH", "/usr/bin:/bin"),)), Plain())
    with pool({str(tmp_path / "disk")!r}, run_suite) as workers:
        full = replace(job([b"x"]), payload=suite("head -c 20000000 /dev/zero > big"))
        fails = replace(job([b"y"]), payload=suite("false"))
        print(workers.submit(full).result(timeout=60), workers.submit(fails).result(timeout=60).exit_code)
    """)
    assert done.returncode == 0, done.stderr
    assert "UNVERIFIED" in done.stdout, done.stdout
    assert "the disk was full" in done.stdout
    assert done.stdout.rstrip().endswith(" 1")


def test_what_the_kernel_kills_for_memory_is_not_the_offsprings_failure(tmp_path):
    group = f"/sys/fs/cgroup/memory/forkmerge-test-{os.getpid()}"
    if (
        not os.access("/sys/fs/cgroup/memory", os.W_OK)
        or not Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").exists()
    ):
        group = f"/sys/fs/cgroup/forkmerge-test-{os.getpid()}"
        if not Path("/sys/fs/cgroup/cgroup.controllers").exists() or not os.access("/sys/fs/cgroup", os.W_OK):
            pytest.skip("no control group of memory can be made here")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(f"""{PRELUDE}
    from forkmerge.execution.suite import run_suite, Suite
    from forkmerge.execution.environment import Environment
    from forkmerge.sandbox.reduced import Plain
    from forkmerge.suites.detect import runner_for
    from forkmerge.suites.runner import TestCommand
    from dataclasses import replace
    group = {group!r}
    try:
        os.mkdir(group)
        limit = "memory.limit_in_bytes" if "memory/" in group else "memory.max"
        open(f"{{group}}/{{limit}}", "w").write("60000000")
        for name in ("memory.memsw.limit_in_bytes", "memory.swap.max"):
            if os.path.exists(f"{{group}}/{{name}}"):
                open(f"{{group}}/{{name}}", "w").write("60000000" if "memsw" in name else "0")
        os.chmod(f"{{group}}/cgroup.procs", 0o666)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(77)
    line = f"echo $$ > {{group}}/cgroup.procs && {{sys.executable}} -c 'x = bytearray(300_000_000)' || exit 1"
    runner = runner_for(line, None, (), lambda _: b"")
    suite = Suite(runner, TestCommand(line), Environment("/at", (("PATH", "/usr/bin:/bin"),)), Plain())
    try:
        with pool({str(tmp_path / "base")!r}, run_suite) as workers:
            print(workers.submit(replace(job([b"x"]), payload=suite)).result(timeout=60))
    finally:
        import time
        for _ in range(50):
            try:
                os.rmdir(group)
                break
            except OSError:
                time.sleep(0.1)
    """)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if done.returncode == 77:
        pytest.skip(f"no control group of memory can be made here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert "UNVERIFIED" in done.stdout, done.stdout
    assert "memory was short" in done.stdout


def test_a_run_that_is_green_is_taken_whatever_the_machine_did(tmp_path):
    green = SuiteRun(RunStatus.COMPLETED, exit_code=0)
    deaths.check(green, [], folder=str(tmp_path), killed_before=-1)
    with pytest.raises(Died, match="memory was short"):
        deaths.check(SuiteRun(RunStatus.COMPLETED, exit_code=1), [], folder=str(tmp_path), killed_before=-1)


# -- how many --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("machine", "own", "running", "expected"),
    [
        (Machine(4, 0.0, 1 << 40), 0.0, 0, 4),
        (Machine(4, 4.0, 1 << 40), 4.0, 4, 4),  # the load is our own
        (Machine(4, 4.0, 1 << 40), 0.0, 0, 2),  # others want all: a fair share is left
        (Machine(64, 50.0, 1 << 40), 0.0, 0, 4),  # there is room beside them
        (Machine(4, 100.0, 1 << 40), 0.0, 0, 1),
        (Machine(4, 0.0, 100 << 20), 0.0, 3, 2),  # memory is short: one less
        (Machine(4, 0.0, 300 << 20), 0.0, 2, 2),
        (Machine(4, 0.0, 0), 0.0, 0, 1),
    ],
)
def test_as_many_runs_go_on_as_there_is_room_for(machine, own, running, expected):
    assert load.allowed(4, machine, own=own, running=running) == expected


def test_what_this_machine_says_of_itself_is_sound():
    found = load.machine()
    assert found.processors >= 1
    assert found.memory > 0
    assert found.load >= 0


def test_the_pool_grows_when_there_is_room_and_shrinks_when_there_is_not(tmp_path, blobs):
    now = {"memory": 1 << 40}
    running, most = set(), []
    lock = threading.Lock()

    def run(job, workspace):
        with lock:
            running.add(job.key)
            most.append(len(running))
        time.sleep(0.15)
        with lock:
            running.discard(job.key)
        return fine(job, workspace)

    def machine() -> Machine:
        return Machine(64, 0.0, now["memory"])

    with Pool(4, base=str(tmp_path / "base"), read=blobs.read, run_job=run, machine=machine) as pool:
        assert pool.workers == 0
        for future in [pool.submit(job_of(blobs, f"a{n}")) for n in range(12)]:
            future.result(timeout=60)
        assert max(most) == 4
        now["memory"] = 0
        time.sleep(1.2)
        most.clear()
        for future in [pool.submit(job_of(blobs, f"b{n}")) for n in range(6)]:
            future.result(timeout=60)
        assert max(most) == 1
        assert pool.workers <= 1
        now["memory"] = 1 << 40
        time.sleep(1.2)
        most.clear()
        for future in [pool.submit(job_of(blobs, f"c{n}")) for n in range(12)]:
            future.result(timeout=60)
        assert max(most) > 1


def test_a_speculative_job_waits_for_all_others(tmp_path, blobs):
    order, gate = [], threading.Event()

    def run(job, workspace):
        gate.wait(30)
        order.append(job.key)
        return fine(job, workspace)

    with Pool(1, base=str(tmp_path / "base"), read=blobs.read, run_job=run, machine=IDLE) as pool:
        first = pool.submit(job_of(blobs, "first"))
        time.sleep(0.2)
        guess = pool.submit(job_of(blobs, "guess"), speculative=True)
        dropped = pool.submit(job_of(blobs, "dropped"), speculative=True)
        second = pool.submit(job_of(blobs, "second"))
        assert dropped.cancel()
        gate.set()
        for future in (first, second, guess):
            future.result(timeout=30)
    assert order == ["first", "second", "guess"]


# -- candidates on top of slots --------------------------------------------------------------------------------------


@pytest.mark.sandbox
def test_no_run_changes_what_a_later_one_sees(tmp_path, blobs):
    backend = choose("auto")
    line = "cat a d/b; echo dirt | tee a d/b new; rm -rf d; mkdir d; echo evil > d/b; chmod 777 a; ls"
    with pool_of(tmp_path, blobs, run_suite, stack=partial(stack, backend)) as pool:
        for number in range(3):
            found = pool.submit(job_of(blobs, f"tree {number}\n", sandboxed(tmp_path, line))).result(timeout=60)
            assert found.tail.splitlines()[0] == f"tree {number}", found
            assert "same" in found.tail.splitlines()[1]
            assert found.exit_code == 0


@pytest.mark.sandbox
def test_a_slot_that_is_changed_from_outside_is_found_out_and_the_result_dropped(tmp_path, blobs):
    backend = choose("auto")
    if stack(backend, str(tmp_path)) is None:
        pytest.skip("candidates are copied here")
    suite = partial(sandboxed, tmp_path)
    with pool_of(tmp_path, blobs, run_suite, stack=partial(stack, backend)) as pool:
        assert pool.submit(job_of(blobs, "one\n", suite("cat a"))).result(timeout=60).tail.strip() == "one"
        (slot,) = next(p for p in (tmp_path / "base").iterdir() if p.is_dir()).glob("s*")
        (slot / "d/b").write_text("evil")
        found = pool.submit(job_of(blobs, "two\n", suite("cat a d/b"))).result(timeout=60)
        assert (found.exit_code, found.tail.split()) == (0, ["two", "same"])
        assert not slot.exists()
        (slot,) = next(p for p in (tmp_path / "base").iterdir() if p.is_dir()).glob("s*")
        (slot / "planted").write_text("evil")
        assert "planted" not in pool.submit(job_of(blobs, "three\n", suite("ls"))).result(timeout=60).tail


def test_a_backend_that_can_not_stack_gets_copies(tmp_path):
    try:
        assert stack(choose("reduced"), str(tmp_path)) is None
    except MissingTool as error:
        pytest.skip(error.message)
    assert stack(choose("none"), str(tmp_path)) is None


def test_a_speculative_run_makes_room_for_another_and_runs_again(tmp_path, blobs):
    tries, started = [], threading.Event()

    def run(job, workspace):
        tries.append(job.key)
        started.set()
        for _ in range(100 if job.key == "guess" and tries.count("guess") == 1 else 1):
            if workspace.cancelled():
                raise Interrupted("the run was stopped")
            time.sleep(0.1)
        return fine(job, workspace)

    with Pool(1, base=str(tmp_path / "base"), read=blobs.read, run_job=run, machine=IDLE) as pool:
        assert pool.idle == 1
        guess = pool.submit(job_of(blobs, "guess"), speculative=True)
        assert started.wait(10)
        assert pool.idle == 0
        began = time.monotonic()
        assert pool.submit(job_of(blobs, "real")).result(timeout=30).tail == "real"
        assert time.monotonic() - began < 5
        assert guess.result(timeout=30).tail == "guess"
    assert tries == ["guess", "real", "guess"]
