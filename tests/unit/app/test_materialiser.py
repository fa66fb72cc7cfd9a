"""A materialiser that asks some test files as merged forgets what it wrote when it asked them of their owner."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from support.proposing import build

from forkmerge.app.landscape import Materialiser
from forkmerge.git.repository import Repository
from forkmerge.recombination.adapt import Rename

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "from lib import old\n", "from lib import new\n"


def test_files_that_are_asked_as_merged_are_so_after_they_were_asked_otherwise(tmp_path: Path) -> None:
    box = build(tmp_path, {"tests/test_a.py": OLD}, {"mine.py": "A = 1\n"}, {"tests/test_a.py": NEW})
    with Repository.open(str(box.folder)) as repo:
        trees = {name: box.git("rev-parse", f"{name}^{{tree}}").strip() for name in ("fork", "upstream")}
        ours, theirs = (repo.entries(trees[name]) for name in ("fork", "upstream"))
        made = Materialiser(repo, [], ours, theirs, trees["fork"])
        of_ours = made(trees["upstream"], "ours")
        assert repo.read(repo.entries(of_ours)["tests/test_a.py"].oid) == OLD.encode()
        merged = replace(made, merged=frozenset({("ours", "tests/test_a.py")}))
        as_merged = merged(trees["upstream"], "ours")
        assert repo.read(repo.entries(as_merged)["tests/test_a.py"].oid) == NEW.encode()


def test_the_other_sides_tests_say_the_new_name_where_an_offspring_has_it_alone(tmp_path: Path) -> None:
    old, new = "def area(w):\n    return w * w\n", "def surface(w):\n    return w * w\n"
    test = "import shapes\n\n\ndef test_it():\n    assert shapes.area(2) == 4\n"
    box = build(
        tmp_path,
        {"shapes.py": old, "tests/test_shapes.py": test},
        {"shapes.py": new},
        {"tests/test_shapes.py": test * 2},
    )
    with Repository.open(str(box.folder)) as repo:
        trees = {name: box.git("rev-parse", f"{name}^{{tree}}").strip() for name in ("fork", "upstream")}
        ours, theirs = (repo.entries(trees[name]) for name in ("fork", "upstream"))
        renames = (Rename("area", "surface", "ours", "function", "shapes.py", "shapes.py"),)
        made = Materialiser(repo, [], ours, theirs, trees["fork"], names=renames)

        def asked(tree: str, owner: str) -> bytes:
            return repo.read(repo.entries(made(trees[tree], owner))["tests/test_shapes.py"].oid)

        assert asked("fork", "theirs") == (test * 2).replace("area", "surface").encode()
        assert asked("upstream", "theirs") == (test * 2).encode()
        assert asked("fork", "ours") == test.encode()
