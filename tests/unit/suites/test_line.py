"""Whole lines, run by a shell: several tools, what stands between them, what is selected, what is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from support.runners import needs

from forkmerge.model.outcome import RunStatus, SuiteRun, TestId
from forkmerge.suites.detect import runner_for
from forkmerge.suites.runner import Ended, Mode, Progress, TestCommand, TestLimits
from forkmerge.suites.tool import source

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = sys.executable
UNITTEST = f"{PYTHON} -m unittest"


@dataclass
class Place:
    """A project that is run as the house above does it, but without a sandbox."""

    top: Path

    def write(self, **files: str) -> Place:
        for name, text in files.items():
            path = self.top / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self

    def run(
        self,
        line: str,
        *tests: TestId,
        mode: Mode = Mode.RUN,
        limits: TestLimits = TestLimits(),  # noqa: B008 - frozen
    ) -> SuiteRun:
        runner = runner_for(line)
        events, support, project = self.top / "events", self.top / "support", self.top / "project"
        support.mkdir(exist_ok=True)
        events.write_bytes(b"")
        wanted: tuple[TestId, ...] | None = tests or None
        for _ in range(5):
            invocation = runner.prepare(
                TestCommand(line), support=str(support), events=str(events), tests=wanted, limits=limits, mode=mode,
                root=str(project),
            )  # fmt: skip
            for name, data in invocation.files:
                (support / name).write_bytes(data)
            clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "FORKMERGE"))}
            done = subprocess.run(
                invocation.argv, cwd=project, env=clean | {"PYTHONDONTWRITEBYTECODE": "1"} | dict(invocation.env),
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            ended = Ended(done.returncode, RunStatus.COMPLETED, (done.stdout + done.stderr)[-4000:], 1.0)
            left = runner.unfinished(events_path=str(events), completed=ended)
            if not left or left == wanted:
                break
            wanted = left
        self.progress: Progress = runner.progress(str(events)).read()
        return runner.collect(events_path=str(events), candidate=str(project), completed=ended)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "project").mkdir()
    return Place(tmp_path)


def statuses(run: SuiteRun) -> dict[str, str]:
    return {str(r.test): str(r.status) for r in run.results}


TESTS = """import unittest


class A(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self): self.assertEqual(1, 2)
    def test_raises(self): raise KeyError("x")
    @unittest.skip("why")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_known(self): self.fail()
    def test_parts(self):
        for n in (1, 2):
            with self.subTest(n=n): self.assertEqual(n, 1)


class B(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise ValueError("no database")
    def test_b(self): pass
"""


TWO = """import os, time, unittest


class A(unittest.TestCase):
    def test_a(self): {}
    def test_b(self): pass
"""


def test_unittest_tells_of_every_test(place):
    run = place.write(**{"test_a.py": TESTS, "test_b.py": "import gone\n"}).run(UNITTEST)
    assert statuses(run) == {
        "test_b.py::(collection)": "error", "test_a.py::A::test_good": "passed", "test_a.py::A::test_bad": "failed",
        "test_a.py::A::test_raises": "error", "test_a.py::A::test_skipped": "skipped",
        "test_a.py::A::test_known": "xfailed", "test_a.py::A::test_parts": "failed", "test_a.py::B::test_b": "error",
    }  # fmt: skip
    messages = {r.test.name: r.message for r in run.results}
    assert messages["test_b"] == "ValueError: no database"
    assert messages["test_parts"] == "(n=2) 2 != 1"
    assert "No module named 'gone'" in messages["(collection)"]
    assert (run.status, run.collected) == (RunStatus.COMPLETED, 7)
    assert place.progress.finished == 7


def test_unittest_runs_single_tests_and_other_orders_and_none(place):
    place.write(**{"tests/__init__.py": "", "tests/test_a.py": TESTS})
    line = f"{UNITTEST} discover -s tests -t . -f"
    one = TestId("unittest", "tests/test_a.py", "A", "test_good")
    assert statuses(place.run(line, one)) == {"tests/test_a.py::A::test_good": "passed"}
    missing = place.run(line, TestId("unittest", "tests/test_a.py", "A", "test_gone"))
    assert (missing.status, missing.results) == (RunStatus.COMPLETED, ())
    forth, back = (list(statuses(place.run(line, mode=mode))) for mode in (Mode.RUN, Mode.REVERSE))
    assert forth[:6] == [name for name in reversed(back) if "::A::" in name]
    collected = place.run(line, mode=Mode.COLLECT)
    assert (collected.status, collected.collected, collected.results) == (RunStatus.COMPLETED, 7, ())


def test_unittest_stops_a_test_that_hangs_and_goes_on(place):
    text = TWO.format("time.sleep(60)")
    run = place.write(**{"test_a.py": text}).run(UNITTEST, limits=TestLimits(per_test=0.3, grace=0.2))
    assert statuses(run) == {"test_a.py::A::test_a": "timeout", "test_a.py::A::test_b": "passed"}


def test_unittest_resumes_after_a_test_that_ended_the_process(place):
    text = TWO.format("os._exit(3)")
    run = place.write(**{"test_a.py": text}).run(UNITTEST)
    assert statuses(run) == {"test_a.py::A::test_a": "crashed", "test_a.py::A::test_b": "passed"}


NODE = """import { describe, it, test } from 'node:test';
import assert from 'node:assert/strict';
test('top', () => {});
describe('outer', () => {
  it('in (1)', () => { assert.equal(1, 2); });
  it.skip('not yet', () => {});
});
test('with parts', async (t) => { await t.test('one', () => {}); });
"""


def test_node_tells_of_every_test_and_file(place):
    needs("node")
    place.write(**{"test/a.test.mjs": NODE, "test/b.test.mjs": "import './gone.mjs';\n"})
    run = place.run("node --test test/")
    assert statuses(run) == {
        "test/b.test.mjs::(collection)": "error", "test/a.test.mjs::top": "passed",
        "test/a.test.mjs::outer::in (1)": "failed", "test/a.test.mjs::outer::not yet": "skipped",
        "test/a.test.mjs::with parts::one": "passed", "test/a.test.mjs::with parts": "passed",
    }  # fmt: skip
    messages = {r.test.name: r.message for r in run.results}
    assert "gone.mjs" in messages["(collection)"]
    assert messages["in (1)"].startswith("Expected values to be strictly equal: 1 !== 2")
    one = place.run("node --test test/", TestId("node", "test/a.test.mjs", "outer", "in (1)"))
    assert statuses(one)["test/a.test.mjs::outer::in (1)"] == "failed"
    assert "test/a.test.mjs::top" not in statuses(one)


GOOD = "import unittest\n\n\nclass {}(unittest.TestCase):\n    def test_x(self): self.assertTrue({})\n"


def test_a_second_tool_runs_after_failures_of_the_first_and_selection_leaves_out_what_is_not_asked(place):
    needs("node")
    place.write(
        **{
            "a/test_a.py": GOOD.format("A", "False"),
            "b/b.test.mjs": "import {test} from 'node:test'; test('b', () => {});",
        }
    )
    line = f"(cd a && {UNITTEST}) && (cd b && node --test)"
    run = place.run(line)
    assert statuses(run) == {"a/test_a.py::A::test_x": "failed", "b/b.test.mjs::b": "passed"}
    assert run.status is RunStatus.COMPLETED
    assert statuses(place.run(line, TestId("node", "b/b.test.mjs", "", "b"))) == {"b/b.test.mjs::b": "passed"}


def test_pytest_stands_beside_other_tools(place):
    place.write(**{"a/test_a.py": "def test_p(): pass\n", "b/test_b.py": GOOD.format("B", "True")})
    line = f"{PYTHON} -m pytest -q -p no:cacheprovider a; cd b && {UNITTEST}"
    assert statuses(place.run(line)) == {"a/test_a.py::test_p": "passed", "b/test_b.py::B::test_x": "passed"}


def test_a_build_that_fails_before_the_tests_is_nothing_collected(place):
    run = place.write(**{"test_a.py": TESTS}).run(f"false && {UNITTEST}")
    assert (run.status, run.results) == (RunStatus.UNCOLLECTED, ())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "go test",
            'go: example.org/x@v1.0.0: Get "https://example.org/x.mod": dial tcp: lookup example.org: no such host',
        ),
        ("cargo test", "  attempting to make an HTTP request, but --offline was specified"),
        (
            "mvn test",
            "[ERROR] Cannot access central in offline mode and the artifact x:y:jar:1 has not been downloaded",
        ),
        ("gradle test", "> No cached version of x:y:1 available for offline mode."),
    ],
)
def test_a_dependency_that_is_not_here_is_no_word_about_the_code(tmp_path, line, said):
    events = tmp_path / "events"
    events.write_text(f'{{"e":"plan","i":[0],"c":false}}\n{{"e":"tool","i":0}}\n{said}\n\n{{"e":"exit","i":0,"x":1}}\n')
    run = runner_for(line).collect(events_path=str(events), candidate=str(tmp_path), completed=Ended(1))
    assert run.status is RunStatus.UNVERIFIED
    assert said.strip() in run.tail


def test_a_tool_that_is_not_there_could_not_tell(place):
    run = place.run("no-such-folder/jest")
    assert run.status is RunStatus.UNVERIFIED
    assert "not found" in run.tail


def test_what_tests_write_into_the_events_is_not_believed(tmp_path):
    runner = runner_for("go test ./...")
    events = tmp_path / "events"
    events.write_text(
        '{"e":"plan","i":[0],"c":false}\n{"e":"tool","i":0}\n{"e":"exit","i":7,"x":0}\n{"e":"exit","i":"0"}\n'
        '{"e":"plan","i":"all"}\n{"e":"tool"\n{"Action":"pass","Package":"p","Test":"TestA"}\n[1]\nnull\n'
        '{"e":"plan","i":[99]}\n'
    )
    run = runner.collect(events_path=str(events), candidate=str(tmp_path), completed=Ended(None, RunStatus.CRASHED))
    assert [r.test.name for r in run.results] == ["TestA"]
    assert run.status is RunStatus.CRASHED


def test_a_sandbox_that_did_not_start_is_no_failure(tmp_path):
    ended = Ended(None, RunStatus.UNVERIFIED, "no sandbox")
    run = runner_for("go test").collect(events_path=str(tmp_path / "none"), candidate=str(tmp_path), completed=ended)
    assert (run.status, run.tail) == (RunStatus.UNVERIFIED, "no sandbox")


def test_a_build_begins_with_what_was_compiled_of_others_and_nothing_of_its_own(tmp_path):
    built, project = tmp_path / "built", tmp_path / "project"
    own, other, alike = "my-lib-0123456789abcdef", "serde-0123456789abcdef", "my-lib-extra-0123456789abcdef"
    for name in (own, other, alike):
        (built / "debug/.fingerprint" / name).mkdir(parents=True)
        (built / "debug/build" / name).mkdir(parents=True)
        (built / "debug/deps").mkdir(exist_ok=True)
        stem, _, code = name.rpartition("-")
        crate = f"{stem.replace('-', '_')}-{code}"
        for file in (f"lib{crate}.rlib", f"lib{crate}.rmeta", f"{crate}.d", crate):
            (built / "debug/deps" / file).write_text(name)
    (project / "member").mkdir(parents=True)
    (project / "member/Cargo.toml").write_text('[package]\nname = "my-lib"\n')
    env = {"PATH": os.environ["PATH"], "FORKMERGE_CARGO_TARGET": str(built)}
    done = subprocess.run(["sh"], input=source("cargo_seed.sh"), cwd=project, env=env, capture_output=True, check=True)
    assert done.stderr == b""
    debug = project / "target/debug"
    assert {path.name for path in (debug / ".fingerprint").iterdir()} == {other, alike}
    assert {path.name for path in (debug / "build").iterdir()} == {other, alike}
    libraries = {path.name for path in (debug / "deps").iterdir()}
    assert libraries == {
        f"{start}{crate}-0123456789abcdef{end}"
        for crate in ("serde", "my_lib_extra")
        for start, end in (("lib", ".rlib"), ("lib", ".rmeta"), ("", ".d"))
    }
    assert (debug / "deps/libserde-0123456789abcdef.rlib").is_symlink()
    assert not (debug / "deps/serde-0123456789abcdef.d").is_symlink()
    (debug / "mine").write_text("")
    subprocess.run(["sh"], input=source("cargo_seed.sh"), cwd=project, env=env, check=True)
    assert (debug / "mine").exists()  # what is there is left alone


def test_go_keeps_its_cache_where_it_may_write(tmp_path):
    cache = tmp_path / "cache"
    (cache / "0a").mkdir(parents=True)
    (cache / "0a" / "x-d").write_text("compiled")

    def folder(**env: str) -> str:
        found = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path / "tmp")} | env
        said = subprocess.run(["sh"], input=source("go_cache.sh"), env=found, capture_output=True, check=True)
        return said.stdout.decode()

    assert folder(GOCACHE=str(cache)) == str(cache)
    assert folder(GOCACHE=str(tmp_path / "gone")) == folder() == ""


def test_a_build_without_a_former_one_begins_with_nothing(tmp_path):
    subprocess.run(["sh"], input=source("cargo_seed.sh"), cwd=tmp_path, env={"PATH": os.environ["PATH"]}, check=True)
    assert list(tmp_path.iterdir()) == []
