"""Planted collisions: what each side does to real code is what is said, and answers are counted as they are."""

from __future__ import annotations

import ast
import random
from typing import Any

import pytest
from quality.planted import judged, table
from quality.planted_code import Program, replaced
from quality.planted_kinds import KINDS
from quality.planted_make import Case
from quality.planted_sites import Answer, Site

LIB = b'''"""Codes."""

LIMIT = 40
NAMES = {
    1: "one",
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    7: "seven",
    8: "eight",
    9: "nine",
}


def encoded(value, strict=False, prefix="p"):
    if strict and not value:
        raise ValueError(value)
    return prefix + value[:LIMIT]


class Reader:
    def __init__(self, source):
        self.source = source
        self.limit = 3
        self.done = False
        self.lines = []
        self.count = 0

    def prepared(self, line):
        return line.strip()

    def reading(self, line):
        return self.prepared(line)
'''
USE = b"from lib import encoded\n\n\ndef both(a, b):\n    return encoded(a) + encoded(b, strict=True)\n"
FILES = {"pkg/lib.py": LIB, "pkg/use.py": USE}


def program() -> Program:
    return Program(FILES, "pkg")


def site(name: str, args: dict[str, str], answer: Answer, init: dict[str, str] | None = None) -> Site:
    defined = next(d for d in program().functions() if d.name == name)
    return Site(defined, args, init, answer)


CALL = site("encoded", {"value": "'x'", "strict": "False", "prefix": "'p'"}, Answer("value", "'px'", "str"))
FLAGGED = site("encoded", {"value": "'x'", "strict": "True", "prefix": "'p'"}, Answer("value", "'px'", "str"))
RAISING = site(
    "encoded", {"value": "''", "strict": "True", "prefix": "'p'"}, Answer("raises", "ValueError", "builtins")
)
METHOD = site("Reader.prepared", {"line": "' a'"}, Answer("value", "'a'", "str"), {"source": "'s'"})
SITES = {"override": METHOD, "order": METHOD, "exception": RAISING, "flag": FLAGGED}


def run(files: dict[str, bytes], expression: str) -> Any:
    """Return what an expression gives in the module as ``files`` have it."""
    scope: dict[str, Any] = {}
    exec(files.get("pkg/lib.py", LIB), scope)
    return eval(expression, scope)


@pytest.mark.parametrize("decoy", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_plant_parses_and_changes_what_it_names(kind: str, decoy: bool) -> None:
    found = [KINDS[kind](program(), SITES.get(kind, CALL), random.Random(seed), decoy) for seed in range(8)]
    plants = [p for p in found if p is not None]
    assert plants
    for plant in plants:
        assert (plant.kind, plant.decoy) == (kind, decoy)
        for path, data in {**plant.files, **(plant.user_files or {})}.items():
            ast.parse(data)
            assert data != FILES[path]


def test_what_a_changer_adapts_goes_on_working() -> None:
    for kind in ("rename", "signature", "default", "return", "flag"):
        plant = KINDS[kind](program(), SITES.get(kind, CALL), random.Random(3), False)
        assert plant is not None
        scope: dict[str, Any] = {}
        exec(plant.files["pkg/lib.py"], scope)
        exec(plant.files["pkg/use.py"].partition(b"\n\n")[2], scope)
        assert scope["both"]("a", "b") == "papb"


def test_a_user_meets_what_was_changed() -> None:
    plant = KINDS["default"](program(), CALL, random.Random(1), False)
    assert plant is not None
    assert run({}, plant.body) == "px"
    assert run(plant.files, plant.body) != "px"
    safe = KINDS["default"](program(), CALL, random.Random(1), True)
    assert safe is not None
    assert run(safe.files, safe.body) == "px"


def test_both_sides_of_an_invariant_hold_and_their_merge_does_not() -> None:
    plants = [KINDS["invariant"](program(), CALL, random.Random(seed), False) for seed in range(20)]
    plant = next(p for p in plants if p is not None)
    assert plant.user_files is not None
    assert plant.user is not None
    assert run(plant.files, plant.changer[2])
    assert run(plant.user_files, plant.user[2])
    lines = [set(f["pkg/lib.py"].split(b"\n")) - set(LIB.split(b"\n")) for f in (plant.files, plant.user_files)]
    assert [len(new) for new in lines] == [1, 1]
    values = [line.partition(b": ")[2] for new in lines for line in new]
    assert values[0] == values[1]


def test_edits_within_each_other_keep_the_inner_one() -> None:
    assert replaced(b"f(g(1))", [(0, 7, b"x"), (4, 5, b"2")]) == b"f(g(2))"


def test_an_answer_counts_as_named_only_with_exactly_the_units() -> None:
    units = (("head", "a.py", "f"), ("target", "b.py", "g"))
    case = Case("c", "p", "rename", False, 1, units, ("t1", "t2"))  # fmt: skip
    place = {"side": "head", "path": "a.py", "unit": "f"}
    other = {"side": "target", "path": "b.py", "unit": "g"}
    more = {"side": "target", "path": "b.py", "unit": "h"}

    def answered(*places: dict[str, str], rule: str = "broken-test") -> dict[str, Any]:
        finding = {"rule": rule, "severity": "error", "places": list(places), "evidence": []}
        report = {"verdict": "failed", "findings": [finding], "tests": {"suite_equivalents": 1.5}}
        return judged(case, {"report": report, "code": 1, "seconds": 1.0})

    exact = answered(place, other)
    assert (exact["found"], exact["named"], exact["cost"]) == (True, True, 1.5)
    assert not answered(place, other, more)["named"]
    static = answered(place, rule="dangling-import")
    assert (static["found"], static["told"]) == (False, ["error dangling-import"])
    assert table([exact, static]).splitlines()[-3].startswith("| all | 2 | 1 | 1 | 1.50 | 1 | 0 | 0 | 0 |")
