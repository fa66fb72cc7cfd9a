"""``check`` for machines, as JSON: forkmerge's own document, one finding a line, GitLab's and reviewdog's formats.

GitLab: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.  Reviewdog:
https://github.com/reviewdog/reviewdog/tree/master/proto/rdf.  Paths that are no Unicode are written with a replacement
character where the format's readers know nothing else.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from forkmerge.model.finding import Severity
from forkmerge.report.check import Verdict, headline, place_text
from forkmerge.report.codec import to_data

if TYPE_CHECKING:
    from forkmerge.report.check import CheckFinding, CheckReport

_CONTROL = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]")
_GITLAB = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}
_REVIEWDOG = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def json_document(report: CheckReport) -> str:
    """Return the whole report (docs/reference/schemas/check.json)."""
    return json.dumps(to_data(report), indent=2) + "\n"


def jsonl_document(report: CheckReport) -> str:
    """Return a line for each finding, test that does not hold and patch, the last one for the check as a whole.

    Each is an object whose ``type`` is ``finding``, ``test``, ``patch`` or ``summary``.
    """
    rows: list[dict[str, Any]] = [{"type": "finding", **to_data(f)} for f in report.findings]
    rows += [{"type": "test", **to_data(t)} for t in (report.tests.tests if report.tests else ())]
    rows += [{"type": "patch", **to_data(p)} for p in report.patches]
    whole = to_data(report)
    whole.pop("findings")
    whole.pop("patches")
    if whole["tests"]:
        whole["tests"].pop("tests")
    rows.append({"type": "summary", "headline": headline(report), **whole})
    return "".join(json.dumps(row) + "\n" for row in rows)


def gitlab_document(report: CheckReport) -> str:
    """Return GitLab's code quality report: a list of issues; what could not be verified is one of them."""
    issues = [
        {
            "description": _with_places(f),
            "check_name": f"forkmerge/{f.rule}",
            "fingerprint": f.fingerprint,
            "severity": "info" if report.advisory else _GITLAB[f.severity],
            "location": {"path": readable(f.path) or ".", "lines": {"begin": max(f.line, 1)}},
        }
        for f in report.findings
    ]
    if report.verdict is Verdict.UNVERIFIED:
        issues.append(
            {
                "description": headline(report),
                "check_name": "forkmerge/could-not-verify",
                "fingerprint": "could-not-verify",
                "severity": "info" if report.advisory else "major",
                "location": {"path": ".", "lines": {"begin": 1}},
            }
        )
    return json.dumps(issues, indent=2) + "\n"


def rdjson_document(report: CheckReport) -> str:
    """Return reviewdog's rdjson: a diagnostic for each finding, the second place as a related location."""
    shown = []
    for f in report.findings:
        row: dict[str, Any] = {
            "message": f.message,
            "location": _rd_location(f.path, f.line),
            "severity": "INFO" if report.advisory else _REVIEWDOG[f.severity],
            "code": {"value": f.rule},
        }
        related = [{"message": place_text(p), "location": _rd_location(p.path, p.line)} for p in f.places if p.path]
        if related:
            row["relatedLocations"] = related
        shown.append(row)
    if report.verdict is Verdict.UNVERIFIED:
        shown.append(
            {
                "message": headline(report),
                "location": {"path": "."},
                "severity": "WARNING",
                "code": {"value": "could-not-verify"},
            }
        )
    source = {"name": "forkmerge", "url": "https://github.com/forkmerge/forkmerge"}
    return json.dumps({"source": source, "diagnostics": shown}, indent=2) + "\n"


def readable(text: str) -> str:
    """Return ``text`` as Unicode that every reader takes.

    Bytes that are none become replacement characters, control characters (which terminals obey) question marks.
    """
    return _CONTROL.sub("?", text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _rd_location(path: str, line: int) -> dict[str, Any]:
    location: dict[str, Any] = {"path": readable(path) or "."}
    if line:
        location["range"] = {"start": {"line": line}}
    return location


def _with_places(f: CheckFinding) -> str:
    if not f.places:
        return readable(f.message)
    return readable(f"{f.message} [{'; '.join(place_text(p) for p in f.places)}]")
