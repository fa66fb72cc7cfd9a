"""The formats of ``check``: each is a function from the report to the text of its document.

Invariant: a document is complete in itself, ends with a line end, and is the same for the same report.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.report.check import CheckReport

FORMATS = ("text", "json", "jsonl", "github", "gitlab", "sarif", "junit", "markdown", "rdjson")
_HOMES = {
    "text": "check_text",
    "markdown": "check_text",
    "github": "check_github",
    "sarif": "check_sarif",
    "junit": "check_junit",
}


def render(name: str, report: CheckReport) -> str:
    """Return the document of format ``name``, one of ``FORMATS``."""
    module = importlib.import_module(f"forkmerge.report.{_HOMES.get(name, 'check_json')}")
    write = cast("Callable[[CheckReport], str]", getattr(module, f"{name}_document"))
    return write(report)
