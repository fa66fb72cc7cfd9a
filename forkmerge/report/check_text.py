"""``check`` for people: plain lines for terminals and logs, and Markdown for comments and step summaries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.report.check import Behaviour, Verdict, headline, place_text
from forkmerge.report.check_json import readable
from forkmerge.report.patches import MOST_SHOWN, counted, lines, notable

if TYPE_CHECKING:
    from forkmerge.report.check import CheckFinding, CheckReport

MOST_MARKDOWN = 60
"""Findings in Markdown: a step summary of GitHub may hold one mebibyte, a comment 65,536 characters."""
MOST_TESTS = 50
_CELL = 300


def text_document(report: CheckReport) -> str:
    """Return the headline, what a server will say, each finding with its places and evidence, and what is open."""
    out = [headline(report), report.merge.server]
    for f in report.findings:
        where = f"{f.path}:{f.line}: " if f.line else f"{f.path}: " if f.path else ""
        out.append(f"{where}{f.severity}: {f.message} [{f.rule}]")
        out += [f"    {place_text(p)}" for p in f.places]
        out += [f"    {line}" for text in f.evidence for line in text.splitlines()]
    for test in (report.tests.tests if report.tests else ())[:MOST_TESTS]:
        if test.status is Behaviour.UNVERIFIED:
            out.append(f"{test.owner}'s {test.test}: could not verify" + (f": {test.message}" if test.message else ""))
    out += lines(report.patches)
    if report.proposal is not None:
        said = f"{report.proposal.verdict}, {len(report.proposal.lost)} required tests lost"
        out.append(f"proposal: {report.proposal.ref} ({said}); forkmerge show tells more")
        if report.proposal.published:
            out.append(f"published: {report.proposal.published}, a merge of both sides that needs no driver")
        if report.proposal.patch:
            out.append(f"patch: {report.proposal.patch}, to be applied to the head")
    out += [f"not covered: {text}" for text in report.not_covered]
    return "".join(f"{readable(line)}\n" for line in out if line)


def markdown_document(report: CheckReport) -> str:
    """Return the same as Markdown: a heading, a table of findings, the evidence folded away."""
    icon = {Verdict.PASSED: "✅", Verdict.FAILED: "❌", Verdict.UNVERIFIED: "⚠️"}[report.verdict]
    out = [f"### {icon} forkmerge check", "", _cell(headline(report)), "", _cell(report.merge.server)]
    shown = report.findings[:MOST_MARKDOWN]
    if shown:
        out += ["", "| | where | what | edits that collide |", "|---|---|---|---|"]
        out += [_row(f) for f in shown]
        if len(report.findings) > len(shown):
            out += ["", f"{len(report.findings) - len(shown)} more findings are not shown."]
    told = [f for f in shown if f.evidence]
    if told:
        out += ["", "<details><summary>Evidence</summary>", ""]
        for f in told:
            out.append(f"- {_cell(f.message)}")
            out += [f"  - {_cell(text)}" for text in f.evidence]
        out += ["", "</details>"]
    if report.patches:
        out += ["", *_patches(report)]
    if report.proposal is not None:
        out += ["", f"Proposal: {_code(report.proposal.ref)} ({report.proposal.verdict})"]
        if report.proposal.published:
            out += [
                "",
                f"{_code(report.proposal.published)} is a merge of both sides that a server takes without conflict.",
            ]
    if report.not_covered:
        out += ["", "Not covered:", "", *(f"- {_cell(text)}" for text in report.not_covered)]
    return "".join(f"{line}\n" for line in out)


def _row(f: CheckFinding) -> str:
    where = _code(f"{f.path}:{f.line}" if f.line else f.path) if f.path else ""
    places = "<br>".join(_cell(place_text(p)) for p in f.places)
    return f"| {f.severity} | {where} | {_cell(f.message)} ({f.rule}) | {places} |"


def _patches(report: CheckReport) -> list[str]:
    """Return the counts of fates, with a folded table of the patches that ask for a look."""
    found = notable(report.patches)
    told = _cell(counted(report.patches))
    if not found:
        return [told]
    out = [f"<details><summary>{told}</summary>", "", "| fate | where | what | why |", "|---|---|---|---|"]
    for p in found[:MOST_SHOWN]:
        where = _code(f"{p.path}:{p.line}" if p.line else p.path)
        out.append(f"| {p.fate} | {where} | {_cell(f'{p.unit} {p.change}'.strip())} | {_cell(p.reason)} |")
    if len(found) > MOST_SHOWN:
        out += ["", f"{len(found) - MOST_SHOWN} more are not shown."]
    return [*out, "", "</details>"]


def _cell(text: str) -> str:
    """Return ``text`` so that nothing in it (names and messages come from strangers) is markup."""
    flat = " ".join(readable(text).split())
    if len(flat) > _CELL:
        flat = flat[: _CELL - 1] + "…"
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|@#~!])", r"\\\1", flat)


def _code(text: str) -> str:
    flat = " ".join(readable(text).split()).replace("`", "'").replace("|", "\\|")
    return f"`{flat}`"
