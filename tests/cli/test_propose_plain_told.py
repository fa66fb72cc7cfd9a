"""The plain merge is scored before the search may refuse it for what a few tests say that often fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import CHEAP_COMMAND, cheap

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sandbox
CODE = "X = 1\n\n\ndef one():\n    return X\n\n\nY = 1\n\n\ndef two():\n    return Y\n"
MORE = "\n\ndef {0}():\n    return one() + two()  # {0}\n"
CHECK = "import code_of\n\n\ndef check_sum():\n    assert code_of.one() + code_of.two() == 3\n"


def test_the_plain_merge_is_told_first_where_its_tests_failed_before(tmp_path: Path) -> None:
    box = cheap(
        tmp_path,
        {"code_of.py": CODE},
        {"code_of.py": CODE.replace("X = 1", "X = 2") + MORE.format("mine"), "checks/fork.py": CHECK},
        {"code_of.py": CODE.replace("Y = 1", "Y = 2") + MORE.format("theirs"), "checks/up.py": CHECK},
    )
    for _ in range(3):
        done = box.propose("--results", "results.xml", "--test-paths", "checks", "--no-cache", test=CHEAP_COMMAND)
        told = [line for line in done.err.splitlines() if "structured merge" in line or "offspring" in line]
        assert sum("structured merge" in line for line in told) == 1, done.err
        assert "structured merge" in told[0], done.err
