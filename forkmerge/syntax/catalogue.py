"""Which language a file is in: the built-in profiles, a user's own ones over them, and what attributes choose.

A user's profiles are TOML files in ``folders`` (the first that tells wins).  They may come from a stranger's
repository, so they are data and nothing more: a profile may name only ``tree_sitter_*`` packages that are installed,
and one that does not hold to the format (``checking.problems``) is passed over.
"""

# pathlib would cost start-up time:
# ruff: noqa: PTH118, PTH123, PTH208
from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.syntax import profiles

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from forkmerge.syntax.linewise import LineProfile
    from forkmerge.syntax.profile import Profile

PLAIN = "text"
"""The language of a file that is to be merged by its lines alone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What attributes say of one path: a language, and whether its lines are ``ordered`` or ``unordered``."""

    language: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Languages by path.  Without folders and choices it is what is built in."""

    folders: tuple[str, ...] = ()
    choices: Mapping[str, Choice] | None = None

    def for_path(self, path: str, data: bytes = b"") -> Profile | None:
        """Return the profile with a grammar for a file, by its path and what is in it; None if there is none."""
        choice = self._choice(path)
        if choice is not None and (choice.order == "unordered" or choice.language == PLAIN):
            return None
        if choice is not None and choice.language:
            try:
                found: Profile | None = self.load(choice.language)
            except UnusableInput:
                found = None
        else:
            found = self._own(path, data) if self.folders else profiles.for_path(path, data)
        if found is not None and choice is not None and choice.order == "ordered":
            return replace(found, commutative=())
        return found

    def ordered(self, path: str) -> bool:
        """Return whether attributes say that no two lines of the file may change places."""
        choice = self._choice(path)
        return choice is not None and choice.order == "ordered"

    def lines_for(self, path: str) -> LineProfile | None:
        """Return the line profile for a file without a grammar; None if nothing is known of its lines."""
        from forkmerge.syntax import linewise  # noqa: PLC0415 - only for files without a grammar

        choice = self._choice(path)
        if choice is not None and choice.order == "unordered":
            return linewise.UNORDERED
        found = self._line_profile(path, choice)
        if found is not None and choice is not None and choice.order == "ordered":
            return replace(found, kind="list")
        return found

    def load(self, name: str) -> Profile:
        """Return the profile with a grammar called ``name``; raises ``UnusableInput`` if there is none."""
        own = _read(self.folders).profiles.get(name) if self.folders else None
        return own or profiles.load(name)

    def names(self) -> tuple[str, ...]:
        """Return the names of all languages with a grammar, sorted."""
        own = _read(self.folders).profiles if self.folders else {}
        return tuple(sorted({*profiles.names(), *own}))

    def line_profiles(self) -> tuple[LineProfile, ...]:
        """Return all line profiles, sorted by name."""
        own = _read(self.folders).lines if self.folders else {}
        built_in = {name: profiles.load_lines(name) for name in profiles.line_names()}
        return tuple(found for _, found in sorted({**built_in, **own}.items()))

    def own(self) -> Mapping[str, str]:
        """Return the file that each of the user's own languages comes from, those that are not usable left out."""
        return _read(self.folders).files if self.folders else {}

    def _choice(self, path: str) -> Choice | None:
        return self.choices.get(path) if self.choices else None

    def _own(self, path: str, data: bytes) -> Profile | None:
        mine = _read(self.folders)
        base = path.rpartition("/")[2]
        extension = "." + base.rpartition(".")[2].lower() if "." in base else ""
        guess = mine.profiles.get(mine.marks.get(extension + "?", ""))
        if guess is not None and any(text.encode() in data for text in guess.sniff):
            return guess
        name = mine.marks.get("=" + base) or mine.marks.get(extension)
        if name is None and data.startswith(b"#!"):
            name = mine.marks.get("!" + profiles.interpreter(data))
        if name is not None:
            return mine.profiles.get(name)
        found = profiles.for_path(path, data)
        return mine.profiles.get(found.name, found) if found is not None else None

    def _line_profile(self, path: str, choice: Choice | None) -> LineProfile | None:
        if choice is not None and choice.language:
            own = _read(self.folders).lines.get(choice.language) if self.folders else None
            return own or (profiles.load_lines(choice.language) if choice.language in profiles.line_names() else None)
        if self.folders:
            mine, base = _read(self.folders), path.rpartition("/")[2]
            name = mine.marks.get("=" + base) or mine.marks.get("." + base.rpartition(".")[2].lower())
            if name is not None and name in mine.lines:
                return mine.lines[name]
        return profiles.lines_for(path)


BUILTIN = Catalogue()
"""The languages that forkmerge brings, by name and content alone."""


@dataclass(frozen=True, slots=True)
class _Own:
    profiles: Mapping[str, Profile]
    lines: Mapping[str, LineProfile]
    marks: Mapping[str, str]
    files: Mapping[str, str]


@functools.cache
def _read(folders: tuple[str, ...]) -> _Own:
    from forkmerge.syntax.checking import problems  # noqa: PLC0415 - only where there are profiles of a user's own

    found: dict[str, Profile] = {}
    lines: dict[str, LineProfile] = {}
    marks: dict[str, str] = {}
    files: dict[str, str] = {}
    for folder in folders:
        for file in _files(folder):
            table = _table(file)
            if table is None or problems(table) or table["name"] in files:
                continue
            made = profiles.line_profile(table) if "kind" in table else profiles.profile(table)
            files[made.name] = file
            if "kind" in table:
                lines[made.name] = made  # type: ignore[assignment]
            else:
                found[made.name] = made  # type: ignore[assignment]
            told = [*made.extensions, *("=" + f for f in made.filenames)]
            told += ["!" + s for s in table.get("shebangs", ())]
            for mark in told:
                marks.setdefault(mark, made.name)
    return _Own(found, lines, marks, files)


def _files(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".toml")]
    except OSError:
        return []


def _table(file: str) -> dict[str, Any] | None:
    try:
        with open(file, encoding="utf-8") as stream:
            return profiles.tables(stream.read())
    except (OSError, ValueError):
        return None
