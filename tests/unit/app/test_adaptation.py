"""New code follows a rename only where the old name means nothing else any more."""

from __future__ import annotations

import pytest
from unit.recombination.merges import mine, text_merge, tree_merge, yours

from forkmerge.alignment.align import align
from forkmerge.app.adaptation import adapted
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
