"""The chain of the ledger: what was changed is found, old databases are taken over, pruning stays checkable."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from forkmerge.errors import UnusableInput
from forkmerge.fitness import ledger_schema
from forkmerge.fitness.ledger import Key, Ledger
from forkmerge.fitness.ledger_chain import (
    CHECKPOINT_FIELDS,
    ROW_FIELDS,
    Checkpoint,
    Entries,
    Row,
    before,
    digest,
    rootless,
)
from forkmerge.fitness.ledger_prune import Bounds, Weight, ends, going
from forkmerge.fitness.packing import pack
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult

RUN = SuiteRun(RunStatus.COMPLETED, (TestResult(TestId("pytest", "t.py", "", "test_a"), Status.PASSED),), 0, 1.0, "", 1)
OTHER = replace(RUN, tail="other")


def key(number: int) -> Key:
    return Key(f"{number:040x}", "pytest", "env", "bubblewrap policy-1 network=no")


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "ledger.sqlite3")


def filled(path: str, count: int = 5, *, start: int = 0, began: float = 1000.0) -> Ledger:
    times = iter(range(10**6))
    ledger = Ledger(path, clock=lambda: began + next(times))
    for number in range(start, start + count):
        ledger.put(key(number), RUN)
    return ledger


def change(path: str, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement


def findings(path: str) -> list[tuple[str, str]]:
    ledger = Ledger.open(path)
    found = [(f.kind, f.entry) for f in ledger.findings()]
    assert ledger.notes == ()
    ledger.close()
    return found


def test_an_untouched_ledger_has_no_findings(path) -> None:
    filled(path).close()
    ledger = filled(path, 3, start=5)
    assert ledger.findings() == ()
    rows = ledger.rows()
    assert [row.seq for row in rows] == list(range(1, 9))
    assert [row.prev for row in rows] == ["", *(row.hash for row in rows[:-1])]
    assert all(digest(row) == row.hash for row in rows)


CHANGES = {
    "tree": "'x'", "command": "'x'", "environment": "'x'", "policy": "'x'", "selection": "'x'", "final": "0",
    "created": "created + 0.001", "status": "'timeout'", "seconds": "seconds + 0.001", "tests": "tests + 1",
    "body": "x'00'", "chain": "'x'", "seq": "seq + 100", "prev": "'x'", "hash": "'x'",
}  # fmt: skip


def test_every_column_has_a_case() -> None:
    assert set(CHANGES) == set(ROW_FIELDS)


@pytest.mark.parametrize("column", ROW_FIELDS)
@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_changed_column_of_an_entry_is_found_and_names_it(path, column, number) -> None:
    filled(path).close()
    change(path, f"UPDATE runs SET {column} = {CHANGES[column]} WHERE id = {number}")
    found = findings(path)
    assert found[0][0] == "changed"
    assert found[0][1].startswith(f"#{number} (")
    assert len(found) == 1


@pytest.mark.parametrize("value", ["NULL", "'text'", "1e400", "x'ff00ff'", "''"])
@pytest.mark.parametrize("column", ["created", "seconds", "tests", "body", "seq", "command", "final"])
def test_values_of_any_kind_are_findings_and_never_an_exception(path, column, value) -> None:
    filled(path).close()
    if value == "NULL":
        change(path, "PRAGMA writable_schema = 1", "UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')")
    change(path, f"UPDATE runs SET {column} = {value} WHERE id = 2")
    assert ("changed", "#2") in [(kind, entry.split(" ")[0]) for kind, entry in findings(path)]
    ledger = Ledger.open(path)
    assert ledger.get(key(1)) is None
    assert len(ledger.entries()) == 5


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_deleted_entry_is_found_by_the_one_after_it(path, number) -> None:
    ledger = filled(path)
    chain = ledger.chain[:8]
    ledger.close()
    change(path, f"DELETE FROM runs WHERE id = {number}")
    assert findings(path) == [("missing", f"the entry before #{number + 1} ({chain}:{number + 1})")]


def test_a_deleted_last_entry_is_found_also_after_new_ones_and_after_taking_others_over(path, tmp_path) -> None:
    ledger = filled(path)
    chain = ledger.chain[:8]
    ledger.close()
    change(path, "DELETE FROM runs WHERE id = 5")
    assert findings(path) == [("missing", f"{chain}:5")]
    other = filled(str(tmp_path / "other"), 2)
    ledger = Ledger.open(path)
    ledger.absorb(Entries(frozenset(other.rows())))
    assert [f.kind for f in ledger.findings()] == ["missing"]
    ledger.put(key(77), RUN)
    assert [f.kind for f in ledger.findings()] == ["missing"]


def test_all_entries_deleted_is_found(path) -> None:
    filled(path).close()
    change(path, "DELETE FROM runs")
    assert [kind for kind, _ in findings(path)] == ["missing"]


def test_swapped_entries_are_found(path) -> None:
    filled(path).close()
    change(
        path,
        "UPDATE runs SET id = 99 WHERE id = 2",
        "UPDATE runs SET id = 2 WHERE id = 4",
        "UPDATE runs SET id = 4 WHERE id = 99",
    )
    found = findings(path)
    assert {kind for kind, _ in found} == {"reordered"}
    assert found[0][1].startswith("#3 (")


def test_swapped_contents_are_found(path) -> None:
    ledger = filled(path)
    ledger.put(key(9), OTHER)
    ledger.close()
    with closing(sqlite3.connect(path)) as connection:
        a, b = (connection.execute(f"SELECT body FROM runs WHERE id = {n}").fetchone()[0] for n in (1, 6))
        with connection:
            connection.execute("UPDATE runs SET body = ? WHERE id = 1", (b,))
            connection.execute("UPDATE runs SET body = ? WHERE id = 6", (a,))
    assert [(kind, entry[:2]) for kind, entry in findings(path)] == [("changed", "#1"), ("changed", "#6")]


def test_an_entry_rewritten_with_its_hash_is_found_by_the_one_after_it(path) -> None:
    ledger = filled(path)
    row = ledger.rows()[2]
    ledger.close()
    forged = replace(row, body=pack(OTHER))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET body = ?, hash = ? WHERE id = 3", (forged.body, digest(forged)))
    ((kind, entry),) = findings(path)
    assert kind == "missing"
    assert entry.startswith("the entry before #4")


@pytest.mark.parametrize("seq", [5, 6])
def test_an_entry_added_from_outside_is_found(path, seq) -> None:
    ledger = filled(path)
    last = ledger.rows()[-1]
    ledger.close()
    forged = replace(last, seq=seq, prev=last.hash if seq == 6 else last.prev, tree="f" * 40)
    forged = replace(forged, hash=digest(forged))
    with closing(sqlite3.connect(path)) as connection, connection:
        marks = ", ".join("?" * len(ROW_FIELDS))
        values = [getattr(forged, name) for name in ROW_FIELDS]
        connection.execute(f"INSERT INTO runs ({ledger_schema.COLUMNS}) VALUES ({marks})", values)
    assert [(kind, entry[:2]) for kind, entry in findings(path)] == [("unexpected", "#6")]


def test_a_changed_result_is_never_given_back(path) -> None:
    ledger = filled(path)
    ledger.put(key(9), OTHER)
    ledger.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET body = (SELECT body FROM runs WHERE id = 6) WHERE id = 1")
    ledger = Ledger.open(path)
    assert ledger.get(key(0)) is None
    assert "changed" in ledger.notes[0]
    assert ledger.get(key(1)) == RUN


# -- databases of before ----------------------------------------------------------------------------------------------


def old_database(path: str, count: int) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in ledger_schema._RUNS.split(";"):  # what schema 1 was
            connection.execute(statement)
        for number in range(count):
            connection.execute(
                "INSERT INTO runs (tree, command, environment, policy, selection, final, created, status, seconds,"
                " tests, body) VALUES (?, ?, ?, ?, ?, 1, ?, 'completed', 1, 1, ?)",
                (*key(number).row(), 1000 + number, pack(RUN)),
            )
        connection.execute("PRAGMA user_version = 1")


def test_an_old_database_is_taken_over_in_place_with_all_results(path) -> None:
    old_database(path, 7)
    ledger = Ledger.open(path)
    assert [ledger.get(key(n)) for n in range(7)] == [RUN] * 7
    assert ledger.findings() == ()
    assert ledger.notes == ()
    assert [entry.number for entry in ledger.entries()] == list(range(1, 8))
    assert not any(entry.foreign for entry in ledger.entries())
    ledger.put(key(8), RUN)
    assert [row.seq for row in ledger.rows()] == list(range(1, 9))
    assert ledger.findings() == ()


def test_taking_over_that_fails_half_way_leaves_the_old_database(path, monkeypatch) -> None:
    old_database(path, 7)
    calls = iter(range(100))

    def failing(row: Row) -> str:
        if next(calls) == 4:
            raise KeyboardInterrupt
        return digest(row)

    monkeypatch.setattr(ledger_schema, "digest", failing)
    with pytest.raises(KeyboardInterrupt):
        Ledger.open(path)
    monkeypatch.undo()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    ledger = Ledger.open(path)
    assert ledger.count() == 7
    assert ledger.findings() == ()


def test_a_copy_of_a_ledger_writes_a_chain_of_its_own(path, tmp_path) -> None:
    first = filled(path, 3)
    first.close()
    (tmp_path / "copy").mkdir()
    copied = str(tmp_path / "copy" / "ledger.sqlite3")
    shutil.copy(path, copied)
    copy = filled(copied, 2, start=10)
    assert copy.findings() == ()
    assert [entry.foreign for entry in copy.entries()] == [True] * 3 + [False] * 2
    moved = str(tmp_path / "moved.sqlite3")
    shutil.move(path, moved)
    assert not any(entry.foreign for entry in Ledger.open(moved).entries())


def test_a_copy_that_can_only_be_read_begins_no_chain_and_is_read(path, monkeypatch) -> None:
    filled(path, 2).close()
    monkeypatch.setattr(ledger_schema, "home_of", lambda _: "another\nplace\n7")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        ledger_schema.settle(connection, path)
        assert connection.execute("SELECT count(*) FROM runs, own WHERE runs.chain = own.chain").fetchone() == (2,)


# -- pruning ----------------------------------------------------------------------------------------------------------


def test_pruning_keeps_the_newest_and_the_chain_verifiable(path) -> None:
    ledger = filled(path, 10)
    done = ledger.prune(Bounds(keep=4), signer="Ada <ada@example.org>")
    assert (done.entries, done.checkpoints) == (6, 1)
    assert [row.seq for row in ledger.rows()] == [7, 8, 9, 10]
    (mark,) = ledger.checkpoints()
    assert (mark.seq, mark.pruned, mark.signer) == (6, 6, "Ada <ada@example.org>")
    assert mark.last == ledger.rows()[0].prev
    assert ledger.findings() == ()
    ledger.put(key(50), RUN)
    ledger.prune(Bounds(keep=2), signer="")
    (mark,) = ledger.checkpoints()
    assert (mark.seq, mark.pruned) == (9, 9)
    assert ledger.findings() == ()
    ledger.prune(Bounds(keep=0), signer="")
    assert ledger.count() == 0
    assert ledger.findings() == ()
    ledger.put(key(60), RUN)
    assert ledger.rows()[0].seq == 12
    assert ledger.findings() == ()


@pytest.mark.parametrize("column", CHECKPOINT_FIELDS)
def test_a_changed_checkpoint_is_found(path, column) -> None:
    ledger = filled(path, 10)
    ledger.prune(Bounds(keep=4), signer="Ada")
    ledger.close()
    change(
        path, f"UPDATE checkpoints SET {column} = " + ("'x'" if column in {"chain", "last", "signer", "hash"} else "3")
    )
    assert "changed" in [kind for kind, _ in findings(path)]


def test_a_deleted_checkpoint_is_found(path) -> None:
    ledger = filled(path, 10)
    ledger.prune(Bounds(keep=4), signer="Ada")
    ledger.close()
    change(path, "DELETE FROM checkpoints")
    assert [kind for kind, _ in findings(path)] == ["missing"]


def test_pruning_by_age_and_by_size(path) -> None:
    ledger = filled(path, 10, began=1000.0)
    ledger.prune(Bounds(since=1003.0), signer="")
    assert [row.created for row in ledger.rows()] == [1003.0 + n for n in range(7)]
    ledger.prune(Bounds(size=2000), signer="")
    assert 1 <= ledger.count() <= 4
    assert ledger.findings() == ()


def test_pruning_makes_the_file_smaller(path, tmp_path) -> None:
    ledger = filled(path, 20)
    noise = random.Random(1)
    big = replace(RUN, tail="".join(chr(noise.randrange(33, 120)) for _ in range(40_000)))
    for number in range(20):
        ledger.put(key(100 + number), big)
    ledger.close()
    size = (tmp_path / "ledger.sqlite3").stat().st_size
    ledger = Ledger.open(path)
    ledger.prune(Bounds(keep=1), signer="")
    ledger.close()
    assert (tmp_path / "ledger.sqlite3").stat().st_size < size / 4


def test_what_goes_is_closed_even_when_clocks_go_back() -> None:
    chain = [Weight(str(n), str(n - 1), "c", n, created, 10) for n, created in enumerate([5.0, 1.0, 9.0, 2.0, 9e9], 1)]
    other = [Weight("x1", "", "d", 1, 6.0, 10)]
    assert [w.hash for w in going((*chain, *other), Bounds(keep=3), now=100.0)] == ["1", "2", "x1"]
    assert [w.hash for w in going(chain, Bounds(since=6.0), now=100.0)] == ["1", "2"]
    assert [w.hash for w in going(chain, Bounds(since=50.0), now=10.0)] == ["1", "2", "3", "4", "5"]
    assert [w.hash for w in ends(going(chain, Bounds(size=15), now=100.0))] == ["4"]


def test_rootless_and_before_follow_the_chains() -> None:
    rows = frozenset(filled(":memory:", 4).rows())
    third = next(row for row in rows if row.seq == 3)
    assert rootless(Entries(rows)) == ()
    assert [r.seq for r in rootless(Entries(frozenset(r for r in rows if r.seq != 2)))] == [3]
    mark = Checkpoint(third.chain, 2, third.prev, 2, 1.0, "")
    assert rootless(Entries(frozenset(r for r in rows if r.seq > 2), frozenset([mark]))) == ()
    assert len(before(Entries(rows), [third.hash])) == 3


def test_a_file_that_cannot_be_used_is_said_where_it_matters(path) -> None:
    ledger = filled(path)
    change(path, "DROP TABLE heads")
    with pytest.raises(UnusableInput, match="could not be used"):
        ledger.findings()
