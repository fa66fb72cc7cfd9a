"""Many runs at a time: threads, one clone each, and nothing left behind.

A job goes through the same steps whatever it runs: a slot is switched to its tree, a candidate is copied and checked on
the way, ``run_job`` runs in it, the candidate is deleted.  A slot that fails its check is thrown away and the job goes
on in a new one, three times at most; then the answer is ``RunStatus.UNVERIFIED``, never a guess.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

from forkmerge.errors import Interrupted, UnusableInput
from forkmerge.execution.clone import CloneError, Slot
from forkmerge.execution.folders import WorkFolder
from forkmerge.execution.places import remove_tree
from forkmerge.execution.treeid import format_of, tree_id
from forkmerge.model.outcome import RunStatus, SuiteRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.model.source import Entry

TRIES = 3
_CHECKED_KEPT = 64


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


@dataclass(frozen=True, slots=True)
class Workspace:
    """The host folders of one run: the ``candidate``, a ``support`` folder to be mounted read-only, an ``events`` file.

    ``cancelled`` says whether the run has to stop: hand it to the sandbox as ``on_tick``.
    """

    candidate: str
    support: str
    events: str
    cancelled: Callable[[], bool]


RunJob: TypeAlias = "Callable[[Job, Workspace], SuiteRun]"


class Pool:
    """``jobs`` workers in a work folder below ``base``; ``read`` gives a blob's bytes and is called by one at a time.

    Use it as a context manager: leaving it waits for the jobs, or kills them when an exception (Ctrl-C) leaves it.
    """

    def __init__(self, jobs: int, *, base: str, read: Callable[[str], bytes], run_job: RunJob) -> None:
        self._run_job = run_job
        self._read = read
        self._reading = threading.Lock()
        self._stop = threading.Event()
        self._folder = WorkFolder(base)
        self._slots: queue.LifoQueue[Slot] = queue.LifoQueue()
        self._numbers = itertools.count()
        self._checked: dict[str, Mapping[str, Entry]] = {}
        """The entries that were found to make up a tree."""
        self._workers = ThreadPoolExecutor(max(1, jobs), thread_name_prefix="forkmerge-run")

    def submit(self, job: Job) -> Future[SuiteRun]:
        """Return the future of ``job``'s run; ``Interrupted`` is its exception when the pool was stopped before."""
        return self._workers.submit(self._work, job)

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the jobs (``cancel``: drop those that wait, kill those that run) and delete every folder."""
        if cancel:
            self._stop.set()
        self._workers.shutdown(wait=True, cancel_futures=cancel)
        self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(cancel=kind is not None)

    def _work(self, job: Job) -> SuiteRun:
        if self._checked.get(job.tree) is not job.entries:
            if job.tree != tree_id(job.entries, format_of(job.tree)):
                raise UnusableInput("the entries of a job are not those of its tree", where=job.tree)
            if len(self._checked) >= _CHECKED_KEPT:
                self._checked.clear()
            self._checked[job.tree] = job.entries
        failure = ""
        for _ in range(TRIES):
            if self._stop.is_set():
                raise Interrupted("the run was stopped")
            slot = self._slot(job)
            folder = os.path.join(self._folder.path, str(next(self._numbers)))
            try:
                try:
                    workspace = self._prepare(slot, job, folder)
                except CloneError as error:
                    failure = f"{error.message} ({error.where})"
                    remove_tree(slot.root)
                    continue
                except BaseException:
                    remove_tree(slot.root)
                    raise
                self._slots.put(slot)
                run = self._run_job(job, workspace)
            finally:
                remove_tree(folder)
            if self._stop.is_set():
                raise Interrupted("the run was stopped")
            return run
        return SuiteRun(RunStatus.UNVERIFIED, tail=f"no faithful clone could be made: {failure}")

    def _slot(self, job: Job) -> Slot:
        try:
            return self._slots.get_nowait()
        except queue.Empty:
            return Slot(os.path.join(self._folder.path, f"s{next(self._numbers)}"), format_of(job.tree))

    def _prepare(self, slot: Slot, job: Job, folder: str) -> Workspace:
        slot.switch(job.entries, self._locked_read)
        os.mkdir(folder)
        os.chmod(folder, 0o711)  # noqa: S103 - the run may have a user id of its own, which has to get through
        candidate = slot.checkout(os.path.join(folder, "c"), job.entries)
        support, events = os.path.join(folder, "support"), os.path.join(folder, "events")
        os.mkdir(support)
        os.chmod(support, 0o755)  # noqa: S103 - whatever the umask is
        with open(events, "xb"):
            pass
        return Workspace(candidate, support, events, self._stop.is_set)

    def _locked_read(self, oid: str) -> bytes:
        with self._reading:
            return self._read(oid)
