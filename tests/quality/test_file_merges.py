"""The measuring commands measure what they say: on a history made for them, with merges that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from quality.file_merges import COMMANDS, load, measure
from quality.merge_tables import comparison, lists, table
from quality.mine_merges import mine
from quality.sameness import markers, parses, sameness, strays
from support.forks import git

if TYPE_CHECKING:
    from pathlib import Path

    from quality.file_merges import Case


@pytest.mark.parametrize(
    ("path", "got", "want", "verdict"),
    [
        ("a.py", "x = 1\n", "x = 1\n", "exact"),
        ("a.py", "x = 1\n\n\n", "x =  1\n", "space"),
        ("a.py", "f(1, 2)\n", "f(\n    1,  # one\n    2,\n)\n", "token"),
        ("a.py", "import a\nimport b\n", "import b\nimport a\n", "import"),
        ("a.py", "from m import a, b\n", "from m import b\nfrom m import a\n", "import"),
        ("a.py", "x = 1\ny = 2\n", "y = 2\nx = 1\n", "order"),
        ("a.py", "if a:\n    b()\nc()\n", "if a:\n    b()\n    c()\n", "order"),
        ("a.py", "x = 1\n", "x = 2\n", "other"),
        ("a.py", 'x = "a  b"\n', 'x = "a b"\n', "space"),
        ("a.json", '{"a": 1, "b": 2}', '{\n  "b": 2,\n  "a": 1\n}\n', "token"),
        ("a.toml", "[a]\nb = 1\n", "[a]\n# said\nb = 1\n", "token"),
        ("a.go", "package a\n\nfunc f() {}\n", "package a\n\nfunc f() {\n}\n", "token"),
        ("a.ts", "import a from 'a';\nimport b from 'b';\n", "import b from 'b';\nimport a from 'a';\n", "import"),
        ("a.ts", "g(1);\n", "g(2);\n", "other"),
        ("a.unknown", "one two\n", "one  two\n\n", "space"),
    ],
)
def test_sameness_is_the_first_step_that_holds(path: str, got: str, want: str, verdict: str) -> None:
    assert sameness(path, got.encode(), want.encode()) == verdict


@pytest.mark.parametrize(
    ("path", "text", "answer"),
    [
        ("a.py", "x = 1\n", True),
        ("a.py", "def f(:\n", False),
        ("a.json", '{"a": 1}', True),
        ("a.json", '{"a": 1,}', False),
        ("a.toml", "a = 1\na = 2\n", False),
        ("a.go", "package a\nfunc {\n", False),
        ("a.unknown", "(((", None),
    ],
)
def test_parses_knows_broken_files(path: str, text: str, answer: bool | None) -> None:
    assert parses(path, text.encode()) is answer


def test_markers_are_counted_at_the_beginning_of_lines() -> None:
    assert markers(b"<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n") == 1
    assert markers(b"Title\n=======\nsee <<<<<<< here\n") == 0


def project(imports: str, first: int, last: int) -> dict[str, str]:
    return {
        "imports.py": f"{imports}import os\n\n\ndef f():\n    return os.sep\n",
        "apart.py": f"a = {first}\n\n\n\n\n\n\nb = {last}\n",
    }


def test_strays_are_definitions_that_changed_their_scope() -> None:
    ours = b"class A:\n    def f(self): ...\n\n\ndef g():\n    return 1\n"
    theirs = b"class A:\n    def f(self): ...\n    def h(self): ...\n"
    lost = ours + b"\n    def h(self): ...\n"
    assert strays("a.py", lost, [ours, theirs]) == ("g.h",)
    assert strays("a.py", theirs, [ours, theirs]) == ()
    assert strays("a.txt", lost, [ours, theirs]) == ()


BASE = {**project("", 1, 1), "same.txt": "one\n"}
OURS = project("import json\n", 2, 1)
THEIRS = project("import math\n", 1, 2)
PEOPLE = project("import json\nimport math\n", 2, 2)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cases mined from a history of one merge."""
    where = tmp_path_factory.mktemp("history") / "project"
    where.mkdir()
    git(where, "init", "-q", "-b", "main")

    def commit(contents: dict[str, str], *arguments: str) -> None:
        for name, text in contents.items():
            (where / name).write_text(text, encoding="utf-8")
        git(where, "add", "-A")
        git(where, "commit", "-q", "-m", "change", *arguments)

    commit(BASE)
    git(where, "checkout", "-q", "-b", "theirs")
    commit(THEIRS)
    git(where, "checkout", "-q", "main")
    commit(OURS)
    git(where, "merge", "-q", "--no-commit", "theirs", check=False)
    commit(PEOPLE)
    out = tmp_path_factory.mktemp("cases")
    assert mine(where, out, 10) == 2
    assert mine(where, out, 1) == 1
    return out


def by_kind(corpus: Path) -> dict[str, Case]:
    return {case.kind: case for case in load(corpus, set(), set())}


def test_mined_cases_know_their_kind_and_path(corpus: Path) -> None:
    cases = by_kind(corpus)
    assert {kind: case.path for kind, case in cases.items()} == {"conflict": "imports.py", "clean": "apart.py"}
    assert cases["conflict"].read("expected").decode() == PEOPLE["imports.py"]
    assert load(corpus, {"clean"}, set()) == [cases["clean"]]
    assert load(corpus, set(), {"go"}) == []


def test_forkmerge_is_measured_beside_git(corpus: Path, tmp_path: Path) -> None:
    cases = by_kind(corpus)
    found = measure(cases["conflict"], COMMANDS["forkmerge"], timeout=60, scratch=tmp_path)
    assert (found.verdict, found.hunks) == ("exact", 0)
    assert (found.git_verdict, found.git_hunks) == ("conflict", 1)
    clean = measure(cases["clean"], COMMANDS["forkmerge"], timeout=60, scratch=tmp_path)
    assert (clean.verdict, clean.same, clean.note) == ("exact", True, "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        ("cp {ours} {out}", "other"),
        ("cat {theirs}", "other"),
        ("false", "conflict"),
        ("git merge-file --no-such-option", "error"),
        ("sleep 60", "timeout"),
    ],
)
def test_other_commands_are_judged_by_code_and_output(corpus: Path, tmp_path: Path, command: str, verdict: str) -> None:
    found = measure(by_kind(corpus)["conflict"], command, timeout=1, scratch=tmp_path)
    assert found.verdict == verdict


def test_a_clean_result_with_markers_or_that_does_not_parse_is_invalid(corpus: Path, tmp_path: Path) -> None:
    case = by_kind(corpus)["conflict"]
    for name, text in (("marked", "<<<<<<< ours\n"), ("broken", "def f(:\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert measure(case, f"cat {tmp_path / name}", timeout=10, scratch=tmp_path).verdict == "invalid"


def test_tables_count_and_lists_name_the_files_to_look_at(corpus: Path) -> None:
    row = {
        "case": "c1", "lang": "python", "kind": "clean", "verdict": "exact", "milliseconds": 20.0, "hunks": 0,
        "git_verdict": "exact", "git_milliseconds": 10.0, "git_hunks": 0, "same": True, "note": "", "strays": [],
    }  # fmt: skip
    other = {**row, "case": "c2", "verdict": "conflict", "same": False, "note": "x is defined twice", "hunks": 1}
    late = {**row, "case": "c3", "lang": "go", "verdict": "timeout", "milliseconds": 20000.0}
    said = table([row, other, late])
    assert "| python   |     2 | 1 (50.0 %) |     0 |     0 |        1 |" in said
    assert "Median time: 2.0 times that of git merge-file" in said
    assert "p50 |" not in table([row, other], times=False)
    named = lists([row, other, late])
    assert "clean, and not git's bytes: 1\n  c2: conflict, 20 ms. x is defined twice" in named
    assert "wrong: 1\n  c3: timeout" in named
    assert "slower than 10 s: 1" in named
    moved = comparison({"tool": "a", "results": [row, other]}, {"tool": "b", "results": [row, {**row, "case": "c2"}]})
    assert "conflict -> exact: 1\n  c2" in moved
