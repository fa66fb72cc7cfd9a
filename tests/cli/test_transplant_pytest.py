"""``transplant`` with pytest, which runs single tests: conflicts, and a test file that the fork has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import PYTEST, build
from support.stories import prices

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Done, Sandbox

pytestmark = pytest.mark.sandbox
TOOLS = "def half(n):\n    return n / 2\n\n\ndef third(n):\n    return n / 3\n"
TESTS = "import tools\n\n\ndef test_half():\n    assert tools.half(4) == 2\n"
MENDED = TESTS + "\n\ndef test_half_is_whole():\n    assert tools.half(5) == 2\n"


def run(box: Sandbox, *goals: str) -> Done:
    words = [word for name in goals for word in ("--goal", name)]
    return box.run("transplant", "upstream", *words, "--test", PYTEST, "--json", "--runs", "1")


def test_a_conflict_is_resolved_so_that_both_sides_tests_pass(tmp_path: Path) -> None:
    box = prices(tmp_path, pytest=True)
    done = run(box, "test_whole")
    assert done.code == 0, done.err
    data = done.data
    text = box.blob(data["proposal"]["tree"], "prices.py").decode()
    assert 'return name.strip() + ": " + format(price, "g")' in text
    assert "sum(prices) + extra" in text, "upstream's other edits stay where they are"
    assert data["probes"] > 0
    assert data["evaluations"] == 1, "the whole suite was asked once"


def test_a_goal_goes_to_where_the_fork_has_moved_its_file(tmp_path: Path) -> None:
    base = {"pytest.ini": "[pytest]\npythonpath = .\n", "tools.py": TOOLS, "tests/test_tools.py": TESTS}
    fork = {"tests/test_tools.py": None, "tests/unit/test_tools.py": TESTS}
    upstream = {
        "tools.py": TOOLS.replace("n / 2", "n // 2").replace("n / 3", "n // 3"),
        "tests/test_tools.py": MENDED,
    }
    box = build(tmp_path, base, fork, upstream)
    done = run(box, "tests/test_tools.py::test_half_is_whole")
    assert done.code == 0, done.err
    assert [g["test"] for g in done.data["goals"]] == ["tests/unit/test_tools.py::test_half_is_whole"]
    tree = done.data["proposal"]["tree"]
    assert b"test_half_is_whole" in box.blob(tree, "tests/unit/test_tools.py")
    assert box.blob(tree, "tools.py").decode() == TOOLS.replace("n / 2", "n // 2")
