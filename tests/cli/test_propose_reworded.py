"""``propose`` where upstream rewords a message in code and tests, and the fork's new test asks for the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import CHEAP_COMMAND, best, cheap

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sandbox
CODE = 'def told(n):\n    return [str(n), "in full:"]\n\n\ndef twice(n):\n    return n + n\n'
TEST = 'import code_of\n\n\ndef check_told():\n    assert "in full:" in code_of.told(3)\n'
MORE = '\n\ndef check_more():\n    assert "in full:" in code_of.told(4)\n    assert code_of.twice(2) == 4\n'
ANEW = '"in full (all of it):"'


def test_the_forks_new_test_is_asked_with_upstreams_words(tmp_path: Path) -> None:
    box = cheap(
        tmp_path,
        {"code_of.py": CODE, "checks/a.py": TEST},
        {"code_of.py": CODE.replace("n + n", "n * 2"), "checks/a.py": TEST + MORE},
        {"code_of.py": CODE.replace('"in full:"', ANEW), "checks/a.py": TEST.replace('"in full:"', ANEW)},
    )
    done = box.propose("--results", "results.xml", "--test-paths", "checks", test=CHEAP_COMMAND)
    assert done.code == 0, done.err
    first = best(done.data)
    assert ANEW in box.blob(first["tree"], "code_of.py").decode()
    assert "n * 2" in box.blob(first["tree"], "code_of.py").decode()
    assert box.blob(first["tree"], "checks/a.py").decode().count(ANEW) == 2
    assert {t["owner"]: t["lost"] for t in first["tests"]} == {"ours": [], "theirs": [], "merged": []}
    (warning,) = (w for w in done.data["warnings"] if "wording" in w)
    assert "upstream's wording" in warning
    assert "check_more" in warning
    assert "check_told" not in warning
