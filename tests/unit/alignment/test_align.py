from __future__ import annotations

from textwrap import dedent

from forkmerge.alignment.align import Homology, Limits, Match, Reader, align, match
from forkmerge.model.source import SourceFile
from forkmerge.syntax import profiles

PARSE = '''
def parse_header(line, separator=":"):
    """Split a header line."""
    name, found, value = line.partition(separator)
    if not found:
        raise ValueError(f"no separator in {line!r}")
    return name.strip().lower(), value.strip()
'''
LOAD = """
def load_table(path, encoding="utf-8"):
    rows = []
    with open(path, encoding=encoding) as stream:
        for number, row in enumerate(stream, 1):
            if row.startswith("#"):
                continue
            rows.append((number, row.rstrip().split("\\t")))
    return rows
"""
TOTAL = """
def total_weight(items):
    weights = [item.weight * item.count for item in items if item.active]
    return sum(weights) / max(1, len(weights))
"""


def files(**texts: str) -> tuple[SourceFile, ...]:
    return tuple(SourceFile(f"{name}.py", dedent(text).encode()) for name, text in texts.items())


def found(matches: tuple[Match, ...]) -> dict[str, str]:
    """Return "left -> right" with the kind, for what is not simply the same."""
    out = {}
    for m in matches:
        left = m.left.unit.qualified if m.left else "-"
        right = m.right.unit.qualified if m.right else "-"
        if m.kind != "same":
            out[f"{left} -> {right}"] = str(m.kind) + ("?" if m.doubtful else "")
    return out


def test_what_did_not_change_is_not_reported_unless_asked_for() -> None:
    same = files(a=PARSE + LOAD)
    assert match(same, same) == ()
    everything = match(same, same, changed_only=False)
    assert [m.kind for m in everything] == ["same", "same"]
    assert all(m.unchanged and m.score == 1.0 for m in everything)


def test_an_edited_function_keeps_its_name_and_says_how_alike_it_is() -> None:
    (edited, other) = match(files(a=PARSE + LOAD), files(a=PARSE.replace("lower()", "upper()") + LOAD))
    assert (edited.kind, edited.doubtful, edited.unchanged) == ("same", False, False)
    assert 0.6 < edited.score < 1.0
    assert edited.evidence[0] == "same name"
    assert other.unchanged


def test_a_rename_with_an_edit_is_found_by_its_content() -> None:
    after = PARSE.replace("parse_header", "split_header").replace("lower()", "casefold()") + LOAD
    assert found(match(files(a=PARSE + LOAD), files(a=after))) == {"parse_header -> split_header": "renamed"}


def test_a_move_to_another_file_is_found_though_it_was_edited() -> None:
    left = files(a=PARSE + LOAD, b=TOTAL)
    right = files(a=PARSE, b=TOTAL + LOAD.replace('"#"', '";"'))
    assert found(match(left, right)) == {"load_table -> load_table": "moved-file"}


def test_a_file_renamed_as_a_whole_takes_its_units_along() -> None:
    matches = match(files(a=PARSE + LOAD), files(z=PARSE + LOAD))
    assert [m.kind for m in matches] == ["moved-file", "moved-file"]
    assert not any(m.doubtful for m in matches)


def test_methods_of_a_renamed_class_have_not_moved() -> None:
    body = """
        def get(self):
            return self.value
        def put(self, value):
            self.value = value
            self.changed = True
    """
    left, right = files(a="class Box:" + body), files(a="class Crate:" + body)
    assert found(match(left, right)) == {"Box -> Crate": "renamed"}


def test_a_function_that_became_a_method_is_still_the_same_thing() -> None:
    method = LOAD.replace("(path", "(self, path").strip().replace("\n", "\n    ")
    right = f"class Reader:\n    {method}\n"
    assert found(match(files(a=LOAD), files(a=right))) == {
        "load_table -> Reader.load_table": "moved",
        "- -> Reader": "added",
    }


def test_a_body_that_went_behind_a_wrapper_of_its_old_name_is_followed() -> None:
    wrapper = "\ndef parse_header(line):\n    warn('old')\n    return _parse_header(line)\n"
    right = wrapper + PARSE.replace("def parse_header", "def _parse_header")
    assert found(match(files(a=PARSE), files(a=right))) == {
        "parse_header -> _parse_header": "renamed",
        "- -> parse_header": "added",
    }


def test_equal_getters_are_paired_by_name_and_order_not_at_random() -> None:
    left = "class A:\n" + "".join(f"    def get_{c}(self):\n        return 0\n" for c in "abcd")
    right = "class A:\n" + "".join(f"    def get_{c}(self):\n        return 0\n" for c in "abxd")
    kinds = found(match(files(a=left), files(a=right)))
    assert list(kinds) == ["A.get_c -> A.get_x"]


def test_of_two_that_are_equally_alike_the_match_is_doubtful() -> None:
    twin = LOAD.replace("load_table", "read_table")
    matches = match(files(a=LOAD), files(a="", b=LOAD.replace("load_table", "one"), c=twin))
    (pair,) = [m for m in matches if m.left and m.right]
    assert pair.doubtful


def test_overloads_are_told_apart_by_their_signature() -> None:
    def java(*methods: str) -> tuple[SourceFile, ...]:
        return (SourceFile("A.java", ("class A {\n" + "".join(methods) + "}\n").encode()),)

    one = "    int size(String text) { return text.length() * 2; }\n"
    other = "    int size(int[] values, int from) { return values.length - from; }\n"
    matches = match(java(one, other), java(other.replace("- from", "+ from"), one.replace("2", "3")))
    pairs = {m.left.unit.signature: m.right.unit.signature for m in matches if m.left and m.right}
    assert all(left == right for left, right in pairs.items())
    assert len(pairs) == 3


def test_a_changed_order_is_a_move_of_the_smaller_piece() -> None:
    assert found(match(files(a=TOTAL + LOAD + PARSE), files(a=LOAD + PARSE + TOTAL))) == {
        "total_weight -> total_weight": "moved"
    }


def test_constants_are_known_by_name_or_by_value_and_place_alone() -> None:
    left, right = files(a="SMALL = 10\nLARGE = 1000\n"), files(a="LARGE = 1001\nTINY = 11\n")
    kinds = found(match(left, right))
    assert kinds == {"SMALL -> -": "deleted", "- -> TINY": "added"}


def test_a_function_split_off_is_told_with_where_it_came_from() -> None:
    inner = """
        for number, row in enumerate(stream, 1):
            if row.startswith("#") or not row.strip():
                continue
            cells = [cell.strip() for cell in row.rstrip().split("\\t")]
            rows.append((number, cells))
    """
    head = (
        "rows = []\nstream = open(path, encoding=encoding)\nprint('reading', path, 'as', encoding, 'with', len(rows))"
    )
    whole = "def load(path, encoding):\n" + indent(head + dedent(inner)) + "    return sorted(rows, key=first)\n"
    rest = (
        "def load(path, encoding):\n" + indent(head + "\nfill(rows, stream)\n") + "    return sorted(rows, key=first)\n"
    )
    part = "def fill(rows, stream):\n" + indent(dedent(inner))
    split = match(files(a=whole), files(a=rest + "\n" + part))
    assert found(split)["load -> fill"] == "split?"
    joined = match(files(a=rest + "\n" + part), files(a=whole))
    assert found(joined)["fill -> load"] == "joined?"


def indent(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines() if line.strip())


def test_swapping_the_sides_swaps_the_matches() -> None:
    left = files(a=PARSE + LOAD, b=TOTAL)
    right = files(a=PARSE.replace("parse_", "split_"), b=TOTAL.replace("1,", "2,"), c=LOAD)
    there = {(str(m.left), str(m.right), m.doubtful) for m in match(left, right)}
    back = {(str(m.right), str(m.left), m.doubtful) for m in match(right, left)}
    assert there == back


def test_names_learnt_from_a_rename_help_its_callers() -> None:
    calls = "\n".join(f"def use_{i}(x):\n    return parse_header(x, '{i}')\n" for i in range(3))
    left = files(a=PARSE, b=calls)
    right = files(
        a=PARSE.replace("parse_header", "split_header"),
        b=calls.replace("parse_header", "split_header").replace("use_", "apply_"),
    )
    pairs = {(m.left.unit.name, m.right.unit.name) for m in match(left, right) if m.left and m.right}
    assert pairs == {("parse_header", "split_header"), *((f"use_{i}", f"apply_{i}") for i in range(3))}


def test_a_file_above_the_limit_has_no_units() -> None:
    assert match(files(a=PARSE), files(a=LOAD), limits=Limits(file_bytes=10)) == ()


def test_files_of_no_known_language_and_broken_ones_are_no_trouble() -> None:
    odd = (SourceFile("notes.xyz", b"\xff\xfe\x00"), SourceFile("broken.py", b"def f(:\n  ((("))
    assert all(m.right is None for m in match(odd, ()))


# three revisions


def one(homologies: tuple[Homology, ...], name: str) -> Homology:
    (it,) = [h for h in homologies if any(u and u.unit.name == name for u in (h.base, h.ours, h.theirs))]
    return it


def test_an_edit_here_and_a_move_there_are_one_homology() -> None:
    base = files(a=PARSE + LOAD, b=TOTAL)
    ours = files(a=PARSE, b=TOTAL + LOAD)
    theirs = files(a=PARSE + LOAD.replace('"#"', '";"'), b=TOTAL)
    it = one(align(base, ours, theirs), "load_table")
    assert (it.ours_kind, it.theirs_kind, it.doubtful) == ("moved-file", "same", False)
    assert it.ours is not None
    assert it.theirs is not None
    assert (it.ours.path, it.theirs.path) == ("b.py", "a.py")


def test_a_unit_deleted_on_one_side_stands_with_what_the_other_has() -> None:
    it = one(align(files(a=PARSE + LOAD), files(a=PARSE), files(a=PARSE + LOAD + TOTAL)), "load_table")
    assert (it.ours_kind, it.theirs_kind) == ("deleted", "same")
    assert it.ours is None
    assert it.ours_match is None


def test_what_both_sides_added_is_one_homology() -> None:
    base, edited = files(a=PARSE), LOAD.replace('"#"', '";"')
    it = one(align(base, files(a=PARSE + LOAD), files(a=PARSE + edited)), "load_table")
    assert it.base is None
    assert (it.ours_kind, it.theirs_kind) == ("added", "added")
    assert it.cross_match is not None
    assert it.cross_match.kind == "same"


def test_a_file_that_both_sides_added_alike_is_one_homology() -> None:
    it = one(align(files(a=PARSE), files(a=PARSE, b=LOAD), files(a=PARSE, b=LOAD)), "load_table")
    assert it.ours is not None
    assert it.theirs is not None


def test_without_a_common_ancestor_ours_and_theirs_are_matched_directly() -> None:
    it = one(align(None, files(a=PARSE), files(b=PARSE.replace("lower()", "casefold()"))), "parse_header")
    assert it.base is None
    assert it.cross_match is not None
    assert it.cross_match.kind == "moved-file"


def test_every_unit_stands_in_exactly_one_homology() -> None:
    base = files(a=PARSE + LOAD, b=TOTAL)
    ours = files(a=PARSE.replace("parse_", "read_"), b=TOTAL + LOAD)
    theirs = files(a=LOAD + PARSE, c=TOTAL)
    homologies = align(base, ours, theirs)
    for side, sources in (("base", base), ("ours", ours), ("theirs", theirs)):
        units = [getattr(h, side) for h in homologies if getattr(h, side)]
        assert len(units) == len({(u.path, u.unit.span) for u in units}) == 3
        assert {u.path for u in units} == {s.path for s in sources}


def test_files_that_no_side_changed_are_left_out() -> None:
    base = files(a=PARSE, b=TOTAL)
    homologies = align(base, files(a=PARSE + LOAD, b=TOTAL), base)
    assert {h.ours.path for h in homologies if h.ours} == {"a.py"}


def test_the_answer_does_not_depend_on_the_run() -> None:
    base, theirs = files(a=PARSE + LOAD, b=TOTAL), files(c=LOAD + PARSE, b=TOTAL)
    assert align(base, base, theirs) == align(base, base, theirs)


def test_a_side_that_changed_nothing_leaves_the_matches_of_the_other() -> None:
    base = files(a=PARSE + LOAD + TOTAL)
    ours = files(a=TOTAL, b=PARSE.replace("parse_header", "read_header") + LOAD)
    there = {m.left.unit.name: (m.kind, m.right) for m in match(base, ours) if m.left}
    assert {h.base.unit.name: (h.ours_kind, h.ours) for h in align(base, ours, base) if h.base} == there
    assert {h.base.unit.name: (h.theirs_kind, h.theirs) for h in align(base, base, ours) if h.base} == there


def test_a_reader_knows_what_it_has_taken_apart() -> None:
    reader, base, ours = Reader(), files(a=PARSE + LOAD), files(a=PARSE, b=LOAD)
    assert align(base, ours, base, reader=reader) == align(base, ours, base)
    profile = profiles.load("python")
    assert reader.units(profile, base[0].data) is reader(base[0])
