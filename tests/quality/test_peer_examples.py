"""The judge of another tool's worked examples, on examples written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from quality.peer_examples import judged, load

if TYPE_CHECKING:
    from pathlib import Path

BASE, LEFT, RIGHT = "a = 1\nb = 2\nc = 3\n", "a = 9\nb = 2\nc = 3\n", "a = 1\nb = 2\nc = 8\n"
CLASH = "<<<<<<< LEFT\na = 9\n||||||| BASE\na = 1\n=======\na = 7\n>>>>>>> RIGHT\nb = 2\nc = 3\n"


@pytest.mark.parametrize(
    ("right", "expected", "verdict"),
    [
        (RIGHT, "a = 9\nb = 2\nc = 8\n", "exact"),
        (RIGHT, "a = 9\nb = 2\nc = 8", "end"),
        (RIGHT, "a  =  9\nb = 2\nc = 8\n", "alike"),
        (RIGHT, "a = 9\nb = 2\nc = 7\n", "differs"),
        (RIGHT, CLASH, "resolved"),
        ("a = 7\nb = 2\nc = 3\n", CLASH, "exact"),
        ("a = 7\nb = 2\nc = 3\n", CLASH.replace("b = 2\n", ""), "other conflict"),
        ("a = 7\nb = 2\nc = 3\n", LEFT, "conflict"),
    ],
)
def test_the_verdict(tmp_path: Path, right: str, expected: str, verdict: str) -> None:
    case = tmp_path / "toml" / "working" / "case"
    case.mkdir(parents=True)
    for name, text in (("Base", BASE), ("Left", LEFT), ("Right", right), ("Expected", expected)):
        (case / f"{name}.toml").write_text(text)
    (example,) = load(tmp_path)
    assert (example.name, judged(example)[0]) == ("toml/case", verdict)
