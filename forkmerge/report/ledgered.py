"""What ``ledger`` tells, as values and as lines for people.

Invariants: each document has a ``version`` and a schema in ``docs/reference/schemas/``; whatever another ledger wrote
is escaped before it reaches a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from forkmerge.report.values import VERSION
from forkmerge.report.words import plural, safe


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One entry: a run of the tests, what it depends on, and what came of it.

    ``number`` is its place in this ledger, ``hash`` names it everywhere; ``chain``, ``seq`` and ``before`` (the hash of
    the entry before it) are its place in the chain of the ledger that made it, and ``foreign`` says that this was
    another one.  ``policy`` tells what was isolated and how; a result counts only for the same ``environment``.
    ``created`` is in seconds since 1970, ``final``: it came to its end and may be used.
    """

    number: int
    hash: str
    chain: str
    seq: int
    before: str
    foreign: bool
    tree: str
    command: str
    environment: str
    policy: str
    selection: str
    status: str
    final: bool
    created: float
    seconds: float
    tests: int


@dataclass(frozen=True, slots=True)
class PrunedRuns:
    """What stands for the entries of ``chain`` up to ``seq``: how many, the hash of the last, who pruned, and when."""

    chain: str
    seq: int
    last: str
    pruned: int
    created: float
    signer: str


@dataclass(frozen=True, slots=True)
class LedgerList:
    """What ``ledger list`` lists: the newest entries, oldest first, of ``total``; ``chain`` is this ledger's own."""

    chain: str
    total: int
    foreign: int
    runs: tuple[RecordedRun, ...] = ()
    checkpoints: tuple[PrunedRuns, ...] = ()
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class RecordedTest:
    """One test of an entry."""

    test: str
    status: str
    seconds: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class LedgerEntryShown:
    """What ``ledger show`` shows: an entry with its results; ``problem`` says why they can't be read.

    ``machine`` is the worker of a cluster that made the run, "" where the machine did that recorded it.
    """

    run: RecordedRun
    exit_code: int | None = None
    tail: str = ""
    results: tuple[RecordedTest, ...] = ()
    problem: str = ""
    machine: str = ""
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """Something that is wrong: ``changed``, ``missing``, ``reordered``, ``unexpected`` or ``damaged``, and where."""

    kind: str
    entry: str
    detail: str


@dataclass(frozen=True, slots=True)
class LedgerVerdict:
    """What ``ledger verify`` found among so many entries, chains and checkpoints."""

    entries: int
    chains: int
    checkpoints: int
    findings: tuple[LedgerFinding, ...] = ()
    version: int = VERSION


def listed(found: LedgerList, *, foreign: bool = False) -> tuple[str, ...]:
    """Return the lines of a list; ``foreign``: only entries of other ledgers were asked for."""
    if not found.total:
        return ("the ledger is empty",)
    rows = [
        (
            f"#{run.number}", run.hash[:12], when(run.created), run.status, f"{run.tests}", f"{run.seconds:.1f} s",
            run.tree[:10], "another ledger" if run.foreign else "", safe(_kind(run)), safe(run.command),
        )
        for run in found.runs
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for mark in found.checkpoints:
        count = f"{_entries(mark.pruned)}"
        lines.append(f"pruned: {count} up to {mark.chain[:8]}:{mark.seq}, {when(mark.created)}, by {safe(mark.signer)}")
    total, kind = (found.foreign, " of other ledgers") if foreign else (found.total, "")
    more = f", {found.foreign} of other ledgers" if found.foreign and not foreign else ""
    shown = "" if len(found.runs) == total else f"the last {len(found.runs)} of "
    lines.append(f"{shown}{_entries(total)}{kind}{more}")
    return tuple(lines)


def shown(found: LedgerEntryShown) -> tuple[str, ...]:
    """Return the lines of one entry."""
    run = found.run
    made = "another ledger" if run.foreign else "this ledger"
    ended = run.status if found.exit_code is None else f"{run.status}, exit code {found.exit_code}"
    lines = [
        f"entry        #{run.number} {run.hash}",
        f"made by      {made}, as {run.chain[:8]}:{run.seq}",
        f"before it    {run.before or 'nothing'}",
        f"at           {when(run.created)}",
        f"tree         {run.tree}",
        f"command      {safe(run.command)}",
        f"tests        {safe(_kind(run))}",
        f"isolation    {safe(run.policy)}",
        f"environment  {safe(run.environment)}",
        f"ended        {ended}, after {run.seconds:.1f} s, {run.tests} {plural('test', run.tests)}",
    ]
    if found.machine:
        lines.insert(2, f"run on       {safe(found.machine)}, a worker of a cluster")
    if found.problem:
        lines.append(f"its results can't be read: {found.problem}")
    for test in found.results:
        message = f"  {safe(test.message.splitlines()[0])}" if test.message else ""
        lines.append(f"  {test.status:8}{test.seconds:8.2f} s  {safe(test.test)}{message}")
    return tuple(lines)


def verified(found: LedgerVerdict) -> tuple[str, ...]:
    """Return a line for each finding and one that sums up."""
    lines = [f"{finding.kind}: {safe(finding.entry)}: {safe(finding.detail)}" for finding in found.findings]
    looked = f"{_entries(found.entries)} in {found.chains} {plural('chain', found.chains)}"
    wrong = len(found.findings)
    return (*lines, f"{looked}: " + (f"{wrong} {plural('finding', wrong)}" if wrong else "nothing is wrong"))


def when(seconds: float) -> str:
    """Return a time for people, in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"@{seconds}"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _kind(run: RecordedRun) -> str:
    """Return in words which tests were run."""
    if not run.selection:
        return "all tests"
    word = run.selection.split(" ")[0]
    known = {"gate": "collected only", "reverse": "all, in reverse", "rerun": "some, once more"}
    return known.get(word, "some tests")
