"""One marked block of lines in a file that belongs to somebody else.

Idea: the block stands at an end of the file where its lines have the right weight (git's configuration: the last value
wins, so former values stay where they are and count again without it), and its first line remembers what must be undone
with it.  Invariant: ``take(put(text))`` is ``text``, byte for byte, and what people write around the block stays.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from forkmerge.errors import UnusableInput

_BEGIN = b"# >>> forkmerge install"
_END = b"# <<< forkmerge install"
_WORDS = b": `forkmerge uninstall` takes these lines out"
_BLOCK = re.compile(
    rb"(?:^|(?<=^\xef\xbb\xbf))# >>> forkmerge install([^\n]*)\n(.*?)^# <<< forkmerge install[^\n]*(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_LONE = re.compile(rb"(?:^|(?<=^\xef\xbb\xbf))# (?:>>>|<<<) forkmerge install", re.MULTILINE)
_NOTE = re.compile(rb"\[([^\]]*)\]")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Origin:
    """What was there before the block: whether the file was, and how many of its folders had to be made."""

    made: bool = False
    folders: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """A text without its block, None where there was none; ``origin`` as the block remembered it."""

    text: bytes
    body: bytes | None
    origin: Origin


def put(text: bytes, body: bytes, *, origin: Origin, first: bool, where: str = "", move: bool = False) -> bytes:
    """Return ``text`` with a block that holds ``body``: in place of the one it has, else first or last in the file.

    ``origin`` counts for a new block; an old one's is kept.  ``move`` takes an old one to its end of the file.
    Raise UnusableInput for a block that lost its begin or its end.
    """
    old = take(text, where)
    if old.body is not None:
        if not move:
            match = _BLOCK.search(text)
            assert match is not None  # noqa: S101 - take found it
            rest = take(text[match.end() :], where).text
            return text[: match.start(2)] + body + _END + b"\n" + rest
        text, origin = old.text, old.origin
    notes = []
    if origin.made:
        notes.append(b"new file")
    if origin.folders:
        notes.append(b"new folders: %d" % origin.folders)
    if first:
        head = _BOM if text.startswith(_BOM) else b""
        return head + _block(notes, body) + text.removeprefix(head)
    if text and not text.endswith(b"\n"):
        notes.append(b"no line end before: %08x" % zlib.crc32(text))
        text += b"\n"
    return text + _block(notes, body)


def take(text: bytes, where: str = "") -> Taken:
    """Return ``text`` as it was before ``put``; raise UnusableInput for a block that lost its begin or its end."""
    body, origin = None, Origin()
    while match := _BLOCK.search(text):
        notes = {k.strip(): v.strip() for k, _, v in (n.partition(b":") for n in _NOTE.findall(match[1]))}
        before, after = text[: match.start()], text[match.end() :]
        if before.endswith(b"\n") and notes.get(b"no line end before") == b"%08x" % zlib.crc32(before[:-1]):
            before = before[:-1] if not after else before
        folders = notes.get(b"new folders", b"0")
        made, count = b"new file" in notes, int(folders) if folders.isdigit() else 0
        body, origin = match[2], Origin(origin.made or made, origin.folders or count)
        text = before + after
    if lone := _LONE.search(text):
        line = text.count(b"\n", 0, lone.start()) + 1
        raise UnusableInput(
            "a block of forkmerge's that lost its begin or its end",
            where=f"{where}:{line}",
            hint="take its lines out by hand, then run this again",
        )
    return Taken(text, body, origin)


def _block(notes: list[bytes], body: bytes) -> bytes:
    return _BEGIN + _WORDS + b"".join(b" [%s]" % note for note in notes) + b"\n" + body + _END + b"\n"
