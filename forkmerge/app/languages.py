"""``languages``: what can be parsed on this machine, found out by parsing with each grammar."""

from __future__ import annotations

from importlib import metadata

from forkmerge.errors import ForkmergeError
from forkmerge.report.documents import Language, Languages
from forkmerge.syntax import parsing, profiles


def languages() -> Languages:
    """Return every language that has a profile, with the truth about its grammar."""
    return Languages(tuple(_language(name) for name in profiles.names()))


def _language(name: str) -> Language:
    profile = profiles.load(name)
    wheel = profile.package.replace("_", "-")
    problem, mend = "", ""
    try:
        parsing.parse(profile, b"")
    except ForkmergeError as error:
        problem, mend = error.message, error.hint or f"pip install {wheel}"
    except Exception as error:  # noqa: BLE001 - a grammar that does not fit fails in its own ways
        problem, mend = f"{wheel} can't be used: {error}", f"pip install --upgrade {wheel} tree-sitter"
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
    )


def _version(wheel: str) -> str:
    try:
        return metadata.version(wheel)
    except metadata.PackageNotFoundError:
        return ""
