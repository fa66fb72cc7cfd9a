"""What only the fork has: mined from head, the merge base and target by their alignment.

Fork's own is what head has and neither base nor target: what was renamed or moved there is not.  A file of the fork's
own is named as a whole; of its units only tests and overrides are named besides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forkmerge.app.check_own import OTHER, own_edits
from forkmerge.app.check_units import squeezed
from forkmerge.app.contract import HOME, Globs, Mined
from forkmerge.app.testpaths import is_test
from forkmerge.errors import ForkmergeError
from forkmerge.model.source import EXECUTABLE, REGULAR, SYMLINK
from forkmerge.syntax.parsing import parse, sound
from forkmerge.syntax.units import units, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from forkmerge.app.check_names import Trees
    from forkmerge.app.check_own import Own, Words
    from forkmerge.model.source import Tree
    from forkmerge.syntax.catalogue import Catalogue

SYMBOLS = frozenset(
    ("function", "method", "class", "type", "constant", "declaration", "variable", "macro", "namespace")
)
TESTS = frozenset(("function", "method", "test"))
_LARGEST = 1_000_000
_MOST_BYTES = 60_000_000
"""A contract is written once in a while and has to be whole: it may take a minute."""
_NAME = re.compile(rb"[\w\x80-\xff]+")


def mine(
    trees: Trees,
    read: Callable[[str], bytes],
    languages: Catalogue,
    words: Words,
    *,
    renamed: tuple[Mapping[str, str], Mapping[str, str]],
    test_paths: tuple[str, ...],
    ignore: tuple[str, ...] = (),
) -> tuple[Mined, str]:
    """Return what only the fork has, and a sentence on what was not taken apart.

    ``renamed`` are the files that git finds renamed in head and in target since the base, old -> new.
    """
    new_names = frozenset(renamed[0].values())
    files = sorted(
        p
        for p, e in trees.ours.items()
        if p not in trees.base
        and p not in trees.theirs
        and p not in new_names
        and p != HOME
        and e.mode in (REGULAR, EXECUTABLE, SYMLINK)
    )
    own, note = own_edits(trees, read, languages, words, moved=renamed[1], most=_MOST_BYTES)
    added = [o for o in own if o.change == "added" and o.unit != OTHER and _alone(o)]
    alone = frozenset(files)
    symbols, tests = set(), set()
    for one in added:
        if one.path not in alone and one.kind in SYMBOLS and not _is_test(one.path, one.unit, test_paths):
            symbols.add(f"{one.path}::{one.unit}")
        if one.mine is not None and is_test(one.path, test_paths):
            named = (u for u in walk((one.mine.unit,)) if u.name and u.kind in TESTS)
            tests |= {f"{one.path}::{u.qualified}" for u in named if _is_test(one.path, u.qualified, test_paths)}
    overrides = sorted(_overrides(trees, read, added))
    mined = Mined(*(tuple(sorted(filter(_writable, t))) for t in (files, symbols, tests, overrides)))
    return mined.without(Globs(ignore)), note


class Doubtful(dict[str, int]):
    """The units of a file that does not parse: what bears a name that is written in it counts as there."""

    def __init__(self, found: dict[str, int], data: bytes) -> None:
        super().__init__((name, data.count(b"\n", 0, start) + 1) for name, start in found.items())
        self._words = frozenset(_NAME.findall(data))

    def __contains__(self, unit: object) -> bool:
        last = str(unit).rpartition(".")[2].encode("utf-8", "surrogateescape")
        return super().__contains__(unit) or last in self._words


def units_in(tree: Tree, path: str, read: Callable[[str], bytes], languages: Catalogue) -> dict[str, int] | None:
    """Return the named units of a file with their lines, none where it is not there.

    None stands for a file that can't be taken apart: nothing can be told of what is in it.
    """
    entry = tree.get(path)
    if entry is None:
        return {}
    data = read(entry.oid) if entry.mode in (REGULAR, EXECUTABLE) else b""
    profile = languages.for_path(path, data)
    if profile is None or len(data) > _LARGEST:
        return None
    try:
        parsed = parse(profile, data)
        found = {u.qualified: u.span.start for u in walk(units(profile, data, parsed)) if u.name}
    except ForkmergeError:
        return None
    if not sound(parsed):  # a parser that stumbles may lose what is there: whatever is written there may be there
        return Doubtful(found, data)
    return {name: data.count(b"\n", 0, start) + 1 for name, start in found.items()}


def _alone(one: Own) -> bool:
    """Return whether target has nothing of that name and place, and not the same under another one."""
    if one.mine is None:
        return False
    if one.other is None or one.other_text is None:
        return True
    return one.other.unit.name != one.mine.unit.name and squeezed(one.other_text) != squeezed(one.mine_text or b"")


def _is_test(path: str, unit: str, test_paths: tuple[str, ...]) -> bool:
    return is_test(path, test_paths) and unit.rpartition(".")[2].lower().startswith("test")


def _overrides(trees: Trees, read: Callable[[str], bytes], added: list[Own]) -> Iterator[str]:
    """Yield the methods in Python that only the fork has and that override what base or target has."""
    paths = sorted({o.path for o in added if o.path.endswith(".py")})
    if not paths:
        return
    from forkmerge.app.check_project import Project, Reader  # noqa: PLC0415 - only for forks with new Python code

    project = Project(trees.ours, Reader(read, {}))
    new = {(o.path, o.unit) for o in added}
    for path in paths:
        module = project.module(path)
        for use in module.uses() if module is not None else ():
            if use.kind != "override" or module is None or use.owner not in module.classes:
                continue
            if not any((path, unit) in new for unit in (use.unit, use.owner)):
                continue
            found = project.inherited(path, module.classes[use.owner], use.text)
            if found is None or found.missing or found.function is None:
                continue
            if found.path in trees.base or found.path in trees.theirs:
                yield f"{path}::{use.unit} -> {found.unit}"


def _writable(thing: str) -> bool:
    """Return whether TOML can hold it: a path that is no Unicode can't be written down."""
    try:
        thing.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
