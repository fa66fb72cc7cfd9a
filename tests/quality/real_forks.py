"""Runs ``propose`` on forks that were never merged, and puts what comes out beside git's merge and both parents.

    python -m quality.real_forks NAME=REPOSITORY=TEST... [--time 900] [--budget 20] [--json OUT]

(with ``tests`` on the path.)  Each repository has the branches ``fork`` and ``upstream``; TEST is the test command.
Where git leaves conflicts, its merge is measured with all of them resolved to the fork's side, and to upstream's, as
``git merge -X ours`` and ``-X theirs`` do it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from quality.merge_tables import markdown
from rich.console import Console

from forkmerge.app.propose import propose
from forkmerge.app.request import ProposeRequest
from forkmerge.app.settings import Settings
from forkmerge.report import words
from forkmerge.report.codec import to_data
from forkmerge.report.progress import Display
from forkmerge.report.values import Owner

if TYPE_CHECKING:
    from forkmerge.report.values import OwnerTests, Proposal, Proposals

TREES = ("pair", "tree", "verdict", "fork's tests", "upstream's tests", "fork's edits", "upstream's edits")
RUNS = ("pair", "required of fork", "of upstream", "waived", "loci", "trees", "suites", "seconds", "ended")


def main() -> int:
    """Print the tables when all are done; what ``propose`` tells while it runs goes to stderr."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", metavar="NAME=REPOSITORY=TEST")
    parser.add_argument("--time", type=float, default=900)
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--json", type=Path, help="a folder for the reports")
    options = parser.parse_args()
    found: list[tuple[str, Proposals]] = []
    for pair in options.pairs:
        name, repository, test = pair.split("=", 2)
        settings = Settings(test=test, time=options.time, budget=options.budget)
        request = ProposeRequest(repository, "upstream", "fork", settings, wholesale=True)
        with Display(Console(stderr=True)) as display:
            found.append((name, propose(request, display)))
        if options.json:
            options.json.mkdir(parents=True, exist_ok=True)
            (options.json / f"{name}.json").write_text(json.dumps(to_data(found[-1][1]), indent=1) + "\n")
    print(markdown(TREES, [row for name, run in found for row in _trees(name, run)]))
    print()
    print(markdown(RUNS, [_run(name, run) for name, run in found]))
    return 0


def _trees(name: str, run: Proposals) -> list[tuple[object, ...]]:
    """Return a row for the best proposal, for git's merge (with its conflicts resolved each way), and each parent."""
    rows: list[tuple[object, ...]] = []
    best = run.proposals[0]
    rows.append((name, f"best ({best.origin})", best.verdict, *_tests(best.tests), *_kept(best)))
    if run.git.clean:
        rows.append((name, "git's merge", run.git.verdict, *_tests(run.git.tests), "", ""))
    rows += [(name, f"git -X {w.favor}", w.verdict, *_tests(w.tests), "", "") for w in run.git.wholesale]
    labels = {"ours": "the fork", "theirs": "upstream"}
    rows += [
        (name, labels[p.origin], p.verdict, *_tests(p.tests), *_kept(p)) for p in run.proposals if p.origin in labels
    ]
    return rows


def _tests(tests: tuple[OwnerTests, ...]) -> tuple[str, str]:
    ours, theirs = (words.of_owner(tests, owner) for owner in (Owner.OURS, Owner.THEIRS))
    return _kept_of(ours), _kept_of(theirs)


def _kept_of(tests: OwnerTests | None) -> str:
    return f"{tests.kept} of {tests.required}" if tests else "-"


def _kept(proposal: Proposal) -> tuple[str, str]:
    return words.percent(proposal.kept_ours), words.percent(proposal.kept_theirs)


def _run(name: str, run: Proposals) -> tuple[object, ...]:
    required = [s.required for s in run.suites]
    ended = "proven" if run.optimal else "complete" if run.complete else "time or budget"
    cost = (run.evaluations, f"{run.suite_equivalents:.1f}", f"{run.seconds:.0f}")
    return (name, *required, len(run.waivers), len(run.proposals[0].loci), *cost, ended)


if __name__ == "__main__":
    sys.exit(main())
