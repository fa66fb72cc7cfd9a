"""What the tools say, read: texts in the documented formats, so that no tool has to be there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from forkmerge.model.outcome import RunStatus, TestId
from forkmerge.suites.cargo_tool import CargoTool
from forkmerge.suites.go_tool import GoTool, pattern
from forkmerge.suites.junit_tools import CTEST_RESULTS, CTestTool, GradleTool, MavenTool, NextestTool
from forkmerge.suites.node_tools import NodeTool
from forkmerge.suites.runner import Ended, Mode, TestLimits
from forkmerge.suites.tool import Candidate, Order, Reading, Session

if TYPE_CHECKING:
    from pathlib import Path

    from forkmerge.suites.tool import Tool

ENDED = Ended(1)


def order(*tests: TestId, mode: Mode = Mode.RUN, limits: TestLimits = TestLimits()) -> Order:  # noqa: B008 - frozen
    return Order("/support", "/events", "/top", tests or None, limits, mode)


def read(tool: Tool, text: str, top: Path | str = "", code: int | None = 1, ended: Ended = ENDED) -> Reading:
    return tool.read((Session(text.encode(), code),), Candidate(str(top)), ended)


def statuses(reading: Reading) -> dict[str, str]:
    return {str(r.test): str(r.status) for r in reading.results}


# -- go ------------------------------------------------------------------------------------------------------------

LISTED = """./a_test.go:5:func TestA(t *testing.T) {
./a_test.go:9:func TestB(t *testing.T) {
./b/b_test.go:3:func TestQ(t *testing.T) {
./go.mod:1:module example.org/x
"""


FAILING = "example.org/x [example.org/x.test]"


def go(*events: dict[str, object]) -> str:
    return LISTED + "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)


def of(action: str, test: str = "", package: str = "example.org/x", **more: object) -> dict[str, object]:
    return {"Action": action, "Package": package, **({"Test": test} if test else {}), **more}


def test_go_events_are_read_with_the_files_of_the_tests():
    reading = read(
        GoTool(),
        go(
            of("run", "TestA"), of("run", "TestA/one"), of("output", "TestA/one", Output="    a_test.go:7: 1 != 2\n"),
            of("output", "TestA/one", Output="--- FAIL: TestA/one (0.00s)\n"), of("fail", "TestA/one", Elapsed=0.5),
            of("fail", "TestA", Elapsed=0.5), of("run", "TestB"), of("skip", "TestB"), of("fail"),
            of("start", package="example.org/x/b"), of("run", "TestQ", "example.org/x/b"),
            of("pass", "TestQ", "example.org/x/b"), of("pass", package="example.org/x/b"),
        ),
    )  # fmt: skip
    assert statuses(reading) == {
        "a_test.go::TestA::one": "failed", "a_test.go::TestA": "failed", "a_test.go::TestB": "skipped",
        "b/b_test.go::TestQ": "passed",
    }  # fmt: skip
    assert (reading.status, reading.left) == (RunStatus.COMPLETED, ())
    one = next(r for r in reading.results if r.test.name == "one")
    assert (one.message, one.seconds) == ("    a_test.go:7: 1 != 2", 0.5)


def test_a_go_package_that_does_not_build_is_not_collected_and_the_others_run():
    reading = read(
        GoTool(),
        go(
            {"ImportPath": FAILING, "Action": "build-output", "Output": "./a.go:3: undefined: y\n"},
            {"ImportPath": FAILING, "Action": "build-fail"},
            of("start"), of("output", Output="FAIL\texample.org/x [build failed]\n"),
            of("fail", FailedBuild=FAILING),
            of("run", "TestQ", "example.org/x/b"), of("pass", "TestQ", "example.org/x/b"),
        ),
    )  # fmt: skip
    assert statuses(reading) == {"a_test.go::(collection)": "error", "b/b_test.go::TestQ": "passed"}
    assert reading.results[0].message == "./a.go:3: undefined: y"
    assert (reading.status, reading.total) == (RunStatus.COMPLETED, 1)


def test_an_older_go_that_tells_build_errors_as_text_is_understood():
    text = LISTED + "# example.org/x [example.org/x.test]\n./a.go:3:9: undefined: y\n"
    events = go(of("output", Output="FAIL\texample.org/x [build failed]\n"), of("fail")).removeprefix(LISTED)
    reading = read(GoTool(), text + events)
    assert statuses(reading) == {"a_test.go::(collection)": "error"}
    assert "undefined: y" in reading.results[0].message


def test_a_panic_leaves_the_tests_that_it_took_along_to_be_run_again():
    reading = read(
        GoTool(),
        go(of("run", "TestA"), of("output", "TestA", Output="panic: boo\n"), of("fail", "TestA"), of("fail")),
    )
    assert statuses(reading) == {"a_test.go::TestA": "failed"}
    assert reading.left == (TestId("go", "a_test.go", "", "TestB"),)
    assert reading.status is RunStatus.CRASHED


def test_what_a_resumed_package_does_not_run_is_not_there():
    listed = LISTED.replace("func TestB(t", "func ExampleB(t").encode()
    panicked = go(of("run", "TestA"), of("output", "TestA", Output="panic: boo\n"), of("fail", "TestA"), of("fail"))
    first = Session(panicked.encode().replace(LISTED.encode(), listed), 1)
    assert [test.name for test in GoTool().read((first,), Candidate(""), ENDED).left] == ["ExampleB"]
    again = Session(listed + go(of("start"), of("pass")).removeprefix(LISTED).encode(), 0)
    reading = GoTool().read((first, again), Candidate(""), ENDED)
    assert statuses(reading) == {"a_test.go::TestA": "failed"}
    assert (reading.status, reading.left) == (RunStatus.COMPLETED, ())


def test_a_go_package_over_its_time_leaves_the_tests_that_did_not_come_to_run():
    timeout = of("output", Output="panic: test timed out after 1s\n")
    reading = read(GoTool(), go(of("run", "TestA"), timeout, of("fail", "TestA"), of("fail")))
    assert statuses(reading) == {"a_test.go::TestA": "failed"}
    assert [test.name for test in reading.left] == ["TestB"]


def test_go_that_stops_before_any_package_collected_nothing():
    reading = read(GoTool(), LISTED + "go: updates to go.mod needed\n")
    assert (reading.status, reading.results) == (RunStatus.UNCOLLECTED, ())
    assert "updates to go.mod" in reading.tail


def test_a_go_run_that_is_stopped_says_which_test_was_running():
    reading = read(GoTool(), go(of("run", "TestA")), code=None, ended=Ended(None, RunStatus.TIMEOUT))
    assert statuses(reading) == {"a_test.go::TestA": "timeout"}


@pytest.mark.parametrize(
    ("tests", "wanted"),
    [
        ([("", "TestA")], "^(TestA)$"),
        ([("", "TestB"), ("", "TestA")], "^(TestA|TestB)$"),
        ([("TestA", "x.y")], r"^(TestA)$/^(x\.y)$"),
        ([("TestA", "x"), ("TestA", "y")], "^(TestA)$/^(x|y)$"),
        ([("TestA", "x"), ("", "TestB")], "^(TestA|TestB)$"),
    ],
)
def test_go_tests_are_selected_by_pattern(tests, wanted):
    assert pattern(TestId("go", "a_test.go", suite, name) for suite, name in tests) == wanted


def test_the_go_command_keeps_what_the_user_wrote():
    text = GoTool().call("go test -race -timeout 5m ./... -args -v", order(limits=TestLimits(whole=100))).text
    assert text.endswith('" go test -race -timeout 5m ./... -json -count=1 -args -v')
    assert "-timeout=50s" in GoTool().call("go test ./...", order(limits=TestLimits(whole=100))).text
    assert "-run='^$'" in GoTool().call("go test ./...", order(mode=Mode.COLLECT)).text


# -- cargo ---------------------------------------------------------------------------------------------------------


def artifact(kind: str, name: str, source: str, folder: str = "/c", *, program: str = "") -> str:
    return json.dumps(
        {
            "reason": "compiler-artifact", "package_id": f"path+file://{folder}#toll@1.0.0",
            "manifest_path": f"{folder}/Cargo.toml",
            "target": {"kind": [kind], "name": name, "src_path": f"{folder}/{source}"}, "profile": {"test": True},
            "executable": f"{folder}/target/debug/deps/{program}",
        },
        separators=(",", ":"),
    )  # fmt: skip


LIB = artifact("lib", "toll", "src/lib.rs", program="toll-1")
IT = artifact("test", "it", "tests/it.rs", program="it-2")
BUILT = '{"reason":"build-finished","success":true}'
CARGO = f"""{LIB}
{IT}
{BUILT}
     Running unittests src/lib.rs (target/debug/deps/toll-1)

running 3 tests
test deep::tests::adds ... ok
test tests::fails ... FAILED
test tests::slow ... ignored, takes long

failures:

---- tests::fails stdout ----
hello

thread 'tests::fails' panicked at src/lib.rs:14:37:
assertion `left == right` failed
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    tests::fails

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.18s

     Running tests/it.rs (target/debug/deps/it-2)

running 1 test
test works - should panic ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests toll

running 1 test
test src/lib.rs - price (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.15s
"""


@pytest.fixture
def crate(tmp_path: Path) -> Path:
    for name in ("src/lib.rs", "src/deep.rs", "tests/it.rs"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def test_libtest_output_is_read_with_the_files_of_the_modules(crate):
    reading = read(CargoTool(), CARGO, crate)
    assert statuses(reading) == {
        "src/deep.rs::tests::adds": "passed", "src/lib.rs::tests::fails": "failed",
        "src/lib.rs::tests::slow": "skipped", "tests/it.rs::works": "passed", "src/lib.rs::(doc)::price": "passed",
    }  # fmt: skip
    failed = next(r for r in reading.results if r.test.name == "fails")
    assert failed.message.splitlines() == ["hello", "assertion `left == right` failed", "  left: 1", " right: 2"]
    assert (reading.status, reading.total) == (RunStatus.COMPLETED, 5)


def test_members_of_a_cargo_workspace_keep_their_folders(tmp_path):
    (tmp_path / "b/src").mkdir(parents=True)
    (tmp_path / "b/src/lib.rs").write_text("")
    top = artifact("lib", "toll", "src/lib.rs", "/c", program="toll-1")
    member = artifact("lib", "b", "src/lib.rs", "/c/b", program="b-3")
    ran = "     Running unittests src/lib.rs (target/debug/deps/b-3)\n\nrunning 1 test\ntest t::x ... ok\n"
    assert statuses(read(CargoTool(), f"{member}\n{top}\n{ran}", tmp_path)) == {"b/src/lib.rs::t::x": "passed"}


def compile_error(kind: str, name: str, source: str) -> str:
    message = {"level": "error", "rendered": "error[E0425]: cannot find function `b`\n --> tests/it.rs:2\n"}
    found = json.loads(artifact(kind, name, source)) | {"reason": "compiler-message", "message": message}
    return json.dumps(found, separators=(",", ":"))


FAILED = '{"reason":"build-finished","success":false}'


def test_a_target_that_does_not_compile_does_not_keep_the_others_from_running(crate):
    first = Session(f"{compile_error('test', 'it', 'tests/it.rs')}\n{FAILED}\n".encode(), 101)
    reading = CargoTool().read((first,), Candidate(str(crate)), ENDED)
    assert statuses(reading) == {"tests/it.rs::(collection)": "error"}
    assert [test.name for test in reading.left] == ["(build)"]
    call = CargoTool().call("cargo test --workspace --no-fail-fast", order(*reading.left))
    assert call.text == "cargo build --tests --keep-going --workspace --message-format=json"
    second = Session(f"{LIB}\n{compile_error('test', 'it', 'tests/it.rs')}\n{FAILED}\n".encode(), 101)
    reading = CargoTool().read((first, second), Candidate(str(crate)), ENDED)
    assert [(test.file, test.suite) for test in reading.left] == [("src/lib.rs", "toll::lib::toll")]
    call = CargoTool().call("cargo test", order(*reading.left))
    assert call.text == "cargo test --no-fail-fast --message-format=json --lib --package=toll"
    library = CARGO[: CARGO.index("     Running tests/it.rs")]
    third = Session(library.replace(IT, "").encode(), 101)
    reading = CargoTool().read((first, second, third), Candidate(str(crate)), ENDED)
    assert reading.status is RunStatus.COMPLETED
    assert statuses(reading)["src/deep.rs::tests::adds"] == "passed"
    assert [test.name for test in reading.left] == ["(doc tests)"]
    assert "--doc" in CargoTool().call("cargo test", order(*reading.left)).text
    assert CargoTool(docs=False).read((first, second, third), Candidate(str(crate)), ENDED).left == ()


def test_nothing_that_compiles_is_nothing_collected(crate):
    sessions = (Session(f"{compile_error('lib', 'toll', 'src/lib.rs')}\n{FAILED}\n".encode(), 101),) * 2
    reading = CargoTool().read(sessions, Candidate(str(crate)), ENDED)
    assert (reading.status, reading.left) == (RunStatus.UNCOLLECTED, ())
    assert "cannot find function" in reading.tail


def test_a_test_program_that_dies_is_a_crash_and_not_a_pass(crate):
    text = f"{IT}\n{BUILT}\n     Running tests/it.rs (target/debug/deps/it-2)\n\nrunning 2 tests\ntest aborts ... "
    reading = read(CargoTool(), text + "\nerror: test failed, to rerun pass `--test it`\n", crate)
    assert statuses(reading) == {"tests/it.rs::aborts": "crashed"}
    assert reading.status is RunStatus.CRASHED


@pytest.mark.parametrize(
    ("tests", "wanted"),
    [
        ([("src/lib.rs", "tests", "a")], "-- --test-threads=1 --exact tests::a"),
        ([("src/deep/x.rs", "tests", "a")], "-- --test-threads=1 --exact deep::x::tests::a"),
        ([("tests/it.rs", "", "w")], "--test=it -- --test-threads=1 --exact w"),
        ([("tests/it.rs", "", "w"), ("src/lib.rs", "", "v")], "-- --test-threads=1 --exact v w"),
        ([("src/lib.rs", "(doc)", "price")], ""),
    ],
)
def test_rust_tests_are_selected_by_their_exact_names(tests, wanted):
    call = CargoTool().call("cargo test", order(*(TestId("cargo", *test) for test in tests)))
    assert call.text == f"cargo test --no-fail-fast --message-format=json {wanted}".strip()


# -- JUnit ---------------------------------------------------------------------------------------------------------


def put(top: Path, **files: str) -> Path:
    for name, text in files.items():
        path = top / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return top


SUREFIRE = """<testsuite name="org.example.TollTest" tests="3" failures="1">
  <testcase name="grows" classname="org.example.TollTest" time="0.02"/>
  <testcase name="isOpen(int)[1]" classname="org.example.TollTest$Bridge" time="0.01">
    <failure message="expected: &lt;1&gt;" type="org.opentest4j.AssertionFailedError">at x</failure>
  </testcase>
  <testcase name="later" classname="org.example.TollTest" time="0"><skipped/></testcase>
</testsuite>"""


@pytest.mark.parametrize(
    ("tool", "module", "results"),
    [
        (MavenTool(), "", "target/surefire-reports"),
        (MavenTool(), "core/", "target/failsafe-reports"),
        (GradleTool(), "core/", "build/test-results/test"),
    ],
)
def test_java_results_lead_to_their_sources(tmp_path, tool, module, results):
    source = f"{module}src/test/java/org/example/TollTest.java"
    put(tmp_path, **{f"{module}{results}/TEST-org.example.TollTest.xml": SUREFIRE, source: "class TollTest {}"})
    reading = read(tool, "", tmp_path)
    assert statuses(reading) == {
        f"{source}::TollTest::grows": "passed", f"{source}::TollTest::Bridge::isOpen(int)[1]": "failed",
        f"{source}::TollTest::later": "skipped",
    }  # fmt: skip
    assert reading.status is RunStatus.COMPLETED
    tests = tuple(result.test for result in reading.results)
    text = tool.call("x test", order(*tests[:2])).text
    if tool.name == "maven":
        assert "-Dtest='TollTest#grows,TollTest$Bridge#isOpen'" in text
    else:
        assert "--tests 'org.example.TollTest$Bridge.isOpen' --tests org.example.TollTest.grows" in text


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        (MavenTool(), "[ERROR] {}/src/test/java/org/example/NewTest.java:[9,5] cannot find symbol\n"),
        (GradleTool(), "{}/src/test/java/org/example/NewTest.java:9: error: cannot find symbol\n"),
    ],
)
def test_java_tests_that_do_not_compile_are_not_collected(tmp_path, tool, said):
    for name in ("NewTest", "TollTest", "Helper"):
        put(tmp_path, **{f"src/test/java/org/example/{name}.java": ""})
    reading = read(tool, said.format("/home/user/project"), tmp_path)
    assert statuses(reading) == {
        f"src/test/java/org/example/{name}.java::(collection)": "error" for name in ("NewTest", "TollTest")
    }
    assert all("cannot find symbol" in result.message for result in reading.results)
    assert (reading.status, reading.total) == (RunStatus.COMPLETED, 0)


def test_a_build_that_fails_without_a_word_of_a_test_collected_nothing(tmp_path):
    reading = read(MavenTool(), "[ERROR] Plugin x could not be resolved\n", tmp_path)
    assert reading.status is RunStatus.UNCOLLECTED
    assert "could not be resolved" in reading.tail


CTEST = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="Linux-c++" tests="3" failures="1" disabled="0" skipped="1">
  <testcase name="price.grows" classname="price.grows" time="0.008" status="run"><system-out></system-out></testcase>
  <testcase name="hours" classname="hours" time="0.01" status="fail">
    <failure message=""/><system-out>closed at 6
</system-out></testcase>
  <testcase name="gone" classname="gone" time="0" status="notrun">
    <skipped message="Unable to find executable"/></testcase>
</testsuite>"""


def test_ctest_results_are_read(tmp_path):
    reading = read(CTestTool(), "", put(tmp_path, **{CTEST_RESULTS: CTEST}), code=8)
    assert statuses(reading) == {"ctest::price.grows": "passed", "ctest::hours": "failed", "ctest::gone": "skipped"}
    assert reading.results[1].message == "closed at 6"
    text = CTestTool().call("ctest --test-dir b", order(reading.results[0].test, limits=TestLimits(7))).text
    assert f'--output-junit "$FORKMERGE_ROOT/{CTEST_RESULTS}"' in text
    assert text.endswith("--timeout 7 -R '^(price\\.grows)$'")


NEXTEST = """<testsuites name="nextest-run" tests="3" failures="1">
  <testsuite name="toll" tests="2"><testcase name="deep::tests::adds" classname="toll" time="0.005"/>
    <testcase name="tests::fails" classname="toll" time="0.006">
      <failure message="thread 'tests::fails' panicked at src/lib.rs:14:37" type="test failure">x</failure>
    </testcase></testsuite>
  <testsuite name="toll::it" tests="1"><testcase name="works" classname="toll::it" time="0.004"/></testsuite>
</testsuites>"""


def test_nextest_results_are_read(crate):
    put(crate, **{"target/nextest/default/junit.xml": NEXTEST})
    reading = read(NextestTool(), "", crate, code=100)
    assert statuses(reading) == {
        "src/lib.rs::deep::tests::adds": "passed", "src/lib.rs::tests::fails": "failed", "tests/it.rs::works": "passed",
    }  # fmt: skip
    call = NextestTool().call("cargo nextest run", order(*(r.test for r in reading.results[:2])))
    assert "-E 'test(=deep::tests::adds) | test(=tests::fails)'" in call.text
    assert dict(call.files)["forkmerge_nextest.toml"] == b'[profile.default.junit]\npath = "junit.xml"\n'
    ci = NextestTool().call("cargo nextest run -P ci", order())
    assert b"[profile.ci.junit]" in dict(ci.files)["forkmerge_nextest.toml"]


# -- JavaScript ----------------------------------------------------------------------------------------------------


def events(*found: dict[str, object]) -> str:
    return "noise\n" + "".join(json.dumps(event) + "\n" for event in found)


def test_events_of_the_reporters_are_read():
    text = events(
        {"e": "load"}, {"e": "session"}, {"e": "collect", "n": "b.js", "s": "error", "m": "no module"},
        {"e": "end", "n": "a.js::outer::in: x", "s": "failed", "t": 0.5, "m": "1 != 2"},
        {"e": "end", "n": "a.js::each", "s": "passed"}, {"e": "end", "n": "a.js::each", "s": "passed"}, {"e": "finish"},
    )  # fmt: skip
    reading = read(NodeTool("jest"), text)
    assert statuses(reading) == {
        "b.js::(collection)": "error", "a.js::outer::in: x": "failed", "a.js::each": "passed", "a.js::each#1": "passed",
    }  # fmt: skip
    assert (reading.status, reading.total) == (RunStatus.COMPLETED, 3)


@pytest.mark.parametrize(
    ("found", "code", "status"),
    [
        ([], 127, RunStatus.UNVERIFIED),
        ([], 1, RunStatus.UNCOLLECTED),
        ([{"e": "load"}], 1, RunStatus.UNCOLLECTED),
        ([{"e": "load"}, {"e": "session"}, {"e": "end", "n": "a::b", "s": "passed"}], None, RunStatus.CRASHED),
    ],
)
def test_a_reporter_that_does_not_come_to_its_end_is_no_good_run(found, code, status):
    assert read(NodeTool("mocha"), events(*found), code=code).status is status


IN = TestId("jest", "t/a.js", "outer (x)::inner", "in. 1")


@pytest.mark.parametrize(
    ("tool", "text", "wanted"),
    [
        (
            "jest",
            "jest --watch --ci",
            r"jest  --ci --testNamePattern='^(?:outer\ \(x\)(?:\s|::)inner(?:\s|::)in\.\ 1)$'",
        ),
        ("jest", "jest", "--runTestsByPath /top/t/a.js --no-watchman --reporters=/support/forkmerge_jest.cjs"),
        ("jest", "jest src", "in\\.\\ 1)$' --no-watchman"),
        ("vitest", "vitest run --reporter=verbose", "vitest run  /top/t/a.js --testNamePattern="),
        ("vitest", "vitest", "--watch=false --reporter=/support/forkmerge_vitest.mjs --reporter=default"),
        ("mocha", "mocha --bail -R dot t", "mocha   t --grep "),
        ("node", "node --test --test-reporter spec test/", "--test-reporter=/support/forkmerge_node.mjs"),
        ("node", "node --import tsx --test x/*.ts", "--import tsx --test --test-reporter="),
        ("node", "node --test test/", r"--test-name-pattern='(?:^|\s)in\.\ 1$' --test-name-pattern='(?:^|\s)inner$'"),
    ],
)
def test_the_command_gets_our_reporter_and_the_selection(tool, text, wanted):
    assert wanted in NodeTool(tool).call(text, order(IN)).text


def test_node_runs_the_files_of_the_selection_alone():
    text = NodeTool("node").call("node --import tsx --test test/ more.js", order(IN)).text
    assert text.startswith("node --import tsx --test --test-reporter=")
    assert text.endswith(" /top/t/a.js")
    assert "more.js" not in text


def test_what_can_not_be_collected_without_running_is_not_run_for_it():
    assert NodeTool("jest").call("jest", order(mode=Mode.COLLECT)).text == ":"
    assert MavenTool().call("mvn test", order(mode=Mode.COLLECT)).text == ":"
