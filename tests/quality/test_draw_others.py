"""Merges drawn for reading: the same ones each time, as many as wanted, each with what is needed to read it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from quality import draw_others

if TYPE_CHECKING:
    from pathlib import Path

BASE = "def f(a, b):\n    left = find(a)\n    right = find(b)\n    return left, right\n"
OURS = BASE.replace("find(a)", "find(a, old=True)")
THEIRS = BASE.replace("find(b)", "search(b)")
BOTH = OURS.replace("find(b)", "search(b)")


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    for number in range(6):
        folder = tmp_path / "cases" / f"n{number}"
        folder.mkdir(parents=True)
        expected = BOTH if number < 2 else OURS
        for name, text in (("base", BASE), ("ours", OURS), ("theirs", THEIRS), ("expected", expected)):
            folder.joinpath(f"{name}.py").write_text(text, encoding="utf-8")
        meta = {"path": f"m{number}.py", "ext": ".py", "lang": "python", "kind": "conflict"}
        folder.joinpath("meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return tmp_path / "cases"


def draw(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["draw_others", *words])
    return draw_others.main()


def test_others_are_written_for_reading(cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    assert draw(monkeypatch, str(cases), "--out", str(out), "--count", "3", "--python", "3") == 0
    rows = [line.split("\t") for line in out.joinpath("list.tsv").read_text(encoding="utf-8").splitlines()]
    assert [row[0] for row in rows] == ["001-python", "002-python", "003-python"]
    assert {row[1] for row in rows} <= {"n2", "n3", "n4", "n5"}
    assert out.joinpath("001-python", "merged.py").read_text(encoding="utf-8") == BOTH
    reading = out.joinpath("001-python", "reading.diff").read_text(encoding="utf-8")
    assert "-    right = search(b)\n+    right = find(b)\n" in reading
    assert json.loads(out.joinpath("clean.json").read_text(encoding="utf-8"))["python"]["other"] == 3


def test_the_seed_decides_which(cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = []
    for number, seed in enumerate("112345"):
        out = tmp_path / str(number)
        draw(monkeypatch, str(cases), "--out", str(out), "--count", "2", "--python", "2", "--seed", seed)
        lists.append(out.joinpath("list.tsv").read_text(encoding="utf-8"))
    assert lists[0] == lists[1]
    assert len(set(lists)) > 1


def test_too_few_are_an_error(cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert draw(monkeypatch, str(cases), "--out", str(tmp_path / "out"), "--count", "9", "--python", "9") == 1
