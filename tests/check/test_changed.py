"""``check`` without tests: new calls of what the other side changed, what is used before it is set, open modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import build

from check.test_static import checked, found

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Files, Sandbox

LIB = '''"""Prices."""


class Refused(ValueError):
    """Not a price."""


def price(amount, rate=20):
    if amount < 0:
        raise ValueError(amount)
    return amount * rate


def label(amount):
    return str(amount)


class Cart:
    def __init__(self, owner):
        self.owner = owner
        self.items = []
        self.total = 0
        self.open = True

    def add(self, item):
        self.items.append(item)
'''
USE = "from lib import label, price\n\n\ndef old(x):\n    return label(x)\n\n\ndef cost(x):\n    return price(x, 3)\n"
NEW = "from lib import label, price\n\n\n"
CAUGHT = NEW + "def third(x):\n    try:\n        return price(x, 1)\n    except ValueError:\n        return 0\n"
TAKEN = USE.replace("label(x)", "label(x)[0]")
OTHER = USE.replace("label(x)", "label(x + 0)")
SET_LATER = LIB.replace("        self.owner = owner\n", "").replace(
    "        self.open = True\n", "        self.open = True\n        self.owner = owner\n"
)
READ = LIB.replace("        self.total = 0\n", "        self.total = 0\n        self.name = self.owner.title()\n")
CASES: dict[str, tuple[Files, Files, tuple[str, str]]] = {
    "a default that a new call leaves": (
        {"new.py": NEW + "def third(x):\n    return price(x)\n"},
        {"lib.py": LIB.replace("rate=20", "rate=25"), "use.py": USE},
        ("changed-default", "rate is 25 by default where it was 20"),
    ),
    "an exception that is caught around a new call": (
        {"new.py": CAUGHT},
        {"lib.py": LIB.replace("raise ValueError", "raise LookupError")},
        ("changed-exception", "it raises LookupError where it raised ValueError"),
    ),
    "an answer that all calls take in another way": (
        {"new.py": NEW + "def third(x):\n    return label(x) + '!'\n"},
        {"lib.py": LIB.replace("return str(amount)", "return str(amount), 1"), "use.py": TAKEN},
        ("changed-together", "its one call that was there is another now"),
    ),
    "an attribute that is set later": (
        {"lib.py": READ},
        {"lib.py": SET_LATER},
        ("used-before-set", "Cart.__init__ reads self.owner before it is set"),
    ),
}  # fmt: skip
SAFE: dict[str, tuple[Files, Files]] = {
    "the new call says what it means": (
        {"new.py": NEW + "def third(x):\n    return price(x, rate=20)\n"},
        {"lib.py": LIB.replace("rate=20", "rate=25")},
    ),
    "a special kind of the exception": (
        {"new.py": CAUGHT},
        {"lib.py": LIB.replace("raise ValueError", "raise Refused")},
    ),
    "some calls stay as they were": (
        {"new.py": NEW + "def third(x):\n    return label(x)\n"},
        {"lib.py": LIB.replace("str(amount)", "repr(amount)"), "use.py": USE.replace("price(x, 3)", "price(x, 4)")},
    ),
    "the new call has what the others gained": (
        {"new.py": NEW + "def third(x):\n    return price(x, rate=1)\n"},
        {"lib.py": LIB.replace("rate=20", "rate=0"), "use.py": USE.replace("price(x, 3)", "price(x, rate=3)")},
    ),
    "another attribute is read": (
        {"lib.py": READ.replace("self.owner.title()", "self.items[:]")},
        {"lib.py": SET_LATER},
    ),
    "documentation alone": (
        {"new.py": NEW + "def third(x):\n    return label(x)\n"},
        {"lib.py": LIB.replace("    return str(", '    """Say."""\n    return str('), "use.py": OTHER},
    ),
}  # fmt: skip


def start(where: Path, fork: Files, upstream: Files) -> Sandbox:
    return build(where, {"lib.py": LIB, "use.py": USE}, fork, upstream)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("swapped", [False, True])
def test_what_a_new_use_relies_on_and_the_other_side_changed_is_told(tmp_path: Path, case: str, swapped: bool) -> None:
    fork, upstream, (rule, words) = CASES[case]
    (one,) = found(start(tmp_path, upstream, fork) if swapped else start(tmp_path, fork, upstream))
    assert one["rule"] == rule
    assert words in one["message"]
    user, changer = ("target", "head") if swapped else ("head", "target")
    places = {p["side"]: p for p in one["places"]}
    assert places[user]["what"] in ("calls it", "reads it")
    assert places[changer]["what"] in ("changed", "sets it later")


@pytest.mark.parametrize("case", SAFE)
def test_what_a_new_use_does_not_rely_on_is_not(tmp_path: Path, case: str) -> None:
    assert found(start(tmp_path, *SAFE[case])) == []


def test_a_rename_is_seen_where_the_module_may_bind_any_name(tmp_path: Path) -> None:
    opened = LIB + "\n\ndef __getattr__(name):\n    raise AttributeError(name)\n"
    box = build(
        tmp_path,
        {"lib.py": opened, "use.py": "import lib\n"},
        {"new.py": "def third(x):\n    from lib import label\n\n    return label(x)\n"},
        {"lib.py": opened.replace("def label", "def text_of")},
    )
    (one,) = found(box)
    assert (one["rule"], one["path"]) == ("dangling-import", "new.py")
    assert "renamed label to text_of" in one["message"]


def test_a_call_of_what_a_function_imports_itself_is_judged(tmp_path: Path) -> None:
    fork = {"new.py": "def third(x):\n    from lib import label\n\n    return label(x, x)\n"}
    box = build(
        tmp_path,
        {"lib.py": LIB.replace("def label(amount)", "def label(amount, more)"), "use.py": "import lib\n"},
        fork,
        {"lib.py": LIB},
    )
    assert [f["rule"] for f in found(box)] == ["call-mismatch"]


def test_a_name_left_dangling_by_whoever_made_the_merge_is_told_with_whose_edits_meet(tmp_path: Path) -> None:
    base = "from lib import price\n\nA = 1\nB = 2\nC = 3\n\n\ndef first(x):\n    return price(x)\n"
    ours = base.replace("    return price(x)", "    # asked\n    return price(x)")
    theirs = base.replace("from lib import price\n", "").replace("price(x)", "x")
    box = build(tmp_path, {"lib.py": LIB, "use.py": base}, {"use.py": ours}, {"use.py": theirs})
    box.git("merge", "-q", "upstream", check=False)
    (box.folder / "use.py").write_text(ours.replace("from lib import price\n", ""))
    box.git("commit", "-qam", "by hand")
    (one,) = (f for f in checked(box)["findings"] if f["rule"] == "dangling-name")
    assert {(p["side"], p["what"]) for p in one["places"]} == {("head", "uses it"), ("target", "took it away")}
