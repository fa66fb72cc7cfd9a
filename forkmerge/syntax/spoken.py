"""Which language a word of a text means: the info string of a block of code, ``lang`` or ``type`` of a tag.

A word is a language's name, an ending of its files, a whole file name, or what people call it besides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.syntax.catalogue import Catalogue

_OTHERWISE = {
    "c#": "csharp",
    "docker": "dockerfile",
    "golang": "go",
    "importmap": "json",
    "javascriptreact": "javascript",
    "makefile": "make",
    "mysql": "sql",
    "objective-c": "objc",
    "objectivec": "objc",
    "pl": "perl",
    "plpgsql": "sql",
    "postgres": "sql",
    "postgresql": "sql",
    "pwsh": "powershell",
    "py3": "python",
    "python3": "python",
    "shell": "bash",
    "sqlite": "sql",
    "terraform": "hcl",
    "typescriptreact": "tsx",
    "zsh": "bash",
}
_SAID = re.compile(r"\b(?:lang|type)\s*=\s*[\"']?([^\s\"'>]+)")
_WORD = re.compile(r"[^\s{}()\[\],:;=\"'`]+")
_NOTHING = frozenset(("", "module"))
"""What a tag may say without saying which language it holds."""


def word_of(told: str) -> str:
    """Return the word that names the language in ``told``, an info string or the start of a tag; "" if none does."""
    if told.startswith("<"):
        found = _SAID.search(told)
        word = found[1].rpartition("/")[2].rpartition("+")[2].lower() if found else ""
        return "" if word in _NOTHING else word.removeprefix("x-")
    found = _WORD.match(told.lstrip(" \t{.").lower())
    return found[0] if found else ""


def named(languages: Catalogue, word: str) -> str:
    """Return the name of the language that ``word`` means, "" where it is known for none."""
    word = _OTHERWISE.get(word, word)
    if word in languages.names() or word in {p.name for p in languages.line_profiles()}:
        return word
    for path in (f"x.{word}", word):
        found = languages.for_path(path) or languages.lines_for(path)
        if found is not None:
            return found.name
    return ""
