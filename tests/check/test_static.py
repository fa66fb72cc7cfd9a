"""``check`` without tests, on real repositories: what collides is found and named, what fits is let be."""

# ruff: noqa: E501 - a case stands in a line
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.proposing import build

from forkmerge.app.check import CheckRequest, check
from forkmerge.model.finding import Severity
from forkmerge.report.codec import to_data
from forkmerge.report.events import Silent

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Files, Sandbox

SHOP = '''"""Prices."""

RATE = 20


def price(amount):
    return amount


def tax(amount):
    return amount * RATE // 100


class Cart:
    def total(self):
        return 0

    def clear(self):
        return None
'''
APP = "import shop\nfrom shop import price\n\n\ndef first():\n    return price(1)\n"


def checked(box: Sandbox, *, target: str = "upstream", head: str = "HEAD", fail_on: str = "error") -> dict[str, Any]:
    request = CheckRequest(str(box.folder), target, head, fail_on=Severity(fail_on))
    data = to_data(check(request, Silent()))
    assert isinstance(data, dict)
    return data


def found(box: Sandbox) -> list[dict[str, Any]]:
    findings = checked(box)["findings"]
    assert isinstance(findings, list)
    return findings


def shop(where: Path, fork: Files, upstream: Files) -> Sandbox:
    out = "class Spoof:\n    def getvalue(self):\n        return 1\n"
    return build(where, {"shop.py": SHOP, "app.py": APP, "out.py": out}, fork, upstream)


COLLISIONS: dict[str, tuple[Files, Files, tuple[str, str, int, str, str]]] = {
    "renamed function, new caller through the module": (
        {"app.py": APP + "\n\ndef second():\n    return shop.tax(2)\n"},
        {"shop.py": SHOP.replace("def tax", "def vat")},
        ("dangling-attribute", "app.py", 10, "head app.py:10 second", "target shop.py:10 vat"),
    ),
    "renamed function, new import": (
        {"new.py": "from shop import tax\n\n\ndef third():\n    return tax(3)\n"},
        {"shop.py": SHOP.replace("def tax", "def vat")},
        ("dangling-import", "new.py", 1, "head new.py:1 ", "target shop.py:10 vat"),
    ),
    "removed constant": (
        {"new.py": "from shop import RATE\n"},
        {"shop.py": SHOP.replace("RATE = 20\n\n\n", "").replace("RATE //", "20 //")},
        ("dangling-import", "new.py", 1, "head new.py:1 ", "target shop.py:"),
    ),
    "moved module": (
        {"new.py": "from shop import Cart\n"},
        {"shop.py": None, "store/__init__.py": "", "store/shop.py": SHOP, "app.py": APP.replace("import shop\nfrom shop", "from store import shop\nfrom store.shop")},
        ("dangling-import", "new.py", 1, "head new.py:1 ", "target store/shop.py:14 Cart"),
    ),
    "signature against a new call": (
        {"new.py": "from shop import price\n\n\ndef second():\n    return price(2)\n"},
        {"shop.py": SHOP.replace("def price(amount)", "def price(amount, currency)"), "app.py": APP.replace("price(1)", "price(1, 'EUR')")},
        ("call-mismatch", "new.py", 5, "head new.py:5 second", "target shop.py:6 price"),
    ),
    "renamed parameter against a keyword": (
        {"new.py": "import shop\n\nX = shop.price(amount=1)\n"},
        {"shop.py": SHOP.replace("price(amount):\n    return amount", "price(value):\n    return value")},
        ("call-mismatch", "new.py", 3, "head new.py:3 ", "target shop.py:6 price"),
    ),
    "override of a renamed method": (
        {"new.py": "from shop import Cart\n\n\nclass Basket(Cart):\n    def total(self):\n        return 1\n"},
        {"shop.py": SHOP.replace("def total(self):\n        return 0", "def amount(self):\n        return 0")},
        ("orphaned-override", "new.py", 5, "head new.py:5 Basket.total", "target shop.py:15 Cart.amount"),
    ),
    "renamed method of an object from elsewhere": (
        {"new.py": "def use(cart):\n    return cart.total()\n"},
        {"shop.py": SHOP.replace("def total(self):\n        return 0", "def amount(self):\n        return 0")},
        ("dangling-attribute", "new.py", 2, "head new.py:2 use", "target shop.py:15 Cart.amount"),
    ),
    "call of the own class": (
        {"shop.py": SHOP + "\n    def twice(self):\n        return 2 * self.total()\n"},
        {"shop.py": SHOP.replace("def total(self):\n        return 0", "def amount(self):\n        return 0")},
        ("dangling-attribute", "shop.py", 22, "head shop.py:22 Cart.twice", "target shop.py:15 Cart.amount"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", COLLISIONS)
def test_a_collision_is_found_with_both_its_places(tmp_path: Path, case: str) -> None:
    fork, upstream, (rule, path, line, one, two) = COLLISIONS[case]
    box = shop(tmp_path, fork, upstream)
    (finding,) = found(box)
    assert (finding["rule"], finding["severity"], finding["path"], finding["line"]) == (rule, "error", path, line)
    places = [f"{p['side']} {p['path']}:{p['line']} {p['unit']}" for p in finding["places"]]
    assert places[0] == one
    assert places[1].startswith(two), places


@pytest.mark.parametrize("case", ["renamed function, new import", "signature against a new call"])
def test_a_collision_is_found_from_the_other_side(tmp_path: Path, case: str) -> None:
    fork, upstream, (rule, path, line, _, _) = COLLISIONS[case]
    box = shop(tmp_path, upstream, fork)
    (finding,) = found(box)
    assert (finding["rule"], finding["path"], finding["line"]) == (rule, path, line)
    assert [p["side"] for p in finding["places"]] == ["head", "target"]


SAFE: dict[str, tuple[Files, Files]] = {
    "the old name stays": (
        {"new.py": "from shop import tax\n"},
        {"shop.py": SHOP.replace("def tax", "def vat") + "\n\ntax = vat\n"},
    ),
    "a new parameter with a default": (
        {"new.py": "from shop import price\n\nX = price(1)\n"},
        {"shop.py": SHOP.replace("def price(amount)", "def price(amount, currency='EUR')")},
    ),
    "a method that moved up": (
        {"new.py": "from shop import Cart\n\nX = Cart().total()\n"},
        {"shop.py": SHOP.replace("class Cart:", "class Base:\n    def total(self):\n        return 0\n\n\nclass Cart(Base):").replace("        return 0\n\n    def clear", "        return 0\n\n    def clear", 1)},
    ),
    "a method of another class has the name": (
        {"new.py": "def use(cart):\n    return cart.total()\n"},
        {"shop.py": SHOP.replace("def total", "def amount"), "other.py": "class Bill:\n    def total(self):\n        return 1\n"},
    ),
    "a method that others have as well": (
        {"new.py": "import io\n\n\ndef use():\n    text = io.StringIO()\n    return text.getvalue()\n"},
        {"out.py": "import io\n\n\nclass Other:\n    pass\n\n\ndef show():\n    return io.StringIO().getvalue()\n"},
    ),
    "an import that is tried": (
        {"new.py": "try:\n    from shop import tax\nexcept ImportError:\n    tax = None\n"},
        {"shop.py": SHOP.replace("def tax", "def vat")},
    ),
    "a name that a parameter hides": (
        {"new.py": "import shop\n\n\ndef use(shop):\n    return shop.tax(1)\n"},
        {"shop.py": SHOP.replace("def tax", "def vat") + "\n\ndef other(x):\n    return x.tax\n"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAFE)
def test_what_fits_is_no_finding(tmp_path: Path, case: str) -> None:
    data = checked(shop(tmp_path, *SAFE[case]))
    assert (data["findings"], data["verdict"], data["behaviour"]) == ([], "passed", "not-tested")
    assert any("no tests were run" in text for text in data["not_covered"])


def test_a_conflict_has_the_lines_of_merge_and_both_sides(tmp_path: Path) -> None:
    box = shop(
        tmp_path,
        {"shop.py": '"""One more line."""\n' + SHOP.replace("RATE // 100", "RATE // 50")},
        {"shop.py": SHOP.replace("RATE // 100", "RATE // 25")},
    )
    data = checked(box)
    (conflict,) = data["findings"]
    assert (conflict["rule"], conflict["severity"], conflict["path"]) == ("conflict", "error", "shop.py")
    places = [(p["side"], p["line"], p["unit"]) for p in conflict["places"]]
    assert places == [("head", 12, "tax"), ("target", 11, "tax")]
    tree = data["merge"]["tree"]
    line = box.blob(tree, "shop.py").split(b"\n")[conflict["line"] - 1]
    assert line.startswith(b"<<<<<<< ")
    assert not data["merge"]["git_clean"]
    assert "will refuse this: conflicts in shop.py" in data["merge"]["server"]


def test_what_forkmerge_alone_resolves_is_a_warning_about_the_server(tmp_path: Path) -> None:
    box = build(
        tmp_path,
        {"a.py": "import os\n\n\ndef f():\n    return os.name\n"},
        {"a.py": "import os\nimport re\n\n\ndef f():\n    return os.name, re.I\n"},
        {"a.py": "import os\nimport sys\n\n\ndef f():\n    return os.name\n\n\ndef g():\n    return sys.path\n"},
    )
    data = checked(box)
    assert [(f["rule"], f["severity"]) for f in data["findings"]] == [("server-conflict", "warning")]
    assert data["merge"]["clean"]
    assert data["merge"]["resolved"] == ["a.py"]
    assert checked(box, fail_on="warning")["verdict"] == "failed"


def test_a_gate_that_objects_to_what_git_merges_is_an_error(tmp_path: Path) -> None:
    body = "A = 1\n" + "\n".join(f"B{i} = {i}" for i in range(12)) + "\n"
    box = build(
        tmp_path,
        {"a.py": body},
        {"a.py": body + "\n\ndef same():\n    return 1\n"},
        {"a.py": "def same():\n    return 2\n\n\n" + body},
    )
    data = checked(box)
    assert data["merge"]["git_clean"]
    assert [(f["rule"], f["path"]) for f in data["findings"]] == [("duplicate-name", "a.py")]


def test_a_committed_merge_is_judged_as_it_was_committed(tmp_path: Path) -> None:
    tests = "def test_one():\n    assert True\n"
    box = build(
        tmp_path,
        {"shop.py": SHOP, "tests/test_shop.py": tests},
        {"tests/test_shop.py": tests + "\n\ndef test_fork():\n    assert True\n"},
        {"shop.py": SHOP.replace("20", "25")},
    )
    box.git("merge", "-q", "--no-edit", "upstream")
    assert checked(box)["findings"] == []
    box.git("reset", "-q", "--hard", "HEAD^")
    box.git("merge", "-q", "--no-commit", "upstream")
    (box.folder / "tests" / "test_shop.py").write_text(tests)
    (box.folder / "shop.py").write_text(SHOP.replace("def clear", "def empty"))
    box.git("commit", "-qam", "merge")
    data = checked(box)
    assert data["merge"]["committed"]
    assert [(f["rule"], f["severity"]) for f in data["findings"]] == [
        ("lost-test", "error"), ("lost-definition", "warning"),
    ]  # fmt: skip
    assert "test_fork" in data["findings"][0]["message"]
    assert "Cart.clear" in data["findings"][1]["message"]


def test_what_target_removed_from_a_file_that_head_renamed_is_not_lost(tmp_path: Path) -> None:
    box = shop(
        tmp_path,
        {"shop.py": None, "src/shop.py": SHOP + "\n\ndef own():\n    return 1\n"},
        {"shop.py": SHOP.replace("    def clear(self):\n        return None\n", "")},
    )
    assert [f["rule"] for f in found(box) if f["rule"].startswith("lost")] == []


def test_fingerprints_stay_while_code_moves(tmp_path: Path) -> None:
    fork, upstream, _ = COLLISIONS["renamed function, new caller through the module"]
    box = shop(tmp_path, fork, upstream)
    (before,) = found(box)
    (box.folder / "app.py").write_text("# one more line\n" + str(fork["app.py"]))
    box.git("commit", "-qam", "moved")
    (after,) = found(box)
    assert after["line"] == before["line"] + 1
    assert (after["fingerprint"], after["id"]) == (before["fingerprint"], before["id"])


def test_nothing_of_the_repository_is_touched(tmp_path: Path) -> None:
    box = shop(tmp_path, *COLLISIONS["removed constant"][:2])
    before = box.fingerprint()
    assert checked(box)["verdict"] == "failed"
    assert box.fingerprint() == before


def test_a_merge_that_is_a_fast_forward_has_no_findings(tmp_path: Path) -> None:
    box = shop(tmp_path, {"new.py": "X = 1\n"}, {"new2.py": "Y = 1\n"})
    assert "fast-forward" in checked(box, target="main")["merge"]["server"]
    assert "nothing to merge" in json.dumps(checked(box, head="main"))
