"""Writing blobs, trees and commits: objects only, never references, index or work tree.

Idea: a tree is rewritten folder by folder, touching only the folders on the way to a change; the rest keeps its ids.
Invariants: every path is safe (``treedata``); no path is both a file and a folder; empty folders do not exist.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.errors import UnusableInput
from forkmerge.git import treedata
from forkmerge.model.source import SUBMODULE, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forkmerge.git.repository import Repository

Change: TypeAlias = Entry | tuple[int, bytes] | None
"""An entry as it is, a mode with the content of a new file, or None: no file there."""

FORKMERGE = "forkmerge <forkmerge@localhost>"
"""The author of commits that forkmerge makes for itself."""

_PERSON = re.compile(r"(?P<name>[^<>\n]*?) *<(?P<email>[^<>\n]*)>")


def write_blob(repo: Repository, data: bytes) -> str:
    """Return the id of a blob with this content, written if it was not there."""
    return repo.write_object("blob", data)


def empty_tree(repo: Repository) -> str:
    """Return the id of the empty tree, written if it was not there."""
    return repo.write_object("tree", b"")


def write(repo: Repository, base_tree: str, changes: Mapping[str, Change]) -> str:
    """Return the id of ``base_tree`` (a tree or commit) with ``changes`` made; only objects are written.

    Raises ``UnusableInput`` for unsafe paths, modes that git does not know, missing objects, and for a path that would
    be both a file and a folder.  Removing what is not there changes nothing.
    """
    root = _Node()
    for path, change in changes.items():
        treedata.check_path(path)
        node = root
        for part in path.split("/"):
            node = node.children.setdefault(part, _Node())
        node.listed = True
        node.entry = None if change is None else _entry(repo, path, change)
    return _write(repo, repo.tree_of(base_tree), root, "") or empty_tree(repo)


def commit(  # noqa: PLR0913 - what a commit is made of
    repo: Repository,
    tree: str,
    parents: Sequence[str],
    message: str,
    *,
    author: str | None = None,
    committer: str | None = None,
    date: str | None = None,
    sign: bool = False,
) -> str:
    """Return the id of a new commit; no reference is changed and no hook runs.

    ``author`` and ``committer`` are ``Name <email>`` (the user's own when None); ``date`` is in any form that git takes
    (now when None).  ``sign`` signs it if the user's own configuration, not the repository's, says that commits are
    signed.  Raises ``UnusableInput`` when the user has no identity.
    """
    env = {**_identity(repo, "AUTHOR", author, date), **_identity(repo, "COMMITTER", committer, date)}
    args = ["commit-tree", tree]
    for parent in parents:
        args += ["-p", parent]
    if sign and _wants_signature(repo):
        args.append("-S")
    text = message if message.endswith("\n") else f"{message}\n"
    completed = repo.run_apart(args, stdin=text.encode("utf-8", "surrogateescape"), env=env, as_user=sign)
    return completed.stdout.decode("ascii").strip()


class _Node:
    """A part of a path on the way to changes; ``listed`` says that ``entry`` is to stand there (None: nothing)."""

    __slots__ = ("children", "entry", "listed")

    def __init__(self) -> None:
        self.listed = False
        self.entry: Entry | None = None
        self.children: dict[str, _Node] = {}


def _entry(repo: Repository, path: str, change: Entry | tuple[int, bytes]) -> Entry:
    mode = change.mode if isinstance(change, Entry) else change[0]
    if mode not in treedata.LEAF_MODES:
        raise UnusableInput(f"git has no file mode {mode:o}", where=path)
    if isinstance(change, Entry):
        if mode != SUBMODULE and (kind := repo.kind(change.oid)) != "blob":
            raise UnusableInput(f"the object {change.oid} is {'a ' + kind if kind else 'missing'}", where=path)
        return change
    if mode == SUBMODULE:
        raise UnusableInput("a submodule is a commit, it has no content", where=path)
    return Entry(mode, write_blob(repo, change[1]))


def _write(repo: Repository, tree: str | None, node: _Node, prefix: str) -> str | None:
    """Return the id of ``tree`` with the changes below ``node``, None when nothing is left in it."""
    entries = repo.folder(tree) if tree else {}
    before = dict(entries)
    for name, child in node.children.items():
        path = prefix + name
        current = entries.get(name)
        is_folder = current is not None and current[0] == treedata.FOLDER
        below = current[1] if current is not None and is_folder else None
        if child.children:
            below = _write(repo, below, child, f"{path}/")
        file = child.entry if child.listed else None
        if not child.listed and current is not None and not is_folder:
            file = Entry(*current)
        if below is not None and file is not None:
            raise UnusableInput(f"{path} would be both a file and a folder", where=path)
        if file is not None:
            entries[name] = (file.mode, file.oid)
        elif below is not None:
            entries[name] = (treedata.FOLDER, below)
        else:
            entries.pop(name, None)
    if tree and entries == before:
        return tree
    return repo.write_object("tree", treedata.render(entries)) if entries else None


def _wants_signature(repo: Repository) -> bool:
    asked = repo.run_apart(["config", "--type=bool", "--get", "commit.gpgSign"], check=False, as_user=True)
    return asked.stdout == b"true\n"


def _identity(repo: Repository, role: str, person: str | None, date: str | None) -> dict[str, str]:
    if person is None:
        person = repo.run(["var", f"GIT_{role}_IDENT"]).stdout.decode("utf-8", "surrogateescape").strip()
    found = _PERSON.match(person)
    if found is None:
        raise UnusableInput(f"{person!r} is not of the form Name <email>")
    identity = {f"GIT_{role}_NAME": found["name"], f"GIT_{role}_EMAIL": found["email"]}
    if date is not None:
        identity[f"GIT_{role}_DATE"] = date
    return identity
