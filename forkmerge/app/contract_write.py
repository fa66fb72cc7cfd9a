"""Writes the fork contract, ``.forkmerge/contract.toml`` of the work tree, from what only the fork has.

Invariant: what stands above ``[mined]`` in a contract that is there stays as it is, to the byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app.contract import HOME, Mined, parse, written
from forkmerge.errors import UnusableInput, UsageError
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from forkmerge.app.check import CheckRequest


@dataclass(frozen=True, slots=True)
class WrittenContract:
    """What was written where; ``added`` and ``dropped`` are beside the contract that was there (all, without one)."""

    path: str
    mined: Mined
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    note: str = ""


def write_contract(request: CheckRequest) -> WrittenContract:
    """Mine the contract of the fork ``request.head`` beside ``request.target`` and write it; return what was written.

    Raises UsageError without a work tree, UnusableInput where the file or a contract in it can't be read or written.
    """
    from forkmerge.app.catalogue import catalogue_of  # noqa: PLC0415 - after the repository is found to be usable
    from forkmerge.app.check_names import Trees  # noqa: PLC0415 - the same
    from forkmerge.app.check_own import Words  # noqa: PLC0415 - the same
    from forkmerge.app.contract_mine import mine  # noqa: PLC0415 - the same
    from forkmerge.git.renames import renames  # noqa: PLC0415 - the same

    with Repository.open(request.repository) as repo:
        if repo.worktree is None:
            raise UsageError("a contract is written into a work tree, and this repository has none")
        scenario = resolve(repo, request.head, request.target)
        base, ours, theirs = (repo.entries(r.tree) for r in (scenario.base, scenario.ours, scenario.theirs))

        def renamed(tree: str) -> dict[str, str]:
            return {old: rename.new for old, rename in renames(repo, scenario.base.tree, tree).items()}

        path = repo.worktree / HOME
        before = _text(path)
        known = parse(before.encode("utf-8"), str(path)) if before else None
        mined, note = mine(
            Trees(base, ours, theirs, ours),
            repo.read,
            catalogue_of(repo, base, ours, theirs),
            Words(repo.read),
            renamed=(renamed(scenario.ours.tree), renamed(scenario.theirs.tree)),
            test_paths=request.settings.test_paths,
            ignore=known.ignore if known is not None else (),
        )
    _write(path, written(mined, before))
    old = known.mined.all if known is not None else frozenset()
    return WrittenContract(HOME, mined, tuple(sorted(mined.all - old)), tuple(sorted(old - mined.all)), note)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise UnusableInput("not valid TOML: it is no UTF-8", where=str(path)) from None
    except OSError as error:
        raise UnusableInput(f"can't be read: {error.strerror}", where=str(path)) from None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnusableInput(f"can't be written: {error.strerror}", where=str(path)) from None
