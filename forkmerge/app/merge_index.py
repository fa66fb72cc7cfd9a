"""The index of a merge in progress: its stages, read and written by git's own plumbing, and git's notes beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.git.conflicted import Stage
from forkmerge.model.source import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forkmerge.git.repository import Repository

_CONFLICTS = re.compile(r"^(?P<sign>\S+) Conflicts:$")


def staged(repo: Repository, *, unmerged: bool = False) -> dict[str, tuple[Stage, ...]]:
    """Return path -> entries of the index (number 0: merged); of ``unmerged`` paths alone where that is enough."""
    args = ["ls-files", "--stage", "-z", *(["--unmerged"] if unmerged else [])]
    rows = repo.run(args).stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    found: dict[str, tuple[Stage, ...]] = {}
    for row in rows:
        facts, _, path = row.partition("\t")
        mode, oid, number = facts.split(" ")
        found[path] = (*found.get(path, ()), Stage(path, int(number), Entry(int(mode, 8), oid)))
    return found


def put(repo: Repository, entries: Mapping[str, Sequence[Stage]]) -> None:
    """Let the index have exactly these entries at these paths, in one step."""
    if not entries:
        return
    rows = []
    for path, stages in entries.items():
        rows.append(f"0 {repo.null}\t{path}\0")
        rows += [f"{s.entry.mode:o} {s.entry.oid} {s.number}\t{path}\0" for s in stages]
    text = "".join(rows).encode("utf-8", "surrogateescape")
    repo.run(["update-index", "-z", "--index-info"], stdin=text, whole=True)
    repo.run(["update-index", "-q", "--refresh"], check=False, whole=True)


def told(repo: Repository, unmerged: Iterable[str]) -> None:
    """Let git's message of the merge list ``unmerged`` as its conflicts, and rerere learn nothing of other paths."""
    open_paths = sorted(set(unmerged))
    note = repo.git_dir / "MERGE_MSG"
    if note.is_file():
        text = note.read_bytes().decode("utf-8", "surrogateescape")
        note.write_bytes(message(text, open_paths).encode("utf-8", "surrogateescape"))
    rerere = repo.git_dir / "MERGE_RR"
    if rerere.is_file():
        rows = rerere.read_bytes().decode("utf-8", "surrogateescape").split("\0")[:-1]
        kept = [row for row in rows if row.partition("\t")[2] in open_paths]
        rerere.write_bytes("".join(f"{row}\0" for row in kept).encode("utf-8", "surrogateescape"))


def message(text: str, unmerged: Sequence[str]) -> str:
    """Return the message of a merge with its list of conflicts, as git appends it, replaced by ``unmerged``."""
    lines = text.splitlines()
    at = next((i for i in range(len(lines) - 1, -1, -1) if _CONFLICTS.match(lines[i])), None)
    sign = "#"
    if at is not None and (found := _CONFLICTS.match(lines[at])):
        sign = found["sign"]
        end = at + 1
        while end < len(lines) and lines[end].startswith(f"{sign}\t"):
            end += 1
        while at and not lines[at - 1].strip():
            at -= 1
        del lines[at:end]
    while lines and not lines[-1].strip():
        lines.pop()
    if unmerged:
        lines += ["", f"{sign} Conflicts:", *(f"{sign}\t{path}" for path in unmerged)]
    return "".join(f"{line}\n" for line in lines)
