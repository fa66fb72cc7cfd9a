from __future__ import annotations

import json

import pytest

from forkmerge.model.outcome import RunStatus, Status
from forkmerge.suites.detect import detect, runner_for
from forkmerge.suites.exitcode import ExitCodeRunner
from forkmerge.suites.junit import JUnitRunner
from forkmerge.suites.line import LineRunner
from forkmerge.suites.pytest_runner import PytestRunner
from forkmerge.suites.runner import Ended, TestCommand


def found(**files: str):
    tree = {name.replace("__", "/"): text.encode() for name, text in files.items()}
    return detect(tree, tree.__getitem__)


def package(script):
    return {"package.json": json.dumps({"scripts": {"test": script}})}


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": ""},
        {"pyproject.toml": "[tool.pytest.ini_options]\n"},
        {"setup.cfg": "[metadata]\n[tool:pytest]\n"},
        {"tox.ini": "[tox]\n[pytest]\n"},
        {"conftest.py": ""},
        {"tests/test_a.py": ""},
        {"src/pkg/tests/a_test.py": ""},
        {"test_a.py": ""},
    ],
)
def test_pytest_projects_are_found(files):
    runner, command = found(**files)
    assert isinstance(runner, PytestRunner)
    assert command.argv == ("python", "-m", "pytest", "-q")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": "[project]\n"},
        {"pyproject.toml": "not toml ["},
        {"setup.cfg": "[metadata]\n"},
        {"src/test_data.py": ""},
        {"Makefile": "test:\n\tpytest\n"},
        {"package.json": "{"},
        {"package.json": "[]"},
        package('echo "Error: no test specified" && exit 1'),
    ],
)
def test_projects_that_do_not_tell_are_not_guessed(files):
    assert found(**files) is None


@pytest.mark.parametrize(
    ("script", "tools"),
    [
        ("node --test test/", ["node"]),
        ("jest", ["jest"]),
        ("node --test --test-reporter=tap", ["node"]),
        ("tsc && mocha", ["mocha"]),
        ("eslint . && npx vitest run && node --test", ["vitest", "node"]),
    ],
)
def test_the_tools_of_a_test_script_are_found_in_it(script, tools):
    runner, command = found(**package(script))
    assert isinstance(runner, LineRunner)
    assert [tool.name for _, tool in runner.tools] == tools
    assert command.text == "npm test"


@pytest.mark.parametrize("script", ["node --test-only x.js", "ava", "make check"])
def test_other_scripts_run_through_npm_by_exit_code(script):
    runner, command = found(**package(script))
    assert isinstance(runner, ExitCodeRunner)
    assert command.text == "npm test"


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("pytest", PytestRunner),
        ("python -m pytest -q tests", PytestRunner),
        ("uv run pytest", PytestRunner),
        ("/opt/v/bin/py.test -x", PytestRunner),
        ("cd sub && pytest-3 -q; true", PytestRunner),
        ("tox -- pytest", ExitCodeRunner),
        ("make test", ExitCodeRunner),
        ("python tests/pytest_like.py", ExitCodeRunner),
        ("echo 'unbalanced", ExitCodeRunner),
    ],
)
def test_runner_follows_from_the_command(command, kind):
    assert isinstance(runner_for(command), kind)


def test_results_glob_makes_a_junit_runner():
    assert runner_for("make test", "target/**/*.xml") == JUnitRunner("target/**/*.xml")


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("python -m pytest 'a b'", ("python", "-m", "pytest", "a b")),
        ("pytest -k 'a and $b'", ("pytest", "-k", "a and $b")),
        *(
            (shell, ("/bin/sh", "-c", shell))
            for shell in ("a && b", "A=1 pytest", "pytest $X", 'pytest "$X"', "pytest *.py", "a; b", "it's")
        ),
    ],
)
def test_shell_is_used_only_where_its_language_is(text, argv):
    assert TestCommand(text).argv == argv


@pytest.mark.parametrize(
    ("ended", "run", "test"),
    [
        (Ended(0), RunStatus.COMPLETED, Status.PASSED),
        (Ended(1), RunStatus.COMPLETED, Status.FAILED),
        (Ended(-11), RunStatus.COMPLETED, Status.CRASHED),
        (Ended(None, RunStatus.TIMEOUT), RunStatus.COMPLETED, Status.TIMEOUT),
        (Ended(125), RunStatus.UNVERIFIED, None),
        (Ended(127), RunStatus.UNVERIFIED, None),
        (Ended(None, RunStatus.UNVERIFIED), RunStatus.UNVERIFIED, None),
    ],
)
def test_exit_code_is_one_test(ended, run, test):
    result = ExitCodeRunner("make test").collect(events_path="", candidate="", completed=ended)
    assert result.status is run
    assert [r.status for r in result.results] == ([test] if test else [])
    assert all(str(r.test) == "exit-code::make test" for r in result.results)
