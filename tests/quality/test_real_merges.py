"""The judge of whole merges: on a fork of the fixtures, with a merge of its own in the place of people's."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from quality import real_merges
from quality.prepare_merges import repository
from quality.prepared import Entry, entries, outcome
from quality.real_tables import better, keeps_as_much, line, tables
from support.forks import build, git

if TYPE_CHECKING:
    from pathlib import Path

TEST = "python -m pytest -q -p no:cacheprovider"


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    """The seedbook fork as an entry; the merge in people's place took the fork whole and broke a module."""
    clone = build("seedbook", tmp_path / "clones" / "owner+seedbook")
    commits = {name: git(clone, "rev-parse", name).strip() for name in ("main", "fork", "upstream")}
    module = next(path for path in git(clone, "ls-files", "*.py").split() if path.startswith("tests/test_"))
    (clone / module).write_text("def test_people_broke_this():\n    assert False\n", encoding="utf-8")
    git(clone, "commit", "-q", "-a", "-m", "people")
    said = {
        "repo": "owner/seedbook", "merge": git(clone, "rev-parse", "HEAD").strip(), "quality": "human merge broken",
        "base": commits["main"], "parents": [commits["fork"], commits["upstream"]], "venv": "tests",
        "requirements": [], "src": ["."], "test": TEST, "conflicting_paths": [module],
    }  # fmt: skip
    listed = tmp_path / "merges.json"
    listed.write_text(json.dumps({"merges": [said]}), encoding="utf-8")
    work = tmp_path / "work"
    (work / "venvs").mkdir(parents=True)
    (work / "venvs" / "tests").symlink_to(sys.prefix)
    assert entries(listed, work, ["all green"]) == []
    (found,) = entries(listed, work, [said["merge"][:8]])
    repository(found, clone)
    return found


def test_prepared_repositories_hold_the_four_trees(entry: Entry) -> None:
    branches = git(entry.repository, "branch", "--format=%(refname:short)").split()
    assert sorted(branches) == ["base", "human", "ours", "theirs"]
    parents = git(entry.repository, "rev-parse", "human^1", "human^2", "ours", "theirs").split()
    assert parents[:2] == parents[2:]
    assert git(entry.repository, "merge-base", "ours", "theirs") == git(entry.repository, "rev-parse", "base")


def test_outcome_tells_what_passed_and_failed(entry: Entry, tmp_path: Path) -> None:
    found = outcome(entry, "human", tmp_path / "tree", 120)
    assert found.finished
    assert found.passed
    assert [name.rpartition("::")[2] for name in found.failed] == ["test_people_broke_this"]


@pytest.mark.slow
@pytest.mark.sandbox
def test_the_judge_compares_the_best_tree_with_peoples(
    entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    arguments = [str(tmp_path / "merges.json"), "--work", str(entry.work), "--json", str(out), "--time", "300"]
    monkeypatch.setattr(sys, "argv", ["real_merges", *arguments])
    assert real_merges.main() == 0
    (row,) = json.loads(out.read_text(encoding="utf-8"))["merges"]
    assert row["verdict"] == "good"
    assert (row["lost"], row["new_failures"]) == ([], [])
    assert row["required"] > 0
    assert row["likeness"] == "no"
    assert row["passed"] > row["people_passed"]
    assert min(row["kept"]) > 0.8
    assert row["people_kept"][1] < 0.5
    assert "| human merge broken |" in capsys.readouterr().out


def test_tables_sum_up_by_quality() -> None:
    row = {
        "merge": "0123456789", "repo": "owner/name", "quality": "human merge broken", "verdict": "good",
        "origin": "offspring", "required": 10, "lost": [], "merged_lost": [], "kept": [1.0, 0.9],
        "people_kept": [1.0, 0.9], "likeness": "formatting", "differing": [], "strays": [],
        "passed": 12, "people_passed": 11,
        "new_failures": [], "mended": ["t.py::test_a"], "missing": [], "evaluations": 3, "suite_equivalents": 4.25,
        "cached": 0, "complete": True, "seconds": 9.0, "said": "", "warnings": [],
    }  # fmt: skip
    none = {**row, "verdict": "none (exit 2)", "origin": "", "said": "no such revision", "quality": "all green"}
    assert better(row)
    assert not better({**row, "new_failures": ["t.py::test_b"]})
    assert keeps_as_much(row)
    assert not keeps_as_much({**row, "kept": [1.0, 0.8]})
    said = tables([row, none])
    cells = [[cell.strip() for cell in text.split("|")[1:-1]] for text in said.splitlines()]
    assert ["01234567", "name", "good (offspring)", "0 of 10"] in [row[:4] for row in cells]
    assert ["human merge broken", "1", "1", "1", "0", "1", "0", "1 of 1", "3.0", "4.2"] in cells
    assert "none (exit 2), 9 s: no such revision" in line(none)
    assert "1 mended" in line(row)
