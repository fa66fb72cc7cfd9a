from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from forkmerge.app import store
from forkmerge.errors import UnusableInput
from forkmerge.git.repository import Repository
from forkmerge.model.revision import Revision, Scenario
from forkmerge.report.values import GitReport, Origin, Owner, OwnerTests, Proposal, Proposals, SandboxReport, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def git(folder: Path | None, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repository]:
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.name", "Maintainer")
    git(tmp_path, "config", "user.email", "maintainer@example.org")
    (tmp_path / "a").write_text("a\n")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "base")
    with Repository.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def run(repo: Repository) -> Proposals:
    commit, tree = git(repo.worktree, "rev-parse", "HEAD"), git(repo.worktree, "rev-parse", "HEAD^{tree}")
    head = Revision("HEAD", commit, tree)
    return Proposals(
        scenario=Scenario(head, head, head, (commit,)),
        suites=(),
        parents=(),
        git=GitReport(clean=True),
        proposals=(
            Proposal(1, tree, Origin.OFFSPRING, Verdict.GOOD, (OwnerTests(Owner.OURS, 3, 3),), 1.0, 0.5),
            Proposal(2, tree, Origin.OURS, Verdict.LOSES, (OwnerTests(Owner.OURS, 3, 2, ("t",)),), 1.0, 0.0),
        ),
        evaluations=4,
        suite_equivalents=2.5,
        cached=0,
        seconds=1.5,
        sandbox=SandboxReport("bubblewrap", "full"),
        created=1_700_000_000,
    )


def test_a_saved_run_is_loaded_as_it_was_kept(repo: Repository, run: Proposals) -> None:
    kept = store.save(repo, run)
    assert store.load(repo) == kept
    assert kept.name == "runs/1"
    assert replace(kept, name="", proposals=()) == replace(run, proposals=())


def test_proposals_are_merge_commits_under_refs(repo: Repository, run: Proposals) -> None:
    kept = store.save(repo, run)
    for proposal in kept.proposals:
        assert git(repo.worktree, "rev-parse", proposal.ref) == proposal.commit
        assert git(repo.worktree, "rev-parse", f"refs/forkmerge/latest/{proposal.number}^{{tree}}") == proposal.tree


def test_a_kept_run_survives_gc(repo: Repository, run: Proposals) -> None:
    kept = store.save(repo, run)
    git(repo.worktree, "gc", "-q", "--prune=now")
    assert store.load(repo) == kept
    git(repo.worktree, "fsck", "--strict")


@pytest.mark.parametrize(
    ("name", "number"),
    [("", 1), ("2", 2), ("latest/2", 2), ("runs/1", 1), ("runs/1/2", 2), ("refs/forkmerge/runs/1/2", 2)],
)
def test_a_proposal_is_found_by_each_of_its_names(repo: Repository, run: Proposals, name: str, number: int) -> None:
    store.save(repo, run)
    assert store.choose(repo, name).proposal.number == number


@pytest.mark.parametrize("name", ["3", "runs/2/1", "main", "../heads/main"])
def test_a_name_of_nothing_is_an_error_with_a_hint(repo: Repository, run: Proposals, name: str) -> None:
    store.save(repo, run)
    with pytest.raises(UnusableInput) as caught:
        store.choose(repo, name)
    assert caught.value.hint


def test_without_a_run_the_hint_names_propose(repo: Repository) -> None:
    with pytest.raises(UnusableInput) as caught:
        store.load(repo)
    assert "propose" in caught.value.hint


def test_only_the_last_runs_are_kept(repo: Repository, run: Proposals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEEP", 2)
    for _ in range(2):
        store.save(repo, run)
    last = store.save(repo, replace(run, proposals=run.proposals[:1]))
    refs = git(repo.worktree, "for-each-ref", "--format=%(refname)", "refs/forkmerge/").split()
    assert {ref.split("/")[3] for ref in refs if "/runs/" in ref} == {"2", "3"}
    assert [ref for ref in refs if "/latest/" in ref] == ["refs/forkmerge/latest/1"]
    assert store.load(repo) == last
