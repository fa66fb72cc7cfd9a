"""Merge cases: fixtures/merge/<language>/<case>/ says what each merge has to be; see the README there.

A case whose ideal is out of reach today stores what comes out of it in ``expected_currently``; its test fails as soon
as the ideal is reached, so that the file goes.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
        assert told.keys() == {"why", "outcome", "git"}
        suffix = next(folder.glob("base.*")).suffix
        files = {
            path.stem: path.read_bytes() for path in folder.iterdir() if path.suffix == suffix and path.stem != "case"
        }
        unknown = files.keys() - {"base", "ours", "theirs", "expected", "expected_currently"}
        assert not unknown, f"files that no case has: {unknown}"
        return cls(
            f"case{suffix}", files["base"], files["ours"], files["theirs"], told["outcome"], told["git"],
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


@pytest.fixture(params=FOLDERS, ids=NAMES)
def case(request: pytest.FixtureRequest) -> Case:
    return Case.read(request.param)


def test_case_says_what_git_does(case: Case) -> None:
    assert case.outcome in ("merged", "conflict")
    assert case.outcome == "conflict" or case.expected is not None
    conflicts = line_merge(case.base, case.ours, case.theirs, style="merge", marker_size=7)[1]
    assert case.git == ("conflict" if conflicts else "clean")


def test_case_is_merged_as_expected(case: Case) -> None:
    result, text = merged(case)
    if case.currently is None:
        assert text.decode() == (case.expected if case.expected is not None else text).decode()
        assert as_wished(case, result, text)
        return
    assert not as_wished(case, result, text), "this case works now: remove its expected_currently"
    assert text.decode() == case.currently.decode()


def test_case_stays_resolved_or_refused_with_the_sides_swapped(case: Case) -> None:
    result, _ = merged(case)
    assert merged(case, swapped=True)[0].clean == result.clean


def test_case_that_must_be_refused_is_never_called_clean(case: Case) -> None:
    if case.outcome == "conflict" and case.currently is None:
        assert not merged(case)[0].clean
