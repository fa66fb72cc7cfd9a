"""Why the tests of a side did not run is told by the line that says it."""

from __future__ import annotations

import pytest

from forkmerge.app.last_words import advice, last_words, nothing_passed
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult

OPTIONS = """ERROR: usage: __main__.py [options] [file_or_dir] [file_or_dir] [...]
__main__.py: error: unrecognized arguments: --cov --cov-report=term-missing
  inifile: setup.cfg
  rootdir: .
"""
COLLECTION = """tests/test_api.py:1: in <module>
    import yaml
E   ModuleNotFoundError: No module named 'yaml'
=========================== short test summary info ============================
ERROR tests/test_api.py
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
1 error in 0.28s
"""


def run(tail: str, message: str = "") -> SuiteRun:
    results = (TestResult(TestId("pytest", "t.py", "", "t"), Status.FAILED, 0.1, message),) if message else ()
    return SuiteRun(RunStatus.UNCOLLECTED, results, 4, 1.0, tail)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (run(OPTIONS), "error: unrecognized arguments: --cov --cov-report=term-missing"),
        (run(COLLECTION), "ModuleNotFoundError: No module named 'yaml'"),
        (run("2 warnings, 10 errors in 1.26s", "E   FileNotFoundError: cases"), "FileNotFoundError: cases"),
        (run("nothing\n\nno tests ran in 0.01s\n"), "no tests ran in 0.01s"),
        (run(""), ""),
    ],
)
def test_the_line_that_tells_most_is_taken(said: SuiteRun, words: str) -> None:
    assert last_words(said) == words


def test_the_plugin_that_an_option_belongs_to_is_named() -> None:
    assert nothing_passed("fork", run(OPTIONS)).endswith(
        "; pip install pytest-cov, which the project's options ask for"
    )
    assert advice("error: unrecognized arguments: --nothing-we-know") == "a plugin of pytest is missing"
    assert not advice("ModuleNotFoundError: No module named 'yaml'")
