"""Start-up of ``forkmerge --version``, ``driver`` and ``merge-file`` against that of the bare interpreter.

Each round runs all of them one after the other, so that a busy machine slows all alike; what counts is the median of
the rounds' ratios.  ``python tests/quality/startup.py`` prints the table and ends with 1 when a limit is passed.  The
installed console script is measured where there is one beside the interpreter, else the same script made here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {
    "--version": 4.0,
    "driver, clean": 4.0,
    "driver, conflict solved": 5.0,
    "driver, conflict left": 5.0,
    "merge-file, clean": 5.0,
    "merge-file, conflict solved": 5.5,
    "merge-file, conflict left": 5.5,
}
SCRIPT = (
    "#!{python}\nimport sys\nfrom forkmerge.cli.main import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
)


def source(lines: int) -> str:
    """A Python file of about so many lines."""
    function = "\n\ndef function_{0}(a, b={0}):\n    value = a * {0} + b\n    return value\n"
    return "import os\nimport sys\n" + "".join(function.format(i) for i in range(lines // 6))


def cases(folder: Path, script: Path) -> dict[str, list[str]]:
    base = source(500)
    edits = {
        "clean": (("a * 3 ", "a * 33 "), ("a * 70 ", "a * 71 ")),
        "conflict solved": (("import os\n", "import os\nimport re\n"), ("import os\n", "import os\nimport json\n")),
        "conflict left": (("a * 3 ", "a * 33 "), ("a * 3 ", "a * 34 ")),
    }
    sides = {name: (base.replace(*ours), base.replace(*theirs)) for name, (ours, theirs) in edits.items()}
    (folder / "base.py").write_text(base)
    out = {"python -I -S -c pass": [sys.executable, "-I", "-S", "-c", "pass"], "--version": [str(script), "--version"]}
    for number, (name, (ours, theirs)) in enumerate(sides.items()):
        one, two = folder / f"ours{number}.py", folder / f"theirs{number}.py"
        one.write_text(ours)
        two.write_text(theirs)
        out[f"driver, {name}"] = [
            *(str(script), "driver", "--conflict-code=77", str(folder / "base.py"), str(current(folder, number))),
            *(str(two), "7", "base.py", "base", "ours", "theirs"),
        ]
        out[f"merge-file, {name}"] = [
            str(script),
            "merge-file",
            "-p",
            "-q",
            str(one),
            str(folder / "base.py"),
            str(two),
        ]
    return out


def current(folder: Path, number: int) -> Path:
    """The file that the driver of case ``number`` writes to; it has to be ours again before each call."""
    return folder / f"current{number}.py"


def restore(folder: Path) -> None:
    for number in range(3):
        shutil.copyfile(folder / f"ours{number}.py", current(folder, number))


def console_script(folder: Path) -> Path:
    installed = Path(sys.executable).parent / "forkmerge"
    if installed.exists():
        return installed
    script = folder / "forkmerge"
    script.write_text(SCRIPT.format(python=sys.executable))
    script.chmod(0o755)
    return script


def environment(*, kept: bool = True) -> dict[str, str]:
    """What the commands run in: with compiled modules, and this checkout where forkmerge is not installed.

    Not ``kept`` is what a merge that finds none before it takes: there is no folder to keep anything in.
    """
    left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", *(() if kept else ("HOME", "XDG_CACHE_HOME")))
    env = {k: v for k, v in os.environ.items() if k not in left_out}
    return env if (Path(sys.executable).parent / "forkmerge").exists() else env | {"PYTHONPATH": str(ROOT)}


def measure(rounds: int, *, kept: bool = True) -> dict[str, tuple[float, float]]:
    """Return name -> (median milliseconds, median ratio to the bare interpreter)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = cases(folder, console_script(folder))
        env = environment(kept=kept)
        times: dict[str, list[float]] = {key: [] for key in commands}
        for turn in range(rounds + 1):
            for key, command in commands.items():
                restore(folder)
                started = time.perf_counter()
                subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False)
                if turn:
                    times[key].append(time.perf_counter() - started)
    bare = times["python -I -S -c pass"]
    return {
        key: (statistics.median(spent) * 1000, statistics.median(a / b for a, b in zip(spent, bare, strict=True)))
        for key, spent in times.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--nothing-kept", action="store_true", help="without the modules that merges before it kept")
    given = parser.parse_args()
    found = measure(given.rounds, kept=not given.nothing_kept)
    late = [key for key, (_, ratio) in found.items() if ratio > LIMITS.get(key, ratio)]
    for key, (spent, ratio) in found.items():
        limit = f"limit {LIMITS[key]:.0f}" if key in LIMITS else ""
        print(f"{key:<28} {spent:7.1f} ms  {ratio:5.2f} times  {limit}{'  TOO SLOW' if key in late else ''}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
