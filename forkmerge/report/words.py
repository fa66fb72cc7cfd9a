"""The same words for the same things in every report, and text made safe to print."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.report.values import DecidedBy, Origin, Owner, Verdict

if TYPE_CHECKING:
    from forkmerge.model.revision import Revision, Scenario
    from forkmerge.report.values import Choice, OwnerTests, Proposal, Proposals

ORIGINS = {
    Origin.OURS: "fork as it is",
    Origin.THEIRS: "upstream as it is",
    Origin.GIT: "git's merge",
    Origin.STRUCTURED: "structured merge",
    Origin.OFFSPRING: "offspring",
}
_STEP = "the last step, {}: fork is what was made of the others before"
OWNERS = {Owner.OURS: "fork", Owner.THEIRS: "upstream", Owner.MERGED: "merged tree"}
POSSESSIVES = {Owner.OURS: "the fork's", Owner.THEIRS: "upstream's", Owner.MERGED: "the merged tree's"}
SIDES = {"ours": "fork", "theirs": "upstream", "base": "base", "both": "both"}
VERDICTS = {
    Verdict.GOOD: "good",
    Verdict.LOSES: "loses tests",
    Verdict.BROKEN: "broken",
    Verdict.UNVERIFIED: "not verified",
}
DECIDED = {
    DecidedBy.TESTS: "tests",
    DecidedBy.ONLY_ALLELE: "one side only",
    DecidedBy.ENGINE_RULE: "merge rule",
    DecidedBy.UNDETERMINED: "no test tells",
    DecidedBy.UNTRIED: "not compared",
}
_ALLELES = {
    "ours": "fork",
    "theirs": "upstream",
    "base": "base",
    "merged": "merge of both",
    "both": "both, in turn",
    "mixed": "parts of both",
    "adapted": "adapted",
}
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def safe(text: str) -> str:
    """Return ``text`` with everything that could steer a terminal or can't be encoded written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if (c.isprintable() and c not in _BIDI) or c == " " else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def revision(value: Revision) -> str:
    """Return the name of a revision and the beginning of its commit."""
    short = (value.commit or value.tree)[:9]
    return safe(value.name) if value.name.startswith(short) else f"{safe(value.name)} ({short})"


def headline(scenario: Scenario, others: tuple[Revision, ...] = ()) -> str:
    """Return what is merged into what; ``others`` are the upstreams besides the scenario's."""
    if others:
        return f"{listed([revision(r) for r in (scenario.theirs, *others)])} into {revision(scenario.ours)}"
    if not scenario.bases:
        base = "no common ancestor"
    elif scenario.base.commit is None:
        base = f"a virtual base of {len(scenario.bases)}"
    else:
        base = f"base {scenario.base.commit[:9]}"
    return f"{revision(scenario.theirs)} into {revision(scenario.ours)}, {base}"


def tests(of: OwnerTests | None) -> str:
    """Return kept of required ("41/41", "39/41 -2"); "-" where there is no such suite."""
    if of is None:
        return "-"
    return f"{of.kept}/{of.required}" + (f" -{len(of.lost)}" if of.lost else "")


def origin(proposal: Proposal) -> str:
    """Return where a proposal comes from; of several parents by its name."""
    return f"{safe(proposal.parent)} as it is" if proposal.parent else ORIGINS[proposal.origin]


def places(run: Proposals, count: int) -> str:
    """Return the heading of the loci of a proposal: of several upstreams they are those of the last step."""
    last = f" ({_STEP.format(safe(run.others[-1].name))})" if run.others else ""
    return f"Where its {count} loci come from{last}:" if count > 1 else f"Where its locus comes from{last}:"


def of_owner(proposal_tests: tuple[OwnerTests, ...], owner: Owner) -> OwnerTests | None:
    """Return the tests of ``owner``, of all its parents together; None where it has no suite."""
    found = [t for t in proposal_tests if t.owner is owner]
    if len(found) < 2:
        return found[0] if found else None
    lost = tuple(name for t in found for name in t.lost)
    return replace(found[0], required=sum(t.required for t in found), kept=sum(t.kept for t in found), lost=lost)


def possessive(tests: OwnerTests) -> str:
    """Return whose tests they are: "the fork's", "upstream's", or by the name of one of several upstreams."""
    return f"{safe(tests.parent)}'s" if tests.parent and tests.owner is Owner.THEIRS else POSSESSIVES[tests.owner]


def lost(tests: OwnerTests, name: str) -> str:
    """Return the name of a lost test, and what it is when it passes on every parent."""
    return f"{name} (passes on both sides: emergent interference)" if name in tests.emergent else name


def against_git(proposal: Proposal) -> str:
    """Return required tests won and lost against git's merge ("+5", "+5 -1", "="; "-" where git has no tree)."""
    compared = proposal.against_git
    if compared is None:
        return "-"
    parts = [f"+{len(compared.rescued)}"] if compared.rescued else []
    parts += [f"-{len(compared.lost)}"] if compared.lost else []
    return " ".join(parts) or "="


def percent(share: float) -> str:
    """Return a share as a percentage that says 100 % only of everything."""
    return f"{min(round(share * 100), 99 if share < 1 else 100)}%"


def git_line(run: Proposals) -> str:
    """Return what git's own merge does, in one line."""
    git = run.git
    if not git.clean:
        count = len(git.conflicts)
        names = ", ".join(safe(path) for path in git.conflicts[:3]) + (", ..." if count > 3 else "")
        return f"git's own merge: conflicts in {count} {plural('file', count)}" + (f" ({names})" if names else "")
    if git.verdict is Verdict.GOOD:
        return "git's own merge: clean, and keeps every required test"
    if git.lost:
        return f"git's own merge: clean, but loses {len(git.lost)} required {plural('test', len(git.lost))}"
    return f"git's own merge: clean, {VERDICTS[git.verdict]}"


def effort(run: Proposals) -> str:
    """Return what the search cost."""
    cached = f", {run.cached} {plural('run', run.cached)} from the ledger" if run.cached else ""
    return (
        f"{run.evaluations} {plural('evaluation', run.evaluations)}{cached}, test time of "
        f"{run.suite_equivalents:.1f} whole suites, {run.seconds:.1f} s, seed {run.seed}"
    )


def conclusion(run: Proposals) -> str:
    """Return what may be said of the best proposal, and no more."""
    best = run.best
    if best is None:
        return "No proposal: nothing could be evaluated."
    ended = " (interrupted: the best so far)" if run.interrupted else "" if run.complete else " (the time ran out)"
    merged = of_owner(best.tests, Owner.MERGED)
    lost = len(merged.lost) if merged is not None else 0
    proven = run.optimal[:1].upper() + run.optimal[1:]
    if best.verdict is Verdict.LOSES and lost and not any(t.lost for t in best.tests if t.owner is not Owner.MERGED):
        return f"No offspring is good{ended}: in its own test tree proposal 1 loses {lost} {plural('test', lost)}."
    if best.verdict is not Verdict.GOOD:
        return f"No offspring keeps every required test{ended}. {proven}".rstrip()
    but = f" In its own test tree {lost} of them {'fails' if lost == 1 else 'fail'}." if lost else ""
    if best.origin in (Origin.OURS, Origin.THEIRS):
        return f"Nothing better was found than {'' if best.parent else 'the '}{origin(best)}{ended}.{but}"
    if best.origin is Origin.GIT:
        return f"git's own merge keeps every required test; nothing better was found{ended}.{but}"
    whose = "all parents" if run.others else "both sides"
    return f"Proposal 1 keeps every required test of {whose}{ended}.{but} {proven}".rstrip()


def held_out(run: Proposals) -> str:
    """Return how the best proposal does on the tests that the search did not know of, "" where it knew all."""
    if run.held_out is None:
        return ""
    tests, lost = run.held_out.tests, len(run.held_out.lost)
    what = f"{tests} required {plural('test', tests)} held out of the search"
    return f"{what}: the best proposal keeps {'all of them' if not lost else f'{tests - lost} of them'}"


def diversity(run: Proposals) -> str:
    """Return how many answers that behave differently were found, "" where one was asked for."""
    if run.diversity is None:
        return ""
    asked, found = run.diversity.asked, len(run.diversity.proposals)
    if found >= asked:
        return f"{found} fit offspring that behave differently; no required test tells them apart:"
    why = "everything else fails, or is one side as it is" if run.diversity.exhausted else "the search ended before"
    why = why if run.good else "none keeps every required test"
    return f"{found} of {asked} fit offspring that behave differently; {why}" + (":" if found > 1 else ".")


def choice(choice: Choice) -> str:
    """Return whose version one of several answers has at a place."""
    if choice.origin == "none":
        return "left out"
    return "something else" if choice.origin == "mixed" else allele(choice.origin)


def allele(origin: str) -> str:
    """Return where an allele comes from, in words ("fork", "merge of both", "rule imports", ...)."""
    if origin.startswith("rule:"):
        return f"rule {safe(origin.removeprefix('rule:'))}"
    return "+".join(_ALLELES.get(part, safe(part)) for part in origin.split("+"))


def listed(names: list[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def plural(word: str, count: int) -> str:
    """Return ``word`` with an s unless ``count`` is 1."""
    return word if count == 1 else f"{word}s"
