"""The pool: faithful clones or no run, nothing left behind, and stopping at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from forkmerge.errors import Interrupted, UnusableInput
from forkmerge.execution import workshop
from forkmerge.execution.clone import CloneError, Slot
from forkmerge.execution.folders import WorkFolder, base
from forkmerge.execution.pool import Job, Pool
from forkmerge.execution.treeid import tree_id
from forkmerge.model.outcome import RunStatus, SuiteRun


def job_of(blobs, text: str, key: str = "") -> Job:
    entries = {"a": blobs.entry(text), "d/b": blobs.entry("same")}
    return Job(key or text, tree_id(entries, "sha1"), entries)


def reading(job, workspace) -> SuiteRun:
    return SuiteRun(RunStatus.COMPLETED, tail=Path(workspace.candidate, "a").read_text())


def test_every_job_runs_in_its_own_tree(tmp_path, blobs):
    seen = []

    def run(job, workspace):
        seen.append(workspace.candidate)
        Path(workspace.candidate, "d/b").write_text("dirt")
        Path(workspace.candidate, "left-over").write_text("dirt")
        return reading(job, workspace)

    with Pool(3, base=str(tmp_path), read=blobs.read, run_job=run) as pool:
        futures = [pool.submit(job_of(blobs, str(number))) for number in range(12)]
        assert [future.result().tail for future in futures] == [str(number) for number in range(12)]
        assert not any(Path(path).exists() for path in seen)
    assert [p.name for p in tmp_path.iterdir()] == [".lock"]
    assert len(set(seen)) == 12


def test_entries_of_another_tree_are_refused(tmp_path, blobs):
    job = job_of(blobs, "x")
    wrong = Job("k", "0" * 40, job.entries)
    with Pool(1, base=str(tmp_path), read=blobs.read, run_job=reading) as pool, pytest.raises(UnusableInput):
        pool.submit(wrong).result()


def test_a_damaged_slot_is_replaced_and_the_job_runs(tmp_path, blobs):
    with Pool(1, base=str(tmp_path), read=blobs.read, run_job=reading) as pool:
        assert pool.submit(job_of(blobs, "one")).result().tail == "one"
        (slot,) = Path(next(p for p in tmp_path.iterdir() if p.is_dir())).glob("s*")
        (slot / "planted").write_text("evil")
        assert pool.submit(job_of(blobs, "two")).result().tail == "two"
        assert not slot.exists()


def test_three_unfaithful_clones_are_unverified(tmp_path, blobs, monkeypatch):
    tries = []

    class Broken(Slot):
        def checkout(self, target, entries=None):
            tries.append(target)
            raise CloneError("a file of a clone is not the one of its tree", where="a")

    monkeypatch.setattr(workshop, "Slot", Broken)
    with Pool(1, base=str(tmp_path), read=blobs.read, run_job=reading) as pool:
        run = pool.submit(job_of(blobs, "one")).result()
    assert run.status == RunStatus.UNVERIFIED
    assert "not the one of its tree" in run.tail
    assert len(tries) == 3


def test_an_exception_of_a_run_reaches_the_caller_and_the_pool_lives_on(tmp_path, blobs):
    def run(job, workspace):
        if job.key == "bad":
            raise ValueError("broken")
        return reading(job, workspace)

    with Pool(1, base=str(tmp_path), read=blobs.read, run_job=run) as pool:
        with pytest.raises(ValueError, match="broken"):
            pool.submit(job_of(blobs, "x", "bad")).result()
        assert pool.submit(job_of(blobs, "y")).result().tail == "y"


def test_closed_folders_of_a_run_are_deleted(tmp_path, blobs):
    def run(job, workspace):
        folder = Path(workspace.candidate, "closed/deep")
        folder.mkdir(parents=True)
        (folder / "f").write_text("")
        folder.chmod(0)
        folder.parent.chmod(0)
        return reading(job, workspace)

    with Pool(1, base=str(tmp_path), read=blobs.read, run_job=run) as pool:
        pool.submit(job_of(blobs, "x")).result()
    assert [p.name for p in tmp_path.iterdir()] == [".lock"]


def test_cancelling_stops_what_runs_and_drops_what_waits(tmp_path, blobs):
    started = threading.Event()

    def run(job, workspace):
        started.set()
        while not workspace.cancelled():
            time.sleep(0.01)
        return SuiteRun(RunStatus.CRASHED)

    pool = Pool(1, base=str(tmp_path), read=blobs.read, run_job=run)
    running, waiting = pool.submit(job_of(blobs, "1")), pool.submit(job_of(blobs, "2"))
    assert started.wait(5)
    pool.close(cancel=True)
    assert isinstance(running.exception(), Interrupted)
    assert waiting.cancelled()
    assert [p.name for p in tmp_path.iterdir()] == [".lock"]


def test_leaving_by_an_exception_cancels(tmp_path, blobs):
    def run(job, workspace):
        while not workspace.cancelled():
            time.sleep(0.01)
        return SuiteRun(RunStatus.CRASHED)

    def leave() -> None:
        with Pool(1, base=str(tmp_path), read=blobs.read, run_job=run) as pool:
            pool.submit(job_of(blobs, "1"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert [p.name for p in tmp_path.iterdir()] == [".lock"]


def test_folders_of_dead_processes_are_swept_and_those_of_living_ones_kept(tmp_path):
    root = Path(__file__).parents[3]
    code = f"from forkmerge.execution.folders import WorkFolder; import os, signal\nf = WorkFolder({str(tmp_path)!r})\n"
    dead = subprocess.run([sys.executable, "-c", code + "os.kill(os.getpid(), signal.SIGKILL)"], cwd=root, check=False)
    assert dead.returncode == -9
    alive = subprocess.Popen(
        [sys.executable, "-c", code + "print(f.path, flush=True); input()"],
        cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert alive.stdout is not None
    kept = alive.stdout.readline().strip()
    mine = WorkFolder(str(tmp_path))
    names = {p.name for p in tmp_path.iterdir() if p.is_dir()}
    assert names == {Path(kept).name, Path(mine.path).name}
    assert Path(mine.path).name.startswith(f"{os.getpid()}-")
    alive.communicate("\n")
    mine.close()
    mine.close()
    assert not Path(mine.path).exists()


def test_base_is_in_the_cache_of_the_user():
    assert base({"XDG_CACHE_HOME": "/x"}) == "/x/forkmerge"
    assert base({"HOME": "/h"}) == "/h/.cache/forkmerge"
    assert base({"TMPDIR": "/t"}) == f"/t/forkmerge-{os.getuid()}"
