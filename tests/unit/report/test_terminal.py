from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from forkmerge.report import terminal, words
from forkmerge.report.html import page
from forkmerge.report.values import GitReport, Origin, Owner, OwnerTests, Proposals, Verdict

from .samples import BEST, OURS, RUN


def rendered(run: Proposals, *, width: int = 80, tty: bool = True) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=tty, no_color=True, highlight=False)
    terminal.proposals(console, run)
    return out.getvalue()


def test_everything_fits_into_80_columns() -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", rendered(RUN))
    assert max(map(len, text.splitlines())) <= 80
    for number in ("41/41", "27/27", "25/27 -2", "+2 -1", "99% / 100%"):
        assert number in text


def test_what_is_piped_has_no_escapes_and_long_lines_stay_whole() -> None:
    text = rendered(replace(RUN, warnings=("word " * 60,)), tty=False, width=2000)
    assert "\x1b" not in text
    assert "Warning: " + ("word " * 60).strip() in text


def test_the_effort_the_sandbox_and_the_next_steps_are_told() -> None:
    text = rendered(RUN, tty=False, width=2000)
    assert "7 evaluations, 2 runs from the ledger, test time of 3.2 whole suites, 12.5 s, seed 3" in text
    assert "sandbox: bubblewrap (full)" in text
    assert "forkmerge apply 1" in text


def test_a_proposal_names_every_drop_with_side_commit_and_author() -> None:
    out = io.StringIO()
    terminal.proposal(Console(file=out, width=200, force_terminal=False), RUN, BEST)
    assert "fork's edit at pkg/c.py:3 (ddddddddd A. Maintainer): excludes theirs" in out.getvalue()
    assert "no test tells" in out.getvalue()


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (RUN, "Proposal 1 keeps every required test of both sides"),
        (replace(RUN, proposals=(OURS,)), "No offspring keeps every required test"),
        (
            replace(RUN, proposals=(replace(OURS, verdict=Verdict.GOOD),)),
            "Nothing better was found than the fork as it is",
        ),
        (replace(RUN, proposals=(replace(BEST, origin=Origin.GIT),)), "git's own merge keeps every required test"),
        (replace(RUN, proposals=()), "No proposal"),
        (replace(RUN, interrupted=True, complete=False), "interrupted"),
        (replace(RUN, complete=False), "the time ran out"),
        (
            replace(RUN, proposals=(replace(BEST, tests=(*BEST.tests, OwnerTests(Owner.MERGED, 3, 1, ("a", "b")))),)),
            "both sides. In its own test tree 2 of them fail.",
        ),
        (
            replace(
                RUN,
                proposals=(
                    replace(
                        BEST, verdict=Verdict.LOSES, tests=(*BEST.tests, OwnerTests(Owner.MERGED, 2, 0, ("a", "b")))
                    ),
                ),
            ),
            "No offspring is good: in its own test tree proposal 1 loses 2 tests.",
        ),
        (replace(RUN, optimal="proven: it is the best"), "both sides. Proven: it is the best"),
    ],
)
def test_the_conclusion_claims_no_more_than_was_seen(run: Proposals, says: str) -> None:
    assert says in words.conclusion(run)


@pytest.mark.parametrize(
    ("git", "says"),
    [
        (RUN.git, "conflicts in 2 files (pkg/a.py, pkg/c.py)"),
        (GitReport(clean=True, verdict=Verdict.GOOD), "keeps every required test"),
        (GitReport(clean=True, verdict=Verdict.LOSES, tests=OURS.tests), "clean, but loses 2 required tests"),
        (GitReport(clean=True), "clean, not verified"),
    ],
)
def test_what_git_does_is_told_in_a_line(git: GitReport, says: str) -> None:
    assert says in words.git_line(replace(RUN, git=git))


def test_only_everything_is_a_hundred_percent() -> None:
    assert words.percent(1.0) == "100%"
    assert words.percent(0.9999) == "99%"
    assert words.percent(0.0) == "0%"


HOSTILE = "\x1b]0;owned\x07<script>alert(1)</script>[red]\u202egnp\udcff"


def test_text_from_a_repository_can_steer_neither_terminal_nor_browser() -> None:
    locus = replace(BEST.loci[0], path=HOSTILE, unit=HOSTILE, note=HOSTILE)
    best = replace(BEST, loci=(locus,), findings=(HOSTILE,), certificate=HOSTILE)
    run = replace(
        RUN, proposals=(best,), warnings=(HOSTILE,), flaky=(HOSTILE,), git=replace(RUN.git, conflicts=(HOSTILE,))
    )
    text = rendered(run, tty=False, width=2000)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]" in text
    html = page(run)
    assert "<script" not in html
    assert "\x1b" not in html
    html.encode()
    text.encode()


def test_the_page_is_self_contained_and_says_what_the_terminal_says() -> None:
    html = page(RUN)
    assert html.startswith("<!doctype html>")
    for outside in ("http:", "https:", "<link", "<script", "url(", "@import"):
        assert outside not in html
    for fact in ("41/41", "25/27 -2", "99% / 100%", "pkg/a.py:4", "confirmed in a fresh clone", "no network"):
        assert fact in html


def test_wrapped_lines_keep_their_indentation() -> None:
    out = io.StringIO()
    name = "tests/test_names.py::test_parse_name_takes_doubtful_names_at_their_word[Brassica cf. rapa]"
    terminal.line(Console(file=out, width=80, force_terminal=True, no_color=True), f"  {name}")
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert all(line.startswith("  ") and len(line) <= 80 for line in lines)


def test_applying_is_offered_only_for_what_keeps_every_test() -> None:
    assert "forkmerge apply" not in rendered(replace(RUN, proposals=(OURS,)), tty=False, width=2000)


def test_of_several_parents_each_is_called_by_its_name() -> None:
    assert words.origin(replace(BEST, origin=Origin.THEIRS)) == "upstream as it is"
    assert words.origin(replace(BEST, origin=Origin.THEIRS, parent="friend")) == "friend as it is"


def test_of_several_upstreams_the_loci_are_those_of_the_last_step() -> None:
    assert words.places(RUN, 2) == "Where its 2 loci come from:"
    several = replace(RUN, others=(replace(RUN.scenario.theirs, name="friend"),))
    assert "(the last step, friend: fork is what was made of the others before)" in words.places(several, 2)
