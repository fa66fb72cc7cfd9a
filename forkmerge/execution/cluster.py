"""The same jobs on a cluster: Dask distributed schedules them, its workers run them (``station``).

A job is sent as an ``Order``, wherever the scheduler finds a worker; a tree travels as a git pack, once to each worker
that lacks it, without what that worker has already.  Workers may come and go: a job whose worker is gone is run again
by another one, three times at most, as in the local pool.  A worker with another environment refuses and is asked no
more; its results could say something else than those made here.

Trust: whoever can reach a scheduler of Dask can run code on its workers, and the other way round.  Reach it through
``tls://``, or in a network of one's own.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from forkmerge.errors import Interrupted, MissingTool
from forkmerge.execution import station
from forkmerge.execution.deaths import TRIES, Died, place, unverified
from forkmerge.execution.station import Answer, Order
from forkmerge.execution.suite import Suite
from forkmerge.git.packs import pack

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.execution.environment import Environment
    from forkmerge.execution.pool import Job
    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun

_LOOK = 0.25
_PATIENCE = 60.0
"""Seconds without any worker after which nobody is waited for any more."""
_MOST = 64


class Cluster:
    """The cluster whose scheduler is at ``address``; ``repo`` has the trees of the jobs.

    ``identify`` works out the key of an environment, here and on each worker; ``progress`` hears of the tests (name of
    the running one, how many ended, of how many), and ``stopped`` is asked while jobs run.  Raises MissingTool where
    nobody answers or Dask is not installed.
    """

    def __init__(
        self,
        address: str,
        repo: Repository,
        *,
        identify: Callable[[Suite], str],
        progress: Callable[[str, int, int | None], None] = lambda *_: None,
        stopped: Callable[[], bool] = lambda: False,
        patience: float = _PATIENCE,
    ) -> None:
        self._client = _connect(address)
        self._repo = repo
        self._identify = identify
        self._patience = patience
        self._stop = threading.Event()
        self._stopped = stopped
        self._reading = threading.Lock()
        self._running = 0
        self._refused: dict[str, str] = {}
        self._greeting = threading.Lock()
        self._greeted: set[str] = set()
        self._known: dict[int, tuple[Environment, str, str]] = {}
        """Of each environment (it is kept, so its number stays its own): itself, its key, the name of its files."""
        self._files: dict[str, tuple[tuple[int, bytes], ...]] = {}
        self._topic = f"forkmerge-{os.getpid()}-{id(self)}"
        self.machines: Counter[str] = Counter()
        """How many runs each machine made."""
        self._client.subscribe_topic(self._topic, lambda event: progress(*_told(event)))
        self._threads = ThreadPoolExecutor(_MOST, thread_name_prefix="forkmerge-cluster")

    @property
    def workers(self) -> int:
        """Return how many runs the cluster can make at once, as far as its workers are known to be of use."""
        found = self._client.scheduler_info(n_workers=-1)["workers"]
        return sum(int(facts["nthreads"]) for worker, facts in found.items() if worker not in self._refused)

    @property
    def idle(self) -> int:
        """Return how many more jobs could run right now."""
        with self._reading:
            return self.workers - self._running

    def submit(self, job: Job, *, speculative: bool = False) -> Future[SuiteRun]:
        """Return the future of ``job``'s run (its payload is a ``Suite``); see ``Pool.submit``."""
        if self._stop.is_set():
            raise Interrupted("the run was stopped")
        with self._reading:
            self._running += 1
        future = self._threads.submit(self._do, job, speculative)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _: object) -> None:
        with self._reading:
            self._running -= 1

    def close(self, *, cancel: bool = False) -> None:
        """Wait for the jobs (``cancel``: take them back) and leave the cluster as it was."""
        if cancel:
            self._stop.set()
        self._threads.shutdown(wait=True, cancel_futures=cancel)
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(cancel=kind is not None)

    def _do(self, job: Job, speculative: bool) -> SuiteRun:
        suite = job.payload
        if not isinstance(suite, Suite):
            raise TypeError("the payload of the job has to be a Suite")
        order = self._order(job, suite)
        deaths: list[Died] = []
        prefer: str | None = None
        while len(deaths) < TRIES:
            try:
                answer = self._ask(order, prefer, speculative=speculative)
                prefer = None
                if answer.refused:
                    self._refuse(answer)
                elif answer.lacks or answer.lacks_files:
                    prefer = answer.address
                    self._send(order, answer)
                elif answer.run is not None:
                    self.machines[answer.machine] += 1
                    return self._marked(answer)
                else:
                    raise answer.died or Died("a worker gave no answer")
            except Died as death:
                deaths.append(death)
                again = [d.run for d in deaths[-2:] if d.run is not None]
                if len(again) == 2 and place(again[0]) and place(again[0]) == place(again[1]):
                    return again[1]
        return unverified(deaths)

    def _marked(self, answer: Answer) -> SuiteRun:
        assert answer.run is not None  # noqa: S101 - the caller has looked
        return replace(answer.run, machine=answer.machine)

    def _order(self, job: Job, suite: Suite) -> Order:
        with self._reading:
            if id(suite.environment) not in self._known:
                files = tuple(_file(each.source) for each in suite.environment.found if each.kind == "file")
                name = station.digest(files) if files else ""
                self._files[name] = files
                self._known[id(suite.environment)] = suite.environment, self._identify(suite), name
            _, key, name = self._known[id(suite.environment)]
        return Order(job.tree, self._repo.object_format, suite, key, self._identify, name, self._topic)

    def _ask(self, order: Order, prefer: str | None, *, speculative: bool) -> Answer:
        """Return what a worker says; Died where it is gone, Interrupted when this was stopped."""
        allowed = self._of_use()
        chosen = [prefer] if prefer in allowed else allowed
        task = self._client.submit(
            station.perform, order, pure=False, retries=0, workers=chosen, priority=-1 if speculative else 0
        )
        done = threading.Event()
        task.add_done_callback(lambda _: done.set())
        try:
            while not done.wait(_LOOK):
                if self._over():
                    raise Interrupted("the run was stopped")
                if not set(chosen) & set(self._alive()):
                    raise Died("its worker is gone")
            try:
                answer = task.result(timeout=_PATIENCE)
            except Exception as error:  # whatever Dask says (its own kinds are many), there is no answer
                raise Died(f"its worker was lost: {error}") from error
            assert isinstance(answer, Answer)  # noqa: S101 - it is what the task returns
            return answer
        finally:
            task.cancel()

    def _send(self, order: Order, answer: Answer) -> None:
        """Send a worker what it lacks; Died where it is gone."""
        try:
            if answer.lacks_files:
                args: tuple[object, ...] = (order.files, self._files[order.files])
                self._client.run(station.receive_files, *args, workers=[answer.address])
            else:
                with self._reading:
                    data = pack(self._repo, order.tree, answer.held)
                self._client.run(station.receive, data, order.object_format, workers=[answer.address])
        except OSError as error:
            raise Died(f"a worker was lost while it was sent a tree: {error}") from error

    def _refuse(self, answer: Answer) -> None:
        self._refused[answer.address] = f"{answer.machine}: {answer.refused}"

    def _greet(self, alive: list[str]) -> None:
        """Refuse those of the workers that are new and have no forkmerge that could take orders."""
        with self._greeting:
            new = [worker for worker in alive if worker not in self._greeted]
            said = self._client.run(station.greet, workers=new, on_error="return") if new else {}
            for worker, answer in said.items():
                self._greeted.add(worker)
                if isinstance(answer, OSError):  # it is gone by now
                    self._greeted.discard(worker)
                elif not isinstance(answer, str):
                    self._refused[worker] = f"{worker}: there is no forkmerge to take the order ({answer})"

    def _over(self) -> bool:
        return self._stop.is_set() or self._stopped()

    def _alive(self) -> list[str]:
        return list(self._client.scheduler_info(n_workers=-1)["workers"])

    def _of_use(self) -> list[str]:
        """Return the workers that don't refuse; waits for one; MissingTool where all refuse, Died where none comes."""
        until = time.monotonic() + self._patience
        while True:
            alive = self._alive()
            self._greet(alive)
            found = [worker for worker in alive if worker not in self._refused]
            if found:
                return found
            if alive:
                raise MissingTool(
                    "no worker of the cluster can run these tests: "
                    + "; ".join(sorted({self._refused[worker] for worker in alive})),
                    hint="results count only from the same environment: start the workers in the same image, with the "
                    "same checkout path, interpreter and packages",
                )
            if self._over():
                raise Interrupted("the run was stopped")
            if time.monotonic() > until:
                raise Died("the cluster has no worker")
            time.sleep(_LOOK)


def _connect(address: str) -> Any:
    try:
        import distributed  # noqa: PLC0415 - heavy, and only with --cluster
    except ImportError as error:
        raise MissingTool("--cluster needs Dask distributed", hint="pip install 'forkmerge[cluster]'") from error
    try:
        make: Any = distributed.Client
        return make(address, set_as_default=False, timeout=5)
    except (OSError, ValueError, TimeoutError) as error:
        raise MissingTool(
            f"the scheduler of the cluster does not answer: {error}",
            where=address,
            hint="dask scheduler starts one, dask worker ADDRESS a worker",
        ) from error


def _told(event: object) -> tuple[str, int, int | None]:
    """Return what an event of a worker says; it comes with the time at which it was logged."""
    facts = event[1] if isinstance(event, tuple) else event
    assert isinstance(facts, dict)  # noqa: S101 - it is what the stations send
    return str(facts["current"]), int(facts["finished"]), facts["total"]


def _file(path: str) -> tuple[int, bytes]:
    with open(path, "rb") as file:
        return os.fstat(file.fileno()).st_mode & 0o777, file.read()
