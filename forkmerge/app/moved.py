"""What a side moved to another module of Python code: whole modules, and definitions one by one."""

from __future__ import annotations

import contextlib
import posixpath
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.recombination.moving import Move, follows, module_of, moved_imports
from forkmerge.recombination.names import defined, imported
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Literal

    from forkmerge.alignment.located import Homology
    from forkmerge.model.source import Tree

_NAMED = frozenset(("function", "class", "constant"))


def moves_of(
    homologies: tuple[Homology, ...],
    sides: Mapping[Literal["ours", "theirs"], tuple[Tree, Mapping[str, str]]],
    read: Callable[[str], bytes],
) -> tuple[Move, ...]:
    """Return what each of ``sides`` (its tree, and the files that it renamed) moved, and has not where it was any more.

    A module of which something is left, or that still hands on what it had, is imported as before.
    """
    return tuple(m for side, (tree, renamed) in sides.items() for m in _moves(homologies, side, tree, renamed, read))


def moved_in(move: Move, entries: Tree, read: Callable[[str], bytes]) -> bool:
    """Return whether ``entries`` have what was moved in its new place alone."""
    old, new = entries.get(move.path), entries.get(move.now)
    if not move.names or new is None:
        return new is not None and old is None
    data = read(old.oid) if old is not None else b""
    left = defined(data) | imported(data)
    names = frozenset(name.encode() for name in move.names)
    return names <= defined(read(new.oid)) and not names & left


def following(path: str, data: bytes, moves: Iterable[Move]) -> bytes:
    """Return the text of a Python file with what it imports taken from where it is now."""
    profile = for_path(path, data)
    for move in moves:
        if profile is not None:
            with contextlib.suppress(ForkmergeError):
                data = follows(data, moved_imports(profile, data, move, path))
    return data


def _moves(
    homologies: tuple[Homology, ...],
    side: Literal["ours", "theirs"],
    tree: Tree,
    renamed: Mapping[str, str],
    read: Callable[[str], bytes],
) -> Iterator[Move]:
    whole = {
        (old, new)
        for old, new in renamed.items()
        if module_of(old) and module_of(new) and module_of(old) != module_of(new) and old not in tree and new in tree
    }
    for old, new in sorted(whole):
        yield Move(old, new, side, roots=_roots(old, tree))
    parts: dict[tuple[str, str], set[str]] = {}
    for h in homologies:
        unit, match = (h.ours, h.ours_match) if side == "ours" else (h.theirs, h.theirs_match)
        if h.base is None or unit is None or match is None or match.doubtful or h.base.unit.kind not in _NAMED:
            continue
        old, new, name = h.base.path, unit.path, h.base.unit.name
        if old == new or h.base.unit.scope or unit.unit.scope or unit.unit.name != name or (old, new) in whole:
            continue
        if module_of(old) and module_of(new):
            parts.setdefault((old, new), set()).add(name)
    for (old, new), names in sorted(parts.items()):
        data = read(tree[old].oid) if old in tree else b""
        there = defined(data) | imported(data)
        gone = frozenset(name for name in names if name.encode() not in there)
        if gone and b"import *" not in data:
            yield Move(old, new, side, gone, _roots(old, tree))


def _roots(path: str, tree: Tree) -> tuple[int, ...]:
    """Return after how many folders of ``path`` an absolute import may begin: below the top, and below no package."""
    folders = path.split("/")[:-1]
    return tuple(n for n in range(len(folders) + 1) if not n or posixpath.join(*folders[:n], "__init__.py") not in tree)
