"""Which languages there are where forkmerge stands: what is built in, the user's own profiles, and git's attributes.

Profiles are looked for in ``.forkmerge/grammars`` of the work tree and in ``forkmerge/grammars`` of the user's
configuration folder, the user's own first: a repository can't override what its user has settled.  Neither folder
being there costs one system call each.
"""

# this is on the merge driver's path, where pathlib would cost start-up time:
# ruff: noqa: PTH109, PTH112, PTH117, PTH118
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from forkmerge.git.choices import choices, root_of
from forkmerge.syntax.catalogue import BUILTIN, Catalogue, Choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.git.repository import Repository
    from forkmerge.model.source import Entry

IN_REPOSITORY = os.path.join(".forkmerge", "grammars")
IN_CONFIGURATION = os.path.join("forkmerge", "grammars")


def catalogue(paths: Iterable[str] = (), *, place: str = "", inside: bool = False) -> Catalogue:
    """Return the languages for work in ``place`` (here), with what attributes choose for ``paths``.

    Paths are relative to ``place``, or to the top of the work tree for those that git names (``inside``).
    """
    here = place or os.getcwd()
    root = root_of(here)
    folders = folders_of(root)
    below = {path if inside else _below(root, here, path): path for path in paths} if root else {}
    told = choices(root, [path for path in below if path and not path.startswith("../")], _home("git")) if below else {}
    chosen = {below[path]: Choice(language, order) for path, (language, order) in told.items()}
    return Catalogue(folders, chosen) if folders or chosen else BUILTIN


def catalogue_of(repo: Repository, *trees: Mapping[str, Entry]) -> Catalogue:
    """Return the languages of a repository for the paths in which ``trees`` differ."""
    if repo.worktree is None:
        return catalogue(place=os.sep)
    paths = {path for tree in trees for path in tree}
    differ = (path for path in sorted(paths) if len({tree.get(path) for tree in trees}) > 1)
    return catalogue(differ, place=str(repo.worktree), inside=True)


def _below(root: str, here: str, path: str) -> str:
    return os.path.relpath(os.path.join(here, path), root).replace(os.sep, "/")


def folders_of(root: str) -> tuple[str, ...]:
    """Return the folders with profiles of the user's and of the work tree ``root`` ("" for none) that are there."""
    places = [_home(IN_CONFIGURATION), os.path.join(root, IN_REPOSITORY) if root else ""]
    return tuple(place for place in places if place and os.path.isdir(place))


def _home(name: str) -> str:
    """Return the folder ``name`` of the user's configuration, "" where there is no home."""
    configuration = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(configuration):
        home = os.environ.get("HOME", "")
        configuration = os.path.join(home, ".config") if os.path.isabs(home) else ""
    return os.path.join(configuration, name) if configuration else ""
