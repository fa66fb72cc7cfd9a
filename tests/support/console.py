"""Reads and checks the runnable examples of the docs (docs/how-to/run-the-slow-tiers.md says how they look)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"^<!-- run(?::(?P<words>[^>]*?))? -->\n```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One command and what it is said to print."""

    command: str
    output: str
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """The examples of one fenced block; ``place`` is where it runs, "" for that of the block before."""

    place: str
    slow: bool
    examples: tuple[Example, ...]


def blocks(text: str) -> tuple[Block, ...]:
    """Return the runnable blocks of a page."""
    found = []
    for match in _BLOCK.finditer(text):
        words = (match["words"] or "").split()
        places = [word for word in words if word != "slow"]
        line = text.count("\n", 0, match.start("body")) + 1
        found.append(Block(places[0] if places else "", "slow" in words, _examples(match["body"], line)))
    return tuple(found)


def _examples(body: str, line: int) -> tuple[Example, ...]:
    found: list[Example] = []
    for number, text in enumerate(body.splitlines(), start=line):
        last = found[-1] if found else None
        if text.startswith("$ "):
            found.append(Example(text[2:], "", number))
        elif last is None:
            raise ValueError(f"line {number}: output before the first command")
        elif text.startswith("> ") and not last.output and last.command.endswith("\\"):
            found[-1] = Example(f"{last.command}\n{text[2:]}", "", last.line)
        else:
            found[-1] = Example(last.command, f"{last.output}{text}\n", last.line)
    return tuple(found)


def fits(wanted: str, got: str) -> bool:
    """Return whether ``got`` is as ``wanted``: a line ``...`` is any lines, ``...`` inside a line is anything."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\s*?\n"
        for line in wanted.splitlines()
    )
    return re.fullmatch(pattern, got if got.endswith("\n") or not got else got + "\n") is not None
