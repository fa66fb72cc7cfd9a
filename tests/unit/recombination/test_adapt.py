"""New uses of a renamed definition follow the rename: by its name, and through the module where that is imported."""

from __future__ import annotations

import pytest
from unit.recombination.merges import mine, text_merge, tree_merge, yours

from forkmerge.recombination.adapt import Rename, adapted
from forkmerge.recombination.genome import default
from forkmerge.recombination.loci import loci
from forkmerge.recombination.offspring import texts
from forkmerge.syntax.profiles import for_path


@pytest.mark.parametrize(
    ("before", "new", "wanted"),
    [
        (b"import mod\n", b"mod.area(1)\n", b"mod.surface(1)\n"),
        (b"from pkg import mod\n", b"x = mod.area\n", b"x = mod.surface\n"),
        (b"from pkg.mod import area\n", b"area(2)\n", b"surface(2)\n"),
        (b"import other\n", b"other.area(1)\n", b"other.area(1)\n"),
        (b"import mod\n", b"mod.x.area(1)\n", b"mod.x.area(1)\n"),
        (b"import mod\n", b'mod.say("mod.area")\n', b'mod.say("mod.area")\n'),
    ],
)
def test_new_uses_follow_the_rename(before: bytes, new: bytes, wanted: bytes) -> None:
    home = text_merge(mine(b"def area(a):\n    return a\n", b"def surface(a):\n    return a\n"))
    user = text_merge(before, yours(b"", new), path="pkg/use.py")
    found = adapted(
        loci(tree_merge(home, user), profile_for=for_path),
        profile_for=for_path,
        renames=(Rename("area", "surface", "ours", "function", "pkg/mod.py"),),
    )
    assert texts(found, default(found))["pkg/use.py"] == before + wanted
