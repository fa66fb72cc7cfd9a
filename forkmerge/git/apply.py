"""Making a merge real: the merge commit, and the branch, index and work tree that show it.

Idea: everything that can refuse is asked first, then come the steps, each of which leaves a state that the next run of
``apply`` with the same arguments goes on from:

1. the commit is written, an object that nothing refers to yet;
2. ``git read-tree -m -u`` moves index and work tree from our tree to the result;
3. one transaction moves the branch (only if it still is where it was) and ORIG_HEAD.

Killed before 2, nothing has changed; after 3, ``apply`` finds its own merge and is content.  Killed in between, the
branch still stands on our commit: files that already are as the result has them do not count as changes, so running
``apply`` again completes it, and ``git restore --staged --worktree -- <paths>`` takes it back.

Invariants: changes of the user's are never overwritten; nothing is written through a symlinked folder; the repository's
own hooks, filters and drivers do not run (``git.command``).
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput, UsageError
from forkmerge.git import command, scenario, trees
from forkmerge.model.source import REGULAR, SUBMODULE, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.git.repository import Repository

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What ``apply`` did.

    ``commit`` is the new merge (None when it is left to the user), ``ref`` what moved to it ("" if nothing did),
    ``changed`` the paths that differ from our side.
    """

    commit: str | None
    tree: str
    ref: str
    changed: tuple[str, ...]


def apply(
    repo: Repository,
    tree: str,
    parents: tuple[str, ...],
    message: str,
    *,
    branch: str | None = None,
    commit: bool = True,
) -> ApplyResult:
    """Make the merge of ``parents`` (ours, theirs) with the result ``tree`` and return what was done.

    With ours as the only parent it is no merge but a commit like any other.
    HEAD must stand on ours; the current branch, index and work tree move to the merge.  With ``branch`` a new branch of
    that name is made instead and nothing else moves.  Without ``commit`` the merge is left to be committed, as
    ``git merge --no-commit`` does.  Raises ``UnusableInput`` when something of the user's is in the way, naming it.
    """
    parents = tuple(repo.resolve(parent).commit or "" for parent in parents)
    ours = parents[0]
    before, after = repo.entries(ours), repo.entries(tree)
    changed = tuple(sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p)))
    result_tree = repo.tree_of(tree)
    if branch is not None:
        if not commit:
            raise UsageError("a branch can't be made without a commit", hint="leave out one of the two")
        _check_branch(repo, branch)
        made = trees.commit(repo, result_tree, parents, message, sign=True)
        ref = f"refs/heads/{branch}"
        _move(repo, [f"create {ref} {made}"], message)
        return ApplyResult(made, result_tree, ref, changed)
    worktree = _worktree(repo)
    missing = [e.oid for p in changed if (e := after.get(p)) and e.mode != SUBMODULE and repo.kind(e.oid) != "blob"]
    repo.read_many(missing)
    if commit and (done := _done_already(repo, result_tree, parents)):
        return ApplyResult(done, result_tree, _head(repo), changed)
    _check_state(repo, ours)
    _Obstacles(repo, worktree, before, after, changed).clear()
    own = trees.commit(repo, result_tree, parents, message, sign=True) if commit else None
    _check_out(repo, repo.tree_of(ours), result_tree)
    if own is None:
        _leave(repo, parents, message)
        return ApplyResult(None, result_tree, "", changed)
    _move(repo, [f"update ORIG_HEAD {ours}", f"update HEAD {own} {ours}"], message)
    return ApplyResult(own, result_tree, _head(repo), changed)


def _head(repo: Repository) -> str:
    completed = repo.run(["symbolic-ref", "--quiet", "HEAD"], check=False)
    return completed.stdout.decode("utf-8", "surrogateescape").strip() or "HEAD"


def _done_already(repo: Repository, tree: str, parents: tuple[str, ...]) -> str:
    """Return HEAD if it is this very commit, made before, "" if not."""
    head = repo.resolve("HEAD").commit or ""
    header = repo.read(head).split(b"\n\n", 1)[0].decode("ascii", "replace").splitlines()
    wanted = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    return head if [line for line in header if line.startswith(("tree ", "parent "))] == wanted else ""


def _check_branch(repo: Repository, branch: str) -> None:
    if branch.startswith("-") or repo.run(["check-ref-format", f"refs/heads/{branch}"], check=False).code != 0:
        raise UnusableInput(f"{branch!r} can't be the name of a branch")
    if f"refs/heads/{branch}" in repo.names():
        raise UnusableInput(f"there is a branch {branch} already", hint="choose another name, or delete it first")


def _worktree(repo: Repository) -> Path:
    if repo.worktree is None:
        raise UnusableInput("there is no work tree here", where=str(repo.git_dir), hint="name a branch to make instead")
    if repo.given_worktree:
        return repo.worktree
    own = command.run(["rev-parse", "--absolute-git-dir"], cwd=repo.worktree, check=False).stdout.removesuffix(b"\n")
    if not own or not repo.git_dir.samefile(os.fsdecode(own)):
        raise UnusableInput(
            "the work tree that the repository's configuration names is not its own",
            where=str(repo.worktree),
            hint="remove core.worktree from the repository's configuration, or name a branch to make instead",
        )
    return repo.worktree


def _check_state(repo: Repository, ours: str) -> None:
    if operation := scenario.in_progress(repo):
        hint = f"git {operation} --continue finishes it, git {operation} --abort takes it back"
        raise UnusableInput(f"a {operation} is in progress", where=str(repo.git_dir), hint=hint)
    head = repo.resolve("HEAD").commit
    if head != ours:
        raise UnusableInput(
            f"HEAD has moved: it is {head}, the merge was made for {ours}",
            hint=f"git switch to where it was, or make the merge anew (a branch can be made of {ours} at any time)",
        )


class _Obstacles:
    """What of the user's stands in the way of moving index and work tree from ``before`` to ``after``."""

    def __init__(
        self,
        repo: Repository,
        worktree: Path,
        before: Mapping[str, Entry],
        after: Mapping[str, Entry],
        changed: tuple[str, ...],
    ) -> None:
        self._repo = repo
        self._worktree = worktree
        self._before = before
        self._after = after
        self._changed = changed

    def clear(self) -> None:
        """Raise ``UnusableInput`` naming what is in the way; take note of what is as the result has it already."""
        self._repo.run(["update-index", "-q", "--refresh"], check=False, whole=True)
        staged = self._index()
        odd = [p for p, e in staged.items() if not _same(e, self._before.get(p)) and not _same(e, self._after.get(p))]
        odd += [p for p in self._before if p not in staged and p in self._after]
        if odd:
            raise _in_the_way("the index has changes that are not committed", odd)
        linked = [p for p in self._changed if self._behind_link(p)]
        if linked:
            raise _in_the_way("a folder on the way is a symbolic link, through which nothing is written", linked)
        loose = {p for p in self._dirty(None) if p in self._before or p in self._after}
        loose &= {*self._changed}
        loose |= {p for p in self._changed if p not in staged and self._occupied(p)}
        wrong = self._not_as_result(loose)
        if wrong:
            raise _in_the_way("changes that are not committed, or files that git does not know, are in the way", wrong)
        if loose:
            self._note(loose, None)

    def _index(self) -> dict[str, Entry]:
        found = {}
        rows = self._repo.run(["ls-files", "--stage", "-z"]).stdout.decode("utf-8", "surrogateescape").split("\0")
        unmerged = []
        for row in filter(None, rows):
            facts, _, path = row.partition("\t")
            mode, oid, stage = facts.split()
            found[path] = Entry(int(mode, 8), oid)
            if stage != "0":
                unmerged.append(path)
        if unmerged:
            raise _in_the_way("there are conflicts that are not resolved", sorted({*unmerged}))
        return found

    def _behind_link(self, path: str) -> bool:
        """Return whether a folder of ``path`` is a symlink in the work tree, other than one that the merge removes."""
        for folder in _folders(path):
            if self._on_disk(folder).is_symlink():
                return folder not in self._before or folder in self._after
        return False

    def _occupied(self, path: str) -> bool:
        """Return whether something that git does not know stands at ``path``."""
        place = self._on_disk(path)
        if any(self._on_disk(folder).is_symlink() for folder in _folders(path)):
            return False  # a symlink of ours that the merge removes: what lies behind it is not in this work tree
        if not os.path.lexists(place):
            return False
        is_folder = place.is_dir() and not place.is_symlink()
        return not (is_folder and any(p.startswith(f"{path}/") for p in self._before))

    def _dirty(self, index: Path | None) -> list[str]:
        args = ["diff-files", "--name-only", "-z", "--ignore-submodules=all"]
        env = {"GIT_INDEX_FILE": str(index)} if index else {}
        return self._repo.run(args, env=env).stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]

    def _not_as_result(self, paths: set[str]) -> list[str]:
        """Return those of ``paths`` whose files are not as the result has them, compared as git does (filters, eol)."""
        gone = {p for p in paths if p not in self._after}
        wrong = {p for p in gone if os.path.lexists(self._on_disk(p))}
        if paths - gone:
            with tempfile.TemporaryDirectory(prefix="forkmerge-index-") as folder:
                index = Path(folder) / "index"
                self._note(paths - gone, index)
                wrong.update(self._dirty(index))
        return sorted(wrong)

    def _note(self, paths: Iterable[str], index: Path | None) -> None:
        """Let the index (or another one) have these paths as the result has them."""
        rows = []
        for path in paths:
            entry = self._after.get(path)
            facts = f"{entry.mode:o} {entry.oid}" if entry else f"0 {self._repo.null}"
            rows.append(f"{facts}\t{path}\0")
        env = {"GIT_INDEX_FILE": str(index)} if index else {}
        text = "".join(rows).encode("utf-8", "surrogateescape")
        self._repo.run(["update-index", "-z", "--index-info"], stdin=text, env=env, whole=True)
        self._repo.run(["update-index", "-q", "--refresh"], env=env, check=False, whole=True)

    def _on_disk(self, path: str) -> Path:
        return self._worktree / os.fsdecode(path.encode("utf-8", "surrogateescape"))


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _same(a: Entry, b: Entry | None) -> bool:
    if b is None:
        return False
    mode = REGULAR if b.mode == 0o100664 else b.mode
    return a.oid == b.oid and a.mode == mode


def _in_the_way(what: str, paths: list[str]) -> UnusableInput:
    shown = ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
    return UnusableInput(
        f"{what}: {shown}", where=paths[0], hint="commit, stash or move them, or name a branch to make"
    )


def _check_out(repo: Repository, ours_tree: str, tree: str) -> None:
    args = ["read-tree", "-m", "-u", "--no-recurse-submodules", ours_tree, tree]
    completed = repo.run(args, check=False, whole=True)
    if completed.code != 0:
        failed = command.failure(completed, "read-tree")
        hint = failed.hint or "mend what git names and apply again: it goes on from where it stopped"
        raise UnusableInput(failed.message, where=str(repo.worktree), hint=hint)


def _move(repo: Repository, changes: list[str], message: str) -> None:
    subject = message.strip().split("\n", 1)[0]
    text = "\n".join(["start", *changes, "prepare", "commit", ""])
    repo.run(
        ["update-ref", "-m", f"forkmerge apply: {subject}", "--create-reflog", "--stdin"],
        stdin=text.encode("utf-8", "surrogateescape"),
        whole=True,
    )


def _leave(repo: Repository, parents: tuple[str, ...], message: str) -> None:
    """Leave what ``git merge --no-commit`` leaves; MERGE_HEAD, which makes it a merge in progress, comes last.

    With one parent that is what ``git merge --squash`` leaves: the message for the next commit.
    """
    ours, *others = parents
    repo.run(["update-ref", "ORIG_HEAD", ours])
    text = message if message.endswith("\n") else f"{message}\n"
    left = [("MERGE_MSG", text), ("MERGE_MODE", "no-ff"), ("MERGE_HEAD", "".join(f"{o}\n" for o in others))]
    for name, content in left if others else [("SQUASH_MSG", text)]:
        beside = repo.git_dir / f"{name}.forkmerge"
        beside.write_bytes(content.encode("utf-8", "surrogateescape"))
        beside.replace(repo.git_dir / name)
