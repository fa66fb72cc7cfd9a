from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.app.install_block import Origin, put, take
from forkmerge.errors import UnusableInput

BODY = b"[merge]\n\tx = 1\n"
texts = st.lists(st.sampled_from([b"", b"[user]", b"\tname = me", b"# note", b"\r", b"\xff\xfe"])).map(b"\n".join)


@given(texts, st.booleans(), st.booleans(), st.integers(0, 3))
def test_taking_it_out_gives_back_every_byte(text: bytes, first: bool, made: bool, folders: int) -> None:
    found = take(put(text, BODY, origin=Origin(made, folders), first=first))
    assert (found.text, found.body, found.origin) == (text, BODY, Origin(made, folders))


@given(texts, st.booleans(), st.booleans())
def test_putting_it_in_again_changes_the_body_alone(text: bytes, first: bool, move: bool) -> None:
    once = put(text, BODY, origin=Origin(made=True), first=first)
    assert put(once, BODY, origin=Origin(), first=first, move=move) == once
    again = put(once, b"other\n", origin=Origin(), first=first, move=move)
    assert again == once.replace(BODY, b"other\n")
    assert take(again).text == text


@given(texts, texts, texts, st.booleans())
def test_what_people_write_around_it_stays(before: bytes, text: bytes, after: bytes, first: bool) -> None:
    if before and not before.endswith(b"\n"):
        before += b"\n"
    edited = before + put(text, BODY, origin=Origin(), first=first) + after
    left = take(edited).text
    assert left.replace(b"\n", b"") == (before + text + after).replace(b"\n", b"")
    assert left.startswith(before + text)
    assert left.endswith(after)


def test_an_old_block_moves_to_the_end_when_asked() -> None:
    text = put(b"a\n", BODY, origin=Origin(), first=False) + b"later\n"
    assert put(text, BODY, origin=Origin(), first=False) == text
    assert put(text, BODY, origin=Origin(), first=False, move=True).startswith(b"a\nlater\n# >>>")


@pytest.mark.parametrize("cut", ["# >>>", "# <<<"])
def test_a_block_without_an_end_is_named_by_its_line(cut: str) -> None:
    whole = put(b"a\n", BODY, origin=Origin(), first=False).decode()
    damaged = "".join(line for line in whole.splitlines(keepends=True) if not line.startswith(cut))
    with pytest.raises(UnusableInput) as caught:
        take(damaged.encode(), "config")
    assert caught.value.where == f"config:{2 if cut == '# <<<' else 4}"


def test_a_byte_order_mark_stays_first() -> None:
    text = put(b"\xef\xbb\xbf*.x -text\n", BODY, origin=Origin(), first=True)
    assert text.startswith(b"\xef\xbb\xbf# >>>")
    assert take(text).text == b"\xef\xbb\xbf*.x -text\n"
