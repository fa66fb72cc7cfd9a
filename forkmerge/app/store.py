"""Kept runs: everything that ``propose`` found, as objects and refs of the user's repository.

Idea: a run is a blob (its JSON document) at ``refs/forkmerge/runs/<n>/record`` and a commit for each proposal at
``refs/forkmerge/runs/<n>/<number>``; the refs of the newest run stand a second time at ``refs/forkmerge/latest/``.
Refs keep all of it alive through ``git gc``, and any git command can look at a proposal.

Invariants: a run appears whole or not at all (one ref transaction); an existing run is never written again; the last
``KEEP`` runs stay, older ones are taken away in the same transaction; neither index nor work tree is touched.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.git import command, trees
from forkmerge.report.codec import from_data, to_data
from forkmerge.report.values import Proposal, Proposals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.git.repository import Repository

HOME = "refs/forkmerge"
KEEP = 20
_ATTEMPTS = 5
_RUN = re.compile(r"runs/(\d+)/")
_NAME = re.compile(r"(?:(?:refs/)?forkmerge/)?(?:runs/(?P<run>\d+)|latest)(?:/(?P<number>\d+))?")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal and the run it belongs to."""

    run: Proposals
    proposal: Proposal


def save(repo: Repository, run: Proposals) -> Proposals:
    """Keep ``run`` and return it as kept: with its name, and the commit and ref of every proposal."""
    commits = {p.number: p.commit or _commit(repo, run, p) for p in run.proposals}
    for _ in range(_ATTEMPTS):
        numbers = _numbers(repo)
        number = max(numbers, default=0) + 1
        kept = _named(run, number, commits)
        blob = trees.write_blob(repo, json.dumps(to_data(kept)).encode())
        wanted = {f"{HOME}/runs/{number}/record": blob}
        wanted |= {f"{HOME}/runs/{number}/{p.number}": p.commit for p in kept.proposals}
        latest = {f"{HOME}/latest/{p.number}": p.commit for p in kept.proposals}
        if _transact(repo, wanted, latest, _superseded(repo, numbers, latest)):
            return kept
    raise UnusableInput("the run can't be kept: other runs are being kept at the same time", hint="try it again")


def load(repo: Repository, name: str = "") -> Proposals:
    """Return the kept run called ``name`` (``7``, ``runs/7``; "": the latest); raise UnusableInput if there is none."""
    numbers = _numbers(repo)
    if not numbers:
        raise UnusableInput("no proposals are kept in this repository", hint="forkmerge propose UPSTREAM makes some")
    given = name.removeprefix(f"{HOME}/").removeprefix("runs/")
    number = max(numbers) if not given else int(given) if given.isdecimal() else 0
    if number not in numbers:
        kept = ", ".join(map(str, sorted(numbers)))
        raise UnusableInput(f"there is no run {given}", hint=f"kept are {kept}")
    said = repo.run(["cat-file", "blob", f"{HOME}/runs/{number}/record"])
    return from_data(Proposals, json.loads(said.stdout))


def choose(repo: Repository, name: str = "") -> Chosen:
    """Return the proposal called ``name``: a number of the latest run, a name under refs/forkmerge/, "": the best."""
    run_name, number = _split(name)
    run = load(repo, run_name)
    if not run.proposals:
        raise UnusableInput("the run ended without a proposal", where=run.name)
    found = next((p for p in run.proposals if p.number == number), None)
    if found is None:
        raise UnusableInput(f"there is no proposal {number} in {run.name}", hint=f"it has {len(run.proposals)}")
    return Chosen(run, found)


def _split(name: str) -> tuple[str, int]:
    if not name:
        return "", 1
    if name.isdecimal():
        return "", int(name)
    match = _NAME.fullmatch(name)
    if match is None:
        raise UnusableInput(
            f"{name!r} names no proposal", hint="give a number of the latest run, or a name such as runs/7/1"
        )
    return match["run"] or "", int(match["number"] or 1)


def _named(run: Proposals, number: int, commits: dict[int, str]) -> Proposals:
    proposals = tuple(
        replace(p, commit=commits[p.number], ref=f"{HOME}/runs/{number}/{p.number}") for p in run.proposals
    )
    return replace(run, name=f"runs/{number}", proposals=proposals)


def _numbers(repo: Repository) -> set[int]:
    return {int(match[1]) for ref in _refs(repo, "runs") if (match := _RUN.search(ref))}


def _refs(repo: Repository, under: str) -> tuple[str, ...]:
    said = repo.run(["for-each-ref", "--format=%(refname)", f"{HOME}/{under}/"])
    return tuple(said.stdout.decode("utf-8", "surrogateescape").split())


def _superseded(repo: Repository, numbers: set[int], latest: dict[str, str]) -> tuple[str, ...]:
    """Return the refs to take away: proposals of the run before under ``latest/``, and the runs past ``KEEP``."""
    old = set(sorted(numbers)[: -(KEEP - 1)])
    runs = tuple(ref for ref in _refs(repo, "runs") if (match := _RUN.search(ref)) and int(match[1]) in old)
    return runs + tuple(ref for ref in _refs(repo, "latest") if ref not in latest)


def _transact(repo: Repository, create: dict[str, str], update: dict[str, str], delete: Sequence[str]) -> bool:
    lines = [f"create {ref} {oid}" for ref, oid in create.items()]
    lines += [f"update {ref} {oid}" for ref, oid in update.items()]
    lines += [f"delete {ref}" for ref in delete]
    text = "\n".join(["start", *lines, "commit", ""])
    said = repo.run(["update-ref", "--stdin"], stdin=text.encode(), check=False, whole=True)
    if said.code and b"already exists" not in said.stderr and b"cannot lock" not in said.stderr:
        raise command.failure(said, "update-ref")
    return not said.code


def _commit(repo: Repository, run: Proposals, proposal: Proposal) -> str:
    """Return a commit of ``proposal``, by forkmerge itself: what the user signs is what ``apply`` makes."""
    parents = tuple(dict.fromkeys(r.commit for r in run.sides if r.commit))
    names = ", ".join(r.name for r in (run.scenario.theirs, *run.others))
    message = f"Proposal: {names} into {run.scenario.ours.name}\n"
    return trees.commit(
        repo,
        proposal.tree,
        parents,
        message,
        author=trees.FORKMERGE,
        committer=trees.FORKMERGE,
        date=f"@{run.created} +0000",
    )
