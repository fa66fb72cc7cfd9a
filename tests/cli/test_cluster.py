"""``--cluster``: the same answer as without, made by workers that come and go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.clusters import DaskCluster, kill
from support.proposing import CHEAP_COMMAND, CHECK, cheap, trees, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

pytest.importorskip("distributed")
pytestmark = pytest.mark.sandbox
LIB = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


def colliding(where: Path) -> Sandbox:
    return cheap(
        where,
        {"lib.py": LIB, "checks/base.py": "import lib\ndef check_one(): assert lib.one() < 5\n"},
        {
            "lib.py": LIB.replace("return 1", "return 3"),
            "checks/fork.py": "import lib\ndef check_mine(): assert lib.one() == 3\n",
        },
        {
            "lib.py": LIB.replace("return 1", "return 4").replace("return 2", "return 22"),
            "checks/theirs.py": "import lib\ndef check_theirs(): assert lib.two() == 22\n",
        },
    )


@pytest.fixture
def dask(tmp_path: Path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    with DaskCluster(folder) as cluster:
        yield cluster


def test_a_proposal_made_on_a_cluster_is_the_one_made_here_and_says_where_it_was_made(tmp_path, dask):
    dask.worker()
    box = colliding(tmp_path / "p")
    there = box.check("--cluster", dask.address, "--no-cache")
    assert there.code == 0, there.err
    assert any("made by workers of the cluster" in warning for warning in there.data["warnings"])
    shown = box.run("ledger", "show", "--json").data
    assert shown["machine"]
    here = box.check("--no-cache")
    assert trees(here.data) == trees(there.data)
    assert not any("cluster" in warning for warning in here.data["warnings"])
    assert box.run("ledger", "verify").code == 0


@pytest.mark.slow
def test_a_worker_that_is_killed_half_way_changes_nothing(tmp_path, dask):
    box = colliding(tmp_path / "p")
    expected = trees(box.check("--no-cache").data)
    before = box.ledger()
    workers = [dask.worker(), dask.worker()]
    process = box.start("--cluster", dask.address, "--no-cache", test=f"sleep 0.4; {CHEAP_COMMAND}")
    wait_for(lambda: box.ledger() > before + 2, process=process)
    kill(workers[0])
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert trees(json.loads(out)) == expected


def test_check_runs_its_tests_on_a_cluster_too(tmp_path, dask):
    dask.worker()
    box = cheap(tmp_path / "p", {"checks/base.py": "def check_it(): pass\n"}, {"a.py": "A = 1\n"}, {"b.py": "B = 1\n"})
    args = ("--test", CHEAP_COMMAND, *CHECK, "--runs", "1", "--format", "json")
    done = box.run("check", "upstream", *args, "--cluster", dask.address)
    assert done.code == 0, done.err
    assert done.data["behaviour"] == "holds"
    assert any("made by workers of the cluster" in note for note in done.data["not_covered"])


def test_a_scheduler_that_is_not_there_is_told_with_the_mend(tmp_path):
    box = colliding(tmp_path / "p")
    done = box.check("--cluster", "tcp://127.0.0.1:9")
    assert done.code == 4
    assert "does not answer" in done.err
    assert "dask scheduler" in done.err


def test_a_repository_can_not_name_a_cluster(tmp_path):
    box = colliding(tmp_path / "p")
    (box.folder / ".forkmerge.toml").write_text('cluster = "tcp://evil:8786"\n')
    done = box.check()
    assert done.code == 2
    assert "cluster" in done.err
