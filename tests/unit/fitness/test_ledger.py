from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.fitness.ledger import Key, Ledger
from forkmerge.fitness.packing import pack, unpack
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult

KEY = Key("tree", "pytest", "env", "bwrap-1")


def run_of(*statuses: Status, status: RunStatus = RunStatus.COMPLETED, seconds: float = 1.5) -> SuiteRun:
    results = tuple(
        TestResult(TestId("pytest", "tests/test_a.py", "", f"test_{i}"), s, 0.25, "" if s.good else "assert 0")
        for i, s in enumerate(statuses)
    )
    return SuiteRun(status, results, 0, seconds, "tail", len(results))


GOOD, BAD = run_of(Status.PASSED), run_of(Status.FAILED)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "git" / "forkmerge" / "ledger.sqlite3")


def test_ledger_gives_back_what_was_put_in_a_later_process(path):
    ledger = Ledger.open(path)
    ledger.put(KEY, run_of(Status.PASSED, Status.FAILED, Status.XFAILED))
    ledger.close()
    assert Ledger.open(path).get(KEY) == run_of(Status.PASSED, Status.FAILED, Status.XFAILED)


def test_every_part_of_the_key_counts(path):
    ledger = Ledger.open(path)
    ledger.put(KEY, GOOD)
    others = [Key("t2", *KEY.row()[1:]), Key("tree", "tox", "env", "bwrap-1"), Key("tree", "pytest", "e2", "bwrap-1")]
    others += [Key("tree", "pytest", "env", "none-1"), Key("tree", "pytest", "env", "bwrap-1", "some")]
    assert [ledger.get(k) for k in others] == [None] * 5


def test_several_runs_of_one_key_are_kept_in_order(path):
    ledger = Ledger.open(path)
    ledger.put(KEY, GOOD)
    ledger.put(KEY, BAD)
    assert ledger.runs(KEY) == (GOOD, BAD)
    assert ledger.get(KEY) == BAD
    assert ledger.count() == 2


@pytest.mark.parametrize("status", [RunStatus.TIMEOUT, RunStatus.CRASHED, RunStatus.UNVERIFIED])
def test_run_that_broke_off_is_on_record_but_never_given_back(path, status):
    ledger = Ledger.open(path)
    ledger.put(KEY, run_of(Status.PASSED, status=status))
    assert ledger.get(KEY) is None
    assert ledger.runs(KEY) == ()
    (entry,) = ledger.entries()
    assert (entry.status, entry.final, entry.tests) == (status, False, 1)


def test_history_gives_median_seconds_and_failures(path):
    ledger = Ledger.open(path)
    for run in (GOOD, BAD, GOOD):
        ledger.put(KEY, run)
    (history,) = ledger.history("pytest").values()
    assert (history.seconds, history.runs, history.failures) == (0.25, 3, 1)


@pytest.mark.parametrize("damage", ["text", "middle", "empty table"])
def test_damaged_file_is_moved_aside_with_a_note(path, damage):
    ledger = Ledger.open(path)
    for i in range(300):
        ledger.put(Key(str(i), "c", "e", "p"), run_of(*[Status.PASSED] * 40))
    ledger.close()
    if damage == "text":
        Path(path).write_bytes(b"this is no database at all, but text" * 100)
    elif damage == "middle":
        whole = Path(path).read_bytes()
        Path(path).write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TABLE runs")
    again = Ledger.open(path)
    again.get(KEY)
    again.put(KEY, GOOD)
    again.put(KEY, GOOD)
    assert again.notes
    if damage != "empty table":
        assert again.get(KEY) == GOOD
        assert any("damaged" in file.name for file in Path(path).parent.iterdir())


def test_newer_schema_is_left_alone_and_worked_without(path):
    Ledger.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    ledger = Ledger.open(path)
    ledger.put(KEY, GOOD)
    assert ledger.get(KEY) == GOOD
    assert "newer" in ledger.notes[0]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_folder_that_cannot_be_made_is_done_without(tmp_path):
    (tmp_path / "file").write_text("")
    ledger = Ledger.open(str(tmp_path / "file" / "forkmerge" / "ledger.sqlite3"))
    ledger.put(KEY, GOOD)
    assert ledger.get(KEY) == GOOD
    assert ledger.notes


def test_damaged_record_is_passed_over(path):
    ledger = Ledger.open(path)
    ledger.put(KEY, GOOD)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET body = x'00'")
    assert ledger.get(KEY) is None
    assert "passed over" in ledger.notes[0]


WRITER = """
import sys
from forkmerge.fitness.ledger import Key, Ledger
from forkmerge.model.outcome import *
results = tuple(TestResult(TestId("r", "f", "", str(i)), Status.PASSED) for i in range(2000))
ledger = Ledger.open(sys.argv[1])
for i in range(int(sys.argv[3])):
    ledger.put(Key(sys.argv[2], str(i), "", ""), SuiteRun(RunStatus.COMPLETED, results, collected=2000))
    print(i, flush=True)
assert not ledger.notes, ledger.notes
"""


def writer(path, name, count):
    return subprocess.Popen([sys.executable, "-c", WRITER, path, name, str(count)], stdout=subprocess.PIPE)


def test_killed_writer_leaves_whole_runs_only(path):
    with writer(path, "a", 10_000) as process:
        for _ in range(3):
            process.stdout.readline()
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    ledger = Ledger.open(path)
    entries = ledger.entries()
    assert len(entries) >= 3
    assert all(len(ledger.get(e.key).results) == 2000 for e in entries)
    assert ledger.notes == ()


def test_processes_and_threads_may_write_at_once(path):
    writers = [writer(path, name, 15) for name in "abc"]
    ledger = Ledger.open(path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: ledger.put(Key("threads", str(i), "", ""), GOOD), range(20)))
    for process in writers:
        process.communicate()
        assert process.returncode == 0
    assert ledger.count() == 3 * 15 + 20
    assert ledger.notes == ()


def test_five_thousand_tests_stay_small():
    results = tuple(
        TestResult(
            TestId("pytest", f"tests/unit/test_{i // 50}.py", "TestThings", f"test_the_thing[{i}-value]"),
            Status.PASSED if i % 9 else Status.FAILED,
            i % 37 / 1000,
            "" if i % 9 else f"AssertionError: assert {i} == {i + 1}",
        )
        for i in range(5000)
    )
    run = SuiteRun(RunStatus.COMPLETED, results, 1, 12.0, "x", 5000)
    assert len(pack(run)) < 60_000
    assert unpack(pack(run)) == run


texts = st.text(max_size=8)
results = st.builds(
    TestResult,
    st.builds(TestId, texts, texts, texts, texts, st.integers(0, 9)),
    st.sampled_from(Status),
    st.integers(0, 10**6).map(lambda n: n / 10_000),
    texts,
)


@given(
    st.builds(
        SuiteRun,
        st.sampled_from(RunStatus),
        st.lists(results, max_size=6).map(tuple),
        st.none() | st.integers(-99, 255),
        st.floats(0, 1e6),
        texts,
        st.none() | st.integers(0, 99),
    )
)
def test_packing_is_undone_by_unpacking(run):
    assert unpack(pack(run)) == run


@given(st.binary(max_size=60))
def test_unpacking_rubbish_is_a_value_error(data):
    with pytest.raises(ValueError):
        unpack(data)
