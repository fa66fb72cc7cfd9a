"""How long ``forkmerge align`` takes, over how much changed: a table and a plot.

    python tests/benchmarks/alignment.py REPOSITORY [--newest HEAD] [--points 9] [--most-files 2500] [--svg plot.svg]

Along the first parents of REPOSITORY (a bare one will do) revisions are chosen that lie ever further behind the newest,
by what changed in between; the newest is aligned with each of them, by a new process.  *Changed* are the files of
languages that forkmerge takes apart, and the bytes that both revisions have of them.  Seconds are processor time of the
process (a busy machine stretches the others), memory is its largest.  The line in the plot is the proportion that fits
all points best.  Ends with 1 when a mark is missed: 3 seconds where at most ``FEW`` files changed, 20 where up to
1,000 did, 1 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from forkmerge.syntax.profiles import for_path

FEW, MANY = 50, 1000
MARKS = {FEW: 3.0, MANY: 20.0}
MEGABYTES = 1000
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 400, 70, 60, 30


@dataclass(frozen=True, slots=True)
class Point:
    """One alignment: what differs, and what it took."""

    commits: int
    files: int
    changed: int
    bytes_changed: int
    units: int
    seconds: float
    megabytes: float


def git(repo: str, *args: str, text: str = "") -> str:
    """Return what git prints."""
    return subprocess.run(["git", "-C", repo, *args], input=text, check=True, capture_output=True, text=True).stdout


def difference(repo: str, old: str, new: str) -> tuple[int, int]:
    """Return how many files differ and how many bytes the two revisions have of them."""
    files, blobs = 0, []
    for row in git(repo, "diff-tree", "-r", "--raw", "--no-abbrev", "--no-renames", old, new).splitlines():
        told, _, path = row.partition("\t")
        if for_path(path) is not None:
            files += 1
            blobs += [blob for blob in told.split()[2:4] if blob.strip("0")]
    sizes = git(repo, "cat-file", "--batch-check=%(objectsize)", text="\n".join(blobs) + "\n") if blobs else ""
    return files, sum(int(size) for size in sizes.split() if size.isdigit())


def chosen(repo: str, newest: str, points: int, most_files: int) -> list[tuple[str, int]]:
    """Return old revisions, with how many commits they lie behind, whose changed bytes rise about evenly."""
    history = git(repo, "rev-list", "--first-parent", newest).split()
    steps = sorted({round(1.35**k) for k in range(40)} & set(range(1, len(history))))
    both = {step: difference(repo, history[step], newest) for step in steps}
    known = {step: size for step, (files, size) in both.items() if files <= most_files}
    steps = sorted(known)
    most = max(known.values())
    wanted = [most * (k / points) ** 1.5 for k in range(1, points + 1)]
    found = {min(steps, key=lambda s: (abs(known[s] - bytes_), s)) for bytes_ in wanted} | {steps[0]}
    return [(history[step], step) for step in sorted(found)]


def measure(repo: str, newest: str, old: str, commits: int) -> Point:
    """Return what the alignment of ``old`` and ``newest`` takes."""
    changed, size = difference(repo, old, newest)
    command = [sys.executable, "-m", "forkmerge.cli", "align", "--json", newest, old]
    with subprocess.Popen(command, cwd=repo, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"forkmerge align ended with {process.returncode}")
    files = len(git(repo, "ls-tree", "-r", "--name-only", newest).splitlines())
    seconds, units = used.ru_utime + used.ru_stime, len(json.loads(said)["units"])
    return Point(commits, files, changed, size, units, seconds, used.ru_maxrss / 1024)


def per_megabyte(points: list[Point]) -> float:
    """Return the seconds for a megabyte that fit best (least squares, through nothing for nothing)."""
    return sum(p.seconds * p.bytes_changed for p in points) / sum(p.bytes_changed**2 for p in points) * 1e6


def plot(points: list[Point], title: str) -> str:
    """Return the points and the line that fits them as SVG."""
    slope = per_megabyte(points)
    most_x = max(p.bytes_changed for p in points) / 1e6 * 1.05
    most_y = max(*(p.seconds for p in points), slope * most_x) * 1.05

    def at(megabytes: float, seconds: float) -> tuple[float, float]:
        x = LEFT + megabytes / most_x * (WIDTH - LEFT - 20)
        return round(x, 1), round(HEIGHT - BOTTOM - seconds / most_y * (HEIGHT - BOTTOM - TOP), 1)

    corner, end = at(0, 0), at(most_x, most_y)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    below = "megabytes of the files that changed, both revisions"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{WIDTH / 2}" y="18" text-anchor="middle">{title}</text>',
        f'<path d="M{corner[0]} {end[1]}V{corner[1]}H{end[0]}" fill="none" stroke="#444"/>',
    ]
    for k in range(6):
        megabytes, seconds = most_x * k / 5, most_y * k / 5
        x, y = at(megabytes, 0)[0], at(0, seconds)[1]
        out += [
            f'<text x="{x}" y="{corner[1] + 20}" text-anchor="middle">{megabytes:.1f}</text>',
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{seconds:.1f}</text>',
        ]
    line = at(most_x, slope * most_x)
    out += [
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 15}" text-anchor="middle">{below}</text>',
        f'<text x="18" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 18 {HEIGHT / 2})">seconds</text>',
        f'<path d="M{corner[0]} {corner[1]}L{line[0]} {line[1]}" stroke="#999" stroke-dasharray="6 4"/>',
    ]
    for p in points:
        x, y = at(p.bytes_changed / 1e6, p.seconds)
        out.append(f'<circle cx="{x}" cy="{y}" r="4" fill="#2563eb"><title>{p.changed} files</title></circle>')
    return "\n".join((*out, "</svg>\n"))


def missed(point: Point) -> str:
    """Return the mark that ``point`` is past, "" if none."""
    for files, seconds in MARKS.items():
        if point.changed <= files and point.seconds > seconds:
            return f"more than {seconds:g} s"
    return f"more than {MEGABYTES} MB" if point.megabytes > MEGABYTES else ""


def main() -> int:
    """Print the table, write the plot; return 1 when a mark is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository")
    parser.add_argument("--newest", default="HEAD")
    parser.add_argument("--points", type=int, default=9)
    parser.add_argument("--most-files", type=int, default=2500, help="leave out where more changed")
    parser.add_argument("--svg", type=Path)
    given = parser.parse_args()
    newest = git(given.repository, "rev-parse", given.newest).strip()
    print("| commits apart | files | changed | MB changed | units listed | seconds | s / MB | memory | |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---|")
    points, late = [], False
    for old, commits in chosen(given.repository, newest, given.points, given.most_files):
        p = measure(given.repository, newest, old, commits)
        points.append(p)
        late |= bool(missed(p))
        size = p.bytes_changed / 1e6
        print(
            f"| {commits} | {p.files:,} | {p.changed:,} | {size:.1f} | {p.units:,} | {p.seconds:.1f} | "
            f"{p.seconds / max(size, 1e-6):.1f} | {p.megabytes:.0f} MB | {missed(p)} |",
            flush=True,
        )
    print(f"\n{per_megabyte(points):.2f} seconds for a megabyte that changed")
    if given.svg:
        title = f"forkmerge align: two revisions of {points[0].files:,} files"
        given.svg.write_text(plot(points, title), encoding="utf-8")
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
