"""What is learnt from searches, kept, and expected of the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from unit.recombination.merges import conflict, mine, text_merge, tree_merge

from forkmerge.app.applied import kind
from forkmerge.app.experience import MOST_TESTS, Experience, load, save
from forkmerge.recombination.genome import all_ours, all_theirs, default
from forkmerge.recombination.loci import loci
from forkmerge.recombination.values import Clause
from forkmerge.search.protocol import Answer, Evaluated

if TYPE_CHECKING:
    from pathlib import Path

LOCI = loci(tree_merge(text_merge(mine(b"a\n", b"b\n"), b"x\n", conflict(b"c\n", b"d\n", b"e\n"), path="code.py")))
OURS, THEIRS, MERGED = all_ours(LOCI), all_theirs(LOCI), default(LOCI)
MIXED = (1 - MERGED[0], *MERGED[1:])


@dataclass(frozen=True)
class Seen:
    """The answer of a search in which these tests failed on the merge, and these loci were blamed."""

    failed: tuple[str, ...] = ()
    blamed: tuple[int, ...] = ()

    def answer(self) -> Answer:
        tried = Evaluated(MIXED, frozenset(self.failed), broken=False)
        parent = Evaluated(OURS, frozenset({"theirs:t::goal"}), broken=False)
        broken = Evaluated(THEIRS, frozenset({"ours:t::any"}), broken=True)
        nogoods = (Clause(tuple((i, frozenset({0})) for i in self.blamed)),) if self.blamed else ()
        return Answer(tried, not self.failed, nogoods=nogoods, ranked=(tried, parent, broken))


def learnt(*seen: Seen) -> Experience:
    found = Experience()
    for each in seen:
        found = found.after(LOCI, each.answer())
    return found


def test_tests_that_fail_again_and_again_are_expected_to():
    assert MIXED not in (OURS, THEIRS)
    found = learnt(*[Seen(("ours:t::often",))] * 4, Seen(("ours:t::once", "theirs:t::often")))
    hints = found.hints(LOCI, ("ours:t::often", "theirs:t::often", "ours:t::once", "ours:t::goal", "ours:t::any"))
    assert hints.failing["ours:t::often"] == hints.failing["theirs:t::often"] > 0.7
    assert 0.1 < hints.failing["ours:t::once"] < 0.5
    assert set(hints.failing) == {"ours:t::often", "theirs:t::often", "ours:t::once"}


def test_what_happened_long_ago_fades():
    once = learnt(Seen(("ours:t::a",)))
    later = learnt(Seen(("ours:t::a",)), *[Seen()] * 10)
    assert later.hints(LOCI, ("ours:t::a",)).failing["ours:t::a"] < 0.1
    assert once.hints(LOCI, ("ours:t::a",)).failing["ours:t::a"] > 0.5


def test_kinds_of_loci_that_were_blamed_are_the_likeliest():
    kinds = [kind(locus) for locus in LOCI.loci]
    assert kinds[0] != kinds[1]
    blame = learnt(*[Seen(("ours:t::a",), (1,))] * 3).hints(LOCI, ()).blame
    assert blame[1] > 2 * blame[0] > 0
    assert Experience().hints(LOCI, ()).blame == ()


def test_experience_is_kept_and_bounded(tmp_path: Path):
    path = str(tmp_path / "experience.json")
    found = learnt(Seen(tuple(f"ours:t::{n}" for n in range(MOST_TESTS + 5)), (0,)))
    assert len(found.tests) == MOST_TESTS
    save(path, found)
    assert load(path) == found
    assert [entry.name for entry in tmp_path.iterdir()] == ["experience.json"]


def test_a_file_that_makes_no_sense_is_no_experience(tmp_path: Path):
    path = tmp_path / "experience.json"
    for text in ("", "[", "[]", '{"tests": {"a": 1}, "loci": {}, "searches": 1}', '{"tests": {}}'):
        path.write_text(text)
        assert load(str(path)) == Experience()
    assert load(str(tmp_path / "gone")) == Experience()
    save(str(tmp_path / "no" / "folder"), Experience())
