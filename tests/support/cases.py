"""The merge cases of fixtures/merge as values, and the record of what falls short: ``make cases``.

Recording brings every ``expected_currently`` up to date: a case that works loses the file, one that falls short gets
what comes out of it now; both are listed, to be looked at in the diff before they are committed.  A case that must be
refused and comes out clean is never recorded: that is a bug, and its test stays red.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.markers import render

if TYPE_CHECKING:
    from forkmerge.model.hunk import FileMerge

CASES = Path(__file__).resolve().parents[2] / "fixtures" / "merge"
FOLDERS = tuple(sorted(path.parent for path in CASES.glob("*/*/case.toml")))
NAMES = tuple("/".join(folder.parts[-2:]) for folder in FOLDERS)


@dataclass(frozen=True, slots=True)
class Case:
    """One folder: the three versions, and what is told about their merge."""

    path: str
    base: bytes
    ours: bytes
    theirs: bytes
    outcome: str
    git: str
    expected: bytes | None
    currently: bytes | None

    @classmethod
    def read(cls, folder: Path) -> Case:
        told = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
        assert told.keys() - {"path"} == {"why", "outcome", "git"}
        suffix = next(folder.glob("base.*")).suffix
        files = {
            path.stem: path.read_bytes() for path in folder.iterdir() if path.suffix == suffix and path.stem != "case"
        }
        unknown = files.keys() - {"base", "ours", "theirs", "expected", "expected_currently"}
        assert not unknown, f"files that no case has: {unknown}"
        return cls(
            told.get("path", f"case{suffix}"), files["base"], files["ours"], files["theirs"],
            told["outcome"], told["git"],
            files.get("expected"), files.get("expected_currently"),
        )  # fmt: skip


def merged(case: Case, *, swapped: bool = False) -> tuple[FileMerge, bytes]:
    ours, theirs = (case.theirs, case.ours) if swapped else (case.ours, case.theirs)
    result = merge_file(case.path, case.base, ours, theirs, line_merge=line_merge)
    return result, render(result, line_merge, labels=("ours", "base", "theirs"))[0]


def as_wished(case: Case, result: FileMerge, text: bytes) -> bool:
    if case.outcome == "merged":
        return result.clean and text == case.expected
    return not result.clean and case.expected in (None, text)


def record() -> int:
    """Record every case; return 1 when a case that must be refused comes out clean."""
    wrong = 0
    for folder, name in zip(FOLDERS, NAMES, strict=True):
        case = Case.read(folder)
        result, text = merged(case)
        file = folder / ("expected_currently" + next(folder.glob("base.*")).suffix)
        if as_wished(case, result, text):
            if file.exists():
                file.unlink()
                print(f"works now: {name}")
        elif case.outcome == "conflict" and result.clean:
            wrong += 1
            print(f"must be refused and is not: {name}")
        elif case.currently != text:
            file.write_bytes(text)
            print(f"recorded: {name}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(record())
