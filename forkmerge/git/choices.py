"""What ``.gitattributes`` says of one path that forkmerge itself asks for, at next to no cost where it says nothing.

Idea: only git knows every rule of its attribute files, but asking git costs a process.  So the few files that could
speak of a path are read first, and git is asked only if one of them has the word ``forkmerge-`` in it.
"""

# this is on the merge driver's path, where pathlib would cost start-up time:
# ruff: noqa: PTH100, PTH118, PTH120, PTH123
from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WORD = b"forkmerge-"
_MOST = 1 << 20
_ASKED = ("forkmerge-language", "forkmerge-order")
_NOTHING = ("unspecified", "set", "unset")


def root_of(place: str) -> str:
    """Return the top of the work tree that ``place`` lies in, "" outside of any."""
    here = os.path.abspath(place)
    while not os.path.lexists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            return ""
        here = above
    return here


def choices(root: str, paths: Iterable[str], home: str = "") -> dict[str, tuple[str, str]]:
    """Return the attributes ``forkmerge-language`` and ``forkmerge-order`` of ``paths`` below ``root``, where set.

    ``home`` is the folder of the user's own git configuration.  A file that ``core.attributesFile`` names elsewhere
    is asked only where another of the files speaks of forkmerge.
    """
    wanted = tuple(paths)
    if not any(_speaks(file) for file in _files(root, wanted, home)):
        return {}
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - seldom needed
    from forkmerge.git.command import run  # noqa: PLC0415 - seldom needed

    names = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in wanted)
    try:
        answer = run(["check-attr", "-z", "--stdin", *_ASKED], cwd=root, stdin=names).stdout.split(b"\0")[:-1]
    except ForkmergeError:
        return {}
    out: dict[str, tuple[str, str]] = {}
    values = [value.decode("utf-8", "surrogateescape") for value in answer]
    for path, language, order in zip(values[::6], values[2::6], values[5::6], strict=False):
        said = ("" if language in _NOTHING else language, order if order in ("ordered", "unordered") else "")
        if any(said):
            out[path] = said
    return out


def _files(root: str, paths: Iterable[str], home: str) -> Iterator[str]:
    """Yield the attribute files that may speak of ``paths``."""
    folders = {""}
    for path in paths:
        above = path.rpartition("/")[0]
        while above not in folders:
            folders.add(above)
            above = above.rpartition("/")[0]
    yield from (os.path.join(root, folder, ".gitattributes") for folder in sorted(folders))
    yield os.path.join(root, ".git", "info", "attributes")
    if home:
        yield os.path.join(home, "attributes")


def _speaks(file: str) -> bool:
    try:
        with open(file, "rb") as stream:
            return _WORD in stream.read(_MOST)
    except OSError:
        return False
