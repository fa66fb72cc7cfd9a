"""The plan of a merge laid over the merge that git has just made in index and work tree.

Idea: git itself makes the merge (it refuses, fast-forwards, stashes and notes as always), so whatever is not resolved
here is git's to the byte, and whatever stops this half-way leaves an ordinary merge in progress.  On top of it come the
files of the plan: first the work tree, then the index.

Invariant: a file is touched only if index and work tree have it exactly as git's merge left it; what rerere, or
somebody, has put there stays.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.app import merge_index, merge_write
from forkmerge.app.meanwhile import Meanwhile
from forkmerge.app.merge_lookup import Lookup
from forkmerge.app.merge_tree import Looks
from forkmerge.app.merge_values import Fate
from forkmerge.errors import ForkmergeError
from forkmerge.git.blobs import write_blobs
from forkmerge.git.conflicted import Stage
from forkmerge.model.source import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forkmerge.app.merge_look import Look
    from forkmerge.app.merge_values import Plan, PlannedFile
    from forkmerge.git.repository import Repository


@dataclass(frozen=True, slots=True)
class Laid:
    """A file as it was written: the text, the look of its conflicts, the ``oid`` in the index ("": not resolved)."""

    file: PlannedFile
    text: bytes
    look: Look
    oid: str = ""


def resolved(repo: Repository, made: Plan) -> dict[str, str]:
    """Write what the plan resolves as blobs, which nothing refers to yet, and return path -> blob."""
    texts = {f.path: whole for f in _concerned(made) if (whole := _whole(f)) is not None}
    return dict(zip(texts, write_blobs(repo, list(texts.values())), strict=True))


def overlay(
    repo: Repository, made: Plan, names: tuple[str, str], blobs: Mapping[str, str]
) -> tuple[tuple[Laid, ...], tuple[str, ...]]:
    """Write what the plan resolves, and return it, with notes on files that were left because they had changed.

    ``blobs`` is what was ``resolved``.  The index has these then; of the other files it has git's stages.  What git is
    asked for on the way does not hang together, and goes on at once.
    """
    files = _concerned(made)
    if not files:
        return (), ()
    asked_index = Meanwhile(lambda: merge_index.staged(repo))
    asked_texts = Meanwhile(lambda: smudged(repo, list(blobs.items())))
    auto = Lookup(repo, _auto_merge(repo) or made.git.tree)
    places = _places(repo, files)
    hashes = _hashes(repo, [path for path, place in places.items() if place is not None])
    index = asked_index.result()
    texts = dict(zip(blobs, asked_texts.result(), strict=True))
    looks = Looks(repo, made, names)
    laid: list[Laid] = []
    notes = []
    for file in files:
        there = auto.entry(file.path)
        merged = file.fate == Fate.OBJECTED or not file.stages
        expected = (Stage(file.path, 0, there or _NONE),) if merged else file.stages
        if there is None or index.get(file.path) != expected or hashes.get(file.path) != there.oid:
            notes.append(f"{file.path} is left as it is: it is not as git's merge writes it (rerere, or a hand)")
            continue
        laid.append(_laid(repo, file, looks, there))
    laid = _write(repo, laid, places, blobs, texts)
    merge_index.put(repo, {one.file.path: _stages(one) for one in laid if one.oid or one.file.fate == Fate.OBJECTED})
    return tuple(laid), tuple(notes)


_NONE = Entry(0, "")


def _concerned(made: Plan) -> list[PlannedFile]:
    return [f for f in made.files if f.fate != Fate.LEFT and f.git is not None and "\n" not in f.path]


def _whole(file: PlannedFile) -> bytes | None:
    return file.content if file.fate == Fate.RESOLVED else None


def _laid(repo: Repository, file: PlannedFile, looks: Looks, there: Entry) -> Laid:
    look = looks.of(file, repo.read(there.oid))
    whole = _whole(file)
    if whole is not None:
        return Laid(file, whole, look)
    from forkmerge.app.merge_look import marked  # noqa: PLC0415 - only where conflicts are left

    text = marked(file.merge, look)[0] if file.merge is not None else b""
    return Laid(file, text, look)


def _stages(one: Laid) -> tuple[Stage, ...]:
    if one.oid and one.file.git is not None:
        return (Stage(one.file.path, 0, Entry(one.file.git.mode, one.oid)),)
    return one.file.stages


def _places(repo: Repository, files: list[PlannedFile]) -> dict[str, Path | None]:
    """Return where each file stands, None where nothing may be written."""
    out: dict[str, Path | None] = {}
    for file in files:
        try:
            place = merge_write.on_disk(repo.worktree or repo.git_dir, file.path)
            out[file.path] = place if stat.S_ISREG(os.lstat(place).st_mode) else None
        except (OSError, ForkmergeError):
            out[file.path] = None
    return out


def _hashes(repo: Repository, paths: list[str]) -> dict[str, str]:
    """Return path -> id that its file in the work tree would have as a blob, filters and line ends as git has them."""
    if not paths:
        return {}
    text = "".join(f"{p}\n" for p in paths).encode("utf-8", "surrogateescape")
    done = repo.run(["hash-object", "--stdin-paths"], stdin=text, check=False)
    return dict(zip(paths, done.stdout.decode("ascii").split(), strict=False)) if done.code == 0 else {}


def _auto_merge(repo: Repository) -> str:
    """Return the tree that git has just checked out, "" if it left no word of it."""
    try:
        return (repo.git_dir / "AUTO_MERGE").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _write(
    repo: Repository,
    laid: list[Laid],
    places: Mapping[str, Path | None],
    blobs: Mapping[str, str],
    texts: Mapping[str, bytes],
) -> list[Laid]:
    """Write the files, and return them with the blobs that are to be in the index.

    ``texts`` is what ``blobs`` look like when they are checked out.
    """
    rest = [one for one in laid if one.file.path not in blobs]
    oids = write_blobs(repo, [one.text for one in rest])
    paths = [one.file.path for one in rest]
    looks = {**texts, **dict(zip(paths, smudged(repo, list(zip(paths, oids, strict=True))), strict=True))}
    for one in laid:
        place = places[one.file.path]
        if place is not None:
            merge_write.replace(place, looks[one.file.path])
    return [replace(one, oid=blobs[one.file.path]) if one.file.path in blobs else one for one in laid]


def smudged(repo: Repository, blobs: list[tuple[str, str]]) -> list[bytes]:
    """Return the content of each (path, blob) as git would check it out: filters, encoding, line ends."""
    if not blobs:
        return []
    asked = "".join(f"{oid} {path}\n" for path, oid in blobs).encode("utf-8", "surrogateescape")
    mark = os.urandom(16).hex()  # git tells the size that a blob has before the filters: the mark tells them apart
    data = repo.run(["cat-file", f"--batch={mark}", "--filters"], stdin=asked).stdout
    parts = data.split(mark.encode() + b"\n")[1:]
    return [part.removesuffix(b"\n") for part in parts]
