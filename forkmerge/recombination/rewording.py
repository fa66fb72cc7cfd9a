"""Texts that one side says otherwise: which strings of its code were reworded, and a text that says the new words.

A program's messages are asked for word by word in its tests.  Where one side rewords a message in its code and in its
own tests, a test that the other side wrote meanwhile asks for words that nothing says any more.  Such a text is found
where a line of code differs in one string alone, and said anew in strings alone.

Invariants: only texts of several words count, for a single one may be a key or a name; only strings are touched, and
only whole words in them; what says the new words already stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forkmerge.model.hunk import Side
    from forkmerge.syntax.profile import Profile

_WORDS = re.compile(rb"[A-Za-z\x80-\xff].*\s.*[A-Za-z\x80-\xff]")
_STRING = re.compile(rb"[A-Za-z]{0,3}(\"\"\"|'''|\"|'|`)(.*)\1\Z", re.DOTALL)
_QUOTED = re.compile(rb"\"([^\"\\\n]*)\"|'([^'\\\n]*)'|`([^`\\\n]*)`")
_MOST_LINES = 10_000


@dataclass(frozen=True, slots=True)
class Rewording:
    """``side`` says ``new`` where the base said ``old``: in a string of ``path``, and in its own tests."""

    old: bytes
    new: bytes
    side: Side
    path: str

    def __str__(self) -> str:
        """Return it in words: ``"old" read as "new"``."""
        return " read as ".join(f'"{text.decode("utf-8", "replace")}"' for text in (self.old, self.new))


def likely(before: bytes, after: bytes) -> frozenset[bytes]:
    """Return texts of several words in quotes on lines of ``before`` that ``after`` lacks; nothing is parsed."""
    lines = set(after.splitlines())
    gone = b"\n".join(line for line in before.splitlines() if line not in lines)
    return frozenset(text for m in _QUOTED.finditer(gone) if wordy(text := m[1] or m[2] or m[3] or b""))


def wordy(text: bytes) -> bool:
    """Return whether ``text`` is wording: several words of one line, and nothing that a string would escape."""
    return b"\\" not in text and b"\n" not in text and _WORDS.search(text) is not None


def exchanged(profile: Profile, before: bytes, after: bytes) -> dict[bytes, bytes]:
    """Return old -> new text where lines of the two versions of a file differ in the texts of strings alone.

    What was exchanged for different texts, or is still said in ``after``, is left out.
    """
    old, new = (_masked(profile, data) for data in (before, after))
    if max(len(old), len(new)) > _MOST_LINES:
        return {}
    found: dict[bytes, set[bytes]] = {}
    matcher = SequenceMatcher(None, [line for line, _ in old], [line for line, _ in new], autojunk=False)
    for low, other, length in matcher.get_matching_blocks():
        for index in range(length):
            for one, two in zip(old[low + index][1], new[other + index][1], strict=True):
                found.setdefault(one, set()).add(two)
    said = {text for _, texts in new for text in texts}
    return {
        one: two
        for one, twos in found.items()
        if len(twos) == 1 and one not in said and wordy(one) and wordy(two := next(iter(twos)))
    }


def times(profile: Profile, data: bytes, rewording: Rewording) -> tuple[int, int]:
    """Return how often strings of ``data`` say the old words, and how often the new ones."""
    if rewording.old not in data and rewording.new not in data:
        return 0, 0
    old = new = 0
    for _, text, _ in _strings(profile, data):
        new += text.count(rewording.new)
        old += sum(len(_bounded(rewording.old).findall(part)) for part in text.split(rewording.new))
    return old, new


def edits(profile: Profile, data: bytes, rewording: Rewording) -> list[tuple[int, int, bytes]]:
    """Return what to put in the place of which bytes so that the strings of ``data`` say the new words."""
    found = []
    for start, text, quote in _strings(profile, data) if rewording.old in data else ():
        parts = [_bounded(rewording.old).sub(lambda _: rewording.new, p) for p in text.split(rewording.new)]
        anew = rewording.new.join(parts)
        if anew != text and quote not in rewording.new:
            found.append((start, start + len(text), anew))
    return found


def said_anew(profile: Profile, data: bytes, rewordings: Iterable[Rewording]) -> bytes:
    """Return ``data`` with the new words in its strings."""
    for rewording in rewordings:
        for start, end, text in reversed(edits(profile, data, rewording)):
            data = data[:start] + text + data[end:]
    return data


@cache
def _bounded(text: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<!\w)" + re.escape(text) + rb"(?!\w)")


def _strings(profile: Profile, data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield where the text of each string begins, the text, and a quote of those around it; nothing without a parse."""
    from forkmerge.syntax.tokens import tokens  # noqa: PLC0415 - loads the parser

    try:
        found = tokens(profile, data)
    except ForkmergeError:
        return
    for token in found:
        if "string" in token.kind and (match := _STRING.match(token.text)):
            yield token.start + match.start(2), match[2], match[1][:1]


def _masked(profile: Profile, data: bytes) -> list[tuple[bytes, tuple[bytes, ...]]]:
    """Return the lines of ``data`` that have strings of one line, without the texts of these, and the texts."""
    out: list[tuple[bytes, tuple[bytes, ...]]] = []
    strings = iter([(start, text) for start, text, _ in _strings(profile, data) if b"\n" not in text])
    ahead = next(strings, None)
    at = 0
    for line in data.splitlines(keepends=True):
        parts, texts, low = [], [], at
        while ahead is not None and ahead[0] <= at + len(line):
            start, text = ahead
            parts.append(data[low:start])
            texts.append(text)
            low = start + len(text)
            ahead = next(strings, None)
        parts.append(data[low : at + len(line)])
        if texts:
            out.append((b"\0".join(parts), tuple(texts)))
        at += len(line)
    return out
