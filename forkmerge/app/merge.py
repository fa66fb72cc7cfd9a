"""``merge``: what ``git merge`` does, with the structured merge in place of the line merge; no tests run.

The steps: the plan (objects alone, so that whatever fails there leaves everything as it was); git's own merge, which
refuses, fast-forwards and notes as always; the plan laid over it; the commit, if nothing is left to decide; the record.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app import merge_index, merge_plan, merge_risk
from forkmerge.app.meanwhile import Meanwhile
from forkmerge.errors import UnusableInput
from forkmerge.git import command, scenario
from forkmerge.git.conflicted import PLAIN_DRIVER
from forkmerge.git.repository import Repository
from forkmerge.model.revision import Scenario

if TYPE_CHECKING:
    from forkmerge.report.explained import Explanation


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: ``rev`` "" is the upstream branch, ``forward`` "" or git's ``--ff-only`` or ``--no-ff``."""

    rev: str = ""
    message: str | None = None
    commit: bool = True
    unrelated: bool = False
    structured: bool = True
    forward: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """What was done, in words (``said``) and as a document."""

    explanation: Explanation
    said: str


def merge(folder: str, order: Order) -> Merged:
    """Merge into the current branch, index and work tree; raise UnusableInput, nothing touched, where git refuses."""
    merge_plan.warm("forkmerge.app.merge_worktree", "forkmerge.app.merge_told")
    with Repository.open(folder, reader="git", settled=True) as repo:
        if repo.worktree is None:
            hint = "forkmerge merge --write-tree OURS THEIRS needs none"
            raise UnusableInput("there is no work tree here", where=str(repo.git_dir), hint=hint)
        name = order.rev or _upstream(repo)
        head, theirs = repo.resolve_all("HEAD", order.rev or "@{upstream}")
        if head.commit is None or theirs.commit is None:
            raise UnusableInput("a tree is no commit that could be merged", where=name)
        bases = repo.merge_bases(head.commit, theirs.commit)
        made = None
        if theirs.commit not in bases:
            history = Scenario(scenario.base_of(repo, bases), head, theirs, bases)
            made = merge_plan.plan(
                repo,
                "HEAD",
                name,
                unrelated=order.unrelated,
                structured=order.structured,
                allowed=merge_risk.allowed(repo),
                history=history,
            )
        from forkmerge.app.merge_worktree import overlay, resolved  # noqa: PLC0415 - the plan is worked out before

        branch = Meanwhile(lambda: _branch(repo))
        blobs = Meanwhile(lambda: resolved(repo, made) if made is not None else {})
        done = _git_merge(repo, order)
        from forkmerge.app import merge_told  # noqa: PLC0415 - the same
        from forkmerge.app.explain_plan import left_texts  # noqa: PLC0415 - the same

        if not (repo.git_dir / "MERGE_HEAD").is_file():
            return Merged(merge_told.nothing(head.name, name), _no_merge(done))
        laid, notes = overlay(repo, made, ("HEAD", name), blobs.result()) if made is not None else ((), ())
        unmerged = merge_index.staged(repo, unmerged=True)
        if laid:
            merge_index.told(repo, unmerged)
        made_commit = ""
        if not unmerged and order.commit:
            repo.run(["commit", "--no-edit", "--quiet"], env={"GIT_REFLOG_ACTION": f"merge {name}"}, whole=True)
            made_commit = repo.resolve("HEAD").commit or ""
        found = merge_told.explanation(
            made, left_texts(repo, made), laid, notes, sorted(unmerged), (branch.result(), name), made_commit
        )
        merge_told.keep(repo.git_dir, found, laid)
    return Merged(found, merge_told.words(found, committed=bool(made_commit)))


def hand_over(verb: str) -> int:
    """Let git end the merge in progress (``continue``, ``abort``, ``quit``), as the user: hooks, editor and all."""
    try:
        return subprocess.call(["git", "merge", f"--{verb}"])  # noqa: S607 - the user's own git, on the user's own word
    except FileNotFoundError:
        raise UnusableInput("git was not found", hint="install git 2.38 or newer and put it on PATH") from None


def _upstream(repo: Repository) -> str:
    asked = repo.run(["rev-parse", "--symbolic-full-name", "@{upstream}"], check=False)
    if asked.code != 0:
        raise UnusableInput(
            "there is nothing to merge: the current branch has no upstream branch",
            where="HEAD",
            hint="name the revision to merge: forkmerge merge REV",
        )
    said = asked.stdout
    return said.decode("utf-8", "surrogateescape").strip()


def _branch(repo: Repository) -> str:
    said = repo.run(["symbolic-ref", "--quiet", "--short", "HEAD"], check=False).stdout
    return said.decode("utf-8", "surrogateescape").strip() or "HEAD"


def _git_merge(repo: Repository, order: Order) -> command.Completed:
    """Run git's own merge, not committed; raise UnusableInput in its words where it refuses."""
    args = [*PLAIN_DRIVER, "merge", "--no-commit", "--no-stat"]
    args += [order.forward] if order.forward else []
    args += ["--allow-unrelated-histories"] if order.unrelated else []
    args += ["-m", order.message] if order.message is not None else []
    args += [order.rev] if order.rev else []
    before = (repo.git_dir / "MERGE_HEAD").is_file()
    done = repo.run(args, check=False, whole=True)
    if done.code == 0 or (not before and done.code == 1 and (repo.git_dir / "MERGE_HEAD").is_file()):
        return done
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    first = said[0].removeprefix("fatal: ").removeprefix("error: ").removeprefix("hint: ") if said else ""
    more = " ".join(line.strip().removeprefix("hint: ") for line in said[1:])
    hint = command.failure(done, "merge").hint or more
    raise UnusableInput(f"git merge: {first or f'ended with code {done.code}'}", where=str(repo.worktree), hint=hint)


def _no_merge(done: command.Completed) -> str:
    """Return in git's words why there was nothing to merge."""
    said = done.stdout.decode("utf-8", "replace").strip().splitlines()
    words = next((line for line in said if line.startswith(("Already", "Fast-forward", "Updating"))), "")
    if any(line.startswith("Fast-forward") for line in said):
        words = "Fast-forward."
    return words or "Nothing to do."
