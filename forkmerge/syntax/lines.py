"""Lines around a place in a file: where a unit really begins and ends, and which comments touch it."""

from __future__ import annotations

from dataclasses import dataclass

_HEADER = (b"copyright", b"licence", b"license", b"spdx-", b"all rights reserved", b"-*- ", b"coding:", b"coding=")


@dataclass(frozen=True, slots=True)
class Lines:
    """The bytes of a file and the sign that opens a comment to the end of the line ("" if the language has none)."""

    data: bytes
    line_comment: str

    def start(self, at: int, floor: int) -> int:
        """Return the start of the line of ``at`` if only blanks stand between, else ``at``; not before ``floor``."""
        begin = max(self.data.rfind(b"\n", 0, at) + 1, floor)
        if begin == 0 and self.data.startswith(b"\xef\xbb\xbf"):
            begin = min(3, at)
        return begin if not self.data[begin:at].strip() else at

    def column(self, at: int) -> int:
        """Return how many bytes stand before ``at`` on its line."""
        return at - (self.data.rfind(b"\n", 0, at) + 1)

    def end(self, at: int, ceiling: int) -> int:
        """Return the end of the line of ``at`` if only blanks, separators or a comment follow, else ``at``."""
        if at > 0 and self.data[at - 1 : at] == b"\n":
            return at
        stop = self.data.find(b"\n", at) + 1 or len(self.data)
        rest = self.data[at:stop].lstrip(b" \t,;").rstrip()
        if stop > ceiling:
            return at
        if not rest or (self.line_comment and rest.startswith(self.line_comment.encode())):
            return stop
        block = rest.startswith(b"/*") and rest.endswith(b"*/") and rest.count(b"*/") == 1
        return stop if block else at

    def code_end(self, start: int, end: int) -> int:
        """Return the end of ``data[start:end]`` without the blanks and line ends that some grammars count in."""
        return start + len(self.data[start:end].rstrip())

    def touching(self, above: int, below: int) -> bool:
        """Return whether only blanks and at most one line end stand between two places."""
        between = self.data[above:below]
        return not between.strip() and between.count(b"\n") <= 1

    def header(self, start: int, end: int) -> bool:
        """Return whether comments at the top of a file speak of the file: a licence, an interpreter, an encoding."""
        text = self.data[start:end].lower()
        return text.startswith(b"#!") or any(word in text for word in _HEADER)
