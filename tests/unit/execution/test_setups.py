"""Environments for manifests: made once for each, of nothing but the manifests, and shown to who asks for the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forkmerge.errors import UnusableInput
from forkmerge.execution.environment import Environment
from forkmerge.execution.pool import Job, Pool
from forkmerge.execution.provisions import Provision
from forkmerge.execution.setups import Recipe, Setups, kept, make, manifests, wishes
from forkmerge.execution.treeid import tree_id
from forkmerge.model.source import REGULAR, Entry
from forkmerge.sandbox.probe import choose


class Made:
    """Setups over a pool, and the trees that the setup command was run on."""

    def __init__(self, tmp_path: Path, blobs, command: str, own: str = "one") -> None:
        self.blobs, self.trees = blobs, []
        checkout = tmp_path / "checkout"
        checkout.mkdir()
        self.users = Provision(".venv", str(tmp_path / "users"), "environment")
        variables = (("PATH", os.environ["PATH"]),)
        self.environment = Environment(str(checkout), variables, (self.users,))
        backend = choose("none")
        self.pool = Pool(
            2,
            base=str(tmp_path / "work"),
            read=blobs.read,
            run_job=lambda job, workspace: make(job.payload, workspace, self.environment, backend),
        )
        self.setups = Setups(
            Recipe(command, who="me"),
            self.environment,
            wishes(self.tree(own), blobs.read),
            base=str(tmp_path / "kept"),
            read=blobs.read,
            submit=self.submit,
        )

    def submit(self, tree, entries, making):
        self.trees.append(sorted(entries))
        return self.pool.submit(Job(tree, tree, entries, making)).result()

    def tree(self, needs: str, code: str = "x = 1\n"):
        return {"requirements.txt": self.blobs.entry(needs), "code.py": self.blobs.entry(code)}

    def asked(self, needs: str, code: str = "x = 1\n") -> Environment:
        return self.setups.environment(self.tree(needs, code))


COPY = "mkdir -p .venv/bin && cp requirements.txt .venv/has && ls -A > .venv/seen"


@pytest.fixture
def made(tmp_path, blobs):
    found = Made(tmp_path, blobs, COPY)
    with found.pool:
        yield found


def test_the_users_own_environment_serves_the_manifests_of_the_checkout(made):
    assert made.asked("one", "x = 2\n") is made.environment
    assert made.trees == []


def test_other_manifests_get_an_environment_of_their_own_once(made):
    first = made.asked("two")
    again = made.asked("two", "x = 3\n")
    (folder,) = (each for each in first.found if each.kind == "environment")
    assert first == again
    assert made.trees == [["requirements.txt"]]
    assert folder.path == ".venv"
    assert Path(folder.source, "has").read_text() == "two"


def test_the_setup_command_sees_the_manifests_alone(made):
    (folder,) = made.asked("two").found
    assert Path(folder.source, "seen").read_text().split() == [".venv", "requirements.txt"]


def test_it_is_kept_for_the_next_process(tmp_path, blobs, made):
    made.asked("two")
    folder = tmp_path / "other"
    folder.mkdir()
    later = Made(folder, blobs, COPY)
    later.setups._base = made.setups._base
    with later.pool:
        assert later.asked("two").found == made.asked("two").found
    assert later.trees == []


def test_what_fails_is_told_and_not_kept(tmp_path, blobs):
    made = Made(tmp_path, blobs, "mkdir .venv; echo no such thing; exit 3")
    with made.pool, pytest.raises(UnusableInput, match=r"failed for requirements.txt: no such thing"):
        made.asked("two")
    assert [p for p in (tmp_path / "kept" / "environments").iterdir() if kept(str(p))] == []


def test_what_says_that_dependencies_are_needed():
    paths = "requirements.txt requirements/dev.in a/package.json go.mod code.py docs/x.md node_modules/a/package.json"
    entries = {path: Entry(REGULAR, "0" * 40) for path in paths.split()}
    assert sorted(manifests(entries)) == ["a/package.json", "go.mod", "requirements.txt", "requirements/dev.in"]
    assert tree_id(manifests(entries), "sha1")


def test_a_manifest_that_says_something_else_as_well_is_read_for_dependencies(blobs):
    one, two, three = (
        wishes({"pyproject.toml": blobs.entry(text)}, blobs.read)
        for text in (
            '[project]\nversion = "1"\ndependencies = ["a"]\n',
            '[project]\nversion = "2"\ndependencies = ["a"]\n',
            '[project]\nversion = "2"\ndependencies = ["a", "b"]\n',
        )
    )
    assert one == two
    assert two != three
    broken = wishes({"package.json": blobs.entry("{")}, blobs.read)
    assert broken == {"package.json": b"{"}
