"""``languages``: what can be parsed on this machine, found out by parsing with each grammar."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.app.catalogue import catalogue, folders_of
from forkmerge.errors import ForkmergeError, UnusableInput
from forkmerge.git.choices import root_of
from forkmerge.report.documents import Language, Languages
from forkmerge.syntax import checking, parsing, profiles

if TYPE_CHECKING:
    from forkmerge.syntax.catalogue import Catalogue
    from forkmerge.syntax.linewise import LineProfile
    from forkmerge.syntax.profile import Profile


def languages() -> Languages:
    """Return every language that has a profile, with the truth about its grammar; those known by lines come last."""
    known = catalogue()
    parsed = [_language(known.load(name), known.own().get(name, "")) for name in known.names()]
    return Languages((*parsed, *(_by_lines(p, known) for p in known.line_profiles())))


def check(files: tuple[str, ...] = ()) -> tuple[int, tuple[str, ...]]:
    """Return how many profiles were looked at, and a line for each thing that is wrong with one.

    Without ``files`` these are the profiles of the work tree and of the user's configuration.  Raise ``UnusableInput``
    for a file that can't be read.
    """
    found = [Path(file) for file in files] or [
        file for folder in folders_of(root_of(".")) for file in sorted(Path(folder).glob("*.toml"))
    ]
    return len(found), tuple(f"{file}: {problem}" for file in found for problem in _problems(file))


def _problems(file: Path) -> list[str]:
    try:
        table = profiles.tables(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableInput(f"can't read {file}: {error.strerror}") from None
    except ValueError as error:
        return [f"this is not TOML: {error}"]
    wrong = checking.problems(table)
    if wrong or "kind" in table:
        return wrong
    try:
        return checking.unknown(profiles.profile(table), parsing.language(profiles.profile(table)))
    except ForkmergeError as error:
        return [f"{error.message} ({error.hint})" if error.hint else error.message]
    except Exception as error:  # noqa: BLE001 - a grammar that does not fit fails in its own ways
        return [f"the grammar can't be used: {error}"]


def _language(profile: Profile, source: str) -> Language:
    wheel = profile.package.replace("_", "-")
    problem, mend = "", ""
    try:
        parsing.parse(profile, b"")
    except ForkmergeError as error:
        problem, mend = error.message, error.hint or f"pip install {wheel}"
    except Exception as error:  # noqa: BLE001 - a grammar that does not fit fails in its own ways
        problem, mend = f"{wheel} can't be used: {error}", f"pip install --upgrade {wheel} tree-sitter"
    if problem and source:  # a stranger's repository may name any wheel
        mend = f"{mend}, if you trust {source}"
    return Language(
        name=profile.name,
        extensions=tuple(e for e in profile.extensions if not e.endswith("?")),
        by_content=tuple(e.removesuffix("?") for e in profile.extensions if e.endswith("?")),
        file_names=profile.filenames,
        grammar=wheel,
        grammar_version=_version(wheel),
        available=not problem,
        problem=problem,
        mend=mend,
        source=source,
    )


def _by_lines(profile: LineProfile, known: Catalogue) -> Language:
    return Language(
        name=profile.name,
        extensions=profile.extensions,
        by_content=(),
        file_names=profile.filenames,
        grammar="",
        grammar_version="",
        available=True,
        source=known.own().get(profile.name, ""),
    )


def _version(wheel: str) -> str:
    try:
        return metadata.version(wheel)
    except metadata.PackageNotFoundError:
        return ""
