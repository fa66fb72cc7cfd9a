"""What the time of one clean ``forkmerge driver`` of 500 lines of Python goes into.

``python tests/quality/startup_parts.py`` runs, in turn, scripts of which each does one step more than the one before
it, and prints what each step adds: milliseconds of processor time (the least of the rounds, as a busy machine only
adds) and, where ``perf`` can count them, millions of instructions, which a busy machine does not change.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from startup import cases, console_script, environment, restore

STEPS = (
    ("the interpreter", "pass"),
    ("`site`, which every console script runs", "pass"),
    (
        "the command line, what is kept; an end without taking apart",
        (
            "from forkmerge.cli.kept import kept; found = kept(); "
            "from forkmerge.cli import small; small.ready.update(found.patterns if found else {}); "
            "from forkmerge.cli.later import spare; spare(); import forkmerge.cli.driver"
        ),
    ),
    ("modules of the parent", "import forkmerge.app.driver"),
    ("modules of the line merge", "import forkmerge.merge.file, forkmerge.merge.markers, forkmerge.git.early"),
    (
        "git's line merge",
        "early = forkmerge.git.early.Early(*texts, marker_size=32); merged, _ = early(*texts, style='diff3')",
    ),
    ("the language's profile", "from forkmerge.syntax.profiles import for_path; profile = for_path('base.py')"),
    ("modules of the gates", "import forkmerge.merge.gates as gates"),
    ("does Python read it", "gates.compiles(merged)"),
    ("are its names whole", "gates._names(profile, 'base.py', *texts, merged)"),
)
AFTER = (
    ("a grammar, loaded", "from forkmerge.syntax import parsing; parsing.language(profile)"),
    ("one parse", "parsing.parse(profile, merged)"),
    ("modules of the structured merge", "import forkmerge.merge.verified, forkmerge.merge.stale"),
)
"""What comes to it where there is a conflict."""
READ = "texts = [open(n, 'rb').read() for n in ('base.py', 'ours0.py', 'theirs0.py')]; "
REST = "the file written, and what is rounded"


def commands(folder: Path) -> dict[str, list[str]]:
    """Return step -> the command that ends with it, the whole merge last."""
    out = {}
    done = "import gc, os; gc.set_threshold(100_000); "
    for number, (name, script) in enumerate(STEPS):
        if number < 2:
            out[name] = [sys.executable, *(["-I", "-S"] if not number else []), "-c", script]
            continue
        done += script + "; "
        begin = READ if number > 4 else ""
        out[name] = [sys.executable, "-c", begin + done + "os._exit(0)"]
    whole = cases(folder, console_script(folder))
    out[REST] = whole["driver, clean"]
    for name, script in AFTER:
        done += script + "; "
        out[name] = [sys.executable, "-c", READ + done + "os._exit(0)"]
    for name in ("driver, conflict left", "driver, conflict solved"):
        out[name] = whole[name]
    return out


def milliseconds(command: list[str], folder: Path, env: dict[str, str]) -> float:
    """Return the processor time of ``command`` and all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False)
    if done.returncode not in (0, 77):
        sys.exit(done.stderr.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def instructions(command: list[str], folder: Path, env: dict[str, str]) -> float:
    """Return millions of instructions outside of the kernel, 0 where they can't be counted."""
    perf = shutil.which("perf")
    if perf is None:
        return 0.0
    counted = [perf, "stat", "-x,", "-e", "instructions:u", *command]
    said = subprocess.run(counted, cwd=folder, env=env, capture_output=True, check=False).stderr.decode()
    count = said.rpartition(",,instructions")[0].rpartition("\n")[2]
    return int(count) / 1e6 if count.isdigit() else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    env = environment()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        steps = commands(folder)
        times = {step: float("inf") for step in steps}
        for _ in range(rounds):
            for step, command in steps.items():
                restore(folder)
                times[step] = min(times[step], milliseconds(command, folder, env))
        counts = {}
        for step, command in steps.items():
            restore(folder)
            counts[step] = instructions(command, folder, env)
    spent = counted = 0.0
    print("| step | ms | million instructions |\n|---|---:|---:|")
    for step in [name for name, _ in STEPS]:
        print(f"| {step} | {times[step] - spent:.1f} | {counts[step] - counted:.1f} |")
        spent, counted = times[step], counts[step]
    print(f"| {REST} | {times[REST] - spent:.1f} | {counts[REST] - counted:.1f} |")
    print(f"| the whole merge | {times[REST]:.1f} | {counts[REST]:.1f} |")
    for step, _ in AFTER:
        print(f"| {step} | {times[step] - spent:.1f} | {counts[step] - counted:.1f} |")
        spent, counted = times[step], counts[step]
    for step in ("driver, conflict left", "driver, conflict solved"):
        print(f"| {step} | {times[step]:.1f} | {counts[step]:.1f} |")


if __name__ == "__main__":
    main()
