"""Lines for people: whole in a pipe, wrapped at a terminal, and nothing in them that steers it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from forkmerge.cli.common import tell
from forkmerge.report.explained import ExplainedFile, ExplainedHunk, Explanation, FileOutcome, lines

if TYPE_CHECKING:
    import pytest

LONG = "    a.py:7: left in conflict (both sides changed these lines; and here stands more than one line of it holds)"


def test_long_lines_are_whole_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    tell([LONG])
    assert capsys.readouterr().out == LONG + "\n"


def test_long_lines_go_on_indented_at_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    tell([LONG, "short"])
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3
    assert all(len(line) <= 80 for line in shown)
    assert shown[1].startswith(" " * 8)
    assert " ".join(line.strip() for line in shown[:2]) == LONG.strip()
    assert shown[2] == "short"


def test_names_of_files_are_shown_on_one_line() -> None:
    hunk = ExplainedHunk(1, 2, resolved=True, rule="imports")
    file = ExplainedFile("a\nb\x1b[31m.py", FileOutcome.RESOLVED, hunks=(hunk,))
    told = lines(Explanation("merge", "x", "y", (file,), clean=True))
    assert told == ["resolved a\\x0ab\\x1b[31m.py", "    a\\x0ab\\x1b[31m.py:1: resolved by imports"]
