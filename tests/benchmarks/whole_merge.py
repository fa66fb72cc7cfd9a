"""50 conflicted files: one ``forkmerge merge`` beside 50 calls of the driver and of ``merge-file``.

``make bench-whole`` runs it.  Every round does each of them once, in turn, so that what else the machine does falls on
all of them; the figures are medians.  All give the same files.  Ends with 1 when one merge is not ``MARK`` times faster
than the calls.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES, ROUNDS, MARK = 50, 7, 5.0


def versions(number: int) -> tuple[str, str, str]:
    """Return base, ours and theirs of a file of some 200 lines in which git leaves two conflicts."""
    functions = [
        f"def step_{number}_{n}(values):\n    total = sum(values)\n    return total * {n}\n\n\n" for n in range(40)
    ]
    base = "import os\nimport sys\n\n\n" + "".join(functions)
    ours = base.replace("import os\n", "import json\nimport os\n") + "def mine():\n    return 1\n"
    theirs = base.replace("import os\n", "import locale\nimport os\n") + "def yours():\n    return 2\n"
    return base, ours, theirs


class Bench:
    """A repository whose branches ``main`` and ``theirs`` conflict in every file."""

    def __init__(self, top: Path) -> None:
        self.repo = top / "repo"
        self.loose = top / "loose"
        self.repo.mkdir()
        self.loose.mkdir()
        program = Path(sys.executable).with_name("forkmerge")
        self.program = [str(program)] if program.exists() else [sys.executable, "-m", "forkmerge.cli"]
        self.env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(top / "config")}
        (top / "config").write_text("[user]\n\tname = Bench\n\temail = bench@example.com\n[gc]\n\tauto = 0\n")
        self.git("init", "-q", "-b", "main")
        texts = [versions(n) for n in range(FILES)]
        for branch, side in (("main", 0), ("theirs", 2), ("main", 1)):
            self.git("switch", "-q", *(["-c"] if branch == "theirs" else []), branch) if side else None
            for number, three in enumerate(texts):
                (self.repo / f"f{number}.py").write_text(three[side])
                (self.loose / f"f{number}.{side}").write_text(three[side])
            self.git("add", "-A")
            self.git("commit", "-qm", f"side {side}")
        driver = " ".join([*self.program, "driver", "%O", "%A", "%B", "%L", "%P"])
        self.git("config", "merge.forkmerge.driver", driver)

    def git(self, *args: str, check: bool = True) -> None:
        """Run git."""
        subprocess.run(["git", *args], cwd=self.repo, env=self.env, check=check, capture_output=True)

    def fresh(self, *, driver: bool) -> None:
        """Take the last merge back."""
        self.git("reset", "-q", "--hard", "main")
        (self.repo / ".git" / "info" / "attributes").write_text("*.py merge=forkmerge\n" if driver else "")

    def whole(self) -> None:
        """Merge by one process."""
        subprocess.run(
            [*self.program, "merge", "--no-commit", "theirs"],
            cwd=self.repo,
            env=self.env,
            check=True,
            capture_output=True,
        )

    def calls(self) -> None:
        """Merge by one driver call for each file, made by git."""
        self.git("merge", "--no-commit", "theirs")

    def merge_files(self) -> None:
        """Merge by one ``merge-file`` call for each file."""
        for n in range(FILES):
            names = [str(self.loose / f"f{n}.{side}") for side in (1, 0, 2)]
            env = {**self.env, "FORKMERGE_PATH": f"f{n}.py"}
            subprocess.run([*self.program, "merge-file", "-p", *names], env=env, check=True, capture_output=True)

    def texts(self) -> list[str]:
        """Return the files as they are."""
        return [(self.repo / f"f{n}.py").read_text() for n in range(FILES)]


def main() -> int:
    """Print the table; return 1 when the mark is missed."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        seconds: dict[str, list[float]] = {"merge": [], "driver": [], "merge-file": []}
        results = []
        for _ in range(ROUNDS):
            for name, work in (("merge", bench.whole), ("driver", bench.calls), ("merge-file", bench.merge_files)):
                bench.fresh(driver=name == "driver")
                start = time.perf_counter()
                work()
                seconds[name].append(time.perf_counter() - start)
                if name != "merge-file":
                    results.append(bench.texts())
        if any(texts != results[0] for texts in results) or any("<<<<<<<" in text for text in results[0]):
            print("the merges differ, or are not clean")
            return 1
    whole = statistics.median(seconds["merge"])
    print(f"{FILES} conflicted files, {ROUNDS} rounds, {shutil.which('git')}")
    print(f"{'by':<34} {'median s':>9} {'ratio':>6}")
    words = {
        "merge": "one forkmerge merge",
        "driver": f"{FILES} driver calls",
        "merge-file": f"{FILES} merge-file calls",
    }
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{words[name]:<34} {median:>9.3f} {median / whole:>6.1f}")
    return int(min(statistics.median(seconds[n]) for n in ("driver", "merge-file")) < MARK * whole)


if __name__ == "__main__":
    sys.exit(main())
