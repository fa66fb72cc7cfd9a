"""Keys that one side took to another block, while the other side edited their values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forkmerge.merge.relocated import relocated

ONE = b'{\n  "a": 1,\n  "b": 2\n}\n'
GONE = b'{\n  "a": 1\n}\n'
EDITED = ONE.replace(b"2", b"22")
OTHER = b'{\n  "c": 3\n}\n'
COME = b'{\n    "b": 2,\n  "c": 3\n}\n'
KEYS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2", "[", ""])),
    max_size=5,
    unique_by=lambda x: x[0],
)
TEXTS = st.builds(lambda keys: "".join(f"{key}: {value}\n" for key, value in keys).encode(), KEYS)
BLOCKS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=2, max_size=3)


def test_the_edit_is_made_where_the_key_stands_now() -> None:
    taken = (ONE, GONE, ONE), (OTHER, COME.replace(b"2", b"22"), OTHER)
    assert relocated([(ONE, GONE, EDITED), (OTHER, COME, OTHER)]) == taken


def test_a_key_that_the_other_side_has_there_already_stays() -> None:
    assert relocated([(ONE, GONE, EDITED), (OTHER, COME, OTHER.replace(b"{\n", b'{\n  "b": 5,\n'))]) is None


def test_a_line_that_stands_twice_stays() -> None:
    again = (ONE, ONE, ONE)
    assert relocated([(ONE, GONE, EDITED), (OTHER, COME, OTHER), again]) is None


def test_a_value_that_goes_on_below_stays() -> None:
    base, gone, edited = b"a: 1\nb: [\n  2]\n", b"a: 1\n", b"a: 1\nb: {\n  2}\n"
    assert relocated([(base, gone, edited), (b"c: 3\n", b"b: [\n  2]\nc: 3\n", b"c: 3\n")]) is None


@given(BLOCKS)
def test_no_line_is_lost_and_the_sides_order_decides_nothing(blocks) -> None:
    found = relocated(blocks)
    mirrored = relocated([(base, theirs, ours) for base, ours, theirs in blocks])
    assert mirrored == (None if found is None else tuple((base, theirs, ours) for base, ours, theirs in found))
    for before, after in zip(blocks, found or blocks, strict=True):
        assert before[0] == after[0]
        assert [t.count(b"\n") for t in before] == [t.count(b"\n") for t in after]
