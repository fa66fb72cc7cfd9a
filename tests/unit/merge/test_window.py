"""A window around a place gives what the whole file gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge import window
from forkmerge.merge.file import merge_file
from forkmerge.merge.repair import Place
from forkmerge.syntax.parsing import parse, sound
from forkmerge.syntax.profiles import for_path, load

CASES = Path(__file__).parents[3] / "fixtures" / "merge" / "python"
FILLER = "\n\ndef filler_{0}_{1}(a, b):\n    c = a + {1}\n    return c * b\n"
VERSIONS = ("base", "ours", "theirs")


def padded(data: bytes) -> bytes:
    before, after = (b"".join(FILLER.format(at, i).encode() for i in range(40)) for at in ("before", "after"))
    return before + b"\n\n" + data + (b"" if data.endswith(b"\n") else b"\n") + after


@pytest.mark.parametrize("name", sorted(p.name for p in CASES.iterdir()))
def test_the_answer_is_that_of_the_whole_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (suffix,) = {p.suffix for p in (CASES / name).glob("base.*")}
    three = [padded((CASES / name / (version + suffix)).read_bytes()) for version in VERSIONS]
    whole = merge_file("a" + suffix, *three, line_merge=line_merge)
    monkeypatch.setattr(window, "LARGE", 0)
    assert merge_file("a" + suffix, *three, line_merge=line_merge).segments == whole.segments


def test_a_window_is_a_part_of_the_file_that_parses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "LARGE", 0)
    profile = load("python")
    data = padded(b"x = 1\n")
    at = data.index(b"x = 1\n")
    place = Place(data[:at], b"x = 1\n", b"x = 1\n", b"x = 2\n", data[at + 6 :])
    found = window.windowed(place, parse(profile, data))
    assert found is not None
    assert len(found.prefix) + len(found.suffix) < len(data) // 2
    assert place.prefix.endswith(found.prefix)
    assert place.suffix.startswith(found.suffix)
    assert found.contents == place.contents
    for text in found.files():
        assert sound(parse(profile, text))
        assert text.startswith(b"def filler_before")
        assert text.count(b"def ") == 2 * window.NEIGHBOURS


def test_small_files_are_looked_at_whole() -> None:
    data = padded(b"x = 1\n")[-window.LARGE // 2 :]
    data = data[data.index(b"\n\ndef") :]
    place = Place(data, b"y = 1\n", b"y = 2\n", b"y = 3\n", b"")
    assert window.windowed(place, parse(load("python"), data + b"y = 2\n")) is None


HEADER = b"""#ifndef A_H
#define A_H

BEGIN_DECLS

int one(void);

int two(void);

BROKEN(three { four

int five(void);

#endif
"""


def cleared(data: bytes, old: bytes, new: bytes) -> Place | None:
    at = data.index(old)
    place = Place(data[:at], old, new, old, data[at + len(old) :])
    profile = for_path("a.h", data)
    assert profile is not None
    tree = parse(profile, data.replace(old, new))
    assert not sound(tree)
    found = window.clear(profile, place, tree)
    if found is not None:
        assert place.prefix.endswith(found.prefix)
        assert place.suffix.startswith(found.suffix)
        assert found.contents == place.contents
        assert sound(parse(profile, found.files()[1]))
    return found


def test_a_window_is_cut_between_what_is_not_understood() -> None:
    found = cleared(HEADER, b"int two(void);\n", b"int two(int);\n")
    assert found is not None
    assert b"BROKEN" not in found.suffix
    assert b"BEGIN_DECLS" not in found.prefix


def test_there_is_no_window_in_what_is_not_understood() -> None:
    assert cleared(HEADER, b"BROKEN(three { four\n", b"BROKEN(three { five\n") is None


def test_statements_of_a_body_that_is_not_understood_are_no_window() -> None:
    body = b"int one(void)\n{\n\tEACH(x) {{{\n\tint a = 1;\n\tint b = 2;\n\tint c = 3;\n}\n\nint two(void);\n"
    assert cleared(body, b"\tint b = 2;\n", b"\tint b = 4;\n") is None
