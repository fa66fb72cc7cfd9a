"""Merge cases: fixtures/merge/<language>/<case>/ says what each merge has to be; see the README there.

A case whose ideal is out of reach today stores what comes out of it in ``expected_currently``; its test fails as soon
as the ideal is reached, so that the file goes (``make cases``).
"""

from __future__ import annotations

import pytest
from support.cases import FOLDERS, NAMES, Case, as_wished, merged
from support.grammars import needs_grammar

from forkmerge.git.linemerge import line_merge


@pytest.fixture(params=FOLDERS, ids=NAMES)
def case(request: pytest.FixtureRequest) -> Case:
    needs_grammar(request.param.parent.name)
    return Case.read(request.param)


def test_case_says_what_git_does(case: Case) -> None:
    assert case.outcome in ("merged", "conflict")
    assert case.outcome == "conflict" or case.expected is not None
    conflicts = line_merge(case.base, case.ours, case.theirs, style="merge", marker_size=7)[1]
    assert case.git == ("conflict" if conflicts else "clean")


def test_case_is_merged_as_expected(case: Case) -> None:
    result, text = merged(case)
    if case.currently is None:
        assert text.decode() == (case.expected if case.expected is not None else text).decode()
        assert as_wished(case, result, text)
        return
    assert not as_wished(case, result, text), "this case works now: remove its expected_currently"
    assert text.decode() == case.currently.decode()


def test_case_stays_resolved_or_refused_with_the_sides_swapped(case: Case) -> None:
    result, _ = merged(case)
    assert merged(case, swapped=True)[0].clean == result.clean


def test_case_that_must_be_refused_is_never_called_clean(case: Case) -> None:
    if case.outcome == "conflict" and case.currently is None:
        assert not merged(case)[0].clean
