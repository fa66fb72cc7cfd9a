"""``ledger list``, ``show``, ``verify`` and ``prune``: the record of every evaluation, looked at and kept small.

Invariants: looking never makes a ledger where there is none; a ledger in which something is wrong is not pruned, or the
checkpoint would sign off what nobody can check any more.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.fitness.ledger import Ledger, LedgerEntry, ledger_path
from forkmerge.fitness.ledger_prune import Bounds
from forkmerge.fitness.ledger_share import SIGNER
from forkmerge.git.repository import Repository
from forkmerge.report.ledgered import (
    LedgerEntryShown,
    LedgerFinding,
    LedgerList,
    LedgerVerdict,
    PrunedRuns,
    RecordedRun,
    RecordedTest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forkmerge.fitness.ledger_rows import Pruned

SHOWN = 50
_HINT = "move the file away: what it held is evaluated again when it is needed"


def listing(folder: str, *, last: int = SHOWN, foreign: bool = False) -> LedgerList:
    """Return the ``last`` entries (0: all), or of those of other ledgers; UnusableInput where it can't be read."""
    with Repository.open(folder) as repo, opened(repo) as ledger:
        if ledger is None:
            return LedgerList("", 0, 0)
        runs = ledger.entries()
        before = ledger.links()
        wanted = tuple(entry for entry in runs if entry.foreign or not foreign)
        marks = tuple(PrunedRuns(c.chain, c.seq, c.last, c.pruned, c.created, c.signer) for c in ledger.checkpoints())
        return LedgerList(
            ledger.chain,
            len(runs),
            sum(entry.foreign for entry in runs),
            tuple(_recorded(entry, before) for entry in (wanted[-last:] if last else wanted)),
            marks,
        )


def show(folder: str, name: str) -> LedgerEntryShown:
    """Return the entry with the number (``#7``, ``7``) or the beginning of a hash, the last one for ""."""
    with Repository.open(folder) as repo, opened(repo) as ledger:
        entries = ledger.entries() if ledger is not None else ()
        if ledger is None or not entries:
            raise UnusableInput("the ledger is empty", hint="forkmerge propose UPSTREAM fills it")
        run = _named(entries, name)
        found = _recorded(run, ledger.links())
        try:
            told = ledger.run_of(run)
        except ValueError as error:
            return LedgerEntryShown(found, problem=str(error))
        results = tuple(RecordedTest(str(r.test), r.status.value, r.seconds, r.message) for r in told.results)
        return LedgerEntryShown(found, told.exit_code, told.tail, results, machine=told.machine)


def verify(folder: str) -> LedgerVerdict:
    """Return what is wrong with the ledger; a damaged file is set aside and is a finding."""
    with Repository.open(folder) as repo, opened(repo) as ledger:
        if ledger is None:
            return LedgerVerdict(0, 0, 0)
        entries = ledger.entries()
        found = [LedgerFinding(f.kind, f.entry, f.detail) for f in ledger.findings()]
        damaged = [LedgerFinding("damaged", "the file", note) for note in ledger.notes]
        chains = len({entry.chain for entry in entries})
        return LedgerVerdict(len(entries), chains, len(ledger.checkpoints()), (*damaged, *found))


def prune(folder: str, *, older: float | None, keep: int | None, size: int | None) -> Pruned | None:
    """Take away what is ``older`` (seconds), more than ``keep`` entries or ``size`` bytes; None without a ledger.

    Raises UnusableInput where ``verify`` has findings.
    """
    now = time.time()
    bounds = Bounds(None if older is None else now - older, keep, size)
    with Repository.open(folder) as repo, opened(repo) as ledger:
        if ledger is None:
            return None
        sound(ledger)
        return ledger.prune(bounds, signer=_signer(repo))


def sound(ledger: Ledger) -> None:
    """Raise UnusableInput unless every entry is as it was written."""
    found = ledger.findings()
    if found:
        raise UnusableInput(
            f"the ledger is not as it was written: {found[0].kind}: {found[0].entry}: {found[0].detail}",
            where=ledger.path,
            hint=f"forkmerge ledger verify tells all; {_HINT}",
        )


@contextmanager
def opened(repo: Repository, *, make: bool = False) -> Iterator[Ledger | None]:
    """Give the ledger of ``repo``, None where there is none yet and ``make`` is not said; UnusableInput if unusable."""
    path = ledger_path(str(repo.common_dir))
    if not make and not os.path.exists(path):  # noqa: PTH110 - the ledger's path is a string
        yield None
        return
    ledger = Ledger.open(path)
    try:
        if not ledger.kept:
            raise UnusableInput(ledger.notes[-1] if ledger.notes else "the ledger can't be opened", where=path)
        yield ledger
    finally:
        ledger.close()


def _named(entries: tuple[LedgerEntry, ...], name: str) -> LedgerEntry:
    if not name:
        return entries[-1]
    word = name.removeprefix("#")
    found = [entry for entry in entries if word.isdecimal() and len(word) < 12 and entry.number == int(word)]
    if not found and len(word) >= 4:
        found = [entry for entry in entries if entry.hash.startswith(word.lower())]
    if len(found) == 1:
        return found[0]
    known = "more than one entry begins so" if found else "there is no such entry"
    raise UnusableInput(f"{known}: {name}", hint="forkmerge ledger list --all names them")


def _recorded(entry: LedgerEntry, before: dict[str, str]) -> RecordedRun:
    key = entry.key
    return RecordedRun(
        entry.number,
        entry.hash,
        entry.chain,
        entry.seq,
        before.get(entry.hash, ""),
        entry.foreign,
        *key.row(),
        status=entry.status.value,
        final=entry.final,
        created=entry.created,
        seconds=entry.seconds,
        tests=entry.tests,
    )


def _signer(repo: Repository) -> str:
    """Return who signs a checkpoint: the user as git knows them, "" if it does not."""
    said = repo.run(["var", "GIT_COMMITTER_IDENT"], check=False).stdout.decode("utf-8", "replace")
    return said.rpartition(">")[0][: SIGNER - 1] + ">" if ">" in said else ""
