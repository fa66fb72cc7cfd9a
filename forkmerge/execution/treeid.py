"""Object ids as git computes them, from values alone: what a clone is checked against."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, TypeAlias

from forkmerge.errors import UnusableInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.model.source import Entry

ObjectFormat: TypeAlias = Literal["sha1", "sha256"]
_FOLDER = 0o40000


def object_id(kind: str, data: bytes, form: ObjectFormat) -> str:
    """Return the id of a git object."""
    return object_hash(kind, len(data), (data,), form)


def object_hash(kind: str, size: int, chunks: Iterable[bytes], form: ObjectFormat) -> str:
    """Return the id of a git object of ``size`` bytes that comes in ``chunks``."""
    digest = hashlib.new(form, f"{kind} {size}\0".encode(), usedforsecurity=False)
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def format_of(oid: str) -> ObjectFormat:
    """Return the format that an id is of, by its length."""
    return "sha256" if len(oid) == 64 else "sha1"


def tree_id(entries: Mapping[str, Entry], form: ObjectFormat) -> str:
    """Return the id of the tree that has exactly ``entries`` (path -> entry); folders are made of the paths."""
    root: dict[bytes, object] = {}
    for path, entry in entries.items():
        folder = root
        *above, name = path.encode("utf-8", "surrogateescape").split(b"/")
        for part in above:
            below = folder.setdefault(part, {})
            if not isinstance(below, dict):
                raise UnusableInput("a file stands where a folder is needed", where=path)
            folder = below
        folder[name] = entry
    return _folder_id(root, form)


def _folder_id(folder: dict[bytes, object], form: ObjectFormat) -> str:
    lines = []
    for name, value in folder.items():
        if isinstance(value, dict):
            lines.append((name + b"/", b"%o %b\0" % (_FOLDER, name) + bytes.fromhex(_folder_id(value, form))))
        else:
            entry: Entry = value  # type: ignore[assignment]  # the other kind of value in these nested dicts
            lines.append((name, b"%o %b\0" % (entry.mode, name) + bytes.fromhex(entry.oid)))
    return object_id("tree", b"".join(line for _, line in sorted(lines)), form)
