"""A worker of a cluster: runs jobs that other machines send, in sandboxes of its own, on trees that it keeps.

Everything here happens in a process of Dask's on a machine that has forkmerge.  An ``Order`` is a small value: the tree
stands in it by its id.  A worker that lacks the tree says so (``Answer.lacks``) and is sent a git pack; the objects
stay.  It runs nothing before it has worked out the environment's key for itself and found it to be the sender's.

Invariants: a run gets no weaker isolation than was asked for; a tree is checked against its id here as it is at home;
an ``Answer`` holds a run, or the one reason why there is none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from forkmerge import __version__
from forkmerge.errors import ForkmergeError, Interrupted
from forkmerge.execution import folders
from forkmerge.execution.deaths import Died
from forkmerge.execution.places import remove_tree
from forkmerge.execution.pool import Job
from forkmerge.execution.suite import Suite, run
from forkmerge.execution.workshop import Workshop, Workspace
from forkmerge.git.packs import Store
from forkmerge.sandbox.overlay import stack
from forkmerge.sandbox.probe import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.execution.clone import Slot
    from forkmerge.model.outcome import SuiteRun
    from forkmerge.sandbox.backend import Backend

_TICKS_PER_REPORT = 5
_TICKS_PER_LOOK = 3


@dataclass(frozen=True, slots=True)
class Order:
    """One job as it is sent: ``suite`` on the tree with this id.

    ``environment`` is the sender's key of the environment, ``identify`` works out the receiver's; ``files`` names the
    small files that the sender's checkout has besides its tree; progress is told under ``topic``.
    """

    tree: str
    object_format: str
    suite: Suite
    environment: str
    identify: Callable[[Suite], str]
    files: str = ""
    topic: str = ""
    version: str = __version__


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker says: ``run``, or that it ``lacks`` the tree (it has the trees ``held``) or the ``files``.

    ``refused``: this worker can't run such jobs at all, and why; ``died``: this run says nothing of its tree.
    ``address`` and ``machine`` name the worker.
    """

    address: str
    machine: str
    run: SuiteRun | None = None
    lacks: bool = False
    held: tuple[str, ...] = ()
    lacks_files: bool = False
    refused: str = ""
    died: Died | None = None


class Station:
    """What one worker process keeps between jobs; its methods may be called from several threads."""

    def __init__(self, base: str, address: str) -> None:
        self.address = address
        self.machine = os.uname().nodename
        self._base = base
        self._lock = threading.Lock()
        self._stores: dict[str, Store] = {}
        self._shops: dict[str, Workshop] = {}
        self._slots: dict[str, list[Slot]] = {}
        self._backends: dict[str, Backend | str] = {}
        self._keys: dict[str, str] = {}
        self._files = os.path.join(base, f"files-{os.getpid()}")

    def perform(self, order: Order, stopped: Callable[[], bool], tell: Callable[[dict[str, object]], None]) -> Answer:
        """Return what came of ``order``; ``stopped`` is asked while it runs, ``tell`` hears how far it is."""
        answer = Answer(self.address, self.machine)
        if order.version != __version__:
            return replace(answer, refused=f"it has forkmerge {__version__}, not {order.version}")
        backend = self._backend(order.suite.backend.name)
        if isinstance(backend, str):
            return replace(answer, refused=backend)
        if self._key(order) != order.environment:
            return replace(answer, refused="its environment is another one: interpreter, what is installed, or sandbox")
        files = os.path.join(self._files, order.files)
        if order.files and not os.path.isdir(files):
            return replace(answer, lacks_files=True)
        with self._lock:
            store = self._store(order.object_format)
            if not store.holds(order.tree):
                return replace(answer, lacks=True, held=store.held)
            entries = store.repo.entries(order.tree)
            shop = self._shop(backend, order.object_format)
            slots = self._slots.setdefault(f"{backend.name} {order.object_format}", [])
            slot = slots.pop() if slots else None
        suite = replace(order.suite, backend=backend, environment=_here(order.suite, files))
        job = Job(order.tree, order.tree, entries, suite)
        try:
            found, slot = shop.run(job, slot, stopped, partial(_run, suite, tell))
        except Died as death:
            return replace(answer, died=death)
        except Interrupted:
            return replace(answer, died=Died("it was stopped"))
        with self._lock:
            slots.append(slot)
        return replace(answer, run=found)

    def receive(self, data: bytes, object_format: str) -> None:
        """Take in a pack of objects."""
        with self._lock:
            self._store(object_format).receive(data)

    def receive_files(self, name: str, files: tuple[tuple[int, bytes], ...]) -> None:
        """Take in the files of a checkout, each as mode and content."""
        with self._lock:
            final = os.path.join(self._files, name)
            if os.path.isdir(final):
                return
            made = f"{final}.new"
            os.makedirs(made, mode=0o700, exist_ok=True)
            for number, (mode, data) in enumerate(files):
                with open(os.path.join(made, str(number)), "wb") as file:
                    os.fchmod(file.fileno(), mode)
                    file.write(data)
            os.rename(made, final)

    def close(self) -> None:
        """Delete what was made for this process; the objects stay for the next one."""
        with self._lock:
            for shop in self._shops.values():
                shop.close()
            for store in self._stores.values():
                store.close()
            remove_tree(self._files)

    def _backend(self, name: str) -> Backend | str:
        with self._lock:
            if name not in self._backends:
                try:
                    self._backends[name] = choose(name)  # type: ignore[arg-type]  # a backend's name is one of them
                except ForkmergeError as error:
                    self._backends[name] = f"the sandbox {name} does not work there: {error.message}"
            return self._backends[name]

    def _key(self, order: Order) -> str:
        with self._lock:
            if order.environment not in self._keys:
                self._keys[order.environment] = order.identify(order.suite)
            return self._keys[order.environment]

    def _store(self, object_format: str) -> Store:
        if object_format not in self._stores:
            self._stores[object_format] = Store(os.path.join(self._base, f"objects-{object_format}.git"), object_format)
        return self._stores[object_format]

    def _shop(self, backend: Backend, object_format: str) -> Workshop:
        name = f"{backend.name} {object_format}"
        if name not in self._shops:
            self._shops[name] = Workshop(self._base, self._store(object_format).repo.read, partial(stack, backend))
        return self._shops[name]


def perform(order: Order) -> Answer:
    """Return what this worker of Dask says to ``order``: the task that a cluster is given."""
    import distributed  # noqa: PLC0415 - the worker has loaded it, others don't need it

    worker = distributed.get_worker()
    task = worker.get_current_task()
    count = 0
    gone = False

    def stopped() -> bool:
        nonlocal count, gone
        count += 1
        if count % _TICKS_PER_LOOK == 0:
            state = worker.state.tasks.get(task)
            gone = state is None or state.state == "cancelled"
        return gone

    def tell(event: dict[str, object]) -> None:
        with contextlib.suppress(Exception):  # progress is a courtesy
            worker.log_event(order.topic, event)

    return station_of(worker).perform(order, stopped, tell)


def greet() -> str:
    """Return the version of forkmerge that a worker has."""
    return __version__


def receive(data: bytes, object_format: str, dask_worker: Any) -> None:
    """Take in a pack: what the sender has a worker run when it lacks a tree."""
    station_of(dask_worker).receive(data, object_format)


def receive_files(name: str, files: tuple[tuple[int, bytes], ...], dask_worker: Any) -> None:
    """Take in files: what the sender has a worker run when it lacks those of a checkout."""
    station_of(dask_worker).receive_files(name, files)


_MAKING = threading.Lock()


def station_of(worker: Any) -> Station:
    """Return the station of a worker of Dask; it lives as long as the worker does."""
    with _MAKING:
        found = getattr(worker, "forkmerge_station", None)
        if not isinstance(found, Station):
            base = os.path.join(folders.base(os.environ), "cluster")
            found = Station(base, str(worker.address))
            worker.forkmerge_station = found
        return found


def digest(files: tuple[tuple[int, bytes], ...]) -> str:
    """Return the name of files that are sent."""
    whole = hashlib.sha256()
    for mode, data in files:
        whole.update(b"%o %d\0" % (mode, len(data)))
        whole.update(data)
    return whole.hexdigest()


def _here(suite: Suite, files: str) -> Any:
    """Return the environment of ``suite`` with the sender's files as they lie here, and only what is here shown."""
    numbers: Mapping[str, int] = {
        each.path: number for number, each in enumerate(each for each in suite.environment.found if each.kind == "file")
    }
    found = tuple(
        replace(each, source=os.path.join(files, str(numbers[each.path]))) if each.kind == "file" else each
        for each in suite.environment.found
        if each.kind != "build" or os.path.isdir(each.source)
    )
    shown = tuple(path for path in suite.environment.shown if os.path.isdir(path))
    return replace(suite.environment, found=found, shown=shown)


def _run(suite: Suite, tell: Callable[[dict[str, object]], None], _: Job, workspace: Workspace) -> SuiteRun:
    reader = suite.runner.progress(workspace.events)
    count = 0

    def tick() -> bool:
        nonlocal count
        count += 1
        if count % _TICKS_PER_REPORT == 0:
            found = reader.read()
            tell({"current": found.current, "finished": found.finished, "total": found.total})
        return False

    return run(suite, workspace, on_tick=tick)
