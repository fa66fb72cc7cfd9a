"""What a transplant says of what stood in its way."""

from __future__ import annotations

from types import SimpleNamespace

from forkmerge.app.transplant_search import Search
from forkmerge.fitness.evaluator import Evaluation

SAID = """AssertionError: assert 'begin\\na: 1' == 'a: 1'

  + begin
    a: 1"""


def test_why_a_goal_fails_is_told_by_its_error_and_not_by_the_end_of_its_details() -> None:
    told = Evaluation("ok", frozenset({"theirs:t"}), messages=(("theirs:t", SAID),))
    asking = SimpleNamespace(evaluator=SimpleNamespace(evaluate=lambda *_: told))
    search = SimpleNamespace(_parses=lambda _: True, _duties=lambda: ("theirs:t",), kept=(), asking=asking)
    why = Search._why(search, "tree")
    assert why == "the goal fails with everything of it: AssertionError: assert 'begin\\na: 1' == 'a: 1'"
