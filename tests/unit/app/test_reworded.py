"""A text counts as reworded when code and tests of a side all say another one, and the other side asks for the old."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from unit.recombination.merges import mine, text_merge, tree_merge, yours

from forkmerge.app.adaptation import adapted
from forkmerge.app.reworded import asks, rewordings, says, with_new_words
from forkmerge.model.source import REGULAR, Entry
from forkmerge.recombination.genome import default
from forkmerge.recombination.loci import loci
from forkmerge.recombination.offspring import texts
from forkmerge.recombination.rewording import Rewording
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forkmerge.model.source import Tree

CODE = "def take(rows):\n    if not rows:\n        raise ValueError('No rows left')\n    return rows.pop()\n"
SAID = CODE.replace("No rows left", "The rows are used up")
TEST = "def test_take():\n    assert message(take, []) == 'No rows left'\n"
ASKED = TEST.replace("No rows left", "The rows are used up")
MORE = "\n\ndef test_more():\n    assert 'No rows left' in log(take, [])\n"
BASE = {"pkg/rows.py": CODE, "tests/test_rows.py": TEST}
UPSTREAM = {"pkg/rows.py": SAID, "tests/test_rows.py": ASKED}
FORK = {"pkg/rows.py": CODE, "tests/test_rows.py": TEST + MORE}
REWORDING = Rewording(b"No rows left", b"The rows are used up", "theirs", "pkg/rows.py")


def tree(files: Mapping[str, str]) -> Tree:
    return {path: Entry(REGULAR, text) for path, text in files.items()}


def found(ours: Mapping[str, str], theirs: Mapping[str, str], base: Mapping[str, str] = BASE) -> tuple[Rewording, ...]:
    return rewordings(
        tree(base), tree(ours), tree(theirs), read=lambda oid: oid.encode(), given=(), profile_for=for_path
    )


def test_a_text_that_a_side_says_otherwise_in_code_and_tests_is_reworded() -> None:
    assert found(FORK, UPSTREAM) == (REWORDING,)
    assert [r.side for r in found(UPSTREAM, FORK)] == ["ours"]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param({**BASE, "pkg/a.py": "x = 1\n"}, UPSTREAM, id="nobody asks for the old words"),
        pytest.param(FORK, {**UPSTREAM, "tests/test_rows.py": TEST}, id="its own tests ask for the old words"),
        pytest.param(FORK, {**UPSTREAM, "pkg/b.py": "x = 'No rows left'\n"}, id="said elsewhere in its code"),
        pytest.param(FORK, {**UPSTREAM, "tests/test_b.py": MORE}, id="asked for elsewhere in its tests"),
        pytest.param(FORK, {**UPSTREAM, "tests/test_rows.py": "x = 1\n"}, id="its tests ask for neither"),
    ],
)
def test_a_text_is_not_reworded_unless_a_side_says_so_everywhere(
    ours: Mapping[str, str], theirs: Mapping[str, str]
) -> None:
    assert found(ours, theirs) == ()


def test_a_text_that_no_test_asked_for_is_not_reworded() -> None:
    assert found(FORK, UPSTREAM, {"pkg/rows.py": CODE, "tests/test_rows.py": "x = 1\n"}) == ()


def test_a_file_says_the_new_words_when_it_says_these_alone() -> None:
    assert says(SAID.encode(), REWORDING)
    assert not says(CODE.encode(), REWORDING)
    assert not says((SAID + CODE).encode(), REWORDING)


def test_a_test_says_the_new_words() -> None:
    assert asks(MORE.encode(), REWORDING)
    assert (
        with_new_words("tests/test_rows.py", MORE.encode(), (REWORDING,))
        == MORE.replace("No rows left", "The rows are used up").encode()
    )
    assert not asks(ASKED.encode(), REWORDING)


def test_the_other_sides_new_test_asks_for_the_new_words_in_an_offspring() -> None:
    merged = tree_merge(
        text_merge(mine(b"x = 'No rows left'\n", MORE.encode()), path="tests/test_rows.py"),
        text_merge(mine(b"x = 1\n", b"x = 'No rows left'\n"), path="pkg/other.py"),
    )
    map_of = adapted(loci(merged, profile_for=for_path), (), lambda _: b"", (REWORDING,))
    told = texts(map_of, default(map_of))
    assert told["tests/test_rows.py"] == MORE.replace("No rows left", "The rows are used up").encode()
    assert told["pkg/other.py"] == b"x = 'No rows left'\n"
    assert any(a.new_code for locus in map_of.loci for a in locus.alleles)


def test_a_side_that_reworded_says_so_itself() -> None:
    merged = tree_merge(text_merge(yours(b"x = 1\n", b"x = 'No rows left'\n"), path="tests/test_a.py"))
    map_of = loci(merged, profile_for=for_path)
    assert adapted(map_of, (), lambda _: b"", (REWORDING,)).loci == map_of.loci
