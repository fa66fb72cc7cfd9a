"""How many runs this machine has room for right now.

``allowed`` is pure; ``Machine`` is what it judges by, read from the kernel.  Whatever is asked for is an upper bound:
room is left to what others run here, and no run is started that there is no memory for.  One run is always allowed.
"""

from __future__ import annotations

import contextlib
import math
import os
from dataclasses import dataclass

MEBIBYTE = 1 << 20
NEED = 256 * MEBIBYTE
"""Bytes that have to be free for one more run, where nothing tells what runs take."""
_CGROUP = "/sys/fs/cgroup"


@dataclass(frozen=True, slots=True)
class Machine:
    """What the kernel says: processors, those of them that are wanted (running average), free memory in bytes.

    ``killed`` counts the processes that it ever killed because memory was short.
    """

    processors: int
    load: float
    memory: int
    killed: int = 0


def allowed(most: int, machine: Machine, *, own: float, running: int, need: int = NEED) -> int:
    """Return how many runs may go on at once, 1 to ``most``.

    ``own`` is what the runs of this process add to the machine's load, ``running`` how many there are now; ``need`` is
    the memory of one.  Where others want processors as well, what is left is ours, but never less than a fair share.
    """
    others = max(0.0, machine.load - own)
    room = most
    if others + most > machine.processors:
        fair = most * machine.processors / (others + most)
        left = machine.processors - others
        # asking for more runs than there are processors is the user's own word: others alone make it fewer
        room = most if others < 0.5 else max(math.ceil(fair), math.floor(left))
    fits = running + (machine.memory - need) // need if machine.memory < need * (most + 1) else most
    return max(1, min(most, room, fits))


def machine() -> Machine:
    """Return what the kernel says now; what it does not say is taken to be plenty."""
    return Machine(os.cpu_count() or 1, _load(), _memory(), killed())


def killed() -> int:
    """Return how many processes the kernel has killed because memory was short, in whichever group."""
    return _field("/proc/vmstat", "oom_kill") or 0


def _load() -> float:
    try:
        return os.getloadavg()[0]
    except OSError:
        return 0.0


def _memory() -> int:
    """Return the bytes that new processes can have: of the machine, or of this process's control group."""
    free = _field("/proc/meminfo", "MemAvailable:")
    found = [1 << 62 if free is None else free * 1024]
    for folder, most, now, cached in (
        (_CGROUP, "memory.max", "memory.current", "inactive_file"),
        (os.path.join(_CGROUP, "memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        with contextlib.suppress(OSError, ValueError):  # "max", or no such file
            spare = _field(os.path.join(folder, "memory.stat"), cached) or 0  # given back when it is wanted
            found.append(_number(os.path.join(folder, most)) - _number(os.path.join(folder, now)) + spare)
    return max(0, min(found))


def _number(path: str) -> int:
    with open(path, encoding="ascii") as file:
        return int(file.read())


def _field(path: str, name: str) -> int | None:
    with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii") as file:
        for line in file:
            word, _, rest = line.partition(" ")
            if word == name:
                return int(rest.split()[0])
    return None
