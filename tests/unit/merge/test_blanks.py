from __future__ import annotations

from forkmerge.merge.blanks import without_blanks
from forkmerge.merge.pieces import Conflict


def test_change_of_blanks_gives_way_to_the_other_sides_content() -> None:
    assert without_blanks(Conflict(b"a\n", b"a  \n\n", b"b\n")) == b"b\n"
    assert without_blanks(Conflict(b"a\n", b"b\n", b"a\r\n")) == b"b\n"


def test_sides_that_differ_in_blanks_alone_give_ours() -> None:
    assert without_blanks(Conflict(b"a\n", b"b\n", b"b \n")) == b"b\n"


def test_the_side_that_changed_the_end_of_the_file_is_kept_whichever_it_is() -> None:
    for base, ends, other in ((b"a\n", b"b", b"b\n"), (b"a", b"b\n", b"b"), (b"", b"b\n", b"b")):
        assert without_blanks(Conflict(base, ends, other)) == ends
        assert without_blanks(Conflict(base, other, ends)) == ends


def test_indentation_is_no_blank() -> None:
    assert without_blanks(Conflict(b"a\n", b" a\n", b"b\n")) is None
