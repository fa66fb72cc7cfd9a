"""``propose`` where tests are flaky, hang, crash or can't be imported: only in an offspring, or everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import best, build

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
LIB = """LIMIT = 10


def steps(n):
    return list(range(n))


def last(n):
    return n


def name():
    return 'lib'
"""
TESTS = "import lib\n\n\ndef test_steps():\n    assert lib.steps(2) == [0, 1]\n"
COIN = "\n\ndef test_coin():\n    import os\n    assert os.urandom(1)[0] % 2\n"
INI = {"pytest.ini": "[pytest]\npythonpath = .\n"}


def together(where: Path, bad: str) -> Sandbox:
    """Return a repository where ``bad`` (upstream) and ``LIMIT = 0`` (fork) each do well alone, and not together."""
    test = "import lib\n\n\ndef test_{0}():\n    assert lib.last(3) == 3\n"
    return build(
        where,
        INI | {"lib.py": LIB, "tests/test_lib.py": TESTS},
        {"lib.py": LIB.replace("LIMIT = 10", "LIMIT = 0"), "tests/test_fork.py": test.format("fork")},
        {"lib.py": LIB.replace("    return n\n", f"{bad}    return n\n"), "tests/test_up.py": test.format("up")},
    )


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("    while LIMIT == 0:\n        pass\n", id="hangs"),
        pytest.param("    if LIMIT == 0:\n        import os\n        os._exit(0)\n", id="leaves"),
        pytest.param(
            "    if LIMIT == 0:\n        import os, signal\n        os.kill(os.getpid(), signal.SIGSEGV)\n",
            id="crashes",
        ),
        pytest.param("    assert LIMIT\n", id="fails"),
    ],
)
def test_a_combination_that_does_not_end_well_is_left_out(tmp_path: Path, bad: str) -> None:
    box = together(tmp_path, bad)
    done = box.propose("--test-timeout", "4s")
    assert done.code == 0, done.err
    data = done.data
    assert data["git"]["clean"]
    assert data["git"]["verdict"] == "loses-tests"
    assert best(data)["verdict"] == "good"
    assert min(best(data)["kept_ours"], best(data)["kept_theirs"]) > 0.5


def test_a_combination_that_can_not_be_imported_is_left_out(tmp_path: Path) -> None:
    box = build(
        tmp_path,
        INI | {"lib.py": LIB, "tests/test_lib.py": TESTS},
        {"lib.py": LIB.replace("LIMIT = 10", "LIMIT = 0")},
        {"lib.py": LIB.replace("return n\n", "return n + 0\n\n\nSHARE = 1 // LIMIT\n")},
    )
    done = box.propose()
    assert done.code == 0, done.err
    assert done.data["git"]["verdict"] == "broken"
    assert best(done.data)["verdict"] == "good"


def test_a_flaky_test_is_reported_and_decides_nothing(tmp_path: Path) -> None:
    box = build(
        tmp_path,
        INI | {"lib.py": LIB, "tests/test_lib.py": TESTS + COIN},
        {"lib.py": LIB.replace("'lib'", "'fork'")},
        {"lib.py": LIB.replace("return n\n", "return n + 0\n")},
    )
    done = box.propose("--runs", "8")
    assert done.code == 0, done.err
    assert any("test_coin" in name for name in done.data["flaky"])
    assert (best(done.data)["kept_ours"], best(done.data)["kept_theirs"]) == (1.0, 1.0)
    assert not [name for tests in best(done.data)["tests"] for name in tests["lost"]]
