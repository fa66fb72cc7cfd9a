"""Git's tree objects as bytes: reading, writing, and the names that may stand in them.

Invariants: ``render(parse(data)) == data`` for every tree that git writes; a tree with a name that could lead out of
the work tree or into ``.git``, or with one name twice, is never parsed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = 0o040000
LEAF_MODES = (0o100644, 0o100755, 0o100664, 0o120000, 0o160000)

_HFS_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_DOT_GIT = re.compile(r"(?:\.git|git~1)[ .]*(?:[:\\].*)?", re.IGNORECASE | re.DOTALL)


def parse(data: bytes, width: int, *, where: str = "") -> dict[str, tuple[int, str]]:
    """Return name -> (mode, oid) in the order of the tree; ``width`` is the length of a raw object id.

    Raises ``UnusableInput`` for a malformed tree, an unsafe or a doubled name.
    """
    entries: dict[str, tuple[int, str]] = {}
    at = 0
    while at < len(data):
        space = data.find(b" ", at)
        end = data.find(b"\0", space)
        stop = end + 1 + width
        if space < 0 or end < 0 or stop > len(data):
            raise UnusableInput("malformed tree object", where=where)
        name = data[space + 1 : end].decode("utf-8", "surrogateescape")
        if (reason := unsafe(name)) or name in entries:
            raise UnusableInput(
                f"the tree has the name {name!r}, {reason or 'twice'}", where=where, hint="git fsck tells more"
            )
        try:
            mode = int(data[at:space], 8)
        except ValueError:
            raise UnusableInput("malformed tree object", where=where) from None
        entries[name] = (mode, data[end + 1 : stop].hex())
        at = stop
    return entries


def render(entries: Mapping[str, tuple[int, str]]) -> bytes:
    """Return the tree object with these entries, in git's order (a folder sorts as if its name ended with ``/``)."""
    rows = []
    for name, (mode, oid) in entries.items():
        raw = name.encode("utf-8", "surrogateescape")
        rows.append((raw + (b"/" if mode == FOLDER else b""), b"%o %s\0%s" % (mode, raw, bytes.fromhex(oid))))
    return b"".join(row for _, row in sorted(rows))


def unsafe(name: str) -> str:
    """Return why ``name`` may not stand in a tree, "" if it may.

    Refused are what git itself refuses to check out: empty, ``.``, ``..``, names with a slash, and ``.git`` in every
    spelling that some file system takes for it (case, NTFS short name and stream, trailing dots, ignored by HFS+).
    """
    if not name:
        return "which is empty"
    if name in (".", ".."):
        return "which leads out of its folder"
    if "/" in name or "\0" in name:
        return "which is more than one name"
    if _DOT_GIT.fullmatch(_HFS_IGNORED.sub("", name)):
        return "which stands for .git"
    return ""


def check_path(path: str) -> None:
    """Raise ``UnusableInput`` unless every part of ``path`` may stand in a tree."""
    for part in path.split("/"):
        if reason := unsafe(part):
            raise UnusableInput(f"the path {path!r} has the part {part!r}, {reason}")
