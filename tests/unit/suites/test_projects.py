"""What a project's files tell of its tests."""

from __future__ import annotations

import json

import pytest

from forkmerge.suites.detect import detect, joined, runner_for
from forkmerge.suites.npm import expanded
from forkmerge.suites.projects import suites
from forkmerge.suites.recognise import tool_of


def found(files: dict[str, str]) -> list[tuple[str, str, str]]:
    data = {name: text.encode() for name, text in files.items()}
    return [(s.tool, s.command, s.told_by) for s in suites(data, data.__getitem__)]


def package(test: str = "", **more: object) -> str:
    return json.dumps({"scripts": {"test": test} if test else {}, **more})


UNITTEST = "import unittest\n\n\nclass A(unittest.TestCase):\n    def test_a(self): pass\n"
CTEST = "cmake -S . -B .forkmerge-build && cmake --build .forkmerge-build -- -k ; ctest --test-dir .forkmerge-build"


@pytest.mark.parametrize(
    ("files", "suite"),
    [
        ({"tests/test_a.py": "def test_a(): pass\n"}, ("pytest", "python -m pytest -q", "tests/test_a.py")),
        ({"tests/test_a.py": UNITTEST, "tox.ini": "[pytest]\n"}, ("pytest", "python -m pytest -q", "tox.ini")),
        ({"tests/test_a.py": UNITTEST}, ("unittest", "python -m unittest discover -s tests", "tests/test_a.py")),
        (
            {"tests/test_a.py": UNITTEST, "tests/__init__.py": ""},
            ("unittest", "python -m unittest discover -s tests -t .", "tests/test_a.py"),
        ),
        ({"test_a.py": UNITTEST}, ("unittest", "python -m unittest", "test_a.py")),
        ({"tests/testa.py": UNITTEST}, ("unittest", "python -m unittest discover -s tests", "tests/testa.py")),
        (
            {"tests/test_a.py": UNITTEST, "tests/test_b.py": "import pytest\n"},
            ("pytest", "python -m pytest -q", "tests/test_a.py"),
        ),
        ({"go.mod": "module x\n", "a_test.go": ""}, ("go", "go test ./...", "go.mod")),
        (
            {"go.work": "go 1.22\nuse (\n\t./a\n\t./b\n)\n", "a/a_test.go": ""},
            ("go", "go test ./a/... ./b/...", "go.work"),
        ),
        ({"Cargo.toml": "[package]\nname='x'\n"}, ("cargo", "cargo test", "Cargo.toml")),
        ({"Cargo.toml": "[workspace]\n"}, ("cargo", "cargo test --workspace", "Cargo.toml")),
        (
            {"Cargo.toml": "[package]\n", ".config/nextest.toml": ""},
            ("nextest", "cargo nextest run", ".config/nextest.toml"),
        ),
        ({"package.json": package("jest --ci")}, ("jest", "npm test", "package.json")),
        ({"package.json": package("vitest"), "pnpm-lock.yaml": ""}, ("vitest", "pnpm test", "package.json")),
        ({"package.json": package("mocha"), "yarn.lock": ""}, ("mocha", "yarn test", "package.json")),
        ({"package.json": package("ava")}, ("exit-code", "npm test", "package.json")),
        (
            {"package.json": package(devDependencies={"vitest": "1"})},
            ("vitest", "npx --no-install vitest run", "package.json"),
        ),
        ({"package.json": package(), "a.test.js": "import 'node:test'"}, ("node", "node --test", "a.test.js")),
        ({"pom.xml": "", "src/test/java/ATest.java": ""}, ("maven", "mvn test", "pom.xml")),
        ({"pom.xml": "", "mvnw": "", "m/src/test/java/ATest.java": ""}, ("maven", "./mvnw test", "pom.xml")),
        ({"build.gradle.kts": "", "src/test/kotlin/ATest.kt": ""}, ("gradle", "gradle test", "build.gradle.kts")),
        (
            {"settings.gradle": "", "gradlew": "", "a/src/test/A.java": ""},
            ("gradle", "./gradlew test", "settings.gradle"),
        ),
        ({"CMakeLists.txt": "project(x)\nenable_testing()\n"}, ("ctest", CTEST, "CMakeLists.txt")),
        ({"CMakeLists.txt": "include( CTest )\n"}, ("ctest", CTEST, "CMakeLists.txt")),
    ],
)
def test_each_tool_is_found_and_what_told_of_it(files, suite):
    assert found(files) == [suite]


@pytest.mark.parametrize(
    "files",
    [
        {"go.mod": "module x\n", "a.go": ""},
        {"Cargo.toml": "[lib]\n"},
        {"package.json": package(), "test/a.js": "console.log(1)"},
        {"pom.xml": ""},
        {"CMakeLists.txt": "# enable_testing()\nproject(x)\n"},
        {"src/unittest_helpers.py": UNITTEST},
    ],
)
def test_a_project_without_tests_has_no_suite(files):
    assert found(files) == []


def test_a_project_with_several_suites_runs_them_all():
    files = {
        "pytest.ini": "", "go.mod": "module x\n", "x_test.go": "", "package.json": package("tsc && jest"),
    }  # fmt: skip
    data = {name: text.encode() for name, text in files.items()}
    runner, command = detect(data, data.__getitem__) or (None, None)
    assert runner is not None
    assert command is not None
    assert runner.name == "pytest+go+jest"
    assert command.text == "python -m pytest -q; go test ./...; npm test"


def test_a_suite_of_several_commands_stays_together():
    assert joined(["a && b", "c"]) == "(a && b); c"
    assert joined(["a && b"]) == "a && b"


SCRIPTS = {
    "test": "npm run lint && npm run -s build && npm run test:unit -- --ci && yarn e2e",
    "lint": "eslint .", "build": "tsc -p .", "pretest:unit": "node gen.js", "test:unit": "jest", "e2e": "mocha e2e",
}  # fmt: skip


def test_scripts_are_put_in_their_place_without_linters():
    data = {"package.json": json.dumps({"scripts": SCRIPTS}).encode()}
    line = expanded("npm test", data, data.__getitem__)
    assert "eslint" not in line
    assert line.index("tsc -p .") < line.index("node gen.js && jest --ci") < line.index("mocha e2e")
    assert line.count("export PATH=") == 4  # the script's own shell, and one for each script it calls


def test_scripts_of_a_folder_are_those_of_its_package():
    data = {"web/package.json": package("vitest run").encode(), "package.json": package("jest").encode()}
    assert "vitest run" in expanded("cd web && npm test", data, data.__getitem__)
    assert expanded("cd docs && npm test", data, data.__getitem__) == "cd docs && npm test"


def test_scripts_that_call_themselves_come_to_an_end():
    data = {"package.json": package("npm test").encode()}
    assert expanded("npm test", data, data.__getitem__).endswith("npm test ) " + " ) " * 5)


@pytest.mark.parametrize(
    ("command", "tool"),
    [
        ("go test ./...", "go"),
        ("/usr/local/go/bin/go test", "go"),
        ("cargo +nightly test", "cargo"),
        ("cargo t --workspace", "cargo"),
        ("cargo nextest run -P ci", "nextest"),
        ("python3 -m unittest -v", "unittest"),
        ("coverage run -m unittest discover", "unittest"),
        ("npx jest", "jest"),
        ("yarn jest --ci", "jest"),
        ("node_modules/.bin/vitest run", "vitest"),
        ("node --experimental-vm-modules node_modules/jest/bin/jest.js", "jest"),
        ("c8 --reporter=lcov mocha", "mocha"),
        ("cross-env NODE_ENV=test mocha", "mocha"),
        ("react-scripts test", "jest"),
        ("node --import tsx --test src/*.test.ts", "node"),
        ("./mvnw -q verify", "maven"),
        ("mvn -pl core test", "maven"),
        ("./gradlew :core:test", "gradle"),
        ("gradle check", "gradle"),
        ("ctest -j4", "ctest"),
        ("uv run pytest", "pytest"),
    ],
)
def test_a_command_is_known_by_its_words(command, tool):
    found_tool = tool_of(tuple(command.split()))
    assert found_tool is not None
    assert found_tool.name == tool


@pytest.mark.parametrize(
    "command",
    ["go build ./...", "cargo build", "mvn compile", "gradle assemble", "node test.js", "npm install jest", "echo jest",
     "docker run x jest", "tox -e py311", "make test", "python run_tests.py", "cargo fmt test"],
)  # fmt: skip
def test_other_commands_are_not_taken_for_tests(command):
    assert tool_of(tuple(command.split())) is None


def test_results_that_the_user_names_win_over_a_tool_but_not_over_its_selection():
    assert runner_for("jest", "junit.xml").name == "junit"
    maven = runner_for("mvn test", "out/*.xml")
    assert maven.name == "maven"
    assert maven.selects
