"""Sharing the ledger: merging loses nothing in any order; what others wrote is taken only if it is what we write."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forkmerge.errors import UnusableInput
from forkmerge.fitness import ledger_share as share
from forkmerge.fitness.ledger import Key, Ledger
from forkmerge.fitness.ledger_chain import ROW_FIELDS, Checkpoint, Entries, Row, digest, merge
from forkmerge.fitness.ledger_prune import Bounds
from forkmerge.fitness.packing import pack
from forkmerge.fitness.records import Purpose, Records
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult

RUN = SuiteRun(RunStatus.COMPLETED, (TestResult(TestId("pytest", "t.py", "", "test_a"), Status.PASSED),), 0, 1.0, "", 1)


def key(number: int, environment: str = "env") -> Key:
    return Key(f"{number:040x}", "pytest", environment, "bubblewrap policy-1 network=no")


def ledger(*numbers: int, keep: int | None = None) -> Ledger:
    found = Ledger(":memory:", clock=iter(range(1, 10**6)).__next__)
    for number in numbers:
        found.put(key(number), RUN)
    if keep is not None:
        found.prune(Bounds(keep=keep), signer="Ada")
    return found


def entries(found: Ledger) -> Entries:
    return Entries(frozenset(found.rows()), frozenset(found.checkpoints()))


# -- merging ----------------------------------------------------------------------------------------------------------

ledgers = st.builds(
    lambda numbers, keep: entries(ledger(*numbers, keep=keep)),
    st.lists(st.integers(0, 5), max_size=5),
    st.none() | st.integers(0, 3),
)


@given(ledgers, ledgers, ledgers)
@settings(max_examples=40, deadline=None)
def test_merging_two_ledgers_is_commutative_associative_idempotent_and_loses_nothing(a, b, c) -> None:
    both = merge(a, b)
    assert both == merge(b, a)
    assert merge(both, c) == merge(a, merge(b, c))
    assert merge(both, both) == both == merge(both, a) == merge(both, b)
    assert both.rows == a.rows | b.rows
    assert both.checkpoints == a.checkpoints | b.checkpoints


@given(st.lists(st.lists(st.integers(0, 4), max_size=4), min_size=2, max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_ledgers_that_take_each_other_over_in_any_order_hold_the_same(contents, random) -> None:
    all_ = [ledger(*numbers) for numbers in contents]
    whole = frozenset(row for found in all_ for row in found.rows())
    given_ = [entries(found) for found in all_]
    for found in all_:
        others = [*given_, *given_]
        random.shuffle(others)
        for other in others:
            found.absorb(other)
        assert frozenset(found.rows()) == whole
        assert found.findings() == ()
        again = found.absorb(merge(given_[0], given_[-1]))
        assert (again.rows, again.renamed) == (0, False)


def test_what_was_pruned_here_is_not_taken_again_and_elsewhere_it_is_kept() -> None:
    a, b, hub = ledger(1, 2, 3), ledger(4), Ledger(":memory:")
    hub.absorb(entries(a))
    b.absorb(entries(a))
    a.prune(Bounds(keep=1), signer="Ada")
    taken = a.absorb(entries(hub))
    assert (taken.rows, taken.known, taken.pruned) == (0, 1, 2)
    taken = b.absorb(entries(a))
    assert (taken.rows, taken.known) == (0, 1)
    assert len(b.rows()) == 4
    for found in (a, b, hub):
        assert found.findings() == ()


def test_a_pruned_ledger_can_be_taken_over_before_and_after_its_full_one() -> None:
    a = ledger(1, 2, 3, 4)
    full = entries(a)
    a.prune(Bounds(keep=2), signer="Ada")
    pruned = entries(a)
    one, two = ledger(9), ledger(9)
    for found, order in ((one, (full, pruned)), (two, (pruned, full))):
        for other in order:
            found.absorb(other)
        assert found.findings() == ()
    assert {r.hash for r in one.rows() if r.tree != key(9).tree} == {r.hash for r in full.rows}
    assert {r.hash for r in two.rows() if r.tree != key(9).tree} == {r.hash for r in full.rows}


# -- foreign results --------------------------------------------------------------------------------------------------


def test_results_of_another_ledger_count_for_the_same_environment_alone_and_are_marked() -> None:
    other = ledger()
    other.put(key(1, "env"), RUN)
    other.put(key(2, "another machine"), RUN)
    found = ledger(3)
    found.absorb(entries(other))
    records = Records(found, "pytest", "env", key(1).policy)
    assert records.get(key(3).tree, None, Purpose.SUITE) == RUN
    assert found.fetched == 0
    assert records.get(key(2).tree, None, Purpose.SUITE) is None
    assert records.get(key(1).tree, None, Purpose.SUITE) == RUN
    assert found.fetched == 1
    assert [entry.foreign for entry in found.entries()] == [False, True, True]


def test_own_results_go_before_those_of_others() -> None:
    other, found = ledger(), ledger()
    other.put(key(1), replace(RUN, tail="theirs"))
    found.put(key(1), replace(RUN, tail="ours"))
    found.absorb(entries(other))
    assert found.get(key(1)) == replace(RUN, tail="ours")
    assert [run.tail for run in found.runs(key(1))] == ["theirs", "ours"]
    assert found.history("pytest")[RUN.results[0].test].runs == 1


def test_entries_that_claim_to_be_of_this_ledger_are_never_its_own() -> None:
    found = ledger(1)
    (row,) = found.rows()
    forged = replace(row, seq=2, prev=row.hash, tree=key(2).tree)
    forged = replace(forged, hash=digest(forged))
    taken = found.absorb(Entries(frozenset([row, forged])))
    assert taken.renamed
    assert all(entry.foreign for entry in found.entries())
    found.put(key(3), RUN)
    assert [entry.foreign for entry in found.entries()] == [True, True, False]
    assert found.findings() == ()


def test_what_an_older_forkmerge_recorded_still_counts() -> None:
    found = ledger()
    found.put(Key(key(1).tree, "pytest", "env", "bubblewrap policy-1"), RUN)
    records = Records(found, "pytest", "env", "bubblewrap policy-1 network=no", former="bubblewrap policy-1")
    assert records.get(key(1).tree, None, Purpose.SUITE) == RUN
    assert records.runs(key(1).tree, None, Purpose.SUITE) == (RUN,)
    assert (
        Records(found, "pytest", "env", "bubblewrap policy-1 network=no").get(key(1).tree, None, Purpose.SUITE) is None
    )


# -- segments ---------------------------------------------------------------------------------------------------------


def named(content: bytes) -> tuple[str, bytes]:
    return f"{hashlib.sha256(content).hexdigest()}.jsonl", content


def line_of(entry: Row | Checkpoint) -> bytes:
    ((_, content),) = share.write([entry])
    return content


def test_segments_are_read_as_they_were_written_in_any_order() -> None:
    whole = entries(ledger(1, 2, 3, 4, keep=2))
    items = [*whole.rows, *whole.checkpoints]
    segments = tuple(share.write(items))
    assert segments == tuple(share.write(reversed(items)))
    assert {entry for segment in segments for entry in share.read(*segment)} == set(items)


def test_large_ledgers_are_written_as_several_segments(monkeypatch) -> None:
    rows = ledger(*range(30)).rows()
    monkeypatch.setattr(share, "SEGMENT_BYTES", 8000)
    segments = tuple(share.write(rows))
    assert len(segments) > 2
    assert all(len(content) <= 8000 for _, content in segments)
    assert {row for segment in segments for row in share.read(*segment)} == set(rows)


def rehashed(**changes: object) -> Row:
    (row,) = ledger(1).rows()
    row = replace(row, **changes)  # type: ignore[arg-type]
    return replace(row, hash=digest(row))


@pytest.mark.parametrize(
    "changes",
    [
        {"chain": "x"}, {"chain": "A" * 32}, {"chain": 7}, {"seq": 0}, {"seq": -1}, {"seq": True}, {"seq": 2**60},
        {"seq": "1"}, {"seq": 2}, {"prev": "f" * 64}, {"tree": "../../etc"}, {"tree": ""}, {"tree": None},
        {"command": "x" * 20_000}, {"command": 3}, {"command": ["rm"]}, {"environment": "\ud800"}, {"policy": {}},
        {"selection": None}, {"final": 2}, {"final": True}, {"final": 0}, {"created": -1.0}, {"created": float("nan")},
        {"created": float("inf")}, {"created": 5}, {"created": -0.0}, {"seconds": "1"}, {"seconds": 1},
        {"status": "great"}, {"status": "timeout"}, {"status": []}, {"tests": 2}, {"tests": -1}, {"tests": 1.0},
    ],
    ids=repr,
)  # fmt: skip
def test_values_that_no_entry_can_have_are_refused_though_their_hash_is_right(changes) -> None:
    with pytest.raises(share.Refused):
        tuple(share.read(*named(line_of(rehashed(**changes)))))


def packed(head: list[object], words: list[object], columns: list[object]) -> bytes:
    return zlib.compress(json.dumps([head, words, columns]).encode())


HEAD: list[object] = [1, "completed", 0, 1.0, "", 1]
WORDS: list[object] = ["pytest", "t.py", "", "test_a", "passed"]
COLUMNS: list[object] = [[0], [1], [2], [3], [4], [0], [1000], [2]]


def test_the_bodies_below_are_refused_for_what_is_wrong_with_them_alone() -> None:
    row = rehashed(body=packed(HEAD, WORDS, COLUMNS))
    assert tuple(share.read(*named(line_of(row)))) == (row,)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"no zlib", pack(RUN) + b"more", pack(replace(RUN, results=())),
        zlib.compress(b" " * (40 << 20)), zlib.compress(b"[" * 200_000), zlib.compress(b'{"a": 1}'),
        packed([9, *HEAD[1:]], WORDS, COLUMNS),
        packed([1, "great", 0, 1.0, "", 1], WORDS, COLUMNS),
        packed([1, "completed", "0", 1.0, "", 1], WORDS, COLUMNS),
        packed([1, "completed", 0, -1.0, "", 1], WORDS, COLUMNS),
        packed([1, "completed", 0, 1.0, ["tail"], 1], WORDS, COLUMNS),
        packed([1, "completed", 0, 1.0, "", True], WORDS, COLUMNS),
        packed(HEAD, [["pytest"], *WORDS[1:]], COLUMNS),
        packed(HEAD, WORDS, [[9], *COLUMNS[1:]]),
        packed(HEAD, WORDS, [*COLUMNS[:5], ["0"], *COLUMNS[6:]]),
        packed(HEAD, WORDS, [*COLUMNS[:6], [None], COLUMNS[7]]),
        packed(HEAD, WORDS, [*COLUMNS[:7], [3.5]]),
    ],
)  # fmt: skip
def test_results_that_are_none_are_refused(body) -> None:
    with pytest.raises(share.Refused):
        tuple(share.read(*named(line_of(rehashed(body=body)))))


@pytest.mark.parametrize(
    "content",
    [
        b"\n", b"null\n", b"[]\n", b"{}\n", b'["run"]\n', b'["code", "import os"]\n', b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b"1" * 10_000 + b"\n", b'["checkpoint",1,2,3,4,5,6,7]\n', json.dumps(["run", *ROW_FIELDS]).encode() + b"\n",
    ],
)  # fmt: skip
def test_lines_that_are_no_entries_are_refused(content) -> None:
    with pytest.raises(share.Refused):
        tuple(share.read(*named(content)))


def test_an_entry_written_otherwise_is_refused() -> None:
    line = line_of(rehashed())
    for other in (line[:-1], line.replace(b",", b", ", 1), b" " + line, line.replace(b'"run"', b'"\\u0072un"')):
        with pytest.raises(share.Refused):
            tuple(share.read(*named(other)))


def test_a_changed_body_is_refused_and_so_is_a_segment_of_another_name() -> None:
    (row,) = ledger(1).rows()
    line = line_of(row).replace(
        base64.b64encode(row.body), base64.b64encode(pack(replace(RUN, tail="fake")))
    )  # the hash is the old one
    with pytest.raises(share.Refused, match="does not fit its hash"):
        tuple(share.read(*named(line)))
    with pytest.raises(share.Refused, match="name"):
        tuple(share.read("0" * 64 + ".jsonl", line_of(row)))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_damage_to_a_segment_gets_through(data) -> None:
    content = bytearray(b"".join(c for _, c in share.write(ledger(1, 2).rows())))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255).filter(lambda b: b != content[at]))
    with pytest.raises(share.Refused):
        tuple(share.read(*named(bytes(content))))


@pytest.mark.parametrize(
    "changes", [{"pruned": 0}, {"signer": "x" * 300}, {"last": ""}, {"created": 1}, {"seq": 0}], ids=repr
)
def test_checkpoints_that_cannot_be_are_refused(changes) -> None:
    (mark,) = ledger(1, 2, keep=1).checkpoints()
    assert tuple(share.read(*named(line_of(mark)))) == (mark,)
    mark = replace(mark, **changes)
    with pytest.raises(share.Refused):
        tuple(share.read(*named(line_of(replace(mark, hash=digest(mark))))))


def test_entries_whose_predecessor_is_nowhere_are_taken_over_neither_nor_any_beside_them() -> None:
    other = ledger(1, 2, 3)
    found = ledger(9)
    with pytest.raises(UnusableInput, match="nowhere"):
        found.absorb(Entries(frozenset(row for row in other.rows() if row.seq != 2)))
    assert len(found.rows()) == 1
    assert found.findings() == ()
