"""What becomes of the fork's own edits: needed, upstreamed, superseded or orphaned, and in which words it is told."""

# ruff: noqa: E501 - a case stands in a line
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.proposing import build

from forkmerge.app.check import CheckRequest, check
from forkmerge.app.check_names import Trees
from forkmerge.app.check_own import Words, own_edits
from forkmerge.app.check_units import squeezed
from forkmerge.git.repository import Repository
from forkmerge.report.codec import to_data
from forkmerge.report.events import Silent
from forkmerge.syntax.catalogue import BUILTIN

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Files, Sandbox

LIB = '''"""Prices."""

RATE = 20


def price(amount, discount=0):
    rebate = amount * discount // 100

    total = amount - rebate

    return total


def tax(amount):
    return amount * RATE // 100


class Cart:
    """What is bought."""

    def total(self):
        return 0
'''
JS = "export function toMinutes(text) {\n  return Number(text) * 60;\n}\n\nexport const EPOCH_YEAR = 1970;\n"


TAX = "def tax(amount):\n    return amount * RATE // 100\n\n\n"


def patches(box: Sandbox) -> list[dict[str, Any]]:
    data = to_data(check(CheckRequest(str(box.folder), "upstream"), Silent()))
    return list(data["patches"])


def told(box: Sandbox) -> list[tuple[str, str, str, str]]:
    return [(p["path"], p["unit"], p["change"], p["fate"]) for p in patches(box)]


def swap(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


NEW = "\n\ndef label(name, width):\n    return name.ljust(width, '.')[:width]\n"
FATES: dict[str, tuple[Files, Files, list[tuple[str, str, str, str]]]] = {
    "added, and nobody else has it": (
        {"lib.py": LIB + NEW}, {"more.py": "X = 1\n"},
        [("lib.py", "label", "added", "needed")],
    ),
    "added, and target has the same elsewhere": (
        {"lib.py": LIB + NEW}, {"texts.py": NEW.strip() + "\n"},
        [("lib.py", "label", "added", "upstreamed")],
    ),
    "added, and target has the same in another layout": (
        {"lib.py": LIB + NEW}, {"lib.py": LIB + NEW.replace("'.'", '"."').replace("name, width)", "\n    name,\n    width,\n)", 1)},
        [("lib.py", "label", "added", "upstreamed")],
    ),
    "added, and target added its own of that name": (
        {"lib.py": LIB + NEW}, {"lib.py": LIB + "\n\ndef label(entry):\n    return str(entry).upper()\n"},
        [("lib.py", "label", "added", "superseded")],
    ),
    "edited, and target left it alone": (
        {"lib.py": swap(LIB, ("rebate = amount * discount // 100", "rebate = round(amount * discount / 100)"))}, {"more.py": "X = 1\n"},
        [("lib.py", "price", "edited", "needed")],
    ),
    "edited, and target edited another line of it": (
        {"lib.py": swap(LIB, ("rebate = amount * discount // 100", "rebate = round(amount * discount / 100)"))},
        {"lib.py": swap(LIB, ("return total\n\n\ndef tax", "return max(total, 0)\n\n\ndef tax"))},
        [("lib.py", "price", "edited", "needed")],
    ),
    "edited, and target has the same and more": (
        {"lib.py": swap(LIB, ("rebate = amount * discount // 100", "rebate = round(amount * discount / 100)"))},
        {"lib.py": swap(LIB, ("rebate = amount * discount // 100", "rebate = round(amount * discount / 100)"), ("return total\n\n\ndef tax", "return max(total, 0)\n\n\ndef tax"))},
        [("lib.py", "price", "edited", "upstreamed")],
    ),
    "edited, and target edited the same line": (
        {"lib.py": swap(LIB, ("RATE // 100", "RATE // 50"))}, {"lib.py": swap(LIB, ("RATE // 100", "RATE // 25"))},
        [("lib.py", "tax", "edited", "superseded")],
    ),
    "edited, and target moved it as it was": (
        {"lib.py": swap(LIB, ("RATE // 100", "RATE // 50"))},
        {"lib.py": swap(LIB, (TAX, "")), "taxes.py": "from lib import RATE\n\n\ndef tax(amount):\n    return amount * RATE // 100\n"},
        [("lib.py", "tax", "edited", "needed")],
    ),
    "edited, and target removed it": (
        {"lib.py": swap(LIB, ("RATE // 100", "RATE // 50"))}, {"lib.py": swap(LIB, (TAX, ""))},
        [("lib.py", "tax", "edited", "orphaned")],
    ),
    "a member alone is edited": (
        {"lib.py": swap(LIB, ("return 0", "return 1"))}, {"more.py": "X = 1\n"},
        [("lib.py", "Cart.total", "edited", "needed")],
    ),
    "a class is added as a whole": (
        {"lib.py": LIB + "\n\nclass Bill:\n    def total(self):\n        return 1\n\n    def clear(self):\n        return None\n"}, {"more.py": "X = 1\n"},
        [("lib.py", "Bill", "added", "needed")],
    ),
    "removed by both": (
        {"lib.py": swap(LIB, (TAX, ""))},
        {"lib.py": swap(LIB, (TAX, ""), ("return 0", "return 1"))},
        [("lib.py", "tax", "removed", "upstreamed")],
    ),
    "renamed by both alike": (
        {"lib.py": swap(LIB, ("def tax", "def vat"))}, {"lib.py": swap(LIB, ("def tax", "def vat"), ("return 0", "return 1"))},
        [("lib.py", "vat", "renamed", "upstreamed")],
    ),
    "moved as it was, and target removed it": (
        {"lib.py": swap(LIB, (TAX, "")), "taxes.py": "from lib import RATE\n\n\n" + TAX.strip() + "\n"}, {"lib.py": swap(LIB, (TAX, ""))},
        [("taxes.py", "tax", "moved", "superseded")],
    ),
    "what is layout alone is no edit": (
        {"lib.py": swap(LIB, ("price(amount, discount=0)", "price(\n    amount,\n    discount=0,\n)")), "new.py": "X = 1\n"}, {"more.py": "X = 1\n"},
        [("new.py", "X", "added", "needed")],
    ),
    "a text is one piece": (
        {"notes.txt": "one\nfork\nthree\n"}, {"notes.txt": "one\ntwo\nupstream\n"},
        [("notes.txt", "", "edited", "superseded")],
    ),
    "a text that target has too": (
        {"notes.txt": "one\nfork\nthree\n", "lib.py": LIB + NEW}, {"notes.txt": "one\nfork\nthree\n"},
        [("lib.py", "label", "added", "needed"), ("notes.txt", "", "edited", "upstreamed")],
    ),
    "a file of the fork's own that uses what target renamed": (
        {"alarm.js": "import { toMinutes } from './time.js';\n\nexport function alarm(text) {\n  return toMinutes(text) - 30;\n}\n"},
        {"time.js": JS.replace("toMinutes", "minutesOf")},
        [("alarm.js", "alarm", "added", "orphaned")],
    ),
    "a name that target has elsewhere still is not gone": (
        {"alarm.js": "import { toMinutes } from './time.js';\n\nexport function alarm(text) {\n  return toMinutes(text) - 30;\n}\n"},
        {"time.js": JS.replace("toMinutes", "minutesOf"), "other.js": "import { minutesOf as toMinutes } from './time.js';\n\nexport default toMinutes;\n"},
        [("alarm.js", "alarm", "added", "needed")],
    ),
    "a name of the fork's own that target's file had too": (
        {"alarm.js": "export function alarm(text) {\n  const EPOCH_YEAR = 1;\n  return EPOCH_YEAR - text;\n}\n"},
        {"time.js": JS.replace("EPOCH_YEAR", "FIRST_YEAR")},
        [("alarm.js", "alarm", "added", "needed")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FATES)
def test_the_fate_of_a_patch(tmp_path: Path, case: str) -> None:
    fork, upstream, expected = FATES[case]
    base = {"lib.py": LIB, "notes.txt": "one\ntwo\nthree\n", "time.js": JS}
    assert told(build(tmp_path, base, fork, upstream)) == expected


def test_an_orphan_that_no_error_names_is_a_warning_with_both_places(tmp_path: Path) -> None:
    fork, upstream, _ = FATES["a file of the fork's own that uses what target renamed"]
    box = build(tmp_path, {"time.js": JS}, fork, upstream)
    done = box.run("check", "upstream", "--format", "json")
    assert done.code == 0, done.err
    (warning,) = done.data["findings"]
    assert (warning["rule"], warning["severity"], warning["path"], warning["line"]) == (
        "orphaned-patch", "warning", "alarm.js", 3,
    )  # fmt: skip
    assert [(p["side"], p["path"], p["line"], p["unit"]) for p in warning["places"]] == [
        ("head", "alarm.js", 3, "alarm"), ("target", "time.js", 1, "minutesOf"),
    ]  # fmt: skip
    assert box.run("check", "upstream", "--fail-on", "warning").code == 1


def test_an_orphan_that_an_error_names_is_not_told_twice(tmp_path: Path) -> None:
    box = build(
        tmp_path,
        {"lib.py": LIB},
        {"new.py": "from lib import tax\n\n\ndef bill():\n    return tax(3)\n"},
        {"lib.py": LIB.replace("tax", "vat_of")},
    )
    done = box.run("check", "upstream", "--format", "json")
    assert [f["rule"] for f in done.data["findings"]] == ["dangling-import"]
    assert [(p["unit"], p["fate"]) for p in done.data["patches"]] == [("bill", "orphaned")]


def test_an_edit_that_the_merge_joins_with_target_s_is_needed(tmp_path: Path) -> None:
    base = {"a.py": "import os\n\nNAMES = {'one': 1, 'two': 2}\n\n\ndef f():\n    return os.name\n"}
    box = build(
        tmp_path,
        base,
        {"a.py": base["a.py"].replace("2}", "2, 'three': 3}")},
        {"a.py": base["a.py"].replace("2}", "2, 'four': 4}")},
    )
    assert told(box) == [("a.py", "NAMES", "edited", "needed")]


def test_a_clone_that_lacks_an_edited_file_tells_no_fates_and_checks_all_else(tmp_path: Path) -> None:
    box = build(
        tmp_path,
        {"lib.py": LIB, "big.txt": "one\n", "gone.series": "1\n"},
        {"big.txt": "two\n", "gone.series": "2\n", "new.py": "from lib import tax\n"},
        {"lib.py": LIB.replace("tax", "vat_of")},
    )
    for path in ("gone.series", "big.txt"):
        blob = box.git("rev-parse", f"fork:{path}").strip()
        (box.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    done = box.run("check", "upstream", "--format", "json")
    assert done.code == 1, done.err
    assert [f["rule"] for f in done.data["findings"]] == ["dangling-import"]
    assert done.data["patches"] == []
    assert any(blob in text for text in done.data["not_covered"])


def test_what_is_too_much_to_take_apart_is_one_piece_and_said(tmp_path: Path) -> None:
    box = build(tmp_path, {"lib.py": LIB}, {"lib.py": LIB + NEW}, {"more.py": "X = 1\n"})
    with Repository.open(str(box.folder)) as repo:
        trees = Trees(*(repo.entries(repo.resolve(name).tree) for name in ("main", "fork", "upstream", "fork")))
        own, note = own_edits(trees, repo.read, BUILTIN, Words(repo.read), most=len(LIB))
        units, none = own_edits(trees, repo.read, BUILTIN, Words(repo.read))
    assert [(o.path, o.unit, o.change) for o in own] == [("lib.py", "", "edited")]
    assert note == "single units in 1 files that head changed: they are taken as a whole"
    assert [(o.path, o.unit, o.change) for o in units] == [("lib.py", "label", "added")]
    assert not none


def test_what_target_moved_with_its_folder_is_no_orphan_and_what_it_removed_is_one_warning(tmp_path: Path) -> None:
    many = {f"pkg/m{i}.py": f"def common_{i}(amount):\n    value = amount * {i}\n    return value\n" for i in range(50)}
    body = "".join(f"def step_{i}(amount):\n    return amount + {i}\n\n\n" for i in range(6))
    box = build(
        tmp_path,
        {**many, "pkg/last.py": body, "gone.py": body.replace("step", "walk"), "notes.txt": "one\ntwo\nthree\nfour\n"},
        {
            "pkg/last.py": body.replace("amount + 3", "amount - renewed_amount"),
            "gone.py": body.replace("step", "walk").replace("+ 2", "- 2").replace("+ 4", "- 4"),
            "notes.txt": "one\ntwo\nthree\nFOUR\n",
        },
        {
            **dict.fromkeys(many),
            **{f"src/{path}": text + "\n\nrenewed_amount = 3\n" for path, text in many.items()},
            "pkg/last.py": None, "src/pkg/last.py": body + "LAST = 1\n", "gone.py": None,
            "notes.txt": None, "docs/notes.txt": "ONE\ntwo\nthree\nfour\n",
        },
    )  # fmt: skip
    done = box.run("check", "upstream", "--format", "json")
    assert [(p["path"], p["unit"], p["fate"]) for p in done.data["patches"]] == [
        ("gone.py", "walk_2", "needed"), ("gone.py", "walk_4", "needed"), ("notes.txt", "", "needed"),
        ("pkg/last.py", "step_3", "needed"),
    ]  # fmt: skip
    assert not [f for f in done.data["findings"] if f["rule"] == "orphaned-patch"]
    box.git("checkout", "-qb", "lean", "main")
    box.commit("lean", {"gone.py": None})
    box.git("checkout", "-q", "fork")
    done = box.run("check", "lean", "--format", "json")
    assert [(p["unit"], p["fate"]) for p in done.data["patches"] if p["path"] == "gone.py"] == [
        ("walk_2", "orphaned"), ("walk_4", "orphaned"),
    ]  # fmt: skip
    assert {f["rule"] for f in done.data["findings"]} == {"conflict"}, "the conflict tells of the file"


def test_edits_of_what_target_removed_are_one_warning_a_file(tmp_path: Path) -> None:
    body = "".join(f"def step_{i}(amount):\n    other = amount * {i}\n    return other + {i}\n\n\n" for i in range(3))
    box = build(
        tmp_path,
        {"old.py": body, "keep.py": "X = 1\n"},
        {
            "old.py": None,
            "new.py": body.replace("other +", "other -") + "".join(f"LINE_{i} = {i}\n" for i in range(60)),
        },
        {"old.py": None, "keep.py": "X = 2\n"},
    )
    found = box.run("check", "upstream", "--format", "json").data["findings"]
    (warning,) = (f for f in found if f["rule"] == "orphaned-patch")
    assert warning["message"] == (
        "3 edits of head in new.py are orphaned (step_0, step_1, step_2): target removed what they change"
    )


def test_fates_are_told_in_text_markdown_and_json_lines(tmp_path: Path) -> None:
    fork, upstream, _ = FATES["edited, and target edited the same line"]
    box = build(tmp_path, {"lib.py": LIB}, fork, {**upstream, "more.py": "X = 1\n"})
    page, lines = tmp_path / "page.md", tmp_path / "lines.jsonl"
    done = box.run(
        "check", "upstream", "--format", "text", "--format", "markdown", "--output", str(page),
        "--format", "jsonl", "--output", str(lines),
    )  # fmt: skip
    assert "patches of head: 1: 1 superseded" in done.out
    assert "    lib.py:14 tax, edited: superseded: target changed the same lines in another way (lib.py:14)" in done.out
    assert "<summary>patches of head: 1: 1 superseded</summary>" in page.read_text()
    assert "| superseded | `lib.py:14` | tax edited |" in page.read_text()
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [(r["type"], r.get("unit")) for r in rows if r["type"] == "patch"] == [("patch", "tax")]
    assert "patches" not in rows[-1]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'f("a",  b)', b"f(\n  'a',\n  b,\n)", True),
        (b"a = [1, 2]", b"a = [\n  1,\n  2,\n]", True),
        (b"a = 1", b"a = 2", False),
        (b"(1,)", b"(1)", False),
    ],
)
def test_layout_is_squeezed_out(one: bytes, other: bytes, same: bool) -> None:
    assert (squeezed(one) == squeezed(other)) is same
