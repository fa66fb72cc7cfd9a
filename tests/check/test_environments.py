"""``check --setup``: a side that asks for other dependencies is tested with them; without it the report says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.proposing import CHEAP_COMMAND, CHECK, cheap

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

NEEDS = "def check_installed():\n    assert open('.venv/has').read() == open('requirements.txt').read()\n"
SETUP = "mkdir .venv && cp requirements.txt .venv/has && test ! -e lib.py"


def baking(where: Path) -> Sandbox:
    """An upstream that asks for more flour, and has a test that needs it; a fork that does something else."""
    return cheap(
        where,
        {"lib.py": "a = 1\n", "requirements.txt": "flour==1\n", "checks/base.py": "def check_a():\n    pass\n"},
        {"fork.py": "b = 2\n"},
        {"requirements.txt": "flour==2\n", "checks/upstream.py": NEEDS},
    )


def checked(box: Sandbox, *more: str):
    args = ("upstream", "--test", CHEAP_COMMAND, *CHECK, "--runs", "1", "--format", "json", *more)
    done = box.run("check", *args)
    assert done.code == 0, done.err
    return done.data


def test_each_set_of_manifests_has_its_environment(tmp_path: Path) -> None:
    data = checked(baking(tmp_path), "--setup", SETUP)
    assert (data["verdict"], data["behaviour"]) == ("passed", "holds")
    assert (data["tests"]["required"], data["tests"]["holds"]) == (3, 3)
    assert not [note for note in data["not_covered"] if "dependencies" in note]


def test_without_a_setup_command_it_is_said_that_there_is_one_environment_for_all(tmp_path: Path) -> None:
    data = checked(baking(tmp_path))
    assert data["tests"]["required"] == 2  # upstream's own test does not pass on upstream here
    assert [note for note in data["not_covered"] if "different dependencies (requirements.txt)" in note]


def test_a_setup_that_fails_is_an_error_in_its_own_words(tmp_path: Path) -> None:
    box = baking(tmp_path)
    args = ("upstream", "--test", CHEAP_COMMAND, *CHECK, "--runs", "1", "--setup", "echo no flour left; exit 1")
    done = box.run("check", *args)
    assert (done.code, "no flour left" in done.err, "--setup-network" in done.err) == (3, True, True)
