"""Lines around a place in a file: where a unit really begins and ends, and which comments touch it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = (b"copyright", b"licence", b"license", b"spdx-", b"all rights reserved", b"-*- ", b"coding:", b"coding=")
_BOM = b"\xef\xbb\xbf"
_BLANKS, _LINE_END = b" \t\f\v\r", ord("\n")
_TAIL = re.compile(rb"[ \t,;\r\f\v]*")
_BLOCK_COMMENT = re.compile(rb"/\*[^\n]*?\*/[ \t,;\r]*(?=\n|\Z)")


@dataclass(frozen=True, slots=True)
class Lines:
    """The bytes of a file and the sign that opens a comment to the end of the line ("" if the language has none)."""

    data: bytes
    line_comment: str

    def start(self, at: int, floor: int) -> int:
        """Return the start of the line of ``at`` if only blanks stand between, else ``at``; not before ``floor``."""
        begin = self._before_blanks(at)
        return begin if begin >= floor and self._line_start(begin) else at

    def leads(self, at: int) -> bool:
        """Return whether nothing but blanks stands before ``at`` on its line."""
        return self._line_start(self._before_blanks(at))

    def column(self, at: int) -> int:
        """Return how many bytes stand before ``at`` on its line."""
        return at - (self.data.rfind(b"\n", 0, at) + 1)

    def end(self, at: int, ceiling: int) -> int:
        """Return the end of the line of ``at`` if only blanks, separators or a comment follow, else ``at``."""
        if at > 0 and self.data[at - 1 : at] == b"\n":
            return at
        here = _TAIL.match(self.data, at).end()  # type: ignore[union-attr]  # it matches the empty string
        if self.line_comment and self.data.startswith(self.line_comment.encode(), here):
            here = self.data.find(b"\n", here)
            here = len(self.data) if here < 0 else here
        elif block := _BLOCK_COMMENT.match(self.data, here):
            here = block.end()
        if here < len(self.data) and self.data[here : here + 1] != b"\n":
            return at
        return min(here + 1, len(self.data)) if here < ceiling else here if here == ceiling else at

    def _before_blanks(self, at: int) -> int:
        while at > 0 and self.data[at - 1] in _BLANKS:
            at -= 1
        return at

    def _line_start(self, at: int) -> bool:
        if at == 0 or self.data[at - 1] == _LINE_END:
            return True
        return at == len(_BOM) and self.data.startswith(_BOM)

    def code_end(self, start: int, end: int) -> int:
        """Return the end of ``data[start:end]`` without the blanks and line ends that some grammars count in."""
        return start + len(self.data[start:end].rstrip())

    def without_tail(self, start: int, end: int) -> int:
        """Return the end of ``data[start:end]`` without comments below that are not indented deeper than ``start``."""
        column, sign = self.column(start), self.line_comment.encode()
        while sign:
            line = self.data.rfind(b"\n", start, end) + 1
            text = self.data[line:end].lstrip(b" \t")
            if line == 0 or end - line - len(text) > column or not text.startswith(sign):
                break
            end = self.code_end(start, line)
        return end

    def with_comments_above(self, at: int, floor: int) -> int:
        """Return the start of the comment lines right above the line that starts at ``at``, indented as it is."""
        sign = self.line_comment.encode()
        blank = at
        while self.data[blank : blank + 1] in (b" ", b"\t"):
            blank += 1
        begin = at
        while sign and begin > floor:
            above = self.data.rfind(b"\n", 0, begin - 1) + 1
            if above < floor or not self.data[above:begin].startswith(self.data[at:blank] + sign):
                break
            begin = above
        return begin

    def touching(self, above: int, below: int) -> bool:
        """Return whether only blanks and at most one line end stand between two places."""
        between = self.data[above:below]
        return not between.strip() and between.count(b"\n") <= 1

    def header(self, start: int, end: int) -> bool:
        """Return whether comments at the top of a file speak of the file: a licence, an interpreter, an encoding."""
        text = self.data[start:end].lower()
        return text.startswith(b"#!") or any(word in text for word in _HEADER)
