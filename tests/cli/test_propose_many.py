"""``propose A B C``: several forks of one upstream brought together, with the tests of all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from support.proposing import CHEAP_COMMAND, best, cheap

import forkmerge

if TYPE_CHECKING:
    from support.proposing import Done, Sandbox

pytestmark = pytest.mark.sandbox
SCHEMA = Path(forkmerge.__file__).parent.parent / "docs" / "reference" / "schemas" / "propose.json"
BASE = """def one():
    return 1


def two():
    return 2


def three():
    return 3


def four():
    return 4
"""
ALL = ("one", "two", "three", "four")


def check(side: str, **wanted: int) -> dict[str, str]:
    """Return the test file of a side: what its functions return."""
    tests = "\n\n".join(f"def check_{side}_{name}():\n    assert m.{name}() == {n}\n" for name, n in wanted.items())
    return {f"checks/{side}.py": f"import m\n\n\n{tests}"}


def edited(**values: str) -> str:
    text = BASE
    for number, name in enumerate(ALL, 1):
        if name in values:
            text = text.replace(f"return {number}\n", f"return {values[name]}\n")
    return text


def forks(where: Path, *, sleep: float = 0.0) -> Sandbox:
    """Return a repository with the branches fork, upstream, b and c, each with a function of its own.

    ``upstream`` and ``b`` also change ``four``, and the test for it is that of ``upstream`` alone.  A suite takes
    ``sleep`` seconds or more.
    """
    box = cheap(
        where,
        {
            "m.py": BASE,
            "checks/m.py": f"import m, time\n\n\ndef check_all():\n    time.sleep({sleep})\n    assert m.one()\n",
        },
        {"m.py": edited(one="10"), **check("fork", one=10)},
        {"m.py": edited(two="20", four="40"), **check("up", two=20, four=40)},
    )
    for name, files in (
        ("b", {"m.py": edited(three="30", four="44"), **check("b", three=30)}),
        ("c", {"n.py": "def five():\n    return 5\n", "checks/c.py": "import n\n\n\ndef check_c():\n    n.five()\n"}),
    ):
        box.git("checkout", "-q", "-b", name, "main")
        box.commit(name, files)
    box.git("checkout", "-q", "fork")
    return box


def proposed(box: Sandbox, *args: str, json: bool = True) -> Done:
    common = ("--results", "results.xml", "--test-paths", "checks", "--runs", "1", "--test", CHEAP_COMMAND)
    return box.run("propose", *args, *common, *(("--json",) if json else ()))


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return forks(tmp_path_factory.mktemp("forks"))


@pytest.fixture(scope="module")
def three(box: Sandbox) -> Done:
    return proposed(box, "upstream", "b", "c")


def test_all_parents_are_in_and_each_keeps_its_tests(box: Sandbox, three: Done) -> None:
    assert three.code == 0, three.err
    jsonschema.validate(three.data, json.loads(SCHEMA.read_text()))
    first = best(three.data)
    assert first["verdict"] == "good"
    assert first["certificate"].startswith("confirmed")
    text = box.blob(first["tree"], "m.py").decode()
    assert text == edited(one="10", two="20", three="30", four="40")
    assert b"def five" in box.blob(first["tree"], "n.py")
    tests = {t["parent"]: (t["kept"], t["required"]) for t in first["tests"] if t["owner"] != "merged"}
    assert tests == {"HEAD": (2, 2), "upstream": (3, 3), "b": (2, 2), "c": (2, 2)}


def test_nothing_is_left_out_without_a_word(three: Done) -> None:
    """What of ``b`` did not get in is told, though no test misses it."""
    told = {parent["name"]: parent for parent in three.data["many"]}
    assert list(told) == ["HEAD", "upstream", "b", "c"]
    assert [told[name]["edits"] for name in ("HEAD", "upstream", "c")] == [1.0, 1.0, 1.0]
    assert 0 < told["b"]["edits"] < 1
    assert [f["path"] for f in told["b"]["left_out"]] == ["m.py"]
    assert all(not parent["lost"] for parent in told.values())


def test_the_steps_are_kept_and_the_report_names_them(box: Sandbox, three: Done) -> None:
    runs = [parent["run"] for parent in three.data["many"]]
    assert runs[1] == "runs/1"
    assert runs[2] == "runs/2"
    assert three.data["name"] == "runs/3"
    step = box.run("show", "runs/1/1", "--json")
    assert step.code == 0, step.err
    said = proposed(box, "upstream", "b", "c", json=False)
    assert said.code == 0
    assert "Proposal 1 keeps every required test of all parents" in said.out
    assert "What is in proposal 1 of each parent" in said.out
    assert "m.py (" in said.out
    assert "b's tests" in box.run("show").out


def test_every_parent_is_ranked(three: Done) -> None:
    verdicts = [p["verdict"] for p in three.data["proposals"] if p["origin"] in ("ours", "theirs")]
    assert len(verdicts) == 4
    assert set(verdicts) == {"loses-tests"}


def test_apply_makes_a_merge_of_them_all(box: Sandbox, three: Done) -> None:
    parents = box.git("rev-parse", "fork", "upstream", "b", "c").split()
    assert box.git("log", "-1", "--format=%P", "refs/forkmerge/runs/3/1").split() == parents
    done = box.run("apply", "runs/3/1", "--branch", "all")
    assert done.code == 0, done.err
    assert box.git("log", "-1", "--format=%P", "all").split() == parents
    assert box.git("log", "-1", "--format=%s", "all").startswith("Merge 'upstream', 'b' and 'c' into HEAD")
    trailers = box.git("log", "-1", "--format=%(trailers:unfold)", "all")
    assert trailers.count("Forkmerge-Upstream: ") == 3
    assert "Forkmerge-Tests: b 2/2 kept" in trailers


def test_the_second_run_takes_everything_from_the_ledger(box: Sandbox, three: Done) -> None:
    again = proposed(box, "upstream", "b", "c")
    assert again.data["evaluations"] == 0
    assert [p["tree"] for p in again.data["proposals"]] == [p["tree"] for p in three.data["proposals"]]


def test_the_repository_is_as_before(box: Sandbox, three: Done) -> None:
    before = box.fingerprint()
    assert proposed(box, "upstream", "c").code == 0
    assert box.fingerprint() == before


def test_a_parent_that_another_one_holds_is_named(box: Sandbox) -> None:
    done = proposed(box, "upstream", "main", "fork")
    assert done.code == 0, done.err
    assert [parent["name"] for parent in done.data["many"]] == ["HEAD", "upstream"]
    assert sum("nothing to do for" in warning for warning in done.data["warnings"]) == 2


def test_what_can_not_be_kept_of_a_later_parent_is_lost_by_name(tmp_path: Path) -> None:
    box = forks(tmp_path)
    box.git("checkout", "-q", "-b", "d", "main")
    box.commit("d", {"m.py": edited(four="444"), **check("d", four=444)})
    box.git("checkout", "-q", "fork")
    done = proposed(box, "upstream", "d")
    assert done.code == 1
    assert best(done.data)["verdict"] == "loses-tests"
    lost = {parent["name"]: parent["lost"] for parent in done.data["many"]}
    assert sum(map(len, lost.values())) == 1
    assert lost["upstream"] or lost["d"]


def test_the_time_ends_it_with_what_is_known(tmp_path: Path) -> None:
    box = forks(tmp_path, sleep=0.4)
    done = proposed(box, "upstream", "b", "c", "--time", "1")
    assert done.code == 1
    assert not done.data["complete"]
    assert not done.data["interrupted"]
    assert any("not recombined, the search ended before: " in warning for warning in done.data["warnings"])


def test_a_hold_out_of_several_is_a_usage_error(box: Sandbox) -> None:
    assert proposed(box, "upstream", "b", "--hold-out", "0.2").code == 2
    assert proposed(box).code == 2
