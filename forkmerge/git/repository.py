"""A repository as the rest of the house sees it: where it is, its objects, its names.

Idea: one look at the repository by git itself, which checks ownership (``safe.directory``) and formats; from then on
objects come from a store (``git.objects``) and names from git's plumbing.

Invariants: nothing here writes to index or work tree; what is read is validated (no unsafe or doubled names); an id
is a full hex id.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.git import command, treedata
from forkmerge.git.location import Location
from forkmerge.git.objects import open_store
from forkmerge.git.sterile import Sterile
from forkmerge.model.revision import Revision
from forkmerge.model.source import SUBMODULE, Entry

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from forkmerge.git.hardening import Configured

_MOST_ENTRIES = 5_000_000
_MOST_LISTED = 200_000
_NO_COMMIT_HINT = "make a first commit, or name a revision that has one"


class Repository:
    """An open repository; use ``Repository.open``, and ``close`` it or use it as a context manager.

    ``git_dir`` is the git directory of this work tree, ``common_dir`` the one that linked work trees share,
    ``worktree`` the top of the work tree (None if there is none), ``object_format`` ``sha1`` or ``sha256``.
    """

    def __init__(
        self,
        git_dir: Path,
        common_dir: Path,
        worktree: Path | None,
        object_format: str,
        *,
        reader: str | None = None,
        settled: bool = False,
    ) -> None:
        self.given_worktree = False
        self._steady: tuple[tuple[str, str], ...] | None = None
        self._configured: tuple[Configured, ...] | None = None
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.worktree = worktree
        self.object_format = object_format
        if settled:
            self._configured = command.configuration(self.worktree or self.git_dir, self.git_dir, self.worktree)
            self._steady = command.overrides(self._configured)
        self._shared = self.setting("core.sharedRepository")
        self._sterile = self.sterile()
        self._store = open_store(self._sterile, reader=reader)
        self._listings: dict[str, tuple[tuple[str, Entry | str], ...]] = {}
        self._listed = 0

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] = ".",
        *,
        git_dir: str | os.PathLike[str] | None = None,
        work_tree: str | os.PathLike[str] | None = None,
        reader: str | None = None,
        settled: bool = False,
    ) -> Repository:
        """Return the repository around ``path``, or the one whose ``git_dir`` is given.

        Git sets ``GIT_DIR`` for hooks and drivers; who reads the environment passes it on, as ``GIT_WORK_TREE``, the
        user's own word on where files belong.  ``reader`` (``pygit2``, ``git``) insists on one way to read objects.
        ``settled`` looks at git's configuration once for all that is run from now on: for short work alone.
        Raises ``UnusableInput`` when there is none or git refuses it.
        """
        asked = Location(path, git_dir, work_tree)
        try:
            own, common, top, object_format = asked.places()
        except command.GitFailed as failed:
            if "not a git repository" in failed.message:
                raise UnusableInput(
                    "not a git repository", where=str(path), hint="run this inside one, or make one with git init"
                ) from failed
            raise
        repo = cls(own, common, top, object_format, reader=reader, settled=settled)
        repo.given_worktree = work_tree is not None
        return repo

    # Objects

    def read(self, oid: str) -> bytes:
        """Return the content of an object; raises ``UnusableInput`` naming it when it is missing."""
        return self.read_object(oid)[1]

    def read_object(self, oid: str) -> tuple[str, bytes]:
        """Return kind (commit, tree, blob, tag) and content; raises ``UnusableInput`` when the object is missing."""
        found = self._store.read(self._checked(oid)) if oid != self.empty_tree else ("tree", b"")
        if found is None:
            raise self._missing(oid)
        return found

    def read_many(self, oids: Iterable[str]) -> dict[str, bytes]:
        """Return the content of each object, by id; raises as ``read``."""
        wanted = [self._checked(oid) for oid in dict.fromkeys(oids)]
        known = zip(wanted, self._store.read_many(wanted), strict=True)
        return {oid: self.read(oid) if found is None else found[1] for oid, found in known}

    def size(self, oid: str) -> int:
        """Return the size of an object in bytes, without reading it whole; raises as ``read``."""
        found = self._store.header(self._checked(oid)) if oid != self.empty_tree else ("tree", 0)
        if found is None:
            raise self._missing(oid)
        return found[1]

    def kind(self, oid: str) -> str | None:
        """Return the kind of an object, None when it is missing."""
        found = self._store.header(self._checked(oid)) if oid != self.empty_tree else ("tree", 0)
        return found[0] if found else None

    def write_object(self, kind: str, data: bytes) -> str:
        """Write an object and return its id; index, work tree and references stay as they are."""
        return self._store.write(kind, data)

    def tree_of(self, oid: str) -> str:
        """Return the id of the tree of a commit, tag or tree."""
        for _ in range(64):
            if oid == self.empty_tree:
                return oid
            kind, data = self.read_object(oid)
            if kind == "tree":
                return oid
            if kind == "blob":
                break
            oid = data.split(b"\n", 1)[0].split(b" ", 1)[1].decode("ascii")
        raise UnusableInput(f"{oid} is neither a commit nor a tree")

    def folder(self, tree: str) -> dict[str, tuple[int, str]]:
        """Return name -> (mode, oid) of one tree, not recursively; raises ``UnusableInput`` for unsafe names."""
        kind, data = self.read_object(tree)
        if kind != "tree":
            raise UnusableInput(f"{tree} is a {kind}, not a tree")
        return treedata.parse(data, self._width, where=tree)

    def entries(self, tree_or_commit: str) -> dict[str, Entry]:
        """Return the flattened tree: path -> entry, submodules and symlinks included, in git's order.

        Raises ``UnusableInput`` for missing trees, for names that are doubled or unsafe (``..``, ``.git``, ...), and
        for trees that nobody can check out (a few small objects can stand for billions of files).
        """
        found: dict[str, Entry] = {}
        folders = 0
        stack = [("", iter(self._listing(self.tree_of(tree_or_commit))))]
        while stack:
            prefix, rest = stack[-1]
            for name, entry in rest:
                if isinstance(entry, str):
                    folders += 1
                    if folders + len(found) > _MOST_ENTRIES:
                        raise UnusableInput(f"the tree has more than {_MOST_ENTRIES} entries", where=tree_or_commit)
                    stack.append((f"{prefix}{name}/", iter(self._listing(entry))))
                    break
                found[prefix + name] = entry
            else:
                stack.pop()
        return found

    def below(self, tree: str) -> set[str]:
        """Return the ids of ``tree`` and of all folders and files below it; raises ``UnusableInput`` for lost folders.

        What submodules stand for is not part of a tree.
        """
        found: set[str] = set()
        todo = [tree]
        while todo:
            folder = todo.pop()
            if folder in found:
                continue
            found.add(folder)
            for _, entry in self._listing(folder):
                if isinstance(entry, str):
                    todo.append(entry)
                elif entry.mode != SUBMODULE:
                    found.add(entry.oid)
        return found

    def _listing(self, tree: str) -> tuple[tuple[str, Entry | str], ...]:
        """Return name and entry (of a folder its id) of one tree; a search asks for thousands of them again and again.

        PERF: trees that share a folder share its entries too, so that two of them can be compared by identity first.
        """
        known = self._listings.get(tree)
        if known is None:
            known = tuple(
                (name, oid if mode == treedata.FOLDER else Entry(mode, oid))
                for name, (mode, oid) in self.folder(tree).items()
            )
            self._listed += len(known)
            if self._listed > _MOST_LISTED:
                self._listings, self._listed = {}, len(known)
            self._listings[tree] = known
        return known

    @property
    def empty_tree(self) -> str:
        """Return the id of the empty tree, which exists everywhere."""
        return _EMPTY_TREES[self.object_format]

    @property
    def null(self) -> str:
        """Return the id that stands for no object."""
        return "0" * (2 * self._width)

    # Names

    def resolve(self, name: str) -> Revision:
        """Return what ``name`` stands for: branch, tag, remote branch, id, ``HEAD~3``, ``MERGE_HEAD``, ...

        Raises ``UnusableInput`` for an unknown name, with the nearest known one.
        """
        if not _may_name(name):
            raise UnusableInput(f"{name!r} is not the name of a revision")
        completed = self.run(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"], check=False
        )
        if completed.code == 0:
            commit = completed.stdout.decode("ascii").strip()
            return Revision(name, commit, self.tree_of(commit))
        completed = self.run(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{tree}}"], check=False)
        if completed.code == 0:
            return Revision(name, None, completed.stdout.decode("ascii").strip())
        raise self._unknown(name)

    def resolve_all(self, *names: str) -> tuple[Revision, ...]:
        """Return what ``names`` stand for, as ``resolve`` does, in one process where all of them are commits."""
        if all(map(_may_name, names)):
            asked = ["rev-parse", "--quiet", *(f"{name}^{{commit}}" for name in names)]
            said = self.run(asked, check=False).stdout.decode("ascii", "replace").split()
            if len(said) == len(names) and all(
                len(x) == 2 * self._width and set(x) <= set(string.hexdigits) for x in said
            ):
                return tuple(Revision(n, commit, self.tree_of(commit)) for n, commit in zip(names, said, strict=True))
        return tuple(self.resolve(name) for name in names)

    def merge_bases(self, a: str, b: str) -> tuple[str, ...]:
        """Return the best common ancestors of two commits: none, one, or more for criss-cross histories."""
        completed = self.run(["merge-base", "--all", "--end-of-options", a, b], check=False)
        if completed.code > 1:
            raise command.failure(completed, "merge-base")
        return tuple(completed.stdout.decode("ascii").split())

    def names(self) -> dict[str, str]:
        """Return every reference, full name -> object id."""
        rows = self.run(["for-each-ref", "--format=%(objectname) %(refname)"]).stdout.decode("utf-8", "surrogateescape")
        return {name: oid for oid, _, name in (row.partition(" ") for row in rows.splitlines())}

    # Running git

    def run(
        self,
        args: Sequence[command.Argument],
        *,
        stdin: bytes | None = None,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        whole: bool = False,
    ) -> command.Completed:
        """Run git in this repository, in its work tree if it has one (see ``command.run``)."""
        return command.run(
            args,
            known=self._steady,
            cwd=self.worktree or self.git_dir,
            git_dir=self.git_dir,
            work_tree=self.worktree,
            stdin=stdin,
            check=check,
            env=env,
            whole=whole,
        )

    @property
    def configured(self) -> tuple[Configured, ...] | None:
        """Return git's configuration, least specific first, as it was when the repository was opened ``settled``."""
        return self._configured

    def setting(self, key: str) -> str:
        """Return what git is configured to for ``key``, "" for nothing."""
        if self._configured is None:
            return self.run(["config", "--get", key], check=False).stdout.decode("utf-8", "replace").strip()
        section, _, name = key.rpartition(".")
        key = f"{section}.{name.lower()}"  # as git lists it
        return next((one.value for one in reversed(self._configured) if one.key == key), "")

    def run_apart(
        self,
        args: Sequence[command.Argument],
        *,
        stdin: bytes | None = None,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        as_user: bool = False,
    ) -> command.Completed:
        """Run git on the objects alone, where no configuration, attribute or reference is seen (``git.sterile``).

        ``as_user`` lets git see the user's own configuration, never the repository's.
        """
        return self._sterile.run(args, stdin=stdin, check=check, env=env, as_user=as_user)

    def sterile(self, attributes: Mapping[str, bytes] | None = None) -> Sterile:
        """Return a new sterile git directory over these objects; the caller closes it."""
        shallow = self.common_dir / "shallow"
        return Sterile(
            self.common_dir / "objects",
            self.object_format,
            shallow=shallow if shallow.is_file() else None,
            shared=self._shared,
            attributes=attributes,
        )

    def close(self) -> None:
        """End processes and remove temporary folders."""
        self._store.close()
        self._sterile.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _width(self) -> int:
        return 32 if self.object_format == "sha256" else 20

    def _checked(self, oid: str) -> str:
        if len(oid) != 2 * self._width or not set(oid) <= set(string.hexdigits):
            raise UnusableInput(f"{oid!r} is not a full object id")
        return oid

    def _missing(self, oid: str) -> UnusableInput:
        hint = "git fsck tells what else is missing"
        if any((self.common_dir / "objects" / "pack").glob("*.promisor")):
            hint = "this is a partial clone: git fetch --refetch --no-filter gets what it left out"
        return UnusableInput(f"the object {oid} is missing or broken", where=str(self.git_dir), hint=hint)

    def _unknown(self, name: str) -> UnusableInput:
        known = self.names()
        if name in ("HEAD", "@") or (not known and not set(name) <= set(string.hexdigits)):
            return UnusableInput("there is no commit here yet", where=str(self.git_dir), hint=_NO_COMMIT_HINT)
        from difflib import get_close_matches  # noqa: PLC0415 - only for the hint

        short = {
            n.split("/", 2)[2] if n.startswith(("refs/heads/", "refs/tags/", "refs/remotes/")) else n for n in known
        }
        tails = {n.rpartition("/")[2]: n for n in sorted(short, reverse=True)}
        near = get_close_matches(name, sorted(short), 1) or [tails[t] for t in get_close_matches(name, list(tails), 1)]
        hint = f"did you mean {near[0]}?" if near else "git branch -a lists the branches"
        return UnusableInput(f"unknown revision: {name}", where=str(self.git_dir), hint=hint)


_EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


def _may_name(name: str) -> bool:
    """Return whether git may be asked for a revision of this name."""
    return bool(name) and not name.startswith("-") and "\0" not in name and "\n" not in name
