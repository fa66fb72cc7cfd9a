"""Many runs at a time: threads, one clone each, and nothing left behind.

A job goes through the same steps whatever it runs: a slot is switched to its tree, a candidate is made on top of it (or
copied from it), ``run_job`` runs in it, the candidate is deleted.  Workers come when jobs wait and there is room for
them (``load``), and go when there is not, or nothing waits.  A worker that hangs, dies or fails its clone check is
replaced with its slot, and its job runs again; the third death is ``RunStatus.UNVERIFIED``, never a guess.

Invariants: a job has one answer, whoever gave it: a worker that was given up can't give one any more.  A speculative
job makes room for any other, and runs again from its beginning.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TypeAlias

from forkmerge.errors import Interrupted
from forkmerge.execution import load
from forkmerge.execution.deaths import TRIES, Died, place, unverified
from forkmerge.execution.workshop import Workshop, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.execution.clone import Slot
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.model.source import Entry
    from forkmerge.sandbox.overlay import Stack

PATIENCE = 300.0
"""Seconds without a sign of life after which a worker is given up; what runs in a sandbox shows ten a second."""
_IDLE = 20.0
_GRACE = 30.0
_LOOK = 0.5
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """One run of tests on one tree.

    ``key`` names it in the ledger, ``tree`` is the tree id that ``entries`` have to make up; ``payload`` is whatever
    ``run_job`` needs to know besides (a runner, its command, limits).
    """

    key: str
    tree: str
    entries: Mapping[str, Entry]
    payload: object = None


RunJob: TypeAlias = "Callable[[Job, Workspace], SuiteRun]"


@dataclass(slots=True)
class _Task:
    """A job that waits or runs; ``answered`` once its future has its result."""

    job: Job
    future: Future[SuiteRun]
    deaths: list[Died] = field(default_factory=list)
    speculative: bool = False
    answered: bool = False


@dataclass(slots=True, eq=False)
class _Worker:
    """A thread and what it does; ``lost`` when it was given up, ``yields`` when its job makes room for another."""

    task: _Task | None = None
    beat: float = field(default_factory=time.monotonic)
    lost: bool = False
    yields: bool = False
    thread: threading.Thread | None = None


class Pool:
    """Up to ``jobs`` workers in a work folder below ``base``; ``read`` gives a blob's bytes, one call at a time.

    ``stack`` tells, given the work folder, whether candidates can lie on top of pristine folders there (None: they are
    copied).  Use it as a context manager: leaving it waits for the jobs, or kills them when an exception (Ctrl-C)
    leaves it.
    """

    def __init__(
        self,
        jobs: int,
        *,
        base: str,
        read: Callable[[str], bytes],
        run_job: RunJob,
        stack: Callable[[str], Stack | None] | None = None,
        machine: Callable[[], load.Machine] = load.machine,
        patience: float = PATIENCE,
    ) -> None:
        self._run_job = run_job
        self._most = max(1, jobs)
        self._machine = machine
        self._patience = patience
        self._workshop = Workshop(base, read, stack)
        self._stop = threading.Event()
        self._closed = False
        self._change = threading.Condition()
        self._waiting: list[tuple[int, int, _Task]] = []
        self._numbers = itertools.count()
        self._workers: set[_Worker] = set()
        self._slots: list[Slot] = []
        self._room = 1
        self._own = 0.0
        self._watch: threading.Thread | None = None

    def submit(self, job: Job, *, speculative: bool = False) -> Future[SuiteRun]:
        """Return the future of ``job``'s run; ``Interrupted`` is its exception when the pool was stopped before.

        A ``speculative`` job waits until no other job does, and makes room for one that comes; cancelling its future
        takes it back while it waits.
        """
        task = _Task(job, Future(), speculative=speculative)
        with self._change:
            if self._closed:
                raise Interrupted("the run was stopped")
            heapq.heappush(self._waiting, (int(speculative), next(self._numbers), task))
            if self._watch is None:
                self._look()
                self._watch = threading.Thread(target=self._watching, name="forkmerge-watch", daemon=True)
                self._watch.start()
            self._hire()
            if not speculative:
                self._make_room()
            self._change.notify_all()
        return task.future

    @property
    def idle(self) -> int:
        """Return how many more jobs could run right now."""
        with self._change:
            return self._room - sum(worker.task is not None for worker in self._workers) - len(self._waiting)

    @property
    def workers(self) -> int:
        """Return how many workers there are now."""
        with self._change:
            return len(self._workers)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the jobs (``cancel``: drop those that wait, kill those that run) and delete every folder."""
        with self._change:
            self._closed = True
            if cancel:
                self._stop.set()
                for _, _, task in self._waiting:
                    if not task.future.cancel():
                        _answer(task, Interrupted("the run was stopped"))
                self._waiting.clear()
            self._change.notify_all()
            until = time.monotonic() + _GRACE
            while self._waiting or any(worker.task for worker in self._workers):
                if not self._change.wait(_GRACE) and cancel and time.monotonic() > until:
                    for worker in [w for w in self._workers if w.task is not None]:
                        self._give_up(worker)  # it does not even notice that it is to stop
            threads = [worker.thread for worker in self._workers] + [self._watch]
        for thread in filter(None, threads):
            thread.join()
        self._workshop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(cancel=kind is not None)

    # -- who works ---------------------------------------------------------------------------------------------------

    def _hire(self) -> None:
        """Let workers come while jobs wait for them and there is room; the caller holds the lock."""
        idle = sum(worker.task is None for worker in self._workers)
        for _ in range(min(len(self._waiting) - idle, self._room - len(self._workers))):
            worker = _Worker()
            worker.thread = threading.Thread(target=self._work, args=(worker,), name="forkmerge-run", daemon=True)
            self._workers.add(worker)
            worker.thread.start()

    def _make_room(self) -> None:
        """Have speculative runs stopped where other jobs would wait for them; the caller holds the lock."""
        waiting = sum(not task.speculative for _, _, task in self._waiting)
        idle = sum(worker.task is None for worker in self._workers) + self._room - len(self._workers)
        busy = [worker for worker in self._workers if worker.task is not None and worker.task.speculative]
        leaving = sum(worker.yields for worker in busy)
        for worker in [worker for worker in busy if not worker.yields][: max(0, waiting - idle - leaving)]:
            worker.yields = True

    def _watching(self) -> None:
        """Look now and then how much room there is, and give up workers that hang."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closed and not self._workers, timeout=_LOOK)
                if self._closed and not self._workers:
                    return
                for worker in [w for w in self._workers if w.task is not None]:
                    if time.monotonic() - worker.beat > self._patience:
                        self._give_up(worker)
                self._look()
                self._hire()

    def _look(self) -> None:
        busy = sum(worker.task is not None for worker in self._workers)
        self._own += (busy - self._own) * (1 - math.exp(-_LOOK / _MINUTE))  # as the kernel's own average goes
        self._room = load.allowed(self._most, self._machine(), own=self._own, running=busy)

    def _give_up(self, worker: _Worker) -> None:
        """Count ``worker`` as dead; whatever it still does is dropped.  The caller holds the lock."""
        task = worker.task
        worker.lost, worker.task = True, None
        self._workers.discard(worker)
        if task is not None:
            self._after(task, Died(f"nothing was heard of a worker for {self._patience:.0f} s"))
        self._change.notify_all()

    def _after(self, task: _Task, death: Died) -> None:
        """Have ``task`` run again, or answer it where that was tried often enough.  The caller holds the lock."""
        task.deaths.append(death)
        again = _same_place(task.deaths[-2:])
        if again is not None:
            _answer(task, again)
        elif len(task.deaths) >= TRIES:
            _answer(task, unverified(task.deaths))
        elif self._stop.is_set():
            _answer(task, Interrupted("the run was stopped"))
        else:
            heapq.heappush(self._waiting, (-1, next(self._numbers), task))
            self._hire()
            self._change.notify_all()

    # -- what a worker does ------------------------------------------------------------------------------------------

    def _work(self, worker: _Worker) -> None:
        """Take jobs until there is none, or no room, or one of them is the death of this worker."""
        while True:
            with self._change:
                worker.task = None
                self._change.notify_all()
                self._change.wait_for(lambda: self._waiting or self._closed, timeout=_IDLE)
                if not self._waiting or len(self._workers) > self._room:
                    self._workers.discard(worker)
                    self._change.notify_all()
                    return
                _, _, task = heapq.heappop(self._waiting)
                if not task.future.running() and not task.future.set_running_or_notify_cancel():
                    continue
                worker.task, worker.yields = task, False
                worker.beat = time.monotonic()
                slot = self._slots.pop() if self._slots else None
            answer, slot = self._run(worker, task.job, slot)
            with self._change:
                if worker.lost:
                    self._workshop.discard(slot)
                    return
                if slot is not None:
                    self._slots.append(slot)
                if isinstance(answer, Died) and not self._stop.is_set():
                    self._workers.discard(worker)
                    worker.task = None
                    self._after(task, answer)
                    self._change.notify_all()
                    return
                if worker.yields and isinstance(answer, Interrupted) and not self._stop.is_set():
                    heapq.heappush(self._waiting, (int(task.speculative), next(self._numbers), task))
                    continue
                _answer(task, Interrupted("the run was stopped") if self._stop.is_set() else answer)

    def _run(self, worker: _Worker, job: Job, slot: Slot | None) -> tuple[SuiteRun | BaseException, Slot | None]:
        """Return the answer of one try, and the slot if it is still good."""

        def cancelled() -> bool:
            worker.beat = time.monotonic()
            return worker.lost or worker.yields or self._stop.is_set()

        if self._stop.is_set():
            return Interrupted("the run was stopped"), slot
        try:
            return self._workshop.run(job, slot, cancelled, self._run_job)
        except BaseException as error:  # noqa: BLE001 - it reaches whoever waits for the answer
            return error, None


def _same_place(deaths: list[Died]) -> SuiteRun | None:
    """Return the last run when the two of ``deaths`` ended in the same tests: they end it, not the machine."""
    runs = [death.run for death in deaths if death.run is not None]
    return runs[1] if len(runs) == 2 and place(runs[0]) and place(runs[0]) == place(runs[1]) else None


def _answer(task: _Task, answer: SuiteRun | BaseException) -> None:
    if task.answered:
        return
    task.answered = True
    if isinstance(answer, BaseException):
        task.future.set_exception(answer)
    else:
        task.future.set_result(answer)
