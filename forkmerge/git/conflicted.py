"""What ``git merge-tree --write-tree`` says of two revisions, with everything that it says kept.

Idea: git alone knows renames, directory renames, criss-cross histories, submodules, attributes and the user's settings;
so its own answer is read whole (tree, conflicted entries with their stages, messages by path), as the start of a
structured merge and as what is printed.  A second answer of the same merge, with bases in its conflicts and markers so
long that nothing else looks like them, gives the line merge of every file at once: no process for each file.

Invariants: only objects are written; merge drivers of the repository's own configuration do not run (``git.command``),
nor does forkmerge's own.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.errors import MissingTool, UnusableInput
from forkmerge.git import command
from forkmerge.git.hardening import TEXT_DRIVER
from forkmerge.model.source import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.git.repository import Repository

PLAIN_DRIVER = ("-c", f"merge.forkmerge.driver={TEXT_DRIVER}", "-c", "merge.forkmerge.recursive=text")
"""Options for git that take forkmerge's own driver out: the structured merge comes afterwards, in one process."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A conflicted entry of the index: ``number`` is 1 (base), 2 (ours) or 3 (theirs)."""

    path: str
    number: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Message:
    """What git said of some paths: ``kind`` is its stable word (``Auto-merging``, ``CONFLICT (contents)``, ...)."""

    paths: tuple[str, ...]
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Git's merge: the ``tree`` holds marked files where there are conflicts; ``stages`` are in git's order.

    ``rest`` is what git says after its messages (advice on submodules).
    """

    tree: str
    clean: bool
    stages: tuple[Stage, ...] = ()
    messages: tuple[Message, ...] = ()
    rest: str = ""


def answer(
    repo: Repository, ours: str, theirs: str, *, unrelated: bool = False, style: str = "", marker_size: int = 0
) -> Answer:
    """Return git's merge of two commits, marked with the names as given.

    ``style`` and ``marker_size`` win over what is configured.  Raises ``UnusableInput`` in git's words, for histories
    that have nothing in common too (unless ``unrelated``), and ``MissingTool`` when git is older than 2.38.
    """
    args = [*PLAIN_DRIVER]
    if style:
        args += ["-c", f"merge.conflictStyle={style}"]
    asked = ["merge-tree", "--write-tree", "-z", "--messages"]
    if unrelated:
        asked.append("--allow-unrelated-histories")
    if not marker_size:
        return _read(repo.run([*args, *asked, ours, theirs], check=False))
    with tempfile.NamedTemporaryFile(prefix="forkmerge-attributes-") as attributes:
        Path(attributes.name).write_text(f"* conflict-marker-size={marker_size}\n", encoding="ascii")
        args += ["-c", f"core.attributesFile={attributes.name}"]
        return _read(repo.run([*args, *asked, ours, theirs], check=False))


def _read(completed: command.Completed) -> Answer:
    if completed.code == 129:
        raise MissingTool("git is too old for merge-tree --write-tree", hint="install git 2.38 or newer")
    if completed.code not in (0, 1):
        failed = command.failure(completed, "merge-tree")
        hint = failed.hint
        if "unrelated histories" in failed.message:
            hint = "--allow-unrelated-histories merges them all the same"
        raise UnusableInput(failed.message, hint=hint)
    fields = completed.stdout.decode("utf-8", "surrogateescape").split("\0")
    tree, rest = fields[0], fields[1:]
    if not tree:
        raise UnusableInput("git merge-tree gave no tree", hint="git merge-tree --write-tree tells more")
    end = rest.index("") if "" in rest else len(rest)
    stages = tuple(_stage(text) for text in rest[:end])
    return Answer(tree, completed.code == 0, stages, *_messages(rest[end + 1 :]))


def _stage(text: str) -> Stage:
    facts, _, path = text.partition("\t")
    mode, oid, number = facts.split(" ")
    return Stage(path, int(number), Entry(int(mode, 8), oid))


def _messages(fields: Sequence[str]) -> tuple[tuple[Message, ...], str]:
    """Return the messages and what follows them; git writes them as count, paths, type, message."""
    out = []
    at = 0
    while at < len(fields) and fields[at].strip().isdigit():
        count = int(fields[at].strip())
        kind, text = fields[at + 1 + count : at + 3 + count]
        out.append(Message(tuple(fields[at + 1 : at + 1 + count]), kind, text))
        at += 3 + count
    return tuple(out), "\0".join(fields[at:])
