"""Files of real merges and of fixtures, edited at random line by line: what no generator of programs would write."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from support.cases import CASES, FOLDERS, Case

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WORD = re.compile(rb"[^\W\d]\w+")
_NUMBER = re.compile(rb"\d+")
LANGUAGES = tuple(sorted({folder.parent.name for folder in FOLDERS}))


def folders(language: str) -> tuple[Path, ...]:
    """Return the folders of the fixtures of ``language`` (a folder of ``fixtures/merge``)."""
    return tuple(folder for folder in FOLDERS if folder.parent == CASES / language)


def versions(language: str, seed: int) -> tuple[str, bytes, bytes, bytes]:
    """Return a path, and base, ours and theirs: a fixture of ``language`` with edits on one side or on both."""
    rng = random.Random(seed)
    case = Case.read(rng.choice(folders(language)))
    texts = (case.base, case.ours, case.theirs)
    store = [line for text in texts for line in text.splitlines(keepends=True)]
    if rng.random() < 0.5:
        base = rng.choice(texts)
        return case.path, base, edited(rng, base, store), edited(rng, base, store)
    return case.path, case.base, edited(rng, case.ours, store), edited(rng, case.theirs, store)


def edited(rng: random.Random, data: bytes, store: Sequence[bytes]) -> bytes:
    """Return ``data`` after one to three edits of lines and words; lines to put in are taken from ``store``."""
    lines = data.splitlines(keepends=True)
    for _ in range(rng.randint(1, 3)):
        lines = rng.choice(_EDITS)(rng, lines, store) if lines else list(store[:1])
    return b"".join(lines)


def _block(rng: random.Random, lines: Sequence[bytes]) -> tuple[int, int]:
    start = rng.randrange(len(lines))
    return start, min(len(lines), start + rng.choice((1, 1, 1, 2, 3, 6)))


def _drop(rng: random.Random, lines: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    start, end = _block(rng, lines)
    return lines[:start] + lines[end:]


def _double(rng: random.Random, lines: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    start, end = _block(rng, lines)
    return lines[:end] + lines[start:]


def _move(rng: random.Random, lines: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    start, end = _block(rng, lines)
    rest = lines[:start] + lines[end:]
    at = rng.randint(0, len(rest))
    return rest[:at] + lines[start:end] + rest[at:]


def _insert(rng: random.Random, lines: list[bytes], store: Sequence[bytes]) -> list[bytes]:
    at = rng.randint(0, len(lines))
    if not store:
        return lines
    start, end = _block(rng, store)
    return lines[:at] + [_renamed(rng, line) for line in store[start:end]] + lines[at:]


def _renamed(rng: random.Random, line: bytes) -> bytes:
    words = _WORD.findall(line)
    if not words or rng.random() < 0.5:
        return line
    return line.replace(rng.choice(words), b"fresh%d" % rng.randrange(99), 1)


def _indent(rng: random.Random, lines: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    start, end = _block(rng, lines)
    return [*lines[:start], *(b"    " + line if line.strip() else line for line in lines[start:end]), *lines[end:]]


def _word(rng: random.Random, lines: list[bytes], store: Sequence[bytes]) -> list[bytes]:
    """One word of a line becomes another, or a number another number."""
    at = rng.randrange(len(lines))
    line = lines[at]
    if _NUMBER.search(line) and rng.random() < 0.3:
        return [*lines[:at], _NUMBER.sub(b"%d" % rng.randrange(100), line, count=1), *lines[at + 1 :]]
    words = _WORD.findall(line)
    others = _WORD.findall(rng.choice(store)) if store else []
    if not words:
        return lines
    new = rng.choice(others) if others and rng.random() < 0.5 else b"other%d" % rng.randrange(99)
    return [*lines[:at], line.replace(rng.choice(words), new, 1), *lines[at + 1 :]]


def _everywhere(rng: random.Random, lines: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    """One word gets another name in all lines."""
    words = _WORD.findall(b"".join(lines))
    if not words:
        return lines
    old, new = rng.choice(words), b"named%d" % rng.randrange(99)
    return [re.sub(rb"\b" + old + rb"\b", new, line) for line in lines]


def _blank(rng: random.Random, lines: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    at = rng.randint(0, len(lines))
    return [*lines[:at], b"\n", *lines[at:]]


_EDITS = (_drop, _double, _move, _insert, _insert, _insert, _indent, _word, _word, _word, _everywhere, _blank)
