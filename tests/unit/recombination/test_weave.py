"""Two sides' edits of one place are woven word by word, whatever lines they stand on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forkmerge.model.hunk import Hunk
from forkmerge.recombination.options import measure, options
from forkmerge.recombination.weave import weaves

BASE = b"    def root(self, text, url=None):\n        return make(text, self.parser, url=url)\n"
OURS = b"""    def root(
        self,
        text,
        url=None,
        kind=None,
    ):
        return make(
            text,
            PARSERS[kind or self.kind],
            url=url,
        )
"""
THEIRS = b"""    def root(self, text, url=None, huge=True):
        return make(
            text, self.parser, url=url, huge=huge
        )
"""
BOTH = b"""    def root(
        self,
        text,
        url=None,
        huge=True,
        kind=None,
    ):
        return make(
            text,
            PARSERS[kind or self.kind],
            url=url,
            huge=huge,
        )
"""


def test_arguments_of_both_sides_stand_in_a_call_that_one_of_them_laid_out_anew() -> None:
    made = weaves(BASE, OURS, THEIRS)
    assert BOTH in made
    assert BOTH.replace(b"huge=True,\n        kind=None", b"kind=None,\n        huge=True") in made, "either goes first"


def test_what_is_woven_is_offered_to_the_search_as_keeping_both() -> None:
    hunk = Hunk(BASE, OURS, THEIRS, None, "conflict")
    whole = measure(hunk, BOTH)
    assert any(o.content == BOTH and o.origin == "mixed" for o in options(hunk))
    assert whole.share_ours == whole.share_theirs == 1.0


def test_nothing_is_woven_where_both_rewrote_the_same_words() -> None:
    assert weaves(b"x = f(a)\n", b"x = g(b)\n", b"x = h(c)\n") == ()


def test_two_values_at_one_place_that_is_no_list_are_not_set_side_by_side() -> None:
    assert weaves(b"return a\n", b"return a + b\n", b"return a - c\n") == ()


def test_words_stay_apart_where_one_between_them_is_taken_out() -> None:
    assert b"return not b or c\n" in weaves(b"return not a.b or b\n", b"return not b or b\n", b"return not a.b or c\n")


def test_blanks_inside_a_string_are_those_of_the_side_that_wrote_it() -> None:
    base = b'return name + ": " + str(amount)\n'
    ours = b'return name + ": " + str(amount) + currency\n'
    theirs = b'return f"{name}: {amount}"\n'
    assert weaves(base, ours, theirs) == (b'return f"{name}: {amount}" + currency\n',)


def test_nothing_is_woven_of_texts_that_were_made_of_nothing() -> None:
    assert weaves(b"", b"a\n", b"b\n") == ()


words = st.lists(st.sampled_from([b"a", b"b", b",", b"(", b")", b"=", b"\n    ", b"\n"]), max_size=12).map(b" ".join)


@given(words, words, words)
def test_a_side_that_changed_nothing_weaves_nothing(base: bytes, ours: bytes, theirs: bytes) -> None:
    assert weaves(base, base, theirs) == weaves(base, ours, base) == ()
    for made in weaves(base, ours, theirs):
        assert made not in (ours, theirs) or ours.split() != theirs.split()
