from __future__ import annotations

import pytest

from forkmerge.suites.shell import pieces


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("pytest -q", [("pytest", "-q")]),
        ("a && b || c; d", [("a",), ("b",), ("c",), ("d",)]),
        ("(cd sub && go test ./...)", [("cd", "sub"), ("go", "test", "./...")]),
        ("A=1 B='x y' go test", [("A=1", "B=x y", "go", "test")]),
        ("echo 'a && b' \"c; d\" e\\;f", [("echo", "a && b", "c; d", "e;f")]),
        ("a 2>&1 | tee log", [("a", "2>&1"), ("tee", "log")]),
        ("a\nb", [("a",), ("b",)]),
        ("jest --testPathPattern='a|b'", [("jest", "--testPathPattern=a|b")]),
    ],
)
def test_commands_are_found_and_the_line_stays_whole(line, commands):
    found = pieces(line)
    assert found is not None
    assert [piece.words for piece in found if piece.words] == commands
    assert "".join(piece.text for piece in found) == line


@pytest.mark.parametrize(
    "line",
    [
        "a $(b)",
        "a `b`",
        "a & b",
        "cat <<END\nx\nEND",
        "if a; then b; fi",
        "{ a; }",
        "for i in 1 2; do a; done",
        "a 'b",
        "a # b",
    ],
)
def test_what_needs_more_of_a_shell_is_not_split(line):
    assert pieces(line) is None


def test_variables_before_the_program_are_no_program():
    (piece,) = pieces("CI=1 NODE_ENV=test jest src") or ()
    assert piece.program == ("jest", "src")
