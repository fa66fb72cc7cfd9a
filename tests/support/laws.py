"""The laws of the file merge (docs/explanation/architecture.md), each an assertion on one scenario.

A law takes the path, which tells the language, and base, ours and theirs.  Several laws look at the same merges, so
those of the last scenarios are kept; ``same_input_gives_same_output`` alone makes its own.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from forkmerge.git.linemerge import line_merge as gits_merge
from forkmerge.merge import linesets
from forkmerge.merge.file import merge_file
from forkmerge.merge.markers import render
from forkmerge.merge.objected import objections
from forkmerge.merge.tile import tile
from forkmerge.syntax.catalogue import BUILTIN
from forkmerge.syntax.parsing import parse, sound
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from forkmerge.model.hunk import FileMerge

    Law: TypeAlias = Callable[[str, bytes, bytes, bytes], None]

_WORD = re.compile(rb"\w+")
LOOK = {"style": "diff3", "labels": ("a b", "", "z"), "marker_size": 9}


@lru_cache(maxsize=64)
def line_merge(base: bytes, ours: bytes, theirs: bytes, **options: Any) -> tuple[bytes, int]:
    """Return git's merge; git gives the same whenever it is asked."""
    return gits_merge(base, ours, theirs, **options)


@lru_cache(maxsize=16)
def merge(path: str, base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    return merge_file(path, base, ours, theirs, line_merge=line_merge)


def words(text: bytes) -> Counter[bytes]:
    return Counter(_WORD.findall(text))


def lines(text: bytes) -> Counter[bytes]:
    return Counter(line for raw in text.split(b"\n") if (line := raw.strip()))


def one_side_changes_nothing(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    """merge(b, x, b) = x; merge(b, b, x) = x; merge(b, x, x) = x."""
    for one, two in ((base, ours), (base, theirs), (ours, theirs)):
        for three in ((one, two, one), (one, one, two), (one, two, two)):
            result = merge_file(path, *three, line_merge=line_merge)
            assert result.clean
            assert result.merged() == two
            assert render(result, line_merge) == (two, 0)


def swapping_changes_only_order(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    here, there = merge(path, base, ours, theirs), merge(path, base, theirs, ours)
    assert here.clean == there.clean, "clean one way around only"
    if here.clean:
        one, two = words(here.merged() or b""), words(there.merged() or b"")
        assert one == two, f"{one - two or two - one}"


def nothing_is_lost(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    result = merge(path, base, ours, theirs)
    text = render(result, line_merge, style="diff3")[0]
    b, o, t, r = map(words, (base, ours, theirs, text))
    for mine, other in ((o, t), (t, o)):
        for word in mine:
            if not b[word] and not other[word]:
                assert r[word] >= mine[word], f"{word!r} is lost"
    if result.clean and not (result.git_clean and for_path(path) is None):  # where nothing is understood git is right
        b, o, t, r = map(lines, (base, ours, theirs, text))
        for line in b:
            if b[line] == o[line] == t[line] == 1:
                assert r[line] == 1, f"{line!r} was touched by nobody"


def tiles(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    plain = merge_file(path, base, ours, theirs, line_merge=line_merge, alternatives=True)
    assert plain.clean == merge(path, base, ours, theirs).clean
    assert plain.merged() == merge(path, base, ours, theirs).merged()
    result = tile(plain, base, ours, theirs)
    assert (result.side("base"), result.side("ours"), result.side("theirs")) == (base, ours, theirs)
    assert result.merged() == plain.merged()
    assert result.clean == plain.clean
    resolved = [h for h in result.hunks if h.merged is not None]
    odd = [
        h
        for h in resolved
        if (h.ours == h.base and h.merged != h.theirs) or (h.theirs == h.base and h.merged != h.ours)
    ]
    assert not odd or len(resolved) == 1 or result.conflicts, "a hunk that one side changed is neither side's"


def clean_results_are_sound(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    profile = for_path(path)
    result = merge(path, base, ours, theirs)
    if profile is None or not result.clean:
        return
    if all(sound(parse(profile, x)) for x in (base, ours, theirs)):
        assert sound(parse(profile, result.merged() or b"")), "does not parse"


def what_git_does_is_kept(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    result = merge(path, base, ours, theirs)
    text, count = line_merge(base, ours, theirs)
    profile = for_path(path)
    if not count and profile is not None and not objections(profile, "x", (base, ours, theirs), text):
        assert result.clean
        assert result.merged() == text
    if not count and result.clean and profile is None:
        lines = BUILTIN.lines_for(path)
        against = lines and linesets.objections(lines, path, (base, ours, theirs), text)
        assert against or result.merged() == text, "git's clean merge is not kept"
    if result.as_git:
        for style in ("merge", "diff3", "zdiff3"):
            look = {**LOOK, "style": style}
            assert render(result, line_merge, versions=(base, ours, theirs), **look) == line_merge(
                base, ours, theirs, **look
            )


def merging_again_changes_nothing(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    result = merge(path, base, ours, theirs)
    merged = result.merged()
    if merged is None or not result.clean:
        return
    for three in ((base, merged, theirs), (base, ours, merged)):
        text, count = line_merge(*three)
        if not count:  # git's own merge may put in again what stands elsewhere
            again = merge(path, *three)
            if again.clean and again.merged() != text:
                assert words(again.merged() or b"") == words(merged), "merged again it is something else"
            if text == merged:
                assert again.clean, "what was clean is in conflict with its own side"


def same_input_gives_same_output(path: str, base: bytes, ours: bytes, theirs: bytes) -> None:
    fresh = merge_file(path, base, ours, theirs, line_merge=gits_merge)
    assert fresh == merge(path, base, ours, theirs)


LAWS: tuple[Law, ...] = (
    one_side_changes_nothing,
    swapping_changes_only_order,
    nothing_is_lost,
    tiles,
    clean_results_are_sound,
    what_git_does_is_kept,
    merging_again_changes_nothing,
    same_input_gives_same_output,
)


def broken(path: str, base: bytes, ours: bytes, theirs: bytes) -> tuple[str, ...]:
    """Return the laws that do not hold, each with what its assertion says."""
    out = []
    for law in LAWS:
        try:
            law(path, base, ours, theirs)
        except AssertionError as error:
            said = str(error).strip().split("\n", 1)[0]
            out.append(f"{law.__name__}: {said}" if said else law.__name__)
        except Exception as error:  # noqa: BLE001 - a crash breaks every law
            out.append(f"{law.__name__}: {type(error).__name__}: {error}")
    return tuple(out)
