"""One story, told with each test tool: both sides' tests pass, git merges cleanly, and the fork's test breaks.

The upstream changes the unit of ``rate``; the fork has a new ``receipt`` that is reckoned from it, and a test of that.
What has to come out: the one test that breaks, by its name, and the edit of each side.  The tool is not named: it is
found in the files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from support import runners

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

pytestmark = pytest.mark.sandbox


def tells_the_story(data: dict[str, Any], tool: str, test: str, head: set[str], target: tuple[str, str]) -> None:
    assert data["tests"]["runner"] == tool
    (finding,) = runners.broken(data)
    assert finding["tests"] == [test]
    places = [(p["side"], p["path"], p["unit"]) for p in finding["places"]]
    assert [place[1:] for place in places if place[0] == "target"] == [target]
    assert {place[1] for place in places if place[0] == "head"} == head
    assert any(e.startswith("with this alone taken back the test passes: target") for e in finding["evidence"])
    assert data["tests"]["broken"] == 1
    assert data["tests"]["unverified"] == 0
    assert data["tests"]["holds"] == data["tests"]["required"] - 1 >= 2


def test_unittest(tmp_path: Path) -> None:
    data = runners.check(runners.fork("unittest", tmp_path), "--runs", "1")
    test = "tests/test_receipt.py::ReceiptTest::test_is_in_euros"
    tells_the_story(data, "unittest", test, {"receipt.py"}, ("toll.py", "rate"))


@pytest.mark.slow
def test_node(tmp_path: Path) -> None:
    runners.needs("node")
    data = runners.check(runners.fork("node", tmp_path), "--runs", "1")
    tells_the_story(
        data, "node", "test/receipt.test.js::receipt::is in euros", {"src/receipt.js"}, ("src/toll.js", "rate")
    )


@pytest.mark.slow
def test_go(tmp_path: Path) -> None:
    runners.needs("go")
    data = runners.check(runners.fork("go", tmp_path, **runners.go_cache()))
    tells_the_story(data, "go", "receipt_test.go::TestReceipt", {"receipt.go"}, ("toll.go", "Rate"))
    assert data["tests"]["required"] == 10  # of each side: two tests that both have, two subtests, one of its own


@pytest.mark.slow
def test_cargo(tmp_path: Path) -> None:
    runners.needs("cargo")
    data = runners.check(runners.fork("cargo", tmp_path, **runners.rust_homes()))
    tells_the_story(
        data, "cargo", "tests/receipt.rs::is_in_euros", {"src/lib.rs", "src/receipt.rs"}, ("src/lib.rs", "rate")
    )


@pytest.mark.slow
def test_ctest(tmp_path: Path) -> None:
    runners.needs("cmake", "ctest", "make", "cc")
    data = runners.check(runners.fork("ctest", tmp_path), "--runs", "1")
    edits = {"CMakeLists.txt", "receipt.c", "receipt.h"}
    tells_the_story(data, "ctest", "ctest::receipt", edits, ("toll.c", "toll_rate"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tool", "test"),
    [("jest", "__tests__/receipt.js"), ("vitest", "test/receipt.test.js"), ("mocha", "test/receipt.js")],
)
def test_tools_of_node_modules(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, tool: str, test: str) -> None:
    runners.needs("node", "npm")
    box = runners.fork(tool, tmp_path)
    installed = runners.installed(tool, tmp_path_factory.getbasetemp())
    shutil.copytree(installed, box.folder / "node_modules", symlinks=True)
    data = runners.check(box, "--runs", "1")
    tells_the_story(data, tool, f"{test}::receipt::is in euros", {"src/receipt.js"}, ("src/toll.js", "rate"))


@pytest.mark.slow
def test_maven(tmp_path: Path) -> None:
    runners.needs("mvn", "java")
    box = runners.fork("maven", tmp_path)
    done = subprocess.run(
        ["mvn", "-q", "-B", f"-Dmaven.repo.local={box.home}/.m2/repository", "test"],
        cwd=box.folder, env=os.environ | {"HOME": str(box.home)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"Maven can't fetch its plugins here: {done.stdout.strip().splitlines()[-1:]}")
    shutil.rmtree(box.folder / "target")
    data = runners.check(box, "--runs", "1", timeout=900)
    test = "src/test/java/org/example/ReceiptTest.java::ReceiptTest::isInEuros"
    code = "src/main/java/org/example"
    tells_the_story(data, "maven", test, {f"{code}/Receipt.java"}, (f"{code}/Toll.java", "Toll.rate"))


@pytest.mark.slow
def test_gradle(tmp_path: Path) -> None:
    runners.needs("gradle", "java")
    box = runners.fork("gradle", tmp_path, GRADLE_USER_HOME=str(tmp_path / "home" / ".gradle"))
    done = subprocess.run(
        ["gradle", "--no-daemon", "-q", "test"],
        cwd=box.folder, env=box.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"Gradle can't fetch its plugins here: {done.stderr.strip().splitlines()[:1]}")
    shutil.rmtree(box.folder / "build")
    data = runners.check(box, "--runs", "1", timeout=900)
    test = "src/test/java/org/example/ReceiptTest.java::ReceiptTest::isInEuros()"
    code = "src/main/java/org/example"
    tells_the_story(data, "gradle", test, {f"{code}/Receipt.java"}, (f"{code}/Toll.java", "Toll.rate"))


@pytest.mark.slow
def test_nextest(tmp_path: Path) -> None:
    runners.needs("cargo", "cargo-nextest")
    box = runners.fork("cargo", tmp_path, **runners.rust_homes())
    data = runners.check(box, "--runs", "1", test="cargo nextest run")
    tells_the_story(
        data, "nextest", "tests/receipt.rs::is_in_euros", {"src/lib.rs", "src/receipt.rs"}, ("src/lib.rs", "rate")
    )


HOURS = "package hours\n\nfunc Noon() int { return 12 }\n"
HOURS_TEST = """package hours

import "testing"

func TestNoon(t *testing.T) {
	if Noon() != 12 {
		t.Fail()
	}
}
"""


@pytest.mark.slow
def test_a_merge_that_does_not_compile_breaks_the_tests_of_that_package_and_no_others(tmp_path: Path) -> None:
    runners.needs("go")
    box = runners.fork("go", tmp_path, **runners.go_cache())
    top = box.folder
    box.commit("use the rate", {"receipt.go": (top / "receipt.go").read_text().replace("Price(axles)", "axles*Rate()")})
    box.git("switch", "-q", "upstream")
    renamed = {name: (top / name).read_text().replace("Rate()", "AxleRate()") for name in ("toll.go", "toll_test.go")}
    hours = {"hours/hours.go": HOURS, "hours/hours_test.go": HOURS_TEST}
    box.commit("rename", renamed | hours)
    box.git("switch", "-q", "fork")
    data = runners.check(box, "--runs", "1")
    assert (data["behaviour"], data["verdict"]) == ("broken", "failed")
    failed = {test["test"] for test in data["tests"]["tests"] if test["status"] == "broken"}
    assert {"receipt_test.go::TestReceipt", "toll_test.go::TestPriceGrowsWithAxles"} <= failed
    assert "hours/hours_test.go::TestNoon" not in failed
    assert any("undefined: Rate" in test["message"] for test in data["tests"]["tests"])
    assert data["tests"]["holds"] == 1
