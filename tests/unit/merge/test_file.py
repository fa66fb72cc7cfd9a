from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from forkmerge.errors import MissingTool, UnusableInput
from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.markers import render
from forkmerge.merge.rules import ALL, Allowed
from forkmerge.merge.tile import tile
from forkmerge.syntax import parsing

if TYPE_CHECKING:
    from forkmerge.model.hunk import FileMerge

PYTHON = b"".join(b"def f%d(a, b):\n    x = a + %d\n    return x * b\n\n\n" % (i, i) for i in range(40))


def merge(path: str, base: bytes, ours: bytes, theirs: bytes, **options: object) -> FileMerge:
    return merge_file(path, base, ours, theirs, line_merge=line_merge, **options)  # type: ignore[arg-type]


def test_git_clean_merge_that_an_input_gate_objects_to_is_a_conflict_with_its_reason() -> None:
    rest = b"".join(b"x%d = 1\n" % i for i in range(6))
    one, other = b"def f():\n    return 1\n", b"def f():\n    return 2\n"
    result = merge("x.py", rest, one + rest, rest + other)
    assert [f.code for f in result.findings] == ["duplicate-name"]
    assert (result.clean, result.git_clean, [h.rule for h in result.hunks]) == (False, True, ["conflict"])
    assert (result.hunks[0].ours, result.hunks[0].theirs) == (one, other)


def test_what_both_put_in_at_two_places_stands_once() -> None:
    rest = b"".join(b"x%d = 1\n" % i for i in range(6))
    one = b"def f():\n    return 1\n"
    result = merge("x.py", rest, one + rest, rest + one)
    assert (result.merged(), [h.rule for h in result.hunks]) == (one + rest, ["same-change"])


def test_rule_that_is_not_allowed_leaves_gits_conflict() -> None:
    base, ours, theirs = b"import a\n\nx = 1\n", b"import a\nimport b\n\nx = 1\n", b"import a\nimport c\n\nx = 1\n"
    assert merge("x.py", base, ours, theirs).merged() == b"import a\nimport b\nimport c\n\nx = 1\n"
    strict = merge("x.py", base, ours, theirs, allowed=Allowed(ALL - {"imports"}))
    assert strict.merged() is None
    assert render(strict, line_merge)[0] == line_merge(base, ours, theirs)[0]


def test_file_whose_grammar_is_not_installed_is_merged_as_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(profile: object) -> object:
        raise MissingTool("not installed")

    base, ours, theirs = b"# A\n\n- one\n", b"# A\n\n- one\n- two\n", b"# A\n\n- one\n- three\n"
    monkeypatch.setattr(parsing, "language", missing)
    found = merge("x.md", base, ours, theirs, alternatives=True)
    assert found.as_git
    assert render(found, line_merge)[0] == line_merge(base, ours, theirs)[0]
    assert merge("x.md", base, base + b"- two\n", b"# B" + base[3:]).merged() == b"# B\n\n- one\n- two\n"


def test_clean_merge_is_clean_with_the_sides_swapped_where_one_deletes_what_the_other_moves() -> None:
    parts = [b"def %s(a):\n    %s(a, 1)\n    %s.x(a[1])\n" % (n, n, n) for n in (b"node", b"load", b"parse", b"left")]
    base, ours, theirs = (b"\n\n".join(parts[i] for i in order) for order in ((0, 1, 2, 3), (0, 1, 3), (2, 0, 3, 1)))
    assert merge("x.py", base, ours, theirs).clean == merge("x.py", base, theirs, ours).clean


def odd_files() -> dict[str, tuple[str, bytes, bytes, bytes]]:
    one, two = PYTHON.replace(b"a + 7\n", b"a + 1\n"), PYTHON.replace(b"a + 7\n", b"a + 2\n")
    numbers = b"[" + b", ".join(b"%d" % i for i in range(20_000)) + b"]\n"
    same = b"a\n" * 20_000
    deep = b"(" * 500 + b"1" + b")" * 500 + b"\n"
    many = PYTHON * 20
    return {
        "truncated": ("x.py", PYTHON, one[:999], two),
        "latin-1": ("x.py", PYTHON + b"s = '\xe9'\n", one + b"s = '\xe8'\n", two + b"s = '\xe9'\n"),
        "lone carriage returns": ("x.py", *(x.replace(b"\n", b"\r") for x in (PYTHON, one, two))),
        "other line ends": ("x.py", PYTHON, one.replace(b"\n", b"\r\n"), two),
        "mark on one side": ("x.py", PYTHON, b"\xef\xbb\xbf" + one, two),
        "long line": ("x.json", numbers, numbers.replace(b" 7,", b" 8,", 1), numbers.replace(b" 99,", b" 98,", 1)),
        "same lines": ("x.py", same, same[:20_000] + b"b\n" + same[20_000:], same[:20_000] + b"c\n" + same[:-4]),
        "deep": ("x.py", deep, deep.replace(b"1", b"1, 2"), deep.replace(b"1", b"3, 4")),
        "deep data": ("x.json", *(b"[" * 500 + x + b"]" * 500 for x in (b"1", b"1, 2", b"3, 4"))),
        "many conflicts": (
            "x.py",
            many,
            many.replace(b"return x", b"return y"),
            many.replace(b"return x", b"return z"),
        ),
        "nul behind what git looks at": ("x.py", PYTHON * 5, one + PYTHON * 4 + b"'\0'\n", two + PYTHON * 4),
        "empty base": ("x.py", b"", one, two),
    }


@pytest.mark.parametrize("name", odd_files())
def test_odd_file_is_merged_in_time_and_tiles(name: str) -> None:
    path, base, ours, theirs = odd_files()[name]
    start = time.process_time()
    result = merge(path, base, ours, theirs, alternatives=True)
    tiled = tile(result, base, ours, theirs)
    render(result, line_merge, versions=(base, ours, theirs))
    assert time.process_time() - start < 10
    assert (tiled.side("base"), tiled.side("ours"), tiled.side("theirs")) == (base, ours, theirs)
    assert merge(path, base, theirs, ours).clean == result.clean


def test_binary_input_is_refused_in_gits_words() -> None:
    with pytest.raises(UnusableInput, match="binary"):
        merge("x.py", b"a\0", b"b\0", b"c\0")


def test_what_a_gate_has_against_a_resolution_is_said_and_left_to_the_tests() -> None:
    base = b"from kiosk.common import price\n\n\ndef total():\n    return price(1)\n"
    ours = base.replace(b"price\n\n", b"price\nfrom kiosk.text import plain\n\n", 1)
    theirs = base.replace(b"price\n\n", b"price\nfrom kiosk.words import plain\n\n", 1)
    result = merge_file("a.py", base, ours, theirs, line_merge=line_merge, alternatives=True)
    (conflict,) = result.conflicts
    assert not result.clean
    assert conflict.reason == "plain is bound twice in one place, which neither side did"
    assert [a.content for a in conflict.alternatives] == [
        b"from kiosk.text import plain\nfrom kiosk.words import plain\n"
    ]


def test_what_text_would_give_below_the_mark_is_left_to_the_tests() -> None:
    base = b'def oven():\n    """Bread.\n\n    Bakes it slowly and puts it on the shelf by the door.\n    """\n'
    ours, theirs = base.replace(b"slowly", b"quickly"), base.replace(b"door", b"window")
    wanted = ours.replace(b"door", b"window")
    sure = merge("a.py", base, ours, theirs)
    assert (sure.merged(), {h.rule for h in sure.hunks}) == (wanted, {"words-apart"})
    careful = merge("a.py", base, ours, theirs, allowed=Allowed(ALL - {"words-apart"}), alternatives=True)
    assert [(a.rule, a.content) for h in careful.conflicts for a in h.alternatives] == [
        ("words-apart", wanted.splitlines(keepends=True)[3])
    ]
