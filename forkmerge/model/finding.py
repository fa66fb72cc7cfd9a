"""What a gate or an analysis has to say about a place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """``error``: the merge can't be called clean; ``warning``: worth a look; ``note``: for the record."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation: ``code`` is stable and machine-readable (``does-not-parse``, ``duplicate-name``, ...)."""

    code: str
    message: str
    path: str = ""
    line: int = 0
    severity: Severity = Severity.ERROR
