"""The line of a run that tells best why its tests did not run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.model.outcome import SuiteRun

_ERROR = r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception)\b"
_TELLING = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^.*?(?P<said>error: unrecognized arguments: .+)$",
        rf"^E +(?P<said>{_ERROR}.*)$",
        rf"^(?P<said>{_ERROR}: .+)$",
        rf"^ERROR (?P<said>\S+ - {_ERROR}.*)$",
    )
)
"""What says more than the last line, best first: options that no plugin knows, what was raised on the way in."""


def last_words(run: SuiteRun) -> str:
    """Return the line that tells best why a run that passed nothing did not, "" where it said nothing."""
    said = "\n".join((run.tail, *(r.message for r in run.results if not r.status.good and r.message)))
    for pattern in _TELLING:
        if match := pattern.search(said):
            return match["said"].strip()
    lines = [line for line in run.tail.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def nothing_passed(side: str, run: SuiteRun) -> str:
    """Return what to warn of where no test of a side passes on itself: nobody asks what becomes of its edits."""
    words = last_words(run)
    said = f" ({words})" if words else ""
    more = f"; {told}" if (told := advice(words)) else ""
    return f"no test of the {side} passes on itself{said}, so no test speaks for its edits{more}"


def advice(words: str) -> str:
    """Return what to do about ``words``, "" where nobody knows."""
    if "unrecognized arguments" not in words:
        return ""
    options = words.partition("arguments:")[2].split()
    plugin = next((name for option, name in _PLUGINS if any(word.startswith(option) for word in options)), "")
    return f"pip install {plugin}, which the project's options ask for" if plugin else "a plugin of pytest is missing"


_PLUGINS = (
    ("--cov", "pytest-cov"),
    ("--numprocesses", "pytest-xdist"),
    ("-n=", "pytest-xdist"),
    ("--dist", "pytest-xdist"),
    ("--timeout", "pytest-timeout"),
    ("--asyncio", "pytest-asyncio"),
    ("--benchmark", "pytest-benchmark"),
    ("--black", "pytest-black"),
    ("--flake8", "pytest-flake8"),
    ("--isort", "pytest-isort"),
    ("--mypy", "pytest-mypy"),
    ("--reruns", "pytest-rerunfailures"),
)
