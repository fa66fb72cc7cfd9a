"""Where one job is done: a slot that holds its tree, a candidate made of it, folders for what goes in and comes out.

Used by the local pool and by the workers of a cluster alike.  Where candidates lie on top of their slot, the slot is
checked while the tests run: what comes out of them counts only when the check was good (PERF: looking at ten thousand
files takes as long as starting an interpreter, and can be done at the same time).
"""

from __future__ import annotations

import itertools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.errors import Interrupted, UnusableInput
from forkmerge.execution.clone import CloneError, Slot
from forkmerge.execution.deaths import Died
from forkmerge.execution.folders import WorkFolder
from forkmerge.execution.places import remove_tree
from forkmerge.execution.treeid import ObjectFormat, TreeIds, format_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.execution.pool import Job, RunJob
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.model.source import Entry
    from forkmerge.sandbox.overlay import Stack

_CHECKED_KEPT = 64


@dataclass(frozen=True, slots=True)
class Workspace:
    """The host folders of one run: the ``candidate``, a ``support`` folder to be mounted read-only, an ``events`` file.

    ``cancelled`` says whether the run has to stop: hand it to the sandbox as ``on_tick``.  ``below`` is the pristine
    folder that the candidate lies on top of ("": the candidate holds everything), ``user`` the id that owns it.
    """

    candidate: str
    support: str
    events: str
    cancelled: Callable[[], bool]
    below: str = ""
    user: tuple[int, int] | None = None


class Workshop:
    """Slots and candidates in a work folder below ``base``; every method may be called from several threads."""

    def __init__(
        self, base: str, read: Callable[[str], bytes], stack: Callable[[str], Stack | None] | None = None
    ) -> None:
        self._read = read
        self._reading = threading.Lock()
        self._folder = WorkFolder(base)
        self._numbers = itertools.count()
        self._find_stack = stack
        self._stack: Stack | None = None
        self._finding = threading.Lock()
        self._proving = threading.Lock()
        self._ids: dict[ObjectFormat, TreeIds] = {}
        self._checked: dict[str, Mapping[str, Entry]] = {}
        """The entries that were found to make up a tree."""
        self._checkers = ThreadPoolExecutor(thread_name_prefix="forkmerge-check")

    def run(self, job: Job, slot: Slot | None, cancelled: Callable[[], bool], run_job: RunJob) -> tuple[SuiteRun, Slot]:
        """Return what ``run_job`` did, and the slot to be used again; Died where that says nothing about the tree.

        The slot is gone whenever an exception comes out of here.
        """

        def beat() -> None:
            if cancelled():
                raise Interrupted("the run was stopped")

        self._check(job)
        folder = os.path.join(self._folder.path, str(next(self._numbers)))
        try:
            try:
                slot = slot or self._slot(job)
                slot.beat = beat
                slot.switch(job.entries, self._locked_read)
                workspace = self._prepare(slot, job, folder, cancelled)
                if workspace.below:
                    checking = self._checkers.submit(slot.check, job.entries)
                    try:
                        run = run_job(job, workspace)
                    finally:
                        checking.result()
                else:
                    run = run_job(job, workspace)
            except CloneError as error:
                raise Died(f"no faithful clone could be made: {error.message}", where=error.where) from error
            except (OSError, MemoryError) as error:
                raise Died(f"a run could not be made ready: {error}") from error
            finally:
                self._remove(folder)
        except BaseException:
            self.discard(slot)
            raise
        return run, slot

    def discard(self, slot: Slot | None) -> None:
        """Delete a slot that is not to be used any more."""
        if slot is not None:
            remove_tree(slot.root)

    def _remove(self, folder: str) -> None:
        """Delete a candidate: at once where it is a copy, else when there is time (some disks are slow at folders)."""
        if self._stack is None:
            remove_tree(folder)
        else:
            self._checkers.submit(remove_tree, folder)

    def close(self) -> None:
        """Delete every folder; safe to call twice."""
        self._checkers.shutdown(wait=True)
        self._folder.close()

    def _check(self, job: Job) -> None:
        """Raise UnusableInput unless the entries of ``job`` make up its tree."""
        with self._proving:
            if self._checked.get(job.tree) is job.entries:
                return
            form = format_of(job.tree)
            if job.tree != self._ids.setdefault(form, TreeIds(form)).id_of(job.entries):
                raise UnusableInput("the entries of a job are not those of its tree", where=job.tree)
            if len(self._checked) >= _CHECKED_KEPT:
                self._checked.clear()
            self._checked[job.tree] = job.entries

    def _slot(self, job: Job) -> Slot:
        with self._finding:
            if self._find_stack is not None:
                self._stack, self._find_stack = self._find_stack(self._folder.path), None
        owner = self._stack.owner() if self._stack is not None else None
        return Slot(os.path.join(self._folder.path, f"s{next(self._numbers)}"), format_of(job.tree), owner=owner)

    def _prepare(self, slot: Slot, job: Job, folder: str, cancelled: Callable[[], bool]) -> Workspace:
        os.mkdir(folder)
        os.chmod(folder, 0o711)  # noqa: S103 - the run may have a user id of its own, which has to get through
        candidate, below = os.path.join(folder, "c"), ""
        if self._stack is None:
            slot.checkout(candidate, job.entries)
        else:
            below = slot.root
            os.mkdir(candidate)
            os.chmod(candidate, 0o755)  # noqa: S103 - whatever the umask is
        support, events = os.path.join(folder, "support"), os.path.join(folder, "events")
        os.mkdir(support)
        os.chmod(support, 0o755)  # noqa: S103 - whatever the umask is
        with open(events, "xb"):
            pass
        return Workspace(candidate, support, events, cancelled, below, slot.owner)

    def _locked_read(self, oid: str) -> bytes:
        with self._reading:
            return self._read(oid)
