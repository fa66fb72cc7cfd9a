"""The fork contract: mined from what only the fork has, read by people, and held against every merge."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from support.proposing import build

from forkmerge.app.contract import HEADER, Contract, Globs, Mined, parse, written
from forkmerge.errors import UnusableInput

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

SHOP = """RATE = 20


class Shop:
    def price(self, item):
        return item.amount

    def close(self):
        return None


def tax(amount):
    return amount * RATE // 100
"""
OWN = """

def postage(weight):
    return 3 if weight < 20 else 5
"""
FORK = """from shop import Shop


class ForkShop(Shop):
    def price(self, item):
        return super().price(item) + 1

    def own(self):
        return 2
"""
TESTS = "from shop import tax\n\n\ndef test_tax():\n    assert tax(100) == 20\n"
OWN_TEST = "\n\ndef test_postage():\n    from shop import postage\n\n    assert postage(3) == 3\n"
FORK_TEST = "import fork\n\n\nclass TestFork:\n    def test_own(self):\n        assert fork.ForkShop().own()\n"
BASE = {"shop.py": SHOP, "tests/test_shop.py": TESTS, "notes.md": "Notes\n"}
CONTRACT = ".forkmerge/contract.toml"


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """A fork with a function, a test and a file of its own, and its contract, committed."""
    made = build(
        tmp_path,
        BASE,
        {
            "shop.py": SHOP + OWN,
            "fork.py": FORK,
            "tests/test_shop.py": TESTS + OWN_TEST,
            "tests/test_fork.py": FORK_TEST,
        },
        {"shop.py": SHOP.replace("= 20", "= 25"), "more.py": "X = 1\n"},
    )
    done = made.run("check", "upstream", "--write-contract")
    assert done.code == 0, done.err
    made.git("add", "-A")
    made.git("commit", "-qm", "contract")
    return made


def read(box: Sandbox) -> dict[str, Any]:
    return tomllib.loads((box.folder / CONTRACT).read_text())


def found(box: Sandbox, *args: str) -> list[tuple[str, str, str]]:
    done = box.run("check", *(args or ("upstream",)), "--format", "json")
    assert done.code in (0, 1), done.err
    return [(f["rule"], f["severity"], f["message"]) for f in done.data["findings"]]


def evil(box: Sandbox, **files: str | None) -> None:
    """Merge upstream as somebody does who drops things on the way."""
    box.git("merge", "-q", "--no-commit", "--no-ff", "upstream")
    for name, content in files.items():
        path = box.folder / name
        if content is None:
            path.unlink()
        else:
            path.write_text(content)
    box.git("add", "-A")
    box.git("commit", "-qm", "merge")


def test_what_only_the_fork_has_is_mined(box: Sandbox) -> None:
    assert read(box) == {
        "version": 1,
        "pins": [],
        "ignore": [],
        "mined": {
            "files": ["fork.py", "tests/test_fork.py"],
            "symbols": ["shop.py::postage"],
            "tests": ["tests/test_fork.py::TestFork.test_own", "tests/test_shop.py::test_postage"],
            "overrides": ["fork.py::ForkShop.price -> Shop.price"],
        },
    }


def test_a_merge_that_keeps_it_has_no_findings(box: Sandbox) -> None:
    before = box.fingerprint()
    assert found(box) == []
    assert box.fingerprint() == before


def test_what_a_merge_dropped_is_an_error_each(box: Sandbox) -> None:
    evil(box, **{"shop.py": SHOP.replace("= 20", "= 25"), "tests/test_shop.py": TESTS, "fork.py": None})
    told = [m for rule, _, m in found(box, "HEAD^2") if rule == "contract-broken"]
    assert told == [
        "the fork contract keeps fork.py, which is gone in the merge: the merge has lost it",
        "the fork contract keeps postage of shop.py, which is gone in the merge: the merge has lost it",
        "the fork contract keeps test_postage of tests/test_shop.py, which is gone in the merge: the merge has lost it",
    ]
    assert not [rule for rule, *_ in found(box, "HEAD^2") if rule in ("lost-test", "lost-definition")]


def test_what_was_lost_in_an_earlier_merge_is_told_by_every_later_check(box: Sandbox) -> None:
    evil(box, **{"tests/test_shop.py": TESTS})
    box.git("checkout", "-q", "upstream")
    box.commit("later", {"later.py": "Y = 1\n"})
    box.git("checkout", "-q", "fork")
    said = "the fork contract keeps test_postage of tests/test_shop.py, which is gone in the merge: head lost it before"
    expected = [("contract-broken", "error", said)]
    assert found(box) == expected
    assert found(box, "main") == expected, "with nothing to merge it is lost all the same"


def test_what_moved_or_got_another_name_is_a_note(box: Sandbox) -> None:
    (box.folder / "own").mkdir()
    box.git("mv", "tests/test_fork.py", "own/test_fork.py")
    box.git("commit", "-qm", "moved")
    evil(box, **{"shop.py": (SHOP + OWN).replace("= 20", "= 25").replace("postage", "shipping")})
    told = [f for f in found(box, "HEAD^2") if f[0].startswith("contract")]
    assert {(rule, severity) for rule, severity, _ in told} == {("contract-moved", "note")}
    words = [m.partition("(")[2].partition(")")[0] for _, _, m in told]
    assert sorted(words) == ["moved to own/test_fork.py", "renamed postage to shipping"]


@pytest.mark.parametrize(
    ("pin", "text", "told"),
    [
        ("plain.xyz::thing", "no thing\n", False),
        ("old.py::f", "print 'old'\n\ndef f():\n    exec 'x' in y\n  )(\n", False),
        ("old.py::f", "print 'old'\n\ndef g():\n    exec 'x' in y\n  )(\n", True),
        ("old.py::f", "def g():\n    return 1\n", True),
    ],
)
def test_what_can_not_be_taken_apart_is_no_finding(box: Sandbox, pin: str, text: str, told: bool) -> None:
    contract = (box.folder / CONTRACT).read_text().replace("pins = []", f'pins = ["{pin}"]')
    box.commit("odd", {CONTRACT: contract, pin.partition("::")[0]: text})
    assert [rule for rule, *_ in found(box)] == ["contract-broken"] * told


def test_what_target_put_in_its_place_is_not_what_it_is_called_now(box: Sandbox) -> None:
    other = OWN_TEST.replace("postage", "freight").replace("3) == 3", "3) == 9")
    box.git("checkout", "-q", "upstream")
    box.commit("freight", {"tests/test_shop.py": TESTS + other})
    box.git("checkout", "-q", "fork")
    box.git("merge", "-q", "--no-edit", "-X", "theirs", "upstream")
    told = [(rule, m.partition(",")[0]) for rule, _, m in found(box, "HEAD^2") if rule.startswith("contract")]
    assert told == [("contract-broken", "the fork contract keeps test_postage of tests/test_shop.py")]


def test_an_override_of_what_target_renamed_is_told_once(box: Sandbox) -> None:
    box.git("checkout", "-q", "upstream")
    box.commit("renamed", {"shop.py": SHOP.replace("= 20", "= 25").replace("def price", "def cost")})
    box.git("checkout", "-q", "fork")
    assert [(rule, severity) for rule, severity, _ in found(box)] == [("orphaned-override", "error")]


def test_an_override_that_the_fork_s_own_earlier_merge_cut_off_is_told(box: Sandbox) -> None:
    box.git("checkout", "-q", "upstream")
    box.commit("renamed", {"shop.py": SHOP.replace("= 20", "= 25").replace("def price", "def cost")})
    box.git("checkout", "-q", "fork")
    evil(box)
    told = found(box, "main")
    assert [(rule, severity) for rule, severity, _ in told] == [("contract-broken", "error")]
    assert told[0][2] == (
        "the fork contract keeps the override ForkShop.price of Shop.price, but nothing above it has price any more"
    )


def test_pins_are_asked_for_and_what_is_ignored_is_not(box: Sandbox) -> None:
    text = (box.folder / CONTRACT).read_text()
    text = text.replace("pins = []", 'pins = ["*.md", "shop.py::t*", "plugins/gone.py"]  # by hand')
    text = text.replace("ignore = []", 'ignore = ["tests/**", "shop.py::post*"]')
    box.commit("pins", {CONTRACT: text})
    evil(
        box,
        **{
            "shop.py": SHOP.replace("def tax(amount):\n    return amount * RATE // 100\n", ""),
            "notes.md": None,
            "tests/test_shop.py": TESTS,
        },
    )
    told = [m.partition(", which")[0] for rule, _, m in found(box, "HEAD^2") if rule == "contract-broken"]
    assert told == [
        "the fork contract keeps notes.md",
        "the fork contract keeps plugins/gone.py",
        "the fork contract keeps tax of shop.py",
    ]
    done = box.run("check", "main", "--write-contract")
    assert done.code == 0
    assert "  dropped: shop.py::postage\n" in done.out
    again = read(box)
    assert "# by hand" in (box.folder / CONTRACT).read_text()
    assert again["mined"]["files"] == ["fork.py", "more.py"]
    assert again["mined"]["tests"] == []


def test_what_one_side_took_out_of_the_contract_is_not_asked_for(box: Sandbox) -> None:
    text = (box.folder / CONTRACT).read_text()
    box.git("checkout", "-qb", "side")
    box.commit("out", {CONTRACT: text.replace('  "shop.py::postage",\n', ""), "shop.py": SHOP})
    box.git("checkout", "-q", "fork")
    box.commit("other", {"other.py": "Z = 1\n"})
    assert not [m for rule, _, m in found(box, "side") if rule == "contract-broken"]


def test_a_contract_that_is_not_committed_yet_counts(box: Sandbox) -> None:
    text = (box.folder / CONTRACT).read_text()
    box.commit("none", {CONTRACT: None})
    (box.folder / CONTRACT).parent.mkdir(exist_ok=True)
    (box.folder / CONTRACT).write_text(text.replace("pins = []", 'pins = ["nowhere.py"]'))
    assert [m.partition(",")[0] for _, _, m in found(box)] == ["the fork contract keeps nowhere.py"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pins = [", "not valid TOML"),
        ("pin = []", "unknown key pin"),
        ("version = 9", "version 9"),
        ("pins = 'a'", "pins is not a list"),
        ("[mined]\nfile = []", "unknown key file"),
        ("mined = 3", "mined is not a table"),
    ],
)
def test_a_contract_that_can_not_be_read_is_an_error_that_names_it(box: Sandbox, text: str, said: str) -> None:
    box.commit("broken", {CONTRACT: text + "\n"})
    done = box.run("check", "upstream")
    assert done.code == 3
    assert said in done.err
    assert CONTRACT in done.err
    assert box.run("check", "upstream", "--write-contract").code == 3


def test_writing_and_reporting_exclude_each_other(box: Sandbox) -> None:
    done = box.run("check", "upstream", "--write-contract", "--format", "json")
    assert done.code == 2
    box.git("clone", "-q", "--bare", ".", "bare.git")
    bare = box.run("check", "fork", "--head", "fork", "--write-contract", cwd=box.folder / "bare.git")
    assert bare.code == 2
    assert "work tree" in bare.err


@pytest.mark.parametrize(
    ("glob", "thing", "hit"),
    [
        ("a.py", "a.py", True),
        ("a.py", "a.py::f", True),
        ("a.py::f", "a.py", False),
        ("a.py::f*", "a.py::F.f", False),
        ("a.py::F*", "a.py::F.f -> G.f", True),
        ("*.py", "x/a.py", False),
        ("**/*.py", "x/y/a.py", True),
        ("**/*.py", "a.py", True),
        ("**/**/a.py", "x/y/a.py", True),
        ("a.py::**f", "a.py::F.f", True),
        ("x/", "x/y/a.py", True),
        ("x/**", "xy/a.py", False),
        ("?.py", "a.py", True),
        ("[a].py", "a.py", False),
    ],
)
def test_globs_are_those_of_git_s_attributes_in_paths(glob: str, thing: str, hit: bool) -> None:
    assert Globs([glob]).hit(thing) is hit


def test_a_contract_comes_back_as_it_was_written_and_keeps_what_is_people_s() -> None:
    mined = Mined(('a"b\\c.py', "ü\t.py"), ("x.py::f",), (), ("x.py::A.f -> B.f",))
    text = written(mined)
    assert parse(text.encode()) == Contract((), (), mined)
    assert text.startswith(HEADER)
    own = text.replace("pins = []", 'pins = ["a/**"] # why')
    again = written(Mined(), own)
    assert again.startswith(own.partition("[mined]")[0])
    assert parse(again.encode()) == Contract(("a/**",), (), Mined())
    assert str(mined) == "2 files, 1 symbol, 1 override"
    assert str(Mined()) == "nothing"
    with pytest.raises(UnusableInput):
        parse(b"\xff")
