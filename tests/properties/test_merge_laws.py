"""The laws of the file merge (docs/explanation/architecture.md), on edited programs, edited real files and noise.

Many more examples than here, with a count: ``python -m quality.laws --examples N``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import edited_files
from support.laws import LAWS, merge
from support.programs import PATHS, versions

if TYPE_CHECKING:
    from support.laws import Law

SEEDS = st.integers(0, 2**32)
LANGUAGES = sorted(PATHS)
LAW = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)


@LAW
@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=SEEDS)
def test_edited_programs_keep_the_law(language: str, law: Law, seed: int) -> None:
    law(PATHS[language], *versions(language, seed))


@LAW
@settings(max_examples=30, deadline=None, derandomize=True)
@given(language=st.sampled_from(edited_files.LANGUAGES), seed=SEEDS)
def test_edited_files_keep_the_law(law: Law, language: str, seed: int) -> None:
    law(*edited_files.versions(language, seed))


@pytest.mark.slow
@LAW
@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=300, deadline=None)
@given(seed=SEEDS)
def test_many_edited_programs_keep_the_law(language: str, law: Law, seed: int) -> None:
    law(PATHS[language], *versions(language, seed))


@pytest.mark.slow
@LAW
@pytest.mark.parametrize("language", edited_files.LANGUAGES)
@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_many_edited_files_keep_the_law(language: str, law: Law, seed: int) -> None:
    law(*edited_files.versions(language, seed))


def test_the_programs_put_the_laws_to_the_test() -> None:
    """Enough of them are merged by structure, and enough are left in conflict: clean merges of git's say little."""
    for language in sorted(set(LANGUAGES) - {"text"}):
        found = [merge(PATHS[language], *versions(language, seed)) for seed in range(60)]
        assert sum(not m.git_clean and m.clean for m in found) > 2, language
        assert sum(not m.clean for m in found) > 10, language


LINES = (b"a\n", b"b\n", b"c\r\n", b"\n", b"def f():\n", b" x\n", b"<<<<<<< a\n", b"=======\n", b"z")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(LINES), max_size=9).map(b"".join),
    st.binary(max_size=12),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_garbage_keeps_every_law(base: bytes, extra: bytes, here: int, there: int) -> None:
    extra = extra.replace(b"\0", b"0")
    ours, theirs = base[:here] + extra + base[here + 2 :], base[:there] + b"q" + base[there:]
    for law in LAWS:
        law("case.py", base, ours, theirs)
