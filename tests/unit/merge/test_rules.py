"""Which rules serve at which risk."""

from __future__ import annotations

import itertools

import pytest

from forkmerge.merge import precision
from forkmerge.merge.rules import ALL, BALANCED, READ, RISKS, allowed_for, precise


def test_every_rule_was_measured_and_nothing_else_was() -> None:
    assert set(precision.MEASURED) == ALL


def test_fewer_rules_serve_where_a_wrong_merge_costs_more() -> None:
    sets = [precise(k).rules for k in range(21)]
    assert sets[0] == ALL
    assert all(more >= fewer for more, fewer in itertools.pairwise(sets))
    assert sets[20] < ALL


def test_a_rule_that_is_right_as_often_as_asked_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "MEASURED", dict.fromkeys(ALL, (700, 300)) | {"imports": (950, 50)})
    assert precise(1).rules == ALL
    assert precise(9).rules == {"imports"}
    assert precise(30).rules == frozenset()


def test_a_rule_that_was_hardly_seen_is_held_to_be_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "MEASURED", dict.fromkeys(ALL, (800, 200)) | {"imports": (0, 1)})
    assert "imports" in precise(1).rules
    assert "imports" not in precise(3.5).rules


def test_a_rule_that_was_seen_often_enough_is_held_no_better_than_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "MEASURED", dict.fromkeys(ALL, (800, 200)) | {"imports": (8, 9)})
    assert "imports" not in precise(1).rules
    monkeypatch.setattr(precision, "MEASURED", dict.fromkeys(ALL, (800, 200)) | {"imports": (4, 5)})
    assert "imports" in precise(1).rules


def test_balanced_are_the_rules_that_were_right_more_often_than_not() -> None:
    seen = {rule: right >= wrong for rule, (right, wrong) in precision.MEASURED.items() if right + wrong}
    assert {rule for rule, mostly in seen.items() if mostly} == (BALANCED - READ) & seen.keys()
    assert (BALANCED - READ) & seen.keys() <= precise(1).rules


def test_words_and_numbers() -> None:
    assert allowed_for("").rules == allowed_for("balanced").rules == BALANCED
    assert allowed_for("eager").rules == ALL
    assert allowed_for("strict").rules == precise(RISKS["strict"]).rules == allowed_for("9").rules
    for wrong in ("bold", "-1", "nan", "inf"):
        with pytest.raises(ValueError, match="expected strict"):
            allowed_for(wrong)
