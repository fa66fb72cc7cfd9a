"""The git attributes that matter to merging, as a tree defines them.

Idea: only git knows every rule of ``.gitattributes`` (macros, precedence, patterns).  So the attribute files of the
tree are laid out in a sterile git directory's work tree, and ``git check-attr`` is asked there, once for all paths.
The tree need not be checked out, and the user's own attribute files have no say.

Invariant: nothing is run; an attribute file that is a symlink is ignored, as git does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.model.source import EXECUTABLE, REGULAR, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.git.repository import Repository

ASKED = ("text", "merge", "linguist-language", "linguist-generated", "working-tree-encoding", "eol", "filter")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a path's attributes say.

    ``binary``: it is not to be merged as text (``binary``, ``-merge``); ``text``: True, False, ``auto`` or None
    (unsaid); ``merge``: the name of a driver, ``text``, ``union`` or ``binary``, None when unsaid; ``language``,
    ``encoding``, ``eol`` and ``filter``: values or None; ``generated``: linguist says that it is made by a program.
    """

    binary: bool = False
    text: bool | str | None = None
    merge: str | None = None
    language: str | None = None
    encoding: str | None = None
    eol: str | None = None
    filter: str | None = None
    generated: bool = False


def attributes(repo: Repository, tree: str, paths: Iterable[str] | None = None) -> dict[str, Attributes]:
    """Return path -> attributes for ``paths`` (all of the tree when None) as the ``.gitattributes`` of ``tree`` say.

    Paths for which nothing is said have the default ``Attributes()``.
    """
    entries = repo.entries(tree)
    wanted = list(entries if paths is None else paths)
    files = attribute_files(repo, entries)
    if not files or not wanted:
        return dict.fromkeys(wanted, Attributes())
    with repo.sterile(files) as apart:
        names = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in wanted)
        answer = apart.run(["check-attr", "--stdin", "-z", *ASKED], stdin=names).stdout.split(b"\0")[:-1]
    said: dict[str, dict[str, str]] = {}
    for path, name, value in zip(answer[::3], answer[1::3], answer[2::3], strict=True):
        if value != b"unspecified":
            there = said.setdefault(path.decode("utf-8", "surrogateescape"), {})
            there[name.decode()] = value.decode("utf-8", "surrogateescape")
    return {path: _attributes(said.get(path, {})) for path in wanted}


def attribute_files(repo: Repository, entries: Mapping[str, Entry]) -> dict[str, bytes]:
    """Return path -> content of the ``.gitattributes`` files of a tree."""
    found = {}
    for path, entry in entries.items():
        is_file = entry.mode in (REGULAR, EXECUTABLE)
        if is_file and (path == ".gitattributes" or path.endswith("/.gitattributes")):
            found[path] = repo.read(entry.oid)
    return found


def _attributes(said: Mapping[str, str]) -> Attributes:
    merge = _value(said, "merge")
    if said.get("merge") in ("set", "unset"):
        merge = {"set": "text", "unset": "binary"}[said["merge"]]
    text: bool | str | None = {"set": True, "unset": False, None: None}.get(said.get("text"), said.get("text"))
    return Attributes(
        binary=merge == "binary",
        text=text,
        merge=merge,
        language=_value(said, "linguist-language"),
        encoding=_value(said, "working-tree-encoding"),
        eol=_value(said, "eol"),
        filter=_value(said, "filter"),
        generated=said.get("linguist-generated") in ("set", "true"),
    )


def _value(said: Mapping[str, str], name: str) -> str | None:
    value = said.get(name)
    return None if value in ("set", "unset") else value
