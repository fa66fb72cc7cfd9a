"""What a side renamed, and the other side's tests read with the new name: packages, and what stands in their modules.

A fork often begins by renaming its package.  Upstream's tests import the old one, which no offspring has: taken word
for word none of them could be collected, and nothing of upstream's would be asked for.  So where an offspring lacks a
package that a side renamed and has it under the new name, test files say the new name instead; and the old one where
the fork's tests meet upstream's code.

In the same way a test of one side calls a function, a class or a constant of a module by the name that it had, where
the other side gave it a new one: no offspring that follows the rename could pass it.  Where an offspring has it under
the new name alone, that side's tests say the new name.

That is no longer the test as its side wrote it: every report of such a run says so.

Invariant: only whole names are read anew, never a part of one, nor an attribute of anything but the module that the
name belongs to, and only in Python test files.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.app.testpaths import is_test
from forkmerge.recombination.names import defined, imported

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.recombination.adapt import Rename

_SOURCES = ("src", "lib")


def renamed_packages(
    base: Iterable[str], side: Iterable[str], moved: Mapping[str, str], given: tuple[str, ...]
) -> dict[str, str]:
    """Return old -> new name of the top-level modules that ``side`` renamed since ``base``.

    ``base`` and ``side`` are paths, ``moved`` the files that git finds renamed.  A package counts as renamed when most
    of those of its files that moved went to one other package, and nothing of it is left.
    """
    there, left = tops(base, given), tops(side, given)
    votes: dict[str, Counter[str]] = {}
    for old, new in moved.items():
        one, other = _module(old), _module(new)
        if one and other and not is_test(old, given):
            votes.setdefault(one[0], Counter())[other[0]] += one[1:] == other[1:]
    out = {}
    for old, found in votes.items():
        new, count = found.most_common(1)[0]
        if count and old != new and old not in left and new not in there and 2 * count > found.total():
            out[old] = new
    return out


def tops(paths: Iterable[str], given: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the top-level modules among ``paths``, tests left out."""
    return frozenset(m[0] for path in paths if not is_test(path, given) and (m := _module(path)))


def read_anew(data: bytes, names: Mapping[str, str]) -> bytes:
    """Return the text of a test file with the new ``names`` of modules in the place of the old ones."""
    for old, new in names.items():
        data = re.sub(rb"(?<![\w.])" + re.escape(old.encode()) + rb"(?!\w)", new.encode(), data)
    return data


def of_modules(renames: Iterable[Rename], given: tuple[str, ...]) -> tuple[Rename, ...]:
    """Return the renames of what stands in a module of Python code, not of members, whose module is named as before."""
    return tuple(
        r
        for r in dict.fromkeys(renames)
        if r.kind in ("function", "class", "constant")
        and not is_test(r.path, given)
        and _module(r.path)
        and _module(r.path)[-1] == _module(r.now or r.path)[-1]
    )


def holds(rename: Rename, data: bytes) -> bool:
    """Return whether the text of a module has the new name alone."""
    names = defined(data)
    return rename.new.encode() in names and rename.old.encode() not in names | imported(data)


def with_new_names(data: bytes, renames: Iterable[Rename]) -> bytes:
    """Return the text of a test file with the new names of what it takes from a module: ``module.old``, or imported."""
    for rename in renames:
        old, new = rename.old.encode(), rename.new.encode()
        if old in data:
            module = re.escape(_module(rename.path)[-1].encode() + b".")
            bare = old in imported(data) and new not in defined(data)
            before = rb"(?<!\w)" + module if not bare else rb"(?<!\w)" + module + rb"|(?<![\w.])"
            data = re.sub(rb"(" + before + rb")" + re.escape(old) + rb"(?!\w)", rb"\g<1>" + new, data)
    return data


def _module(path: str) -> tuple[str, ...]:
    """Return the dotted name of a Python file as parts, () for another file."""
    *folders, name = path.split("/")
    if not name.endswith(".py"):
        return ()
    if folders and folders[0] in _SOURCES:
        folders = folders[1:]
    stem = name.removesuffix(".py")
    return tuple(folders if stem == "__init__" else [*folders, stem])
