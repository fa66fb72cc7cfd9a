"""Work that goes on in a thread while the caller does something else, mostly a process of git's that is waited for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Meanwhile(Generic[T]):
    """What ``work`` returns or raises, worked out in a thread while this one goes on."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._value: list[T] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value.append(self._work())
        except Exception as error:  # noqa: BLE001 - it is raised where it is asked for
            self._error = error

    def result(self) -> T:
        """Return the answer, or raise what was raised; no thread is left then."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._value[0]
