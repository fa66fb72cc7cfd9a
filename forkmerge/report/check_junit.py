"""``check`` as JUnit XML, which nearly every CI system shows: a test case for each finding, and for each test.

A finding below the level that fails the check is a test case that passes, with the finding in its output; what could
not be verified is an ``error``, never a pass and never skipped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from forkmerge.report.check import Behaviour, Verdict, headline, place_text, reaches
from forkmerge.report.check_json import readable

if TYPE_CHECKING:
    from forkmerge.report.check import CheckedTest, CheckFinding, CheckReport

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BY_TEST = ("broken-test", "flaky-test")
_LONGEST = 4000
"""Characters of one message: GitLab reads files of 30 MB at most."""


def junit_document(report: CheckReport) -> str:
    """Return the suites ``forkmerge check`` (the findings) and ``behaviour`` (the tests of both sides)."""
    static = [f for f in report.findings if f.rule not in _BY_TEST]
    cases = [_case("merge", "findings", "")] if not static else [_finding(f, report) for f in static]
    suites = [_suite("forkmerge check", cases)]
    if report.behaviour is not Behaviour.UNTESTED:
        by_test = {name: f for f in report.findings for name in f.tests}
        cases = [_test(t, by_test.get(t.test)) for t in (report.tests.tests if report.tests else ())]
        holds = report.tests.holds if report.tests else 0
        if holds:
            cases.append(_case("behaviour", f"{holds} tests hold", ""))
        if report.verdict is Verdict.UNVERIFIED and not any("<error" in case for case in cases):
            cases.append(_case("behaviour", "verified", _inside("error", headline(report), _reasons(report))))
        suites.append(_suite("behaviour", cases))
    counts = " ".join(
        f'{word}="{sum(s.count(f"<{tag}") for s in suites)}"'
        for word, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"))
    )
    body = "\n".join(suites)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="forkmerge check" {counts}>\n{body}\n</testsuites>\n'
    )


def _reasons(report: CheckReport) -> str:
    return "\n".join(report.not_covered)


def _suite(name: str, cases: list[str]) -> str:
    failures, errors = (sum(f"<{tag}" in case for case in cases) for tag in ("failure", "error"))
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="0"'
    head = f"  <testsuite name={_attribute(name)} {counts}>"
    return "\n".join((head, *cases, "  </testsuite>"))


def _finding(f: CheckFinding, report: CheckReport) -> str:
    text = "\n".join((*(place_text(p) for p in f.places), *f.evidence))
    where = f"{f.path}:{f.line}" if f.line else f.path
    fails = reaches(f.severity, report.fail_on) and not report.advisory
    inside = (
        _inside("failure", f.message, text, f.rule)
        if fails
        else f"      <system-out>{_text(f'{f.severity}: {f.message}' + chr(10) + text)}</system-out>\n"
    )
    return _case(f.rule, f"{where} {f.id}".strip(), inside, f.path)


def _test(t: CheckedTest, f: CheckFinding | None) -> str:
    text = "\n".join((*(place_text(p) for p in f.places), *f.evidence)) if f is not None else ""
    if t.status is Behaviour.BROKEN:
        inside = _inside("failure", f.message if f is not None else t.message, f"{text}\n{t.message}".strip(), t.status)
    elif t.status is Behaviour.FLAKY:
        inside = f"      <system-out>{_text(f'flaky: {t.message}')}</system-out>\n"
    else:
        inside = _inside("error", t.message or "could not be verified", text, t.status)
    return _case(f"{t.owner}", t.test, inside, t.test.partition("::")[0])


def _case(group: str, name: str, inside: str, file: str = "") -> str:
    where = f" file={_attribute(file)}" if file else ""
    head = f"    <testcase classname={_attribute(f'forkmerge.{group}')} name={_attribute(name)}{where}"
    return f"{head}>\n{inside}    </testcase>" if inside else f"{head}/>"


def _inside(tag: str, message: str, text: str, kind: str = "could-not-verify") -> str:
    return f"      <{tag} message={_attribute(message)} type={_attribute(kind)}>{_text(text)}</{tag}>\n"


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("\ufffd", readable(text)[:_LONGEST]), {"\n": "&#10;"})


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", readable(text)[:_LONGEST]))
