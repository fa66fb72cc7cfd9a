"""A process that lives for some 50 ms.

PERF: looking for reference cycles while modules are imported, and taking all modules apart at the end, would be an
eighth of that.  The operating system takes everything back at once.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.cli.kept import Kept

_CYCLES = 100_000
"""Objects to be made before cycles are looked for: not for a file of some thousand lines."""


def brief(work: Callable[[], int], kept: Kept | None) -> int:
    """Do ``work`` and end the process with the code that it returns; what it imported is ``kept`` for the next time.

    Only where something waits for the end of the process (a profiler, a file that can't be flushed) is it returned.
    """
    gc.set_threshold(_CYCLES)
    if kept is not None:
        from forkmerge.cli import small  # noqa: PLC0415 - the same as for every merge

        small.ready.update(kept.patterns)
    code = work()
    if kept is not None:
        kept.save(small.ready)
    count = getattr(atexit, "_ncallbacks", lambda: 1)
    if count() or sys.gettrace() or sys.getprofile():
        return code
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return code
    os._exit(code)
