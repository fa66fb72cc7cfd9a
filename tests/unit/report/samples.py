"""A run with something in every field."""

from __future__ import annotations

from forkmerge.model.revision import Revision, Scenario
from forkmerge.report.values import (
    Comparison,
    DecidedBy,
    DroppedEdit,
    EnvironmentFact,
    GitReport,
    LocusReport,
    Origin,
    Owner,
    OwnerTests,
    Proposal,
    Proposals,
    RunReport,
    SandboxReport,
    SuiteReport,
    Verdict,
    Waiver,
    Wholesale,
)

SCENARIO = Scenario(
    Revision("merge base", "b" * 40, "1" * 40),
    Revision("HEAD", "a" * 40, "2" * 40),
    Revision("upstream/main", "c" * 40, "3" * 40),
    ("b" * 40,),
)
LOCI = (
    LocusReport("pkg/a.py", "area", 4, "2", "ours+theirs", ("ours", "theirs"), DecidedBy.TESTS, note="both edits"),
    LocusReport("pkg/b.py", "Class.method", 9, "0", "ours", ("ours",), DecidedBy.ONLY_ALLELE),
    LocusReport(
        "pkg/c.py",
        "default",
        0,
        "1",
        "theirs",
        ("ours", "theirs"),
        DecidedBy.UNDETERMINED,
        dropped=(DroppedEdit("ours", "pkg/c.py", 3, "x = 7", "d" * 40, "A. Maintainer", "excludes theirs"),),
    ),
    LocusReport("pkg/__init__.py", "imports", 1, "1", "rule:imports", ("ours", "theirs"), DecidedBy.ENGINE_RULE),
)
BEST = Proposal(
    1,
    "4" * 40,
    Origin.OFFSPRING,
    Verdict.GOOD,
    (OwnerTests(Owner.OURS, 41, 41), OwnerTests(Owner.THEIRS, 27, 27, gained=("tests/test_a.py::test_new",))),
    kept_ours=0.996,
    kept_theirs=1.0,
    against_git=Comparison(("tests/test_a.py::test_area", "tests/test_b.py::test_b"), ("tests/test_c.py::test_c",)),
    loci=LOCI,
    chimeric=1,
    distance=2,
    size=40,
    findings=("pkg/a.py:4 is defined twice",),
    certificate="confirmed in a fresh clone with the whole suites",
    commit="5" * 40,
    ref="refs/forkmerge/runs/3/1",
)
OURS = Proposal(
    2,
    "2" * 40,
    Origin.OURS,
    Verdict.LOSES,
    (OwnerTests(Owner.OURS, 41, 41), OwnerTests(Owner.THEIRS, 27, 25, ("tests/test_u.py::test_one", "two"))),
    kept_ours=1.0,
    kept_theirs=0.0,
)
RUN = Proposals(
    scenario=SCENARIO,
    suites=(SuiteReport(Owner.OURS, "python -m pytest -q", "pytest", 41),),
    parents=(RunReport("ours", Owner.OURS, "completed", 41, 0, 2, 1, 2, 1.5, "41 passed"),),
    git=GitReport(
        clean=False,
        conflicts=("pkg/a.py", "pkg/c.py"),
        tree="6" * 40,
        wholesale=(Wholesale("ours", "7" * 40, Verdict.LOSES, OURS.tests),),
    ),
    proposals=(BEST, OURS),
    evaluations=7,
    suite_equivalents=3.25,
    cached=2,
    seconds=12.5,
    sandbox=SandboxReport("bubblewrap", "full", ("no network",)),
    warnings=("pkg/c.py is covered by no test",),
    waivers=(Waiver("tests/test_old.py::test_old", Owner.OURS, "superseded"),),
    flaky=("tests/test_time.py::test_now",),
    environment=(EnvironmentFact("python", "3.11.9"),),
    seed=3,
    created=1_700_000_000,
    name="runs/3",
)
