"""New code follows a rename only where the old name means nothing else any more."""

from __future__ import annotations

import pytest
from unit.recombination.merges import mine, text_merge, tree_merge, yours

from forkmerge.alignment.align import align
from forkmerge.app.adaptation import adapted, required
from forkmerge.model.source import REGULAR, SourceFile
from forkmerge.recombination.genome import default
from forkmerge.recombination.loci import loci
from forkmerge.recombination.offspring import texts
from forkmerge.syntax.profiles import for_path

BODY = b"        rows = [self.clean(r) for r in source if r]\n        self.count += len(rows)\n        return rows\n"
OTHER = b"\n\nclass Cache:\n    def load(self, key):\n        self.hits[key] += 1\n        return self.store.get(key)\n"
USE = b"print(thing.load(3))\n"


@pytest.mark.parametrize(("rest", "wanted"), [(b"", b"print(thing.fetch(3))\n"), (OTHER, USE)])
def test_a_call_follows_a_renamed_method_unless_another_has_the_name_still(rest: bytes, wanted: bytes) -> None:
    old = b"class Table:\n    def load(self, source):\n" + BODY + rest
    new = old.replace(b"def load(self, source)", b"def fetch(self, source)")
    base, ours, theirs = (
        (SourceFile("table.py", home, REGULAR), SourceFile("use.py", use, REGULAR))
        for home, use in ((old, b"x = 1\n"), (new, b"x = 1\n"), (old, b"x = 1\n" + USE))
    )
    found = loci(
        tree_merge(text_merge(mine(old, new), path="table.py"), text_merge(b"x = 1\n", yours(b"", USE), path="use.py")),
        profile_for=for_path,
    )
    found = adapted(found, align(base, ours, theirs), lambda _: b"")
    assert texts(found, default(found))["use.py"] == b"x = 1\n" + wanted


NET = b"def connect(host):\n    return host\n"
BAG = b"class Bag:\n    def add(self, thing):\n        self.things[thing] = True\n"
CLASS = b"class Cart:\n    def __init__(self, owner):\n        self.owner = owner\n"


@pytest.mark.parametrize(
    ("old", "new", "calls", "wanted"),
    [
        (NET, NET.replace(b"host)", b"host, limit)"), b"connect(1, 30)\n", ("connect", "limit", 1, "30")),
        (NET, NET.replace(b"host)", b"host, *, limit)"), b"connect(1, limit=30)\n", ("connect", "limit", 1, "30")),
        (NET, NET.replace(b"host)", b"host, limit)"), b"connect(1, other)\n", None),
        (NET, NET.replace(b"host)", b"limit, host)"), b"connect(30, 1)\n", None),
        (NET, NET.replace(b"host)", b"host, limit=3)"), b"connect(1, 30)\n", None),
        (BAG, BAG.replace(b"thing)", b"thing, count)"), b"bag.add(1, 9)\n", None),
        (
            BAG.replace(b"add", b"stow"),
            BAG.replace(b"add", b"stow").replace(b"thing)", b"thing, count)"),
            b"bag.stow(1, 9)\n",
            ("stow", "count", 1, "9"),
        ),
        (CLASS, CLASS.replace(b"owner)", b"owner, size)"), b"Cart(1, 9)\n", ("Cart", "size", 1, "9")),
    ],
)
def test_a_parameter_that_must_be_given_now_has_the_value_that_its_sides_own_calls_give(
    old: bytes, new: bytes, calls: bytes, wanted: tuple[str, str, int, str] | None
) -> None:
    files = [SourceFile("net.py", text, REGULAR) for text in (old, old, new)]
    use = SourceFile("use.py", b"from net import connect, Cart\n" + calls, REGULAR)
    found = required(align((files[0],), (files[1],), (files[2], use)), ())
    assert [(d.function, d.parameter, d.position, d.old) for d in found] == ([wanted] if wanted else [])
    assert all(d.side == "theirs" for d in found)
