"""Code that would end up in a comment: what is put behind ``# why`` on one line is no code any more.

Invariants: only a line that none of the inputs has is objected to, and only where it goes on behind a comment that ends
a line of an input; the sides' order decides nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.merge.pieces import filled_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD = re.compile(rb"\w")


def swallowed(sign: str, inputs: Sequence[bytes], result: bytes) -> bool:
    """Return whether ``result`` has something behind a comment of ``inputs``; ``sign`` begins one to the line's end."""
    mark = sign.encode()
    if not mark or mark not in result:
        return False
    lines = {line for text in inputs for line in filled_lines(text)}
    known = {comment for line in lines for comment in _comments(mark, line)}
    new = {comment for line in filled_lines(result) if line not in lines for comment in _comments(mark, line)} - known
    ends = [comment for comment in known if _WORD.search(comment)]
    return any(comment.startswith(end) for comment in new for end in ends)


def _comments(mark: bytes, line: bytes) -> Iterator[bytes]:
    """Yield the rest of ``line`` from each ``mark`` on."""
    at = line.find(mark)
    while at >= 0:
        yield line[at:].rstrip()
        at = line.find(mark, at + len(mark))
