"""``check`` as SARIF 2.1.0 (OASIS), for GitHub code scanning and the like.

The place in the merge is the location; the colliding edits of both sides are related locations; fingerprints hold no
line numbers, so a server knows a finding again while code moves.  Code scanning keeps 5,000 results of a run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from forkmerge import __version__
from forkmerge.model.finding import Severity
from forkmerge.report.check import Verdict, headline, place_text
from forkmerge.report.check_json import readable
from forkmerge.report.check_rules import HOME, RULES

if TYPE_CHECKING:
    from forkmerge.report.check import CheckFinding, CheckReport

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST = 5000
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif_document(report: CheckReport) -> str:
    """Return one run with a result for each finding; what could not be verified fails its invocation."""
    used = tuple(dict.fromkeys(f.rule for f in report.findings))
    unsure: list[dict[str, Any]] = [{"level": "note", "message": {"text": text}} for text in report.not_covered]
    if report.verdict is Verdict.UNVERIFIED:
        unsure.insert(0, {"level": "error", "message": {"text": headline(report)}})
    run = {
        "tool": {
            "driver": {
                "name": "forkmerge",
                "version": __version__,
                "informationUri": HOME,
                "rules": [_rule(rule) for rule in used],
            }
        },
        "automationDetails": {"id": "forkmerge/check/"},
        "columnKind": "utf16CodeUnits",
        "invocations": [
            {
                "executionSuccessful": report.verdict is not Verdict.UNVERIFIED,
                "toolExecutionNotifications": unsure,
            }
        ],
        "results": [_result(f, used.index(f.rule), advisory=report.advisory) for f in report.findings[:MOST]],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: str) -> dict[str, Any]:
    return {
        "id": rule,
        "name": "".join(word.capitalize() for word in rule.split("-")),
        "shortDescription": {"text": RULES.get(rule, rule)},
        "helpUri": f"{HOME}/blob/main/docs/how-to/check-before-merging.md",
    }


def _result(f: CheckFinding, index: int, *, advisory: bool) -> dict[str, Any]:
    text = "\n".join((f.message, *f.evidence))
    result: dict[str, Any] = {
        "ruleId": f.rule,
        "ruleIndex": index,
        "level": "note" if advisory else _LEVELS[f.severity],
        "message": {"text": readable(text)},
        "locations": [{"physicalLocation": _physical(f.path, f.line)}],
        "partialFingerprints": {"forkmerge/v1": f.fingerprint},
    }
    related = [
        {
            "id": number,
            "physicalLocation": _physical(p.path, p.line),
            "message": {"text": readable(place_text(p))},
            **({"logicalLocations": [{"fullyQualifiedName": readable(p.unit)}]} if p.unit else {}),
        }
        for number, p in enumerate((p for p in f.places if p.path), 1)
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _physical(path: str, line: int) -> dict[str, Any]:
    uri = quote(path.encode("utf-8", "surrogateescape")) or "."
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    return place | {"region": {"startLine": max(line, 1)}}
