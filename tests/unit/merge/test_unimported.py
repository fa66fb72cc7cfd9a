from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.pieces import Resolved
from forkmerge.merge.rules import ALL, CARRIED, EAGER, Allowed
from forkmerge.merge.unimported import unimported
from forkmerge.syntax.profiles import for_path

BASE = b"import zlib\nimport json\nimport archive\n\nprint(json.x, archive.y)\n"
SORTED = b"import json\nimport zlib\n\nimport archive\n\nprint(json.x, archive.y)\n"
WITHOUT = b"import json\nimport vault\n\nprint(json.x, vault.y)\n"


@pytest.mark.parametrize("swap", [False, True])
def test_what_one_side_took_away_goes_from_where_the_other_put_it(swap: bool) -> None:
    sides = (WITHOUT, SORTED) if swap else (SORTED, WITHOUT)
    found = merge_file("a.py", BASE, *sides, line_merge=line_merge)
    assert found.merged() == b"import json\n\nimport vault\n\nprint(json.x, vault.y)\n"
    assert CARRIED in "+".join(h.rule for h in found.hunks)


@pytest.mark.parametrize("used", [b"zlib.crc32(b'')\n", b"KNOWN = ['zlib']\n"])
def test_what_the_merge_speaks_of_stays(used: bytes) -> None:
    found = merge_file("a.py", BASE, SORTED + used, WITHOUT, line_merge=line_merge)
    assert not found.clean or b"import zlib" in (found.merged() or b"")


def test_it_is_a_rule_that_can_be_left_out() -> None:
    found = merge_file("a.py", BASE, SORTED, WITHOUT, line_merge=line_merge, allowed=Allowed(ALL - {CARRIED}))
    assert b"import zlib" in (found.merged() or b"import zlib")


def test_an_import_that_one_side_put_at_another_depth_is_not_taken_away() -> None:
    base = b'package a\n\nimport (\n    "os"\n    "re"\n)\n'
    ours, theirs = base.replace(b"    ", b"  "), base.replace(b'    "re"', b'     "re"')
    profile = for_path("a.go")
    assert profile is not None
    for merged in (ours, theirs):
        pieces = (b"package a\n\n", Resolved(base[11:], ours[11:], theirs[11:], merged[11:], ("edit-over-reformat",)))
        assert unimported(profile, (base, ours, theirs), pieces, EAGER) == pieces
