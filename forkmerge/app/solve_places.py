"""Which files ``solve`` is about: unmerged paths of the index, and files that were named."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.app import merge_index, merge_write
from forkmerge.app.explain_record import within
from forkmerge.app.solve_blocks import Block, blocks, marker_size
from forkmerge.errors import UnusableInput
from forkmerge.git import scenario
from forkmerge.git.conflicted import Stage
from forkmerge.git.repository import Repository
from forkmerge.model.source import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FILES = (REGULAR, EXECUTABLE)
_SNIFF = 8000
_USUAL = 7


@dataclass(frozen=True, slots=True)
class Target:
    """A file: ``path`` as git has it (or as it was named, outside of a repository), below ``top``.

    ``three`` are base, ours and theirs where the index has them; ``trouble`` says why the file is left alone.
    """

    path: str
    top: str
    three: tuple[Entry, Entry, Entry] | None = None
    trouble: str = ""

    @property
    def raw_place(self) -> Path:
        """Return where the file stands, unchecked."""
        return Path(self.top, os.fsdecode(self.path.encode("utf-8", "surrogateescape")))

    def place(self) -> Path:
        """Return where the file stands; raise UnusableInput if that is behind a symbolic link."""
        return merge_write.on_disk(self.top, self.path)


@dataclass(frozen=True, slots=True)
class Found:
    """The files, the repository they are in (None: none), and what is in progress there ("": nothing)."""

    targets: tuple[Target, ...]
    repo: Repository | None
    operation: str


@contextlib.contextmanager
def look_for(folder: str, paths: Sequence[str]) -> Iterator[Found]:
    """Yield what there is to solve in ``paths``, relative to ``folder``; in the whole work tree when there are none."""
    try:
        repo = Repository.open(folder, reader="git", settled=True)
    except UnusableInput as error:
        if not paths or "not a git repository" not in error.message:
            raise
        yield Found(tuple(_outside(folder, path) for path in paths), None, "")
        return
    with repo:
        if repo.worktree is None:
            raise UnusableInput("there is no work tree here", where=str(repo.git_dir))
        yield _inside(repo, str(repo.worktree), [_relative(repo.worktree, folder, path) for path in paths])


def repository_path(repo: Repository, folder: str, path: str) -> str:
    """Return ``path``, as a user names it from ``folder``, as git has it."""
    if repo.worktree is None:
        raise UnusableInput("there is no work tree here", where=str(repo.git_dir))
    return _relative(repo.worktree, folder, path)


def _relative(worktree: Path, folder: str, path: str) -> str:
    place = os.path.join(os.path.realpath(folder), path)  # noqa: PTH118 - a name, the last part of which may be a link
    parent, name = os.path.split(os.path.normpath(place))
    inside = os.path.relpath(os.path.join(os.path.realpath(parent), name), os.path.realpath(worktree))  # noqa: PTH118
    if inside.startswith(".." + os.sep) or inside == "..":
        raise UnusableInput("this is outside of the work tree", where=path)
    return os.fsencode(inside).decode("utf-8", "surrogateescape")


def _inside(repo: Repository, top: str, given: list[str]) -> Found:
    unmerged = merge_index.staged(repo, unmerged=True)
    undone = _resolve_undo(repo)
    operation = scenario.in_progress(repo) or ("conflicts in the index" if unmerged else "")
    targets = {
        p: _unmerged(repo, p, top, s) for p, s in unmerged.items() if not given or any(within(p, g) for g in given)
    }
    for path, stages in undone.items():
        asked_for = any(within(path, g) for g in given) if given else True
        if path not in targets and asked_for and _has_markers(Target(path, top)):
            targets[path] = _unmerged(repo, path, top, stages)
    for path in given:
        place = Target(path, top).raw_place
        if path in targets or any(within(p, path) for p in targets):
            continue
        if not os.path.lexists(place):
            raise UnusableInput("no such file, and no conflict either", where=path)
        if not place.is_dir() and (operation or _has_markers(Target(path, top))):
            targets[path] = Target(path, top)
    return Found(tuple(targets[p] for p in sorted(targets)), repo, operation)


def _outside(folder: str, path: str) -> Target:
    place = Path(folder, path)
    if not os.path.lexists(place):
        raise UnusableInput("no such file", where=path)
    target = Target(place.name, str(place.parent))
    if not place.is_symlink() and not _has_markers(target):
        raise UnusableInput("there are no conflict markers in it", where=path)
    return target


def _has_markers(target: Target) -> bool:
    try:
        text = merge_write.read(target.place())
    except UnusableInput:
        return False
    return any(isinstance(atom, Block) for atom in blocks(text, marker_size(text, _USUAL)))


def _resolve_undo(repo: Repository) -> dict[str, tuple[Stage, ...]]:
    """Return path -> stages of conflicts that were added, which the index remembers."""
    done = repo.run(["ls-files", "--resolve-undo", "-z"], check=False)
    found: dict[str, tuple[Stage, ...]] = {}
    for row in done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        facts, _, path = row.partition("\t")
        mode, oid, number = facts.split(" ")
        found[path] = (*found.get(path, ()), Stage(path, int(number), Entry(int(mode, 8), oid)))
    return found


def _unmerged(repo: Repository, path: str, top: str, stages: Sequence[Stage]) -> Target:
    entries = {s.number: s.entry for s in stages}
    trouble = ""
    modes = {e.mode for e in entries.values()}
    if SUBMODULE in modes:
        trouble = "a submodule: choose one of its commits"
    elif SYMLINK in modes:
        trouble = "a symbolic link: choose one side"
    elif 2 not in entries or 3 not in entries:
        who = "we" if 2 not in entries else "they"
        trouble = f"{who} deleted it, the other side changed it" if 1 in entries else "only one side has it here"
    elif 1 not in entries:
        trouble = "both sides added it, there is no base"
    elif any(b"\0" in repo.read(e.oid)[:_SNIFF] for e in entries.values()):
        trouble = "binary: choose one side"
    if trouble:
        return Target(path, top, None, trouble)
    return Target(path, top, (entries[1], entries[2], entries[3]))
