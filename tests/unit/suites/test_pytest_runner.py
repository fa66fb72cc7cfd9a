from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from forkmerge.model.outcome import RunStatus, Status, TestId
from forkmerge.suites.pytest_runner import identity, node_id
from forkmerge.suites.runner import Ended, Mode, TestLimits


def statuses(run):
    return {str(r.test): r.status for r in run.results}


MIXED = """
import unittest, pytest

def test_good(): pass
def test_bad(): assert 1 == 2
@pytest.mark.skip(reason="later")
def test_skipped(): pass
@pytest.mark.xfail
def test_xfails(): assert 0
@pytest.mark.xfail
def test_xpasses(): pass
@pytest.mark.xfail(strict=True)
def test_xpasses_strictly(): pass
@pytest.fixture
def broken(): raise RuntimeError("no")
def test_setup(broken): pass
@pytest.fixture
def untidy():
    yield
    raise RuntimeError("late")
def test_teardown(untidy): pass
def test_call_and_teardown(untidy): assert 0
@pytest.mark.parametrize("value", ["a::b", "[x]", "\\u20ac\\n", "/etc/x.py::y", "a b", "a b"])
def test_odd(value): pass
class TestOuter:
    class TestInner:
        def test_deep(self): pass
class Old(unittest.TestCase):
    def test_unit(self): self.assertTrue(1)
    def test_subs(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)
"""


def test_every_kind_of_outcome_is_told(project):
    run = project.write(tests__test_mixed=MIXED).run()
    found = statuses(run)
    prefix = "tests/test_mixed.py::"
    assert run.status is RunStatus.COMPLETED
    assert run.exit_code == 1
    assert run.collected == len(run.results) == 18
    expected = {
        "test_good": Status.PASSED,
        "test_bad": Status.FAILED,
        "test_skipped": Status.SKIPPED,
        "test_xfails": Status.XFAILED,
        "test_xpasses": Status.XPASSED,
        "test_xpasses_strictly": Status.FAILED,
        "test_setup": Status.ERROR,
        "test_teardown": Status.ERROR,
        "test_call_and_teardown": Status.FAILED,
        "TestOuter::TestInner::test_deep": Status.PASSED,
        "Old::test_unit": Status.PASSED,
        "Old::test_subs": Status.FAILED,
    }
    assert {k: found.get(prefix + k) for k in expected} == expected
    odd = [r for r in run.results if r.test.name.startswith("test_odd")]
    assert len({r.test for r in odd}) == 6
    assert all(r.test.suite == "" and r.test.file == "tests/test_mixed.py" for r in odd)
    messages = {r.test.name: r.message for r in run.results}
    assert "assert 1 == 2" in messages["test_bad"]
    assert "later" in messages["test_skipped"]
    assert "no" in messages["test_setup"]


def test_selection_runs_only_what_is_asked_for_whatever_its_name(project):
    project.write(tests__test_mixed=MIXED, tests__test_other="def test_no(): pass\n")
    first = project.run()
    project.events.unlink()
    wanted = tuple(r.test for r in first.results if r.test.name.startswith("test_odd") or r.test.name == "test_deep")
    run = project.run(tests=wanted)
    assert {r.test for r in run.results} == set(wanted)
    assert run.collected == 7


def test_selection_of_a_test_that_is_gone_runs_nothing_and_is_complete(project):
    project.write(tests__test_a="def test_a(): pass\n")
    run = project.run(tests=(TestId("pytest", "tests/test_gone.py", "", "test_b"),))
    assert run.results == ()
    assert run.collected == 0
    assert run.status is RunStatus.COMPLETED


def test_early_stop_in_the_projects_options_is_overridden(project):
    (project.root / "pytest.ini").write_text("[pytest]\naddopts = -x --ff\n")
    project.write(test_a="def test_1(): assert 0\ndef test_2(): assert 0\ndef test_3(): pass\n")
    run = project.run()
    assert list(statuses(run).values()) == [Status.FAILED, Status.FAILED, Status.PASSED]


def test_collection_error_is_a_failing_result_and_the_rest_runs(project):
    project.write(test_a="import nowhere\n", test_b="def test_1(): pass\n")
    run = project.run()
    assert statuses(run) == {"test_a.py::(collection)": Status.ERROR, "test_b.py::test_1": Status.PASSED}
    assert "nowhere" in run.results[0].message
    assert run.status is RunStatus.COMPLETED


def test_broken_conftest_leaves_the_run_uncollected(project):
    run = project.write(conftest="import nowhere\n", test_a="def test_1(): pass\n").run()
    assert run.status is RunStatus.UNCOLLECTED
    assert "nowhere" in run.tail


def test_command_without_pytest_is_unverified(project):
    assert project.run("python3 -c pass").status is RunStatus.UNVERIFIED


@pytest.mark.parametrize("name", ["pytest", "mine"])
def test_what_breaks_pytest_before_our_plugin_is_loaded_was_no_fault_of_the_sandbox(project, name):
    project.write(**{name: "import nowhere\n", "test_a": "def test_1(): pass\n"})
    run = project.run(f"{sys.executable} -m pytest -q -p mine" if name == "mine" else "")
    assert run.status is RunStatus.UNCOLLECTED
    assert "nowhere" in run.tail


@pytest.mark.parametrize("words", ["-m pytest_that_is_nowhere", "-c 'import runpy; runpy.run_module(\"nowhere\")'"])
def test_pytest_that_is_missing_is_unverified(project, words):
    project.write(test_a="def test_1(): pass\n")
    assert project.run(f"{sys.executable} {words}").status is RunStatus.UNVERIFIED


def test_collect_only_finds_tests_and_runs_none(project):
    project.write(test_a="import nowhere\n", test_b="def test_1(): raise SystemExit('ran')\n")
    run = project.run(mode=Mode.COLLECT)
    assert statuses(run) == {"test_a.py::(collection)": Status.ERROR}
    assert run.collected == 1
    assert run.status is RunStatus.COMPLETED


VITAL = TestLimits(vital=frozenset(f"test_{name}.py" for name in "abcdefg"))


def test_collecting_ends_when_the_code_under_test_can_not_be_imported(project):
    project.write(**{f"test_{name}": "import nowhere\n" for name in "abcdefg"})
    run = project.run(mode=Mode.COLLECT, limits=VITAL)
    assert set(statuses(run)) == {f"test_{name}.py::(collection)" for name in "abcd"}
    assert (run.collected, run.status) == (0, RunStatus.COMPLETED)


@pytest.mark.parametrize("limits", [TestLimits(), TestLimits(vital=frozenset(("test_f.py", "test_g.py")))])
def test_files_that_never_could_be_collected_end_nothing(project, limits):
    project.write(**{f"test_{name}": "import nowhere\n" for name in "abcdef"}, test_g="def test_1(): pass\n")
    run = project.run(mode=Mode.COLLECT, limits=limits)
    assert (len(run.results), run.collected) == (6, 1)


def test_collecting_goes_on_where_something_was_found(project):
    project.write(test_a="def test_1(): pass\n", **{f"test_{name}": "import nowhere\n" for name in "bcdefg"})
    assert len(project.run(mode=Mode.COLLECT, limits=VITAL).results) == 6


def again(project, **options):
    project.events.unlink()
    return project.run(**options)


def usual(run):
    return TestLimits(usual=frozenset(r.test for r in run.results))


def test_where_far_more_tests_turn_up_than_usual_only_those_are_run(project):
    """One side marks tests that its configuration leaves out: with the other's configuration all of them would run."""
    marked = "import pytest\n@pytest.mark.stress\n@pytest.mark.parametrize('n', range(1000))\ndef test_3(n): pass\n"
    project.write(test_a="def test_1(): pass\ndef test_2(): pass\n", test_b=marked)
    (project.root / "pytest.ini").write_text("[pytest]\nmarkers = stress\naddopts = -m 'not stress'\n")
    parents = project.run()
    (project.root / "pytest.ini").write_text("[pytest]\n")
    assert (parents.collected, again(project).collected) == (2, 1002)
    run = again(project, limits=usual(parents))
    assert [r.test for r in run.results] == [r.test for r in parents.results]
    assert (run.status, run.collected) == (RunStatus.COMPLETED, 2)


def test_a_few_more_tests_than_usual_are_run(project):
    parents = project.write(test_a="def test_1(): pass\n").run()
    project.write(test_b="def test_2(): pass\ndef test_3(): pass\n")
    assert len(again(project, limits=usual(parents)).results) == 3


def test_reverse_runs_in_the_opposite_order(project):
    project.write(test_a="def test_1(): pass\ndef test_2(): pass\n", test_b="def test_3(): pass\n")
    assert [r.test.name for r in project.run(mode=Mode.REVERSE).results] == ["test_3", "test_2", "test_1"]


def test_hang_is_a_timeout_of_its_test_alone(project):
    project.write(test_a="import time\ndef test_1(): time.sleep(60)\ndef test_2(): pass\n")
    run = project.run(limits=TestLimits(per_test=0.3, grace=2))
    assert statuses(run) == {"test_a.py::test_1": Status.TIMEOUT, "test_a.py::test_2": Status.PASSED}


def test_what_runs_after_a_hang_is_given_less_time(project):
    sleeps = "".join(f"def test_{n}(): time.sleep(60)\n" for n in (1, 2, 3))
    project.write(test_a=f"import time\n{sleeps}def test_4(): time.sleep(0.1)\n")
    run = project.run(limits=TestLimits(per_test=1.5, grace=2, hung=0.4))
    assert list(statuses(run).values()) == [Status.TIMEOUT] * 3 + [Status.PASSED]
    assert "1.5 s" in run.results[0].message
    assert "0.4 s" in run.results[1].message
    assert sum(r.seconds for r in run.results) < 2.6


def test_hang_in_a_fixture_counts_too(project):
    code = "import time, pytest\n@pytest.fixture\ndef f():\n    yield\n    time.sleep(60)\ndef test_1(f): pass\n"
    assert statuses(project.write(test_a=code).run(limits=TestLimits(0.3, grace=2))) == {
        "test_a.py::test_1": Status.TIMEOUT
    }


STUBBORN = """
import time
def test_0(): pass
def test_1():
    end = time.time() + 60
    while time.time() < end:
        try: time.sleep(1)
        except BaseException: pass
def test_2(): pass
"""
IN_C = """
import collections, itertools
def test_0(): pass
def test_1(): collections.deque(itertools.repeat(0), maxlen=0)
def test_2(): pass
"""
EXITS = "import os\ndef test_0(): pass\ndef test_1(): os._exit(3)\ndef test_2(): pass\n"
SEGFAULT = "import ctypes\ndef test_0(): pass\ndef test_1(): ctypes.string_at(0)\ndef test_2(): pass\n"
INTERRUPT = "def test_0(): pass\ndef test_1(): raise KeyboardInterrupt\ndef test_2(): pass\n"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param(STUBBORN, Status.TIMEOUT, id="swallows"),
        pytest.param(IN_C, Status.TIMEOUT, id="in C"),
        pytest.param(EXITS, Status.CRASHED, id="exit"),
        pytest.param(SEGFAULT, Status.CRASHED, id="segfault"),
        pytest.param(INTERRUPT, Status.CRASHED, id="interrupt"),
    ],
)
def test_test_that_ends_the_run_is_named_and_the_rest_can_be_resumed(project, code, status):
    limits = TestLimits(per_test=0.3, grace=0.3)
    project.write(test_a=code)
    ended = project.ended(limits=limits)
    broken = project.collect(ended)
    assert statuses(broken) == {"test_a.py::test_0": Status.PASSED, "test_a.py::test_1": status}
    assert broken.status is RunStatus.CRASHED
    left = project.runner.unfinished(events_path=str(project.events), completed=ended)
    assert [t.name for t in left] == ["test_2"]
    ended = project.ended(tests=left, limits=limits)
    assert project.runner.unfinished(events_path=str(project.events), completed=ended) == ()
    run = project.collect(ended)
    assert statuses(run) == {**statuses(broken), "test_a.py::test_2": Status.PASSED}
    assert run.status is RunStatus.COMPLETED
    assert run.collected == 3


def test_killed_run_keeps_what_had_finished_and_shows_progress(project):
    project.write(test_a="import time\ndef test_1(): pass\ndef test_2(): time.sleep(60)\ndef test_3(): pass\n")
    reader = project.runner.progress(str(project.events))
    with project.start() as process:
        deadline = time.monotonic() + 30
        while reader.read().current != "test_a.py::test_2" and time.monotonic() < deadline:
            time.sleep(0.05)
        seen = reader.read()
        os.killpg(process.pid, signal.SIGKILL)
    assert (seen.finished, seen.total, seen.current) == (1, 3, "test_a.py::test_2")
    run = project.collect(Ended(None, RunStatus.TIMEOUT))
    assert run.status is RunStatus.TIMEOUT
    assert statuses(run) == {"test_a.py::test_1": Status.PASSED, "test_a.py::test_2": Status.TIMEOUT}


def test_xdist_reports_every_test_once_and_names_the_one_that_crashed(project):
    pytest.importorskip("xdist")
    project.write(
        test_a="import os, pytest\n@pytest.mark.parametrize('i', range(6))\ndef test_1(i): assert i != 3\n",
        test_b="import os\ndef test_2(): os._exit(1)\ndef test_3(): pass\n",
        test_c="import nowhere\n",
    )
    run = project.run("python -m pytest -q -n 2".replace("python", sys.executable))
    found = statuses(run)
    assert len(run.results) == len(found) == 9
    assert found["test_a.py::test_1[3]"] is Status.FAILED
    assert found["test_b.py::test_2"] is Status.CRASHED
    assert found["test_c.py::(collection)"] is Status.ERROR
    assert run.collected == 8
    assert run.status is RunStatus.COMPLETED


def test_xdist_obeys_limit_and_selection(project):
    pytest.importorskip("xdist")
    project.write(test_a="import time\ndef test_1(): time.sleep(60)\ndef test_2(): pass\ndef test_3(): pass\n")
    wanted = tuple(TestId("pytest", "test_a.py", "", f"test_{i}") for i in (1, 2))
    run = project.run(f"{sys.executable} -m pytest -q -n 1", tests=wanted, limits=TestLimits(0.3))
    assert statuses(run) == {"test_a.py::test_1": Status.TIMEOUT, "test_a.py::test_2": Status.PASSED}


def test_pytest_started_by_a_test_reports_nothing_and_keeps_its_own_options(project):
    inner = "def test_inner_1(): assert 0\ndef test_inner_2(): assert 0\n"
    outer = (
        "import subprocess, sys, pytest\n"
        "def test_outer():\n"
        "    out = subprocess.run([sys.executable, '-m', 'pytest', '-x', '-q', 'inner.py'], stdout=-1).stdout\n"
        "    assert b'1 failed' in out and b'2 failed' not in out\n"
        "def test_inside(): assert pytest.main(['-q', 'inner.py']) == 1\n"
    )
    run = project.write(inner=inner, test_outer=outer).run()
    assert statuses(run) == {"test_outer.py::test_outer": Status.PASSED, "test_outer.py::test_inside": Status.PASSED}


def test_two_sessions_of_one_command_add_up(project):
    project.write(a__test_1="def test_1(): pass\n", b__test_2="def test_2(): assert 0\n")
    python = sys.executable
    run = project.run(f"cd a && {python} -m pytest; cd ../b && {python} -m pytest --rootdir=.")
    assert statuses(run) == {"a/test_1.py::test_1": Status.PASSED, "b/test_2.py::test_2": Status.FAILED}
    assert run.collected == 2


def test_doctests_and_doubles_have_identities_of_their_own(project):
    project.write(mod='def f():\n    """\n    >>> f()\n    1\n    """\n    return 1\n', test_a="def test_1(): pass\n")
    run = project.run(f"{sys.executable} -m pytest -q --doctest-modules --keep-duplicates . test_a.py")
    names = [(r.test.file, r.test.name, r.test.ordinal) for r in run.results]
    assert ("mod.py", "mod.f", 0) in names
    assert len(set(names)) == len(names) == run.collected


def test_user_options_and_path_are_kept(project):
    project.write(lib__inside="VALUE = 1\n", test_a="import inside\ndef test_a(): pass\ndef test_b(): pass\n")
    env = (("PYTEST_ADDOPTS", "-k test_b"), ("PYTHONPATH", str(project.root / "lib")))
    assert statuses(project.run(env=env)) == {"test_a.py::test_b": Status.PASSED}


def test_messages_are_those_that_pytest_gives_whatever_its_tracebacks_look_like(project):
    """They are printed in the way that costs least; who asks for another one gets that."""
    project.write(
        test_a="import pytest\ndef deep(n): return deep(n - 1) if n else {}['key']\n"
        "def test_key(): deep(3)\ndef test_equal(): assert [1, 2] == [1, 3]\n"
        "def test_says(): pytest.fail('because')\n@pytest.fixture\ndef gone(): raise OSError('no disk')\n"
        "def test_set_up(gone): pass\n",
        test_b="import nothing_like_it\n",
    )
    plain, asked = project.run(), project.run(env=(("PYTEST_ADDOPTS", "--tb=long"),))
    told = {r.test.name: (r.status, r.message) for r in plain.results if r.test.file == "test_a.py"}
    again = {r.test.name: (r.status, r.message) for r in asked.results if r.test.ordinal and r.test.file == "test_a.py"}
    assert told == again
    assert len(told) == 4
    assert told["test_key"] == (Status.FAILED, "KeyError: 'key'")
    assert "assert [1, 2] == [1, 3]" in told["test_equal"][1]
    assert '  File "' in plain.tail


def test_reruns_count_by_their_last_result(project):
    """The reports that pytest-rerunfailures sends, without the plugin itself."""
    code = (
        "import pytest\n"
        "from _pytest.runner import runtestprotocol\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)\n"
        "    for last in (False, True):\n"
        "        reports = runtestprotocol(item, nextitem=nextitem, log=False)\n"
        "        failed = [r for r in reports if r.failed]\n"
        "        for report in reports:\n"
        "            if report.failed and not last:\n"
        "                report.outcome = 'rerun'\n"
        "                item.ihook.pytest_runtest_logreport(report=report)\n"
        "                break\n"
        "            item.ihook.pytest_runtest_logreport(report=report)\n"
        "        if not failed: break\n"
        "    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)\n"
        "    return True\n"
    )
    project.write(conftest=code, test_a="seen = []\ndef test_1():\n    seen.append(1)\n    assert len(seen) > 1\n")
    run = project.run()
    assert statuses(run) == {"test_a.py::test_1": Status.PASSED}


@pytest.mark.parametrize("nodeid", ["a.py::t", "a/b.py::C::D::t[x::y]", "a.py::t[[::]]", "a.py::m.f"])
def test_node_ids_and_identities_are_each_others_inverse(nodeid):
    assert node_id(identity(nodeid)) == nodeid
