"""A merge printed as ``git merge-tree --write-tree`` prints its own.

The tree's id; for each conflicted entry ``mode oid stage<TAB>path`` (or its path alone, once); an empty line; what git
has to say.  Paths are relative to the folder that the user stands in, and quoted as git quotes them unless ``zeroed``.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.git.conflicted import Message, Stage

_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def layout(
    tree: str,
    stages: Sequence[Stage],
    messages: Sequence[Message] | None,
    *,
    zeroed: bool = False,
    name_only: bool = False,
    prefix: str = "",
    quote_high: bool = True,
) -> bytes:
    """Return the bytes to print; ``messages`` None leaves that part out, ``quote_high`` is ``core.quotePath``."""
    end = "\0" if zeroed else "\n"
    out = [tree, end]
    last = None
    for stage in stages:
        if name_only and stage.path == last:
            continue
        last = stage.path
        path = posixpath.relpath(stage.path, prefix) if prefix else stage.path
        if not name_only:
            out.append(f"{stage.entry.mode:06o} {stage.entry.oid} {stage.number}\t")
        out += [path if zeroed else quoted(path, high=quote_high), end]
    if messages is not None:
        out.append(end)
        for message in messages:
            if zeroed:
                out += [f"{len(message.paths)}\0", *(f"{p}\0" for p in message.paths), f"{message.kind}\0"]
            out.append(message.text + (end if zeroed else ""))
    return "".join(out).encode("utf-8", "surrogateescape")


def quoted(path: str, *, high: bool = True) -> str:
    """Return ``path`` as git prints it: in quotes, with escapes, if it has control characters, quotes or backslashes.

    ``high`` counts bytes from 128 on among them.
    """
    data = path.encode("utf-8", "surrogateescape")
    if not any(b < 32 or b in (34, 92, 127) or (high and b >= 128) for b in data):
        return path
    parts = bytearray(b'"')
    for byte in data:
        if byte in _ESCAPES:
            parts += b"\\" + _ESCAPES[byte].encode()
        elif byte < 32 or byte == 127 or (high and byte >= 128):
            parts += b"\\%03o" % byte
        else:
            parts.append(byte)
    return (bytes(parts) + b'"').decode("utf-8", "surrogateescape")
