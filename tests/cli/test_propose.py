"""``propose`` end to end on a small fork: its answer, its exit codes, the ledger, and what it may not touch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from support.proposing import CHEAP_COMMAND, CHECK, best, trees
from support.stories import inseparable, prices

import forkmerge

if TYPE_CHECKING:
    from support.proposing import Done, Sandbox

pytestmark = pytest.mark.sandbox
SCHEMA = Path(forkmerge.__file__).parent.parent / "docs" / "reference" / "schemas" / "propose.json"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return prices(tmp_path_factory.mktemp("prices"))


@pytest.fixture(scope="module")
def before(box: Sandbox) -> tuple[str, ...]:
    return box.fingerprint()


@pytest.fixture(scope="module")
def first(box: Sandbox, before: tuple[str, ...]) -> Done:
    return box.check()


def test_a_good_offspring_is_found_where_git_conflicts(box: Sandbox, first: Done) -> None:
    assert first.code == 0, first.err
    data = first.data
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert not data["git"]["clean"]
    assert best(data)["verdict"] == "good"
    assert (best(data)["kept_ours"], best(data)["kept_theirs"]) == (1.0, 1.0)
    text = box.blob(best(data)["tree"], "prices.py").decode()
    assert 'return name.strip() + ": " + format(price, "g")' in text
    assert "label(name, after_discount(price))" in text
    assert "return sum(prices or ()) + extra" in text


def test_the_parents_are_ranked_too_and_never_above_what_is_better(first: Done) -> None:
    ranked = [(p["origin"], p["verdict"]) for p in first.data["proposals"]]
    assert ("ours", "loses-tests") in ranked[1:]
    assert ("theirs", "loses-tests") in ranked[1:]


def test_the_repository_is_as_before(box: Sandbox, first: Done, before: tuple[str, ...]) -> None:
    assert box.fingerprint() == before


def test_the_next_run_takes_everything_from_the_ledger(box: Sandbox, first: Done) -> None:
    recorded = box.ledger()
    again = box.check()
    assert again.code == 0
    assert again.data["evaluations"] == 0
    assert again.data["suite_equivalents"] == 0
    assert again.data["cached"] > first.data["cached"]
    assert trees(again.data) == trees(first.data)
    assert box.ledger() == recorded, "only the confirmation ran, and it is not kept"


def test_without_the_ledger_the_answer_is_the_same_with_any_number_of_jobs(box: Sandbox, first: Done) -> None:
    for jobs in ("1", "4"):
        again = box.check("--no-cache", "--jobs", jobs)
        assert again.data["evaluations"] == first.data["evaluations"] > 0
        assert trees(again.data) == trees(first.data)


@pytest.mark.parametrize(("sandbox", "words"), [("none", "WITHOUT a sandbox"), ("reduced", "reduced")])
def test_every_sandbox_gives_the_same_answer_and_is_named(box: Sandbox, first: Done, sandbox: str, words: str) -> None:
    again = box.check("--sandbox", sandbox, "--no-cache")
    assert again.code == 0, again.err
    assert again.data["sandbox"]["backend"] == sandbox
    assert any(words in warning for warning in again.data["warnings"])
    assert trees(again.data) == trees(first.data)


def test_the_report_for_people_names_the_sandbox(box: Sandbox, first: Done) -> None:
    text = box.check("--sandbox", "none", json=False).out
    assert "WITHOUT a sandbox" in text
    assert "Proposal 1 keeps every required test of both sides" in text


def test_a_budget_of_one_gives_the_best_so_far(box: Sandbox, first: Done) -> None:
    done = box.check("--budget", "1")
    assert done.code in (0, 1)
    assert best(done.data)["number"] == 1
    assert done.data["evaluations"] <= 1


def test_values_that_make_no_sense_are_usage_errors(box: Sandbox) -> None:
    assert box.check("--budget", "0").code == 2
    assert box.check("--nonsense").code == 2
    assert box.check("--time", "soon").code == 2
    assert box.check("--risk", "huge").code == 2


def test_without_a_test_command_that_is_a_usage_error_with_the_mend(box: Sandbox) -> None:
    done = box.propose(test="")
    assert done.code == 2
    assert "--test" in done.err


def test_a_revision_or_a_repository_that_is_not_there_is_unusable(box: Sandbox) -> None:
    unknown = box.check(upstream="nowhere")
    assert unknown.code == 3
    assert "nowhere" in unknown.err
    assert box.check(cwd=box.home).code == 3


def test_a_bare_repository_is_unusable_with_the_mend(box: Sandbox) -> None:
    bare = box.home / "bare.git"
    box.git("clone", "-q", "--bare", str(box.folder), str(bare))
    done = box.check("--fork", "fork", cwd=bare)
    assert done.code == 3
    assert "work tree" in done.err


def test_a_test_program_that_is_not_there_is_told_with_the_mend(box: Sandbox) -> None:
    done = box.propose(test="no-such-tool --all")
    assert done.code == 4
    assert "no-such-tool can't be started" in done.err
    assert "install no-such-tool" in done.err


def test_an_interpreter_without_pytest_is_told_with_the_mend(box: Sandbox) -> None:
    done = box.propose(test="python3 -I -S -m pytest")
    assert done.code == 4
    assert "has no pytest" in done.err
    assert "-m pip install pytest" in done.err


def test_a_sandbox_that_does_not_work_is_exit_code_4(box: Sandbox) -> None:
    script = (
        "import sys\n"
        "from forkmerge.sandbox import bubblewrap\n"
        "bubblewrap.find = lambda: None\n"
        "from forkmerge.cli.group import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    asked = ("propose", "upstream", "--sandbox", "bubblewrap", "--test", CHEAP_COMMAND, *CHECK)
    done = subprocess.run(
        [sys.executable, "-c", script, *asked],
        cwd=box.folder, env=box.environment(), capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 4
    assert "there is no bwrap" in done.stderr
    assert "Hint:" in done.stderr


def test_there_is_nothing_to_do_for_what_is_there_already(box: Sandbox) -> None:
    refs = box.git("for-each-ref")
    for upstream in ("HEAD", "main"):
        done = box.check(upstream=upstream)
        assert done.code == 0
        assert done.data["proposals"] == []
        assert "nothing to do" in done.data["warnings"][0]
    ahead = box.check("--fork", "main", json=False)
    assert ahead.code == 0
    assert "git merge --ff-only" in ahead.out
    assert box.git("for-each-ref") == refs


def test_the_time_limit_ends_with_what_is_known(tmp_path: Path) -> None:
    box = prices(tmp_path, sleep=0.4)
    done = box.check("--time", "1")
    assert done.code == 1
    assert not done.data["complete"]
    assert not done.data["interrupted"]
    assert "the time was up" in done.data["warnings"][0]
    assert done.seconds < 20


def test_what_can_not_be_separated_is_proven_so(tmp_path: Path) -> None:
    box = inseparable(tmp_path)
    done = box.check()
    assert done.code == 1
    assert done.data["optimal"].startswith("proven")
    assert done.data["evaluations"] <= 3
    assert [p for p in done.data["proposals"] if p["origin"] == "structured"]
    assert best(done.data)["kept_theirs"] > 0.5


def test_a_command_that_is_told_by_its_exit_code_alone(tmp_path: Path) -> None:
    box = prices(tmp_path)
    done = box.propose("--test-paths", "checks", test=CHEAP_COMMAND)
    assert done.code == 0, done.err
    assert best(done.data)["verdict"] == "good"
    assert any("no single tests" in warning for warning in done.data["warnings"])
