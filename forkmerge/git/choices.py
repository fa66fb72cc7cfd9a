"""What ``.gitattributes`` says of one path that forkmerge itself asks for, at next to no cost where it says nothing.

Idea: only git knows every rule of its attribute files, but asking git costs a process.  So the few files that could
speak of a path are read first, and git is asked only if one of them has the word ``forkmerge-`` in it.
"""

# this is on the merge driver's path, where pathlib would cost start-up time:
# ruff: noqa: PTH100, PTH118, PTH120, PTH123
from __future__ import annotations

import os

_WORD = b"forkmerge-"
_MOST = 1 << 20
_ASKED = ("forkmerge-language", "forkmerge-order")


def root_of(place: str) -> str:
    """Return the top of the work tree that ``place`` lies in, "" outside of any."""
    here = os.path.abspath(place)
    while not os.path.lexists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            return ""
        here = above
    return here


def choices(root: str, path: str, home: str = "") -> tuple[str, str]:
    """Return the attributes ``forkmerge-language`` and ``forkmerge-order`` of ``path`` below ``root``, "" where unset.

    ``home`` is the folder of the user's own git configuration.  A file that ``core.attributesFile`` names elsewhere
    is asked only where another of the files speaks of forkmerge.
    """
    if not any(_speaks(file) for file in _files(root, path, home)):
        return "", ""
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - seldom needed
    from forkmerge.git.command import run  # noqa: PLC0415 - seldom needed

    try:
        answer = run(["check-attr", "-z", *_ASKED, "--", path], cwd=root).stdout.split(b"\0")[:-1]
    except ForkmergeError:
        return "", ""
    said = dict(zip(answer[1::3], answer[2::3], strict=False))
    found = [said.get(name.encode(), b"").decode("utf-8", "replace") for name in _ASKED]
    language, order = ("" if value in ("unspecified", "set", "unset") else value for value in found)
    return language, order if order in ("ordered", "unordered") else ""


def _files(root: str, path: str, home: str) -> list[str]:
    folders = [root]
    for part in path.split("/")[:-1]:
        folders.append(os.path.join(folders[-1], part))
    files = [os.path.join(folder, ".gitattributes") for folder in folders]
    files.append(os.path.join(root, ".git", "info", "attributes"))
    return [*files, os.path.join(home, "attributes")] if home else files


def _speaks(file: str) -> bool:
    try:
        with open(file, "rb") as stream:
            return _WORD in stream.read(_MOST)
    except OSError:
        return False
