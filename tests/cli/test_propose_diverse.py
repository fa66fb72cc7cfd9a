"""``propose --diverse``: several fit offspring that behave differently, and what differs between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from support.proposing import best, cheap

import forkmerge

if TYPE_CHECKING:
    from support.proposing import Done, Sandbox

pytestmark = pytest.mark.sandbox
SCHEMAS = Path(forkmerge.__file__).parent.parent / "docs" / "reference" / "schemas"
BASE = '''def label(name):
    """Return a label."""
    return name


def title(name):
    return name.title()


def size(name):
    return len(name)


def total(names):
    return sum(size(n) for n in names)
'''
FORK = (
    BASE.replace("return name\n", 'return name + "!"\n')
    .replace("name.title()", "name.upper()")
    .replace("    return len(name)", "    return 2 * len(name)")
    .replace("sum(", "0 + sum(")
)
UPSTREAM = (
    BASE.replace("return name\n", 'return name + "?"\n')
    .replace("name.title()", "(  # shouted\n        name.upper()\n    )")
    .replace("    return len(name)", "    return 3 * len(name)")
    .replace("(n) for n", "(m) for m")
)
CHECKS = "import m\n\n\n"


def sides(where: Path) -> Sandbox:
    """Return a repository where both sides edit four functions.

    No test tells the two versions of ``label``; those of ``title`` differ in format, of ``size`` the fork's is tested.
    """
    return cheap(
        where,
        {"m.py": BASE, "checks/m.py": CHECKS + "def check_total():\n    assert m.total([]) == 0\n"},
        {"m.py": FORK, "checks/fork.py": CHECKS + 'def check_size():\n    assert m.size("ab") == 4\n'},
        {"m.py": UPSTREAM, "checks/up.py": CHECKS + 'def check_label():\n    assert m.label("a")[0] == "a"\n'},
    )


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return sides(tmp_path_factory.mktemp("sides"))


@pytest.fixture(scope="module")
def two(box: Sandbox) -> Done:
    return box.check("--diverse", "2")


def test_two_answers_differ_where_no_test_tells(box: Sandbox, two: Done) -> None:
    assert two.code == 0, two.err
    jsonschema.validate(two.data, json.loads((SCHEMAS / "propose.json").read_text()))
    found = two.data["diversity"]
    assert (found["asked"], found["proposals"]) == (2, [1, 2])
    assert [(d["path"], d["unit"]) for d in found["differences"]] == [("m.py", "label")]
    choices = found["differences"][0]["choices"]
    assert {(c["origin"], c["text"]) for c in choices} == {
        ("ours", 'return name + "!"'), ("theirs", 'return name + "?"'),
    }  # fmt: skip
    for choice, proposal in zip(choices, two.data["proposals"], strict=False):
        assert proposal["verdict"] == "good"
        assert proposal["certificate"].startswith("confirmed")
        text = box.blob(proposal["tree"], "m.py").decode()
        assert text.splitlines()[choice["line"] - 1].strip() == choice["text"]
        assert "return 2 * len(name)" in text


def test_the_first_answer_is_the_one_without_the_option(box: Sandbox, two: Done) -> None:
    plain = box.check()
    assert plain.data["diversity"] is None
    assert best(plain.data)["tree"] == best(two.data)["tree"]


def test_when_there_are_no_more_it_says_so(box: Sandbox) -> None:
    done = box.check("--diverse", "5")
    assert done.code == 0
    found = done.data["diversity"]
    assert found["exhausted"]
    assert len(found["proposals"]) < 5
    trees = [box.blob(p["tree"], "m.py") for p in done.data["proposals"] if p["number"] in found["proposals"]]
    assert len(set(trees)) == len(trees)
    assert "everything else fails, or is one side as it is" in box.check("--diverse", "5", json=False).out


def test_the_budget_ends_the_search_for_more(box: Sandbox) -> None:
    done = box.check("--diverse", "4", "--budget", "1", "--no-cache")
    assert not done.data["diversity"]["exhausted"]
    assert "the search ended before" in box.check("--diverse", "4", "--budget", "1", json=False).out


def test_people_see_a_row_for_each_place(box: Sandbox, tmp_path: Path) -> None:
    page = tmp_path / "x.html"
    said = box.check("--diverse", "2", "--html", str(page), json=False).out
    assert "2 fit offspring that behave differently; no required test tells them apart" in said
    (row,) = [line for line in said.splitlines() if line.strip().startswith("m.py label ") and "name +" in line]
    assert 'fork: return name + "!"' in row
    assert 'upstream: return name + "?"' in row
    assert "Several answers" in page.read_text()
    shown = box.run("show", "2")
    assert "no required test tells them apart" in shown.out
    document = box.run("show", "2", "--json").data
    jsonschema.validate(document, json.loads((SCHEMAS / "show.json").read_text()))
    assert document["diversity"]["proposals"] == [1, 2]
    assert box.run("show", "3", "--json").data["diversity"] is None


def test_every_answer_can_be_applied(box: Sandbox, two: Done, tmp_path: Path) -> None:
    assert box.run("apply", "2", "--branch", "second").code == 0
    assert box.git("rev-parse", "second^{tree}").strip() == two.data["proposals"][1]["tree"]


def test_no_answers_at_all_is_a_usage_error(box: Sandbox) -> None:
    assert box.check("--diverse", "0").code == 2
