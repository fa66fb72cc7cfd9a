"""Whether a merge keeps the fork contract: every thing of it is looked for in the merge, where it was or moved to.

The contract is the merge's own, so what one side took out of it is out; else head's, else target's, else the one in the
work tree that was not committed yet.  What stands in files with conflicts can't be told and is not asked for.
Invariant: what can't be told for sure is no finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app.contract import HOME, Contract, Globs, parse
from forkmerge.app.contract_mine import units_in
from forkmerge.model.finding import Severity
from forkmerge.report.check import Place, finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forkmerge.app.check_history import Fate
    from forkmerge.app.check_names import Trees
    from forkmerge.app.check_project import Project
    from forkmerge.model.source import Tree
    from forkmerge.report.check import CheckFinding
    from forkmerge.syntax.catalogue import Catalogue

RENEW = "forkmerge check TARGET --write-contract writes it anew"


@dataclass(frozen=True, slots=True)
class Fork:
    """A side that has the contract: what reports call it, and its tree."""

    name: str
    tree: Tree


def contract_of(
    trees: Trees, read: Callable[[str], bytes], uncommitted: bytes | None
) -> tuple[Contract | None, tuple[Fork, ...]]:
    """Return the contract that counts and the sides that are bound by it; raise UnusableInput where it can't be read.

    ``uncommitted`` is what the work tree has.
    """
    sides = (Fork("head", trees.ours), Fork("target", trees.theirs))
    bound = tuple(s for s in sides if HOME in s.tree)
    for tree in (trees.merged, *(s.tree for s in bound)):
        entry = tree.get(HOME)
        if entry is None or (tree is not trees.merged and _dropped(trees)):
            continue
        data = read(entry.oid)
        if b"\n<<<<<<< " not in b"\n" + data:
            return parse(data), bound
    if bound or uncommitted is None:
        return None, ()
    return parse(uncommitted), sides[:1]


def broken(
    contract: Contract,
    forks: tuple[Fork, ...],
    trees: Trees,
    read: Callable[[str], bytes],
    languages: Catalogue,
    skip: frozenset[str],
) -> tuple[CheckFinding, ...]:
    """Return what of the contract the merge has lost (errors) and what it has elsewhere (notes)."""
    looked = _Look(forks, trees, read, languages, skip, frozenset(contract.mined.files))
    things = dict.fromkeys((*sorted(contract.mined.without(Globs(contract.ignore)).all), *_plain(contract)))
    found = [f for thing in things for f in looked.at(thing)]
    globs = [g for g in contract.pins if _is_glob(g)]
    found += [f for thing in looked.meant(Globs(globs), Globs(contract.ignore)) for f in looked.at(thing)]
    return tuple({f.fingerprint: f for f in found}.values())


def _dropped(trees: Trees) -> bool:
    """Return whether one side took the contract out since the base."""
    return HOME in trees.base and (HOME not in trees.ours or HOME not in trees.theirs)


def _plain(contract: Contract) -> list[str]:
    return [p for p in contract.pins if not _is_glob(p)]


def _is_glob(text: str) -> bool:
    return any(c in text for c in "*?") or text.endswith("/")


class _Look:
    """Looks for things in the merge; files are taken apart once."""

    def __init__(
        self,
        forks: tuple[Fork, ...],
        trees: Trees,
        read: Callable[[str], bytes],
        languages: Catalogue,
        skip: frozenset[str],
        whole: frozenset[str],
    ) -> None:
        self._whole = whole
        self._forks = forks
        self._trees = trees
        self._read = read
        self._languages = languages
        self._skip = skip
        self._units: dict[tuple[str, str], dict[str, int] | None] = {}
        self._project: Project | None = None

    def at(self, thing: str) -> Iterator[CheckFinding]:
        """Yield the finding for one thing, if there is one."""
        path, _, name = thing.partition("::")
        if path in self._skip or (name and path in self._whole and path not in self._trees.merged):
            return  # nobody can tell, or it is told of the file
        if not name:
            if path not in self._trees.merged:
                yield self._file(path)
            return
        unit, _, above = name.partition(" -> ")
        home = path
        if self._opaque(path):
            return
        if unit not in self._in(self._trees.merged, path):
            fate = self._elsewhere(path, unit)
            if fate is None or not above:
                yield self._unit(path, unit, fate)
                return
            home, unit = fate.place.path, fate.place.unit
        if above:
            yield from self._override(path, home, unit, above)

    def meant(self, pins: Globs, ignored: Globs) -> Iterator[str]:
        """Yield what globs mean in the sides that are bound by the contract."""
        for fork in self._forks:
            for path, entry in fork.tree.items():
                if pins.file(path) and not ignored.file(path):
                    yield path
                elif pins.inside(path) and self._trees.merged.get(path) != entry:
                    things = (f"{path}::{unit}" for unit in self._in(fork.tree, path))
                    yield from (t for t in things if pins.hit(t) and not ignored.hit(t))

    def _file(self, path: str) -> CheckFinding:
        for fork in self._forks:
            entry = fork.tree.get(path)
            same = [p for p, e in self._trees.merged.items() if e == entry and p not in fork.tree]
            if entry is not None and same:
                return _moved(path, "", Place("merge", same[0]), f"moved to {same[0]}")
        name = path.rpartition("/")[2]
        alike = [p for p in self._news() if p.rpartition("/")[2] == name and p not in self._trees.base]
        if len(alike) == 1:
            return _moved(path, "", Place("merge", alike[0]), f"moved to {alike[0]}")
        return self._gone(path, "", self._who(path, ""))

    def _unit(self, path: str, unit: str, fate: Fate | None) -> CheckFinding:
        if fate is not None:
            place = Place("merge", fate.place.path, fate.place.line, fate.place.unit)
            return _moved(path, unit, place, fate.words)
        return self._gone(path, unit, self._who(path, unit))

    def _gone(self, path: str, unit: str, who: str) -> CheckFinding:
        thing = f"{unit} of {path}" if unit else path
        places = tuple(
            Place(f.name, path, self._in(f.tree, path).get(unit, 0), unit)
            for f in self._forks
            if path in f.tree and (not unit or unit in self._in(f.tree, path))
        )
        message = f"the fork contract keeps {thing}, which is gone in the merge: {who}"
        return finding("contract-broken", Severity.ERROR, message, path, places=places, subject=unit)

    def _who(self, path: str, unit: str) -> str:
        """Return who has lost it: a side, or the merge alone."""
        lacking = [f.name for f in self._forks if path not in f.tree or (unit and unit not in self._in(f.tree, path))]
        if len(lacking) == len(self._forks):
            return f"{' and '.join(lacking)} lost it before"
        if path not in self._trees.merged:
            return f"{path} is gone" if unit else "the merge has lost it"
        return "the merge has lost it"

    def _elsewhere(self, path: str, unit: str) -> Fate | None:
        """Return where the merge has what a side has at ``path``; None where it is gone."""
        from forkmerge.app.check_history import Fate, History  # noqa: PLC0415 - only where something is missing

        for fork in self._forks:
            if unit not in self._in(fork.tree, path):
                continue
            fate = History(fork.tree, {"ours": self._trees.merged}, self._read).fate("ours", path, unit)
            if fate is not None and not fate.words.startswith("removed") and not self._foreign(fate.place):
                return fate
        kind = path.rpartition(".")[2]
        homes = [
            p
            for p in self._news()
            if p != path and p.rpartition(".")[2] == kind and unit in self._in(self._trees.merged, p)
        ]
        if len(homes) != 1:
            return None
        place = Place("merge", homes[0], self._in(self._trees.merged, homes[0]).get(unit, 0), unit)
        return Fate(f"moved {unit} to {homes[0]}", place)

    def _foreign(self, place: Place) -> bool:
        """Return whether a side that is not bound, or the base, has that name there: then it is another thing."""
        bound = {f.name for f in self._forks}
        sides = (("head", self._trees.ours), ("target", self._trees.theirs), ("base", self._trees.base))
        return any(place.unit in self._in(tree, place.path) for name, tree in sides if name not in bound)

    def _news(self) -> list[str]:
        """Return the paths of the merge that are not the base's."""
        return [p for p, e in self._trees.merged.items() if self._trees.base.get(p) != e]

    def _override(self, path: str, home: str, unit: str, above: str) -> Iterator[CheckFinding]:
        from forkmerge.app.check_project import Project, Reader  # noqa: PLC0415 - only for contracts with overrides

        if self._project is None:
            self._project = Project(self._trees.merged, Reader(self._read, {}))
        module = self._project.module(home)
        owner, _, method = unit.rpartition(".")
        if module is None or owner not in module.classes or owner in module.doubtful:
            return
        found = self._project.inherited(home, module.classes[owner], method)
        if found is None or not found.missing:
            return
        line = self._in(self._trees.merged, home).get(unit, 0)
        message = f"the fork contract keeps the override {unit} of {above}, but nothing above it has {method} any more"
        places = (Place("merge", home, line, unit, f"overrides nothing, once {above}"),)
        yield finding("contract-broken", Severity.ERROR, message, path, line, places=places, subject=f"{unit} {above}")

    def _opaque(self, path: str) -> bool:
        """Return whether nobody can tell what units the merge's file has."""
        return self._taken_apart(self._trees.merged, path) is None

    def _in(self, tree: Tree, path: str) -> dict[str, int]:
        return self._taken_apart(tree, path) or {}

    def _taken_apart(self, tree: Tree, path: str) -> dict[str, int] | None:
        entry = tree.get(path)
        key = (path, entry.oid if entry is not None else "")
        if key not in self._units:
            self._units[key] = units_in(tree, path, self._read, self._languages)
        return self._units[key]


def _moved(path: str, unit: str, place: Place, words: str) -> CheckFinding:
    thing = f"{unit} of {path}" if unit else path
    message = f"the fork contract names {thing}, which the merge has elsewhere ({words}): {RENEW}"
    return finding("contract-moved", Severity.NOTE, message, place.path, place.line, places=(place,), subject=thing)
