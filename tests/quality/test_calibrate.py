"""How a rule is counted that was right at some places of a file."""

from __future__ import annotations

from quality.calibrate import Place, by_rule


def test_a_rule_is_right_in_a_file_only_where_all_of_its_places_are() -> None:
    found = [Place(("imports",), right=True), Place(("imports", "edits"), right=False), Place(("members",), right=True)]
    assert by_rule(found) == ({"members"}, {"imports", "edits"})


def test_many_places_of_one_file_are_one_mistake() -> None:
    assert by_rule([Place(("imports",), right=False)] * 20) == (set(), {"imports"})
    assert by_rule([]) == (set(), set())
