"""Killing sandboxes from outside, as a person or the kernel does."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator


def processes() -> Iterator[tuple[int, int, str]]:
    """Yield number, parent's number and words of every process."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                yield int(entry.name), parent, (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()


class Killer:
    """While it lasts, kills every bubblewrap in which a process begins with ``word``, ``most`` at most."""

    def __init__(self, word: str, *, most: int = 99) -> None:
        self.most = most
        self.word = word
        self.killed: set[int] = set()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._hunt)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _hunt(self) -> None:
        while not self._done.is_set() and len(self.killed) < self.most:
            found = {pid: (parent, words) for pid, parent, words in processes()}
            for pid, (parent, words) in found.items():
                if not words.startswith(self.word):
                    continue
                outermost, above = pid, parent
                while above in found and above != os.getpid():
                    if "bwrap" in found[above][1].split(" ")[0]:
                        outermost = above
                    above = found[above][0]
                if outermost != pid and len(self.killed) < self.most:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(outermost, signal.SIGKILL)
                        self.killed.add(outermost)
            time.sleep(0.05)
