"""A window around a place gives what the whole file gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge import window
from forkmerge.merge.file import merge_file
from forkmerge.merge.repair import Place
from forkmerge.syntax.parsing import parse, sound
from forkmerge.syntax.profiles import load

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
