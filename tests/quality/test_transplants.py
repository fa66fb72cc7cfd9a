"""The measurement of ``transplant``: fixes are found in a history, forks that lack them are made, tables add up."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from quality import mine_transplants
from quality.prepared import Outcome, git
from quality.transplants import Judged, _gone, prepare, table
from support.forks import git as commit_git

if TYPE_CHECKING:
    from pathlib import Path

CODE = "def total(prices):\n    return sum(prices)\n\n\ndef tax(price):\n    return price\n"
TESTS = "import shop\n\n\ndef test_total():\n    assert shop.total([1]) == 1\n"


def project(where: Path) -> Path:
    """Return a repository with one fix, commits before it and after it."""
    where.mkdir(parents=True)
    commit_git(where, "init", "-q", "-b", "main")
    fixed = CODE.replace("sum(prices)", "sum(prices or ())")
    test = "\n\ndef test_total_of_nothing():\n    assert shop.total(None) == 0\n"
    versions: tuple[tuple[str, dict[str, str]], ...] = (
        ("Begin", {"shop.py": CODE, "tests/test_shop.py": TESTS}),
        ("Fix the docs", {"README.md": "A shop.\n"}),
        ("More", {"more.py": "MORE = 1\n"}),
        ("Fix total of nothing", {"shop.py": fixed, "tests/test_shop.py": TESTS + test}),
        ("Later", {"shop.py": fixed + "\n\ndef net(price):\n    return price\n"}),
        ("Last", {"last.py": "LAST = 1\n"}),
    )
    (where / "tests").mkdir()
    for subject, files in versions:
        for name, text in files.items():
            (where / name).write_text(text, encoding="utf-8")
        commit_git(where, "add", "-A")
        commit_git(where, "commit", "-q", "-m", subject)
    return where


def test_a_fix_is_found_with_a_fork_that_lacks_it(tmp_path: Path) -> None:
    clone = project(tmp_path / "clones" / "owner+shop")
    (fix,) = mine_transplants.drawn(clone, "2000-01-01", Random(0), 3, 2)
    assert fix["subject"] == "Fix total of nothing"
    assert fix["goals"] == ["tests/test_shop.py::test_total_of_nothing"]
    assert (fix["code"], fix["tests"]) == (2, 4)
    assert git(clone, "show", "-s", "--format=%s", fix["base"]).decode().strip() == "Fix the docs"
    how = {"repo": "owner/shop", "venv": "v", "requirements": [], "src": ["."], "test": "pytest"}
    entry = prepare(how | fix, tmp_path / "clones", tmp_path / "work")
    fork = git(entry.repository, "show", "fork:shop.py").decode()
    assert "sum(prices)" in fork
    assert git(entry.repository, "rev-list", "--count", f"{fix['base']}..fork").decode().strip() != "0"
    assert git(entry.repository, "rev-parse", "upstream").decode().strip() == fix["upstream"]


def test_what_is_gone_is_told_from_parameters_that_change() -> None:
    fork = Outcome(frozenset({"t.py::a[12:00]", "t.py::b", "t.py::c"}), frozenset(), True)
    result = Outcome(frozenset({"t.py::a[12:01]"}), frozenset({"t.py::b"}), True)
    assert _gone(fork, result) == {"t.py::b", "t.py::c"}


def test_the_table_adds_up() -> None:
    found = Judged("o/shop", "0" * 40, "Fix a|b", "found", "commit 000 (x)", (10, 4), (8, 4))
    rows = [
        found,
        Judged("o/shop", "1" * 40, "Fix c", "nothing-to-do"),
        Judged("o/shop", "2" * 40, "Fix d", "impossible"),
    ]
    said = table(rows)
    assert "1 of 2 are found, 1 of them no larger than the fix; 1 of 3 drawn don't count" in said
    assert "| shop | 000000000 Fix a\\|b | found | 10 (4) | 8 (4) | commit |" in said
