"""Merges the worked examples of mergiraf, where they lie, and says which come out as they are written there.

    python -m quality.peer_examples FOLDER [--show conflict,differs] [--list]

(with ``tests`` on the path; FOLDER is ``examples`` of mergiraf's repository, no part of this one.)  An example is
a folder ``<language>/working/<name>`` with Base, Left, Right and Expected; conflicts are expected as diff3 writes them.
The verdicts:

- ``exact``: byte for byte; ``end``: but for line ends at the end of the file;
- ``alike``: the same program in another layout or import order; ``differs``: another one;
- ``conflict``: left, though the example resolves it; ``other conflict``: a conflict in both, with other lines in it;
- ``resolved``: merged, though the example leaves a conflict.
"""

from __future__ import annotations

import argparse
import difflib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from quality.sameness import GOOD, sameness

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.markers import render

NAMES = {
    "go.mod": "go.mod",
    "go.sum": "go.sum",
    "pyproject.toml": "pyproject.toml",
    "requirements.txt": "requirements.txt",
    "make": "Makefile",
    "cmake": "CMakeLists.txt",
}
"""Languages that are told by the whole name of a file."""
_MARK = b"<<<<<<<"


@dataclass(frozen=True, slots=True)
class Example:
    """One example: its name, a path that tells its language, the three versions, and what is to come out."""

    name: str
    path: str
    base: bytes
    left: bytes
    right: bytes
    expected: bytes


def load(folder: Path) -> list[Example]:
    """Return the examples of ``folder``, sorted; those that lack a version are left out."""
    out = []
    for case in sorted(folder.glob("*/working/*")):
        files = {p.name.partition(".")[0]: p for p in case.iterdir()}
        if not {"Base", "Left", "Right", "Expected"} <= files.keys():
            continue
        language = case.parts[-3]
        ending = files["Base"].name.partition(".")[2]
        path = NAMES.get(language, f"x.{ending}" if ending else "x")
        if not ending and "language" in files:
            told = files["language"].read_text().strip()
            path = path if told == path else f"x.{told}"
        texts = [files[n].read_bytes() for n in ("Base", "Left", "Right", "Expected")]
        out.append(Example(f"{language}/{case.name}", path, *texts))
    return out


def judged(example: Example) -> tuple[str, bytes]:
    """Return the verdict on ``example`` and what came out of it."""
    merged = merge_file(example.path, example.base, example.left, example.right, line_merge=line_merge)
    got, count = render(merged, line_merge, style="diff3", labels=("LEFT", "BASE", "RIGHT"))
    if got == example.expected:
        return "exact", got
    if got.rstrip(b"\r\n") == example.expected.rstrip(b"\r\n"):
        return "end", got
    if _MARK in example.expected:
        return ("other conflict" if count else "resolved"), got
    if count:
        return "conflict", got
    return ("alike" if sameness(example.path, got, example.expected) in GOOD else "differs"), got


def main() -> None:
    """Print how many examples have each verdict, and with ``--show`` those with one of these."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", default="", help="verdicts, of which the differences are printed")
    parser.add_argument("--list", action="store_true", help="name every example that is not exact")
    options = parser.parse_args()
    found: Counter[str] = Counter()
    for example in load(options.folder):
        verdict, got = judged(example)
        found[verdict] += 1
        if options.list and verdict != "exact":
            print(f"{verdict:15} {example.name}")
        if verdict in options.show.split(","):
            sides = (example.expected, got)
            texts = [side.decode("utf-8", "replace").splitlines(keepends=True) for side in sides]
            print(f"==== {example.name}", *difflib.unified_diff(*texts, "expected", "got"), sep="\n")
    print(", ".join(f"{count} {verdict}" for verdict, count in found.most_common()), f"of {found.total()}")


if __name__ == "__main__":
    main()
