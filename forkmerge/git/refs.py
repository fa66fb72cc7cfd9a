"""References of forkmerge's own, under ``refs/forkmerge/``.

Idea: whatever is referenced there is safe from ``git gc`` and can be named in any git command.
Invariants: no reference outside the prefix is written; a set of changes is made whole or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.git.repository import Repository

PREFIX = "refs/forkmerge/"


def set(repo: Repository, name: str, oid: str) -> None:  # noqa: A001 - read as refs.set
    """Let ``name`` (with or without the prefix) point to ``oid``."""
    update(repo, {name: oid})


def delete(repo: Repository, name: str) -> None:
    """Remove ``name``; nothing happens when it does not exist."""
    update(repo, {name: None})


def update(repo: Repository, changes: Mapping[str, str | None]) -> None:
    """Make all ``changes`` (name -> id, None to remove) at once, or none of them if one can't be made."""
    if not changes:
        return
    there = list(repo)
    lines = ["start"]
    for name, oid in changes.items():
        ref = full_name(repo, name)
        if oid is not None:
            lines.append(f"update {ref} {oid}")
        elif ref in there:
            lines.append(f"delete {ref}")
    lines += ["prepare", "commit", ""]
    repo.run(["update-ref", "--stdin"], stdin="\n".join(lines).encode("utf-8", "surrogateescape"))


def get(repo: Repository, name: str) -> str | None:
    """Return what ``name`` points to, None when it does not exist."""
    ref = full_name(repo, name)
    completed = repo.run(["rev-parse", "--verify", "--quiet", ref], check=False)
    return completed.stdout.decode("ascii").strip() if completed.code == 0 else None


def list(repo: Repository, prefix: str = "") -> dict[str, str]:  # noqa: A001 - read as refs.list
    """Return full name -> id of every reference whose name (after ``refs/forkmerge/``) starts with ``prefix``."""
    start = PREFIX + prefix.removeprefix(PREFIX)
    rows = repo.run(["for-each-ref", "--format=%(objectname) %(refname)", PREFIX]).stdout
    pairs = (row.partition(" ") for row in rows.decode("utf-8", "surrogateescape").splitlines())
    return {name: oid for oid, _, name in pairs if name.startswith(start)}


def full_name(repo: Repository, name: str) -> str:
    """Return ``name`` with the prefix; raises ``UnusableInput`` for what git does not allow as a reference."""
    ref = PREFIX + name.removeprefix(PREFIX)
    if repo.run(["check-ref-format", ref], check=False).code != 0:
        raise UnusableInput(f"{name!r} can't be the name of a reference")
    return ref
