"""The simple commands of a shell line, as far as a line can be understood without a shell.

``pieces`` splits a line at ``;``, ``&&``, ``||``, ``|``, ``(``, ``)`` and line ends; joined again, the pieces are the
line, character for character.  A line that needs more of the shell's language (command substitution, here documents,
compound commands, background jobs) is not understood: ``None``, never a guess.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

_COMPOUND = frozenset(
    {"if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "function"}
)
_OPERATORS = ("&&", "||", ";", "|", "(", ")", "\n")
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")


@dataclass(frozen=True, slots=True)
class Piece:
    """A simple command with its words (without quotes), or what stands between two of them (no words)."""

    text: str
    words: tuple[str, ...] = ()

    @property
    def program(self) -> tuple[str, ...]:
        """Return the words without the variables that are set before the program."""
        rest = self.words
        while rest and _ASSIGNMENT.match(rest[0]):
            rest = rest[1:]
        return rest


def pieces(line: str) -> tuple[Piece, ...] | None:
    """Return the commands and the operators of ``line`` in order, None where it can't be split safely."""
    parts = _split(line)
    if parts is None:
        return None
    out = []
    for text, operator in parts:
        if operator or not text.strip():
            out.append(Piece(text))
            continue
        try:
            words = tuple(shlex.split(text, comments=False))
        except ValueError:
            return None
        if not words or words[0] in _COMPOUND:
            return None
        out.append(Piece(text, words))
    return tuple(out)


def quote(words: tuple[str, ...]) -> str:
    """Return ``words`` as a part of a shell line."""
    return " ".join(shlex.quote(word) for word in words)


def _split(line: str) -> list[tuple[str, bool]] | None:
    parts: list[tuple[str, bool]] = []
    start = place = 0
    quoted = ""
    while place < len(line):
        char = line[place]
        if quoted == "'":
            quoted = "" if char == "'" else quoted
        elif char == "\\":
            place += 1
        elif char == "`" or line.startswith("$(", place):
            return None
        elif quoted:
            quoted = "" if char == '"' else quoted
        elif char in "'\"":
            quoted = char
        elif line.startswith("<<", place) or (char == "#" and line[place - 1 : place].isspace()):
            return None
        elif line.startswith(("2>&1", ">&2", "1>&2", "&>"), place):
            place += line[place:].index("&")
        elif operator := next((o for o in _OPERATORS if line.startswith(o, place)), ""):
            parts += [(line[start:place], False), (operator, True)]
            place += len(operator)
            start = place
            continue
        elif char == "&":
            return None
        place += 1
    if quoted:
        return None
    return [(text, operator) for text, operator in (*parts, (line[start:], False)) if text]
