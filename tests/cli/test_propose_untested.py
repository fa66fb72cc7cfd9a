"""What ``propose`` warns of where it is known which functions each test runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import PYTEST, best, build

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Done

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
LIB = """def one():
    x = 1
    return x


def two():
    x = 2
    return x


def three():
    x = 3
    return x
"""
TEST = "import lib\n\n\ndef test_{0}():\n    assert lib.{1}\n"


def proposed(where: Path, upstream: str, *more: str) -> Done:
    box = build(
        where,
        {"pytest.ini": "[pytest]\npythonpath = .\n", "lib.py": LIB, "tests/test_lib.py": TEST.format("one", "one()")},
        {"lib.py": LIB.replace("x = 1", "x = 10"), "tests/test_fork.py": TEST.format("fork", "one() == 10")},
        {"lib.py": LIB.replace("x = 2", "x = 20"), "tests/test_up.py": upstream},
    )
    done = box.run("propose", "upstream", "--json", "--runs", "2", "--test", PYTEST, *more)
    assert best(done.data)["verdict"] == "good", done.err
    return done


def test_a_change_that_no_required_test_runs_is_named(tmp_path: Path) -> None:
    done = proposed(tmp_path, TEST.format("up", "three() == 3"))
    (said,) = [w for w in done.data["warnings"] if "no required test runs" in w]
    assert said == "no required test runs 1 of 2 changed places in code: lib.py:two"


def test_changes_of_both_sides_that_no_test_runs_together_are_named(tmp_path: Path) -> None:
    done = proposed(tmp_path, TEST.format("up", "two() == 20"))
    assert not [w for w in done.data["warnings"] if "no required test runs" in w]
    (said,) = [w for w in done.data["warnings"] if "by no single test" in w]
    assert "lib.py:one and lib.py:two" in said


def test_where_one_test_runs_both_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    both = "import lib\n\n\ndef test_up():\n    assert lib.two() == 20 and lib.one()\n"
    done = proposed(tmp_path, both)
    assert not [w for w in done.data["warnings"] if "no required test" in w or "no single test" in w]


def test_without_coverage_nothing_is_claimed(tmp_path: Path) -> None:
    done = proposed(tmp_path, TEST.format("up", "three() == 3"), "--no-coverage")
    assert not [w for w in done.data["warnings"] if "no required test" in w or "no single test" in w]


def test_a_name_that_is_bound_nowhere_goes_behind_one_that_is_though_no_test_can_tell(tmp_path: Path) -> None:
    """The fork's own tests can't be collected, so all that pass are upstream's: none runs what the fork put in."""
    old = "from helpers import text\n\n\ndef size():\n    return text(3)\n"
    box = build(
        tmp_path,
        {
            "pytest.ini": "[pytest]\npythonpath = .\n",
            "lib.py": old,
            "helpers.py": "def text(x):\n    return str(x)\n",
            "tests/test_lib.py": "import lib\n\n\ndef test_size():\n    assert str(lib.size()) == '3'\n",
        },
        {"lib.py": old + "\n\ndef url(x):\n    return text(x)\n", "tests/conftest.py": "import nowhere_to_be_found\n"},
        {
            "lib.py": old.replace("from helpers import text\n\n\n", "").replace("text(3)", "3"),
            "helpers.py": None,
            "more.py": "import lib\n\n\ndef twice():\n    return [lib.size() for _ in range(2)]\n",
        },
    )
    done = box.run("propose", "upstream", "--json", "--test", PYTEST)
    first = best(done.data)
    assert first["verdict"] == "good", done.err
    found = box.git("show", f"{first['tree']}:lib.py")
    assert "def url(x)" in found
    assert "from helpers import text\n" in found
    assert any(w.startswith("no test of the fork passes on itself (ModuleNotFound") for w in done.data["warnings"])
