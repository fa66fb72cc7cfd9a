from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file

C = "int f(int c) {{\n    switch (c) {{\n    case 1:\n        {before}\n{inserted}    }}\n    return 0;\n}}\n"
JAVASCRIPT = "function f(c) {{\n    switch ({before}) {{\n    case 1:\n        return 2;\n{inserted}    }}\n}}\n"
GO = "package a\n\nfunc f(c int) {{\n\tswitch {before} {{\n\tcase 1:\n\t\th()\n{inserted}\t}}\n}}\n"
RUST = "fn f(e: E) -> u8 {{\n    match {before} {{\n        E::A => 1,\n{inserted}        _ => 0,\n    }}\n}}\n"
KOTLIN = "fun f(e: E) {{\n    when {before} {{\n        E.A -> i()\n{inserted}        else -> j()\n    }}\n}}\n"
PYTHON = "def f(e):\n    match {before}:\n        case 1:\n            return 0\n{inserted}    return None\n"
ONE, OTHER = "    case 3:\n        return 4;\n", "    case B:\n        return 6;\n"


@pytest.mark.parametrize(
    ("path", "text", "before", "ours", "theirs", "clean"),
    [
        ("a.c", C, "return 2;", ONE, OTHER, True),
        ("a.c", C, "g();", ONE, OTHER, False),
        ("a.c", C, "return 2;", "    case 3:\n        g();\n", OTHER, False),
        ("a.c", C, "return 2;", ONE, ONE.replace("4", "5"), False),
        ("a.c", C, "return 2;", "    case 3: {\n        g();\n        break;\n    }\n", OTHER, True),
        ("a.js", JAVASCRIPT, "c", ONE, OTHER, True),
        ("a.js", JAVASCRIPT, "true", ONE, OTHER, False),
        ("a.js", JAVASCRIPT, "c", ONE.replace("3", "a > 3"), OTHER, False),
        ("a.go", GO, "c", "\tcase 3:\n\t\tf()\n", "\tcase four, 5:\n\t\tg()\n", True),
        ("a.go", GO, "", "\tcase three:\n\t\tf()\n", "\tcase four:\n\t\tg()\n", False),
        ("a.go", GO, "c", "\tcase 3:\n\t\tf()\n\t\tfallthrough\n", "\tcase 4:\n\t\tg()\n", False),
        ("a.rs", RUST, "e", "        E::B => 2,\n", "        E::C(x) | E::D { x, .. } => x,\n", True),
        ("a.rs", RUST, "e", "        E::B if y => 2,\n", "        E::C(x) => x,\n", False),
        ("a.rs", RUST, "e", "        E::C(1) => 2,\n", "        E::C(x) => x,\n", False),
        ("a.rs", RUST, "e", "        b => 2,\n", "        E::C(x) => x,\n", False),
        ("a.rs", RUST, "e", "        3..=5 => 2,\n", "        4 => 3,\n", False),
        ("a.kt", KOTLIN, "(e)", "        E.B -> g()\n", "        3 -> h()\n", True),
        ("a.kt", KOTLIN, "(e)", "        is B -> g()\n", "        is C -> h()\n", False),
        (
            "a.py",
            PYTHON,
            "e",
            "        case 2:\n            return 1\n",
            "        case A.B:\n            return 2\n",
            True,
        ),
        (
            "a.py",
            PYTHON,
            "e",
            "        case x:\n            return 1\n",
            "        case 3:\n            return 2\n",
            False,
        ),
    ],
)
def test_cases_of_both_sides(path: str, text: str, before: str, ours: str, theirs: str, clean: bool) -> None:
    base, mine, other = (text.format(before=before, inserted=x).encode() for x in ("", ours, theirs))
    merged = merge_file(path, base, mine, other, line_merge=line_merge)
    assert merged.clean == clean
    if clean:
        assert merged.merged() == text.format(before=before, inserted=ours + theirs).encode()
