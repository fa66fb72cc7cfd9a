"""Which texts count as reworded, and what of a test says the new words."""

from __future__ import annotations

import pytest

from forkmerge.recombination.rewording import Rewording, edits, exchanged, likely, said_anew, times, wordy
from forkmerge.syntax.profiles import load

PYTHON = load("python")
OLD, NEW = b"No rows left", b"No rows left (0 of 7)"


def rewording(old: bytes = OLD, new: bytes = NEW) -> Rewording:
    return Rewording(old, new, "theirs", "pkg/rows.py")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        pytest.param('a = 1\nraise E("No rows")\n', 'raise E("Not a row")\n', {"No rows": "Not a row"}, id="one"),
        pytest.param("f('a b', k='c d')\n", "f('a b', k='e f')\n", {"c d": "e f"}, id="one of two strings of a line"),
        pytest.param("f('a b')\n", "g('c d')\n", {}, id="a line that differs in more"),
        pytest.param("f('a')\n", "f('b')\n", {}, id="single words may be keys"),
        pytest.param("f('a b')\ng('a b')\n", "f('c d')\ng('e f')\n", {}, id="two texts for one"),
        pytest.param("f('a b')\ng('a b')\n", "f('c d')\ng('a b')\n", {}, id="still said"),
        pytest.param("f('a\\n b')\n", "f('c\\n b')\n", {}, id="what is escaped"),
        pytest.param("# say 'a b'\n", "# say 'c d'\n", {}, id="a comment"),
        pytest.param('f("""a b\nc""")\n', 'f("""d e\nc""")\n', {}, id="a text of several lines"),
        pytest.param("f(b'a b', r'x y')\n", "f(b'c d', r'x y')\n", {"a b": "c d"}, id="with a prefix"),
    ],
)
def test_texts_are_exchanged_where_lines_differ_in_strings_alone(
    before: str, after: str, found: dict[str, str]
) -> None:
    told = exchanged(PYTHON, before.encode(), after.encode())
    assert told == {old.encode(): new.encode() for old, new in found.items()}
    assert set(told) <= likely(before.encode(), after.encode())


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('assert "No rows left" in lines\n', 'assert "No rows left (0 of 7)" in lines\n'),
        ("x = '>  No rows left.'\n", "x = '>  No rows left (0 of 7).'\n"),
        ('x = """\n  No rows left\n"""\n', 'x = """\n  No rows left (0 of 7)\n"""\n'),
        ('x = "No rows left (0 of 7)", "No rows left"\n', 'x = "No rows left (0 of 7)", "No rows left (0 of 7)"\n'),
        ("# No rows left\nNo_rows_left = 'No rows leftover'\n",) * 2,
    ],
)
def test_strings_say_the_new_words(text: str, read: str) -> None:
    said = said_anew(PYTHON, text.encode(), (rewording(),))
    assert said == read.encode()
    assert said_anew(PYTHON, said, (rewording(),)) == said


def test_a_string_whose_quote_the_new_words_have_stays() -> None:
    apart = rewording(b"can not open", b"can't open")
    assert said_anew(PYTHON, b"x = 'can not open', \"can not open\"\n", (apart,)) == (
        b"x = 'can not open', \"can't open\"\n"
    )


def test_what_is_said_is_counted_apart() -> None:
    data = b'x = ["No rows left", "No rows left (0 of 7)", "(No rows left)"]  # No rows left\n'
    assert times(PYTHON, data, rewording()) == (2, 1)
    assert times(PYTHON, b"x = 1\n", rewording()) == (0, 0)


def test_what_does_not_parse_is_left_alone() -> None:
    assert edits(PYTHON, b"\0" * 3 + b"No rows left", rewording()) == []


def test_wording_has_several_words() -> None:
    assert [wordy(text) for text in (b"Full diff:", b"key", b"a_b", b"two\nlines of it", b"1 2", b"e\\d f")] == [
        True, False, False, False, False, False,
    ]  # fmt: skip
