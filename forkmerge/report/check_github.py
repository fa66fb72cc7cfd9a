"""``check`` for GitHub Actions: workflow commands, which the runner turns into annotations.

GitHub shows ten annotations of a step and drops the rest without a word, so no more are written, the gravest first, and
a summary line counts them all.  https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.model.finding import Severity
from forkmerge.report.check import Verdict, headline, place_text
from forkmerge.report.check_json import readable

if TYPE_CHECKING:
    from forkmerge.report.check import CheckFinding, CheckReport

MOST = 10
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github_document(report: CheckReport) -> str:
    """Return at most ten annotations, one of them for what could not be verified, and a summary line."""
    lines = []
    if report.verdict is Verdict.UNVERIFIED:
        level = "notice" if report.advisory else "warning"
        lines.append(f"::{level} title=forkmerge could not verify::{_data(headline(report))}")
    shown = report.findings[: MOST - len(lines)]
    lines = [*(_annotation(f, advisory=report.advisory) for f in shown), *lines]
    left = len(report.findings) - len(shown)
    summary = f"forkmerge check {headline(report)}"
    if left:
        summary += f" ({left} more than GitHub shows: see the other formats)"
    # a line that began with :: would be a command
    return "".join(f"{line}\n" for line in (*lines, _plain(summary)))


def _annotation(f: CheckFinding, *, advisory: bool) -> str:
    level = "notice" if advisory else _LEVELS[f.severity]
    properties = {"file": f.path, "line": str(f.line) if f.line and f.path else "", "title": f"forkmerge {f.rule}"}
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    text = "\n".join((f.message, *(place_text(p) for p in f.places), *f.evidence))
    return f"::{level} {told}::{_data(text)}"


def _data(text: str) -> str:
    return readable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _plain(text: str) -> str:
    return " ".join(readable(text).split())
