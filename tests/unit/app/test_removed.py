"""A test that a side removed with its code is not asked for the sake of an edit of the test alone."""

from __future__ import annotations

import pytest

from forkmerge.app.duties import Parents, duties
from forkmerge.fitness.required import Duty
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.model.source import REGULAR, Entry, Tree

CODE = "def keep(x):\n    return x\n\n\ndef drop(x):\n    return [x]\n"
LESS = "def keep(x):\n    return x\n"
HEAD = "import warnings\n\nfrom pkg import code\n\n\n"
KEPT = "def test_keep():\n    assert code.keep(1) == 1\n"
TEST = "\n\ndef test_drop():\n    assert code.drop(1) == [1]\n    warnings.warn('done')\n"
HINT = TEST.replace("'done'", "'done', stacklevel=1")
OTHER = "\n\ndef test_drop():\n    assert 1\n"
FILE = "tests/test_code.py"


def tree(code: str, test: str, **more: str) -> Tree:
    files = {"pkg/code.py": code, FILE: HEAD + KEPT + test, **{f"pkg/{name}.py": text for name, text in more.items()}}
    return {path: Entry(REGULAR, text) for path, text in files.items()}


def run(*names: str) -> tuple[SuiteRun, ...]:
    results = tuple(TestResult(TestId("pytest", FILE, "", n), Status.PASSED, 0.1) for n in names)
    return (SuiteRun(RunStatus.COMPLETED, results, 0, 1.0),)


@pytest.mark.parametrize(
    ("fork", "upstream", "asked"),
    [
        pytest.param(tree(LESS, ""), tree(CODE, HINT), False, id="the test alone was edited"),
        pytest.param(tree(LESS, ""), tree(CODE.replace("[x]", "[x, ][:1]"), HINT), True, id="its code was edited too"),
        pytest.param(tree(CODE, ""), tree(CODE, HINT), True, id="the code is there still"),
        pytest.param(tree(LESS, "", other=CODE), tree(CODE, HINT), True, id="the code was moved"),
        pytest.param(tree(LESS, ""), tree(CODE, HINT.replace("code.drop", "drop")), True, id="a name of its own"),
        pytest.param(tree(LESS, ""), tree(CODE, OTHER), True, id="it tests something else"),
    ],
)
def test_a_test_is_waived_that_was_removed_with_code_that_nobody_edited(
    fork: Tree, upstream: Tree, asked: bool
) -> None:
    parents = Parents(tree(CODE, TEST), fork, upstream, run("test_keep"), run("test_keep", "test_drop"))
    known, _ = duties(parents, lambda oid: oid.encode(), ())
    duty = Duty("theirs", TestId("pytest", FILE, "", "test_drop"))
    assert (duty in known.duties) is asked
    assert [w.reason for w in known.waived if w.duty == duty] == (
        [] if asked else ["ours removed it with drop, which theirs left as it was"]
    )
    assert {d.test.name for d in known.duties} == ({"test_keep", "test_drop"} if asked else {"test_keep"})
