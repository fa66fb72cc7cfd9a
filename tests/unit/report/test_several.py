"""Several answers, several parents and what was held out, as people and machines are told of them."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from forkmerge.app.differences import undetermined
from forkmerge.model.revision import Revision
from forkmerge.report import terminal, words
from forkmerge.report.codec import from_data, to_data
from forkmerge.report.html import page
from forkmerge.report.values import (
    Choice,
    DecidedBy,
    Difference,
    Diversity,
    HeldOut,
    LeftOut,
    Owner,
    OwnerTests,
    ParentReport,
    Proposals,
    Verdict,
)

from .samples import BEST, OURS, RUN

CHOICES = (
    Choice(1, "ours", 12, 'return "a rather long line of code that says what the fork does here"'),
    Choice(2, "theirs", 12, "return None"),
    Choice(4, "none"),
)
SEVERAL = replace(
    RUN,
    diversity=Diversity(4, (1, 2, 4), (Difference("pkg/some/rather/long/path.py", "Class.method", CHOICES),), True),
)
MANY = replace(
    RUN,
    others=(Revision("third", "8" * 40, "9" * 40),),
    many=(
        ParentReport("HEAD", "1" * 40, 41, 41, edits=0.996, left_out=(LeftOut("pkg/a.py", 3, 40),)),
        ParentReport(
            "upstream/main", "2" * 40, 27, 26, ("tests/test_u.py::test_one",), 2, 1.0, run="runs/2",
            left_out=tuple(LeftOut(f"pkg/module_{n}.py", n, 40) for n in range(9)),
        ),
        ParentReport("<b>third</b>", "8" * 40, 3, 3, edits=1.0),
    ),
)  # fmt: skip


def rendered(run: Proposals, *, width: int = 80, tty: bool = True) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=tty, no_color=True, highlight=False)
    terminal.proposals(console, run)
    return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())


@pytest.mark.parametrize("run", [SEVERAL, MANY])
def test_it_fits_into_80_columns(run: Proposals) -> None:
    assert max(map(len, rendered(run).splitlines())) <= 80


@pytest.mark.parametrize("run", [SEVERAL, MANY, replace(RUN, held_out=HeldOut(3, ("ours:t",)))])
def test_it_survives_the_round_trip(run: Proposals) -> None:
    assert from_data(Proposals, to_data(run)) == run


def test_where_several_answers_differ_no_test_tells() -> None:
    locus = replace(BEST.loci[0], path="a.py", unit="f", decided_by=DecidedBy.UNTRIED)
    elsewhere = replace(locus, unit="g")
    tested = replace(locus, decided_by=DecidedBy.TESTS)
    proposals = tuple(replace(BEST, number=n, loci=(locus, elsewhere, tested)) for n in (1, 2, 3))
    told = undetermined(proposals, Diversity(2, (1, 2), (Difference("a.py", "f", ()),)))
    wanted = (DecidedBy.UNDETERMINED, DecidedBy.UNTRIED, DecidedBy.TESTS)
    assert [tuple(x.decided_by for x in p.loci) for p in told] == [
        wanted,
        wanted,
        (DecidedBy.UNTRIED,) * 2 + wanted[2:],
    ]


def test_several_answers_stand_side_by_side() -> None:
    text = rendered(SEVERAL, tty=False, width=2000)
    assert "3 of 4 fit offspring that behave differently; everything else fails, or is one side as it is:" in text
    (row,) = [line for line in text.splitlines() if "long/path.py Class.method" in line]
    assert "fork: return" in row
    assert "upstream: return None" in row
    assert row.rstrip().endswith("left out")
    assert "Several answers" in page(SEVERAL)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (Diversity(2, (1, 2)), "2 fit offspring that behave differently; no required test tells them apart:"),
        (Diversity(3, (1, 2)), "2 of 3 fit offspring that behave differently; the search ended before:"),
        (Diversity(3, ()), "0 of 3 fit offspring that behave differently; the search ended before."),
    ],
)
def test_how_many_were_found_is_told(found: Diversity, says: str) -> None:
    assert words.diversity(replace(RUN, diversity=found)) == says


def test_where_none_is_good_that_is_why_there_are_not_several() -> None:
    bad = replace(RUN, proposals=(replace(RUN.proposals[0], verdict=Verdict.LOSES),), diversity=Diversity(2, ()))
    told = "0 of 2 fit offspring that behave differently; none keeps every required test."
    assert words.diversity(bad) == told


def test_each_parent_has_a_row_that_names_what_is_not_in() -> None:
    text = rendered(MANY, tty=False, width=2000)
    assert " and third (888888888) into " in text.splitlines()[0]
    rows = {line.split()[0]: line for line in text.splitlines() if re.match(r"  (HEAD|upstream/main|<b>)", line)}
    assert "41/41" in rows["HEAD"]
    assert "pkg/a.py (3 of 40 tokens)" in rows["HEAD"]
    assert "26/27 -1" in rows["upstream/main"]
    assert "and 4 more files" in rows["upstream/main"]
    assert "(runs/2)" in rows["upstream/main"]
    assert "Proposal 1 keeps every required test of all parents" in text


def test_names_of_branches_are_no_markup() -> None:
    made = page(MANY)
    assert "<b>third</b>" not in made
    assert "&lt;b&gt;third&lt;/b&gt;" in made


def test_tests_of_several_upstreams_are_told_apart_and_counted_together() -> None:
    tests = (
        OwnerTests(Owner.OURS, 4, 4, parent="HEAD"),
        OwnerTests(Owner.THEIRS, 3, 2, ("x",), parent="a"),
        OwnerTests(Owner.THEIRS, 5, 5, parent="b"),
    )
    assert words.tests(words.of_owner(tests, Owner.THEIRS)) == "7/8 -1"
    assert [words.possessive(t) for t in tests] == ["the fork's", "a's", "b's"]
    assert words.of_owner(tests, Owner.MERGED) is None


def test_an_emergent_interference_is_named_beside_the_test() -> None:
    tests = (OwnerTests(Owner.OURS, 4, 2, ("both", "mine"), emergent=("both",)),)
    text = rendered(replace(RUN, proposals=(replace(OURS, number=1, tests=tests),)), tty=False, width=2000)
    assert "  both (passes on both sides: emergent interference)\n" in text
    assert "  mine\n" in text


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (HeldOut(1), "1 required test held out of the search: the best proposal keeps all of them"),
        (HeldOut(5, ("a", "b")), "5 required tests held out of the search: the best proposal keeps 3 of them"),
    ],
)
def test_what_was_held_out_is_told(held: HeldOut, says: str) -> None:
    run = replace(RUN, held_out=held)
    assert says in rendered(run, tty=False, width=2000)
    assert says in page(run)
    assert words.held_out(replace(RUN, proposals=(BEST,))) == ""
