"""``propose`` where most tests touch little: fewer runs, the same answer; and what a search leaves for the next one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from support.proposing import best, build

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

pytestmark = pytest.mark.sandbox
COUNT = 12


def module(number: int, returned: str) -> str:
    return f"def value():\n    found = {number}\n    return {returned}\n"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A repository in which the sides change the bodies of six functions each; two of these edits clash.

    No text is in conflict: only the test of both functions tells.
    """
    tests = "".join(
        f"def test_{n}():\n    import m{n}\n    assert m{n}.value() in ({n}, {n + 100})\n\n\n" for n in range(COUNT)
    )
    both = "def test_both():\n    import m0, m1\n    assert m0.value() + m1.value() < 150\n"
    base = {"pytest.ini": "[pytest]\npythonpath = .\n", "test_all.py": tests + both}
    base |= {f"m{n}.py": module(n, "found") for n in range(COUNT)}
    sides = [{f"m{n}.py": module(n, "found + 100") for n in range(start, COUNT, 2)} for start in (0, 1)]
    return build(tmp_path_factory.mktemp("reach"), base, *sides)


def runs(box: Sandbox) -> int:
    with closing(sqlite3.connect(box.folder / ".git" / "forkmerge" / "ledger.sqlite3")) as ledger:
        return int(ledger.execute("select count(*) from runs where selection != ''").fetchone()[0])


def test_watching_saves_runs_and_changes_no_answer(box: Sandbox) -> None:
    watched = box.propose("--runs", "2", "--no-learning", timeout=300)
    first = runs(box)
    assert not (box.folder / ".git" / "forkmerge" / "experience.json").exists()
    plain = box.propose("--runs", "2", "--no-learning", "--no-coverage", "--no-cache", timeout=300)
    second = runs(box) - first
    assert watched.code == plain.code == 0, watched.err + plain.err
    assert best(watched.data)["verdict"] == best(plain.data)["verdict"] == "good"
    assert best(watched.data)["tree"] == best(plain.data)["tree"]
    assert first < second


def test_a_search_leaves_what_it_saw_for_the_next(box: Sandbox) -> None:
    path: Path = box.folder / ".git" / "forkmerge" / "experience.json"
    for searches in (1.0, 1.8):
        assert box.propose("--runs", "2", timeout=300).code == 0
        known = json.loads(path.read_text())
        assert known["searches"] == pytest.approx(searches)
        assert set(known["tests"]) == {"test_all.py::test_both"}
        assert known["loci"]["py method" if "py method" in known["loci"] else "py function"][0] > 0
