from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from unit.recombination.merges import conflict, mine, text_merge, tree_merge, yours

from forkmerge.model.hunk import Alternative
from forkmerge.model.source import REGULAR, Entry
from forkmerge.model.treemerge import PathMerge
from forkmerge.recombination import genome as genomes
from forkmerge.recombination.adapt import DefaultChange, Rename, adapted
from forkmerge.recombination.alleles import allele_set
from forkmerge.recombination.loci import linked, loci
from forkmerge.recombination.offspring import texts
from forkmerge.recombination.space import best_first
from forkmerge.syntax import profiles


def contents(*hunks: object) -> dict[bytes, str]:
    made = allele_set(hunks)  # type: ignore[arg-type]
    return {b"|".join(c for c in a.contents if isinstance(c, bytes)): a.origin for a in made.alleles}


def test_alleles_of_two_insertions_hold_both_orders() -> None:
    found = contents(conflict(b"", b"def a():\n    pass\n", b"def b():\n    pass\n"))
    assert list(found.values()).count("both") == 2


def test_alleles_never_double_a_definition_of_one_name() -> None:
    found = contents(conflict(b"", b"def a():\n    return 1\n", b"def a():\n    return 2\n"))
    assert set(found.values()) == {"ours", "theirs", "base"}


def test_alleles_never_double_variants_of_one_statement() -> None:
    for base, ours, theirs in (
        (b"x = 1\n", b"x = 2\n", b"x = 3\n"),
        (b"", b"timeout = 5\n", b"timeout = 9\n"),
        (b"", b"return a\n", b"return b\n"),
        (b"", b"log.info('start', a, b, c, d)\n", b"log.info('start', a, b, c, e)\n"),
    ):
        assert "both" not in contents(conflict(base, ours, theirs)).values()


def test_alleles_pick_lines_of_both_sides() -> None:
    found = contents(conflict(b"a\nb\n", b"A\nb\n", b"a\nB\n"))
    assert found[b"A\nB\n"] == "mixed"
    made = allele_set((conflict(b"a\nb\n", b"A\nb\n", b"a\nB\n"),))
    assert made.alleles[made.default].contents == (b"A\nB\n",)


def test_alleles_name_the_rule_of_an_alternative() -> None:
    found = contents(conflict(b"a\n", b"b\n", b"c\n", Alternative("tokens", b"bc\n")))
    assert found[b"bc\n"] == "rule:tokens"


def test_alleles_of_several_conflicts_combine_the_sides_choices() -> None:
    hunks = (conflict(b"a\n", b"a1\n", b"a2\n"), conflict(b"b\n", b"b1\n", b"b2\n"))
    found = contents(*hunks)
    assert {b"a1\n|b2\n", b"a2\n|b1\n", b"a1\n|b1\n", b"a2\n|b2\n"} <= set(found)


@given(st.lists(st.lists(st.integers(0, 20), min_size=1, max_size=4), min_size=1, max_size=4))
def test_best_first_enumerates_everything_once_in_order(scores: list[list[int]]) -> None:
    found = list(best_first(scores))
    assert sorted(found) == sorted(itertools.product(*(range(len(s)) for s in scores)))
    sums = [sum(s[i] for s, i in zip(scores, picks, strict=True)) for picks in found]
    assert sums == sorted(sums, reverse=True)


def test_loci_group_hunks_by_unit_and_keep_others_apart() -> None:
    source = (
        yours(b"import os\n", b"import os\nimport re\n"),
        b"\n\nclass A:\n    def m(self):\n",
        conflict(b"        a = 1\n", b"        a = 2\n", b"        a = 3\n"),
        b"        b = 0\n",
        mine(b"        return a\n", b"        return a + 1\n"),
        b"\n    def n(self):\n",
        yours(b"        pass\n", b"        return 5\n"),
    )
    found = loci(tree_merge(text_merge(*source)), profile_for=profiles.for_path)
    by_id = {x.id: x for x in found.loci}
    assert list(by_id) == ["pkg/mod.py:imports", "pkg/mod.py:A.m", "pkg/mod.py:A.n"]
    assert by_id["pkg/mod.py:A.m"].slots == (1, 2)
    assert by_id["pkg/mod.py:A.m"].has_conflict
    assert by_id["pkg/mod.py:A.n"].dormant
    plain = loci(tree_merge(text_merge(*source)))
    assert [x.id for x in plain.loci] == ["pkg/mod.py:", "pkg/mod.py:#2", "pkg/mod.py:#3", "pkg/mod.py:#4"]


def test_linkage_ties_a_caller_to_the_new_helper_and_an_import_to_its_user() -> None:
    found = loci(
        tree_merge(
            text_merge(
                yours(b"", b"import json\n"),
                b"X = 1\n",
                yours(b"", b"def helper(a):\n    return json.dumps(a)\n"),
                b"# stable\n",
                yours(b"print(X)\n", b"print(helper(X))\n"),
            )
        )
    )
    names = sorted(clause.reason for clause in found.clauses)
    assert any("uses helper" in n for n in names)
    assert any("uses json" in n for n in names)
    alone = tuple(x.theirs if n == 2 else x.ours for n, x in enumerate(found.loci))
    assert genomes.violated(found, alone)
    assert not genomes.violated(found, genomes.default(found))
    assert found.groups


def test_linkage_sees_an_import_of_a_helper_in_a_new_file() -> None:
    blobs = {"new": b"def fresh(a):\n    return a\n"}
    added = PathMerge("pkg/new.py", None, None, Entry(REGULAR, "new"), Entry(REGULAR, "new"))
    user = text_merge(yours(b"", b"from pkg.new import fresh\n"), b"#\n", yours(b"x()\n", b"fresh(1)\n"))
    found = loci(tree_merge(added, user), read=lambda e: blobs[e.oid])
    without_file = tuple(x.ours if x.kind == "entry" else x.theirs for x in found.loci)
    assert genomes.violated(found, without_file)


def test_linkage_leaves_names_alone_that_two_places_define() -> None:
    found = loci(
        tree_merge(
            text_merge(
                mine(b"def moved(a):\n    pass\n", b""),
                b"#\n",
                mine(b"", b"def moved(a):\n    pass\n"),
                b"#\n",
                yours(b"x()\n", b"moved(x())\n"),
            )
        )
    )
    assert not found.clauses


def test_adapted_allele_follows_a_rename() -> None:
    merge = tree_merge(
        text_merge(
            mine(b"def area(w):\n    return w\n", b"def surface(w):\n    return w\n"),
            b"\n\n",
            yours(b"", b"def twice(w):\n    return 2 * area(w)  # area\n"),
        )
    )
    found = adapted(
        loci(merge),
        profile_for=profiles.for_path,
        renames=(Rename("area", "surface", "ours", "function", "pkg/mod.py"),),
    )
    found = linked(found, None)
    allele = found.loci[1].alleles[found.loci[1].default]
    assert allele.contents == (b"def twice(w):\n    return 2 * surface(w)  # area\n",)
    assert (allele.origin, allele.new_code, allele.chimeric) == ("adapted", True, True)
    assert not genomes.violated(found, genomes.default(found))
    plain = (found.loci[0].ours, found.loci[1].theirs)
    assert genomes.violated(found, plain)


def test_adapted_allele_passes_the_old_default_by_name() -> None:
    merge = tree_merge(
        text_merge(
            mine(b"def cut(s, limit=10):\n    return s\n", b"def cut(s, limit=80):\n    return s\n"),
            b"\n\n",
            yours(b"", b"def use(t):\n    return cut(t), cut(t, 5), cut(t, limit=1), cut(*t)\n"),
        )
    )
    change = DefaultChange("cut", "limit", 1, "10", "ours", "pkg/mod.py")
    found = adapted(loci(merge), profile_for=profiles.for_path, defaults=(change,))
    text = texts(found, genomes.default(found))["pkg/mod.py"]
    assert b"return cut(t, limit=10), cut(t, 5), cut(t, limit=1), cut(*t)\n" in text


def test_two_files_made_alike_are_woven_together() -> None:
    ours = b"## 8.5\n\n- new\n\n## 8.4.2\n\n- fish\n- blank\n\n## 8.4.1\n\n- old\n"
    theirs = b"## 8.4.2\n\n- fish\n- blank\n- pager\n\n## 8.4.1\n\n- old\n"
    made = allele_set((conflict(b"", ours, theirs),))
    assert made.alleles[made.default].contents == (ours.replace(b"- blank\n", b"- blank\n- pager\n"),)
    assert not any(a.origin == "mixed" for a in allele_set((conflict(b"", b"a\nb\nc\n", b"a\nx\ny\n"),)).alleles)
