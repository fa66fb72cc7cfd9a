"""How long ``merge-file`` and ``--version`` take, in pairs with a bare Python in the same run: ``make bench-merge``.

Every round runs each command once, in turn, so that what else the machine does falls on all of them; the figures are
medians, and ratios of medians to ``python -I -S -c pass``.  Ends with 1 when a ratio is past its mark.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 21
MARKS = {"forkmerge merge-file": 6.0, "forkmerge --version": 4.0}


def versions() -> tuple[str, str, str]:
    """Return base, ours and theirs of a file of 500 lines with three conflicts in it."""
    functions = [f"def step_{n}(values):\n    total = sum(values)\n    return total * {n}\n\n" for n in range(100)]
    base = "import os\nimport sys\n\n\n" + "\n".join(functions)
    ours = base.replace("import os\n", "import json\nimport os\n").replace("total * 50", "total * 50 + 1")
    theirs = base.replace("import os\n", "import locale\nimport os\n")
    theirs = theirs.replace("sum(values)\n    return total * 50", "sum(values, 0)\n    return total * 50")
    return base, ours + "\ndef mine():\n    return 1\n", theirs + "\ndef yours():\n    return 2\n"


def main() -> int:
    """Print the table; return 1 when a mark is missed."""
    forkmerge = Path(sys.executable).with_name("forkmerge")
    program = [str(forkmerge)] if forkmerge.exists() else [sys.executable, "-m", "forkmerge.cli"]
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, text in zip(("base", "ours", "theirs"), versions(), strict=True):
            path = Path(folder, f"{name}.py")
            path.write_text(text, encoding="utf-8")
            files.append(str(path))
        base, ours, theirs = files
        commands = {
            "python -I -S -c pass": [sys.executable, "-I", "-S", "-c", "pass"],
            "git merge-file": [shutil.which("git") or "git", "merge-file", "-p", ours, base, theirs],
            "forkmerge merge-file": [*program, "merge-file", "-p", ours, base, theirs],
            "forkmerge --version": [*program, "--version"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=False, capture_output=True)
                seconds[name].append(time.perf_counter() - start)
    bare = statistics.median(seconds["python -I -S -c pass"])
    missed = False
    print(f"{'command':<22} {'median ms':>9} {'ratio':>6}  mark")
    for name, times in seconds.items():
        median = statistics.median(times)
        mark = MARKS.get(name)
        missed |= mark is not None and median > mark * bare
        print(f"{name:<22} {median * 1000:>9.1f} {median / bare:>6.1f}  {f'at most {mark:g}' if mark else ''}".rstrip())
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
