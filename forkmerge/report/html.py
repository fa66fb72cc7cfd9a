"""A run as one self-contained HTML page: no scripts, no fonts, nothing loaded from anywhere.

Invariant: every text from the repository passes through ``_t``, so that a test's name can't become markup.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from forkmerge.report import words
from forkmerge.report.values import Owner, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forkmerge.report.values import LocusReport, Proposal, Proposals

_CSS = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --warn: #9a6700; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --warn: #d29922; --bad: #f85149; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3rem .6rem; vertical-align: top;
border-bottom: 1px solid var(--line); } td.n, th.n { text-align: right; white-space: nowrap; }
code, .mono { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
.good { color: var(--good); } .loses-tests, .unverified, .warn { color: var(--warn); } .broken { color: var(--bad); }
.lead { font-size: 1.1rem; } .dim { opacity: .75; } details { margin: .5rem 0; } summary { cursor: pointer; }
"""


def page(run: Proposals) -> str:
    """Return the page."""
    parts = [
        f"<h1>{_t(words.headline(run.scenario, run.others))}</h1>",
        f'<p class="lead {"good" if run.good else "warn"}">{_t(words.conclusion(run))}</p>',
        f"<p>{_t(words.git_line(run))}</p>",
        f"<p>{_t(words.held_out(run))}</p>" if run.held_out is not None else "",
        *(f'<p class="warn">Warning: {_t(warning)}</p>' for warning in run.warnings),
        _ranking(run),
        _many(run),
        _diverse(run),
        *(_proposal(p) for p in run.proposals),
        _measured(run),
    ]
    title = _t(f"forkmerge: {words.headline(run.scenario, run.others)}")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def _t(text: str) -> str:
    return escape(words.safe(text))


def _ranking(run: Proposals) -> str:
    heads = ("#", "From", "Verdict", "Fork tests", "Upstream tests", "New green", "Against git", "Edits kept")
    rows = (
        (
            f'<a href="#p{p.number}">{p.number}</a>',
            _t(words.origin(p)),
            f'<span class="{p.verdict}">{_t(words.VERDICTS[p.verdict])}</span>',
            words.tests(words.of_owner(p.tests, Owner.OURS)),
            words.tests(words.of_owner(p.tests, Owner.THEIRS)),
            str(len(p.gained) or ""),
            words.against_git(p),
            f"{words.percent(p.kept_ours)} / {words.percent(p.kept_theirs)}",
        )
        for p in run.proposals
    )
    return _table(heads, rows)


def _many(run: Proposals) -> str:
    if not run.many:
        return ""
    from forkmerge.report.parents import HEADS, row  # noqa: PLC0415 - only for several upstreams

    rows = (tuple(escape(cell) for cell in row(found)) for found in run.many)
    return "<h2>What is in proposal 1 of each parent</h2>" + _table(HEADS, rows, numbers=(1, 2, 3))


def _diverse(run: Proposals) -> str:
    if run.diversity is None:
        return ""
    heads = ("Place", *(f"Proposal {number}" for number in run.diversity.proposals))
    rows = (
        (
            f"<code>{_t(d.path)} {_t(d.unit)}</code>",
            *(_t(words.choice(c)) + (f"<br><code>{_t(c.text)}</code>" if c.text else "") for c in d.choices),
        )
        for d in run.diversity.differences
    )
    told = f"<h2>Several answers</h2><p>{_t(words.diversity(run))}</p>"
    return told + (_table(heads, rows, numbers=()) if run.diversity.differences else "")


def _proposal(p: Proposal) -> str:
    parts = [
        (
            f'<h2 id="p{p.number}">Proposal {p.number}: {_t(words.origin(p))}, '
            f'<span class="{p.verdict}">{_t(words.VERDICTS[p.verdict])}</span></h2>'
        ),
        f'<p class="dim">tree <code>{_t(p.tree)}</code>' + (f" at <code>{_t(p.ref)}</code>" if p.ref else "") + "</p>",
        f"<p>{_t(p.certificate)}</p>" if p.certificate else "",
        *(f'<p class="warn">Finding: {_t(finding)}</p>' for finding in p.findings),
        *(
            _names(f"Lost of {words.possessive(t)} tests", tuple(words.lost(t, n) for n in t.lost), opened=True)
            for t in p.tests
        ),
        _names("Passes now, failed on both sides", p.gained),
        _names("Passes here, fails after git's merge", p.against_git.rescued if p.against_git else ()),
        _loci(p.loci, opened=p.verdict is Verdict.GOOD and p.number == 1),
    ]
    return "\n".join(part for part in parts if part)


def _loci(loci: tuple[LocusReport, ...], *, opened: bool) -> str:
    if not loci:
        return ""
    rows = (
        (
            f"<code>{_t(locus.path)}{f':{locus.line}' if locus.line else ''}</code>",
            f"<code>{_t(locus.unit)}</code>",
            _t(words.allele(locus.origin)),
            _t(words.DECIDED[locus.decided_by]),
            "<br>".join([_t(locus.note), *(f"left out: {_t(d.path)} {_t(d.why)}" for d in locus.dropped)]),
        )
        for locus in loci
    )
    table = _table(("Place", "Unit", "Taken from", "Decided by", "Note"), rows, numbers=())
    return f"<details{' open' if opened else ''}><summary>Loci ({len(loci)})</summary>{table}</details>"


def _names(title: str, names: tuple[str, ...], *, opened: bool = False) -> str:
    if not names:
        return ""
    items = "".join(f"<li><code>{_t(name)}</code></li>" for name in names)
    head = f"<summary>{_t(title)} ({len(names)})</summary>"
    return f"<details{' open' if opened else ''}>{head}<ul>{items}</ul></details>"


def _measured(run: Proposals) -> str:
    rows = (
        (_t(r.revision), _t(words.OWNERS[r.owner]), _t(r.status), str(r.passed), str(r.failed), f"{r.seconds:.1f} s")
        for r in run.parents
    )
    sandbox = f"{run.sandbox.backend} ({run.sandbox.strength})"
    facts = "; ".join(f"{fact.name} {fact.value}" for fact in run.environment)
    return "\n".join(
        [
            "<h2>How it was measured</h2>",
            f"<p>{_t(words.effort(run))}. Sandbox: {_t(sandbox)}. {_t(facts)}</p>",
            *(f'<p class="dim">{_t(sentence)}</p>' for sentence in run.sandbox.guarantees),
            *(f"<p><code>{_t(s.command)}</code>: {words.POSSESSIVES[s.owner]} tests</p>" for s in run.suites),
            _table(("Tree", "Suite", "Run", "Passed", "Failed", "Time"), rows, numbers=(3, 4, 5)),
            _names("Flaky tests, which decide nothing", run.flaky),
            _names("Tests that are not required", tuple(f"{w.test}: {w.why}" for w in run.waivers)),
        ]
    )


def _table(
    heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, numbers: tuple[int, ...] = (0, 3, 4, 5, 6, 7)
) -> str:
    def cells(row: tuple[str, ...], tag: str) -> str:
        return "".join(f"<{tag}{' class=n' if i in numbers else ''}>{cell}</{tag}>" for i, cell in enumerate(row))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><thead><tr>{cells(heads, 'th')}</tr></thead><tbody>{body}</tbody></table>"
