"""Files that the user asked for by name."""

from __future__ import annotations

from pathlib import Path

from forkmerge.errors import UnusableInput


def write_bytes(name: str, data: bytes) -> None:
    """Write ``data`` to the file ``name``; raise UnusableInput when that can't be done."""
    try:
        Path(name).write_bytes(data)
    except OSError as error:
        raise UnusableInput(f"can't be written: {error.strerror}", where=name) from None


def write_text(name: str, text: str) -> None:
    """Write ``text`` to the file ``name``; raise UnusableInput when that can't be done."""
    try:
        Path(name).write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise UnusableInput(f"can't be written: {error.strerror}", where=name) from None
