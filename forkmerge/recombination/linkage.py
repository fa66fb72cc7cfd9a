"""What depends on each other travels together: definitions and uses as clauses that no test has to find.

A name counts only where it is plain: no stable text of the changed files defines or imports it (of the same file, for
an import and the uses of it beside it), and exactly one locus defines it.  Then an allele that uses the name needs an
allele that defines it; a definition that a side takes away is the same clause seen from the other end.  Invariant:
base, ours and theirs break no clause; what would forbid a version that exists is a misreading and is dropped.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.model.source import EXECUTABLE, REGULAR, Entry
from forkmerge.recombination.names import defined, imported, used
from forkmerge.recombination.values import Allele, Clause, LinkageGroup, Locus, Placement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forkmerge.model.treemerge import PathMerge, TreeMerge
    from forkmerge.recombination.entries import Read

_TEXT = (REGULAR, EXECUTABLE)
_PLAIN = re.compile(rb"\.?[A-Za-z_$][\w$]{2,}\Z")


@dataclass(frozen=True, slots=True)
class Linked:
    """Static clauses and the groups of loci that they tie."""

    clauses: tuple[Clause, ...]
    groups: tuple[LinkageGroup, ...]


def linkage(tree_merge: TreeMerge, loci: Sequence[Locus], read: Read | None) -> Linked:
    """Return the clauses and linkage groups that follow from definitions, imports and uses alone."""
    scan = _Scan(loci, read)
    stable = [_stable(path) for path in tree_merge.paths]
    by_file = [defined(text) | imported(text) for text in stable]
    stable_names = frozenset().union(*by_file)
    clauses: list[Clause] = []
    groups: list[LinkageGroup] = []
    for name in sorted(n for n in scan.defines if n not in stable_names and _PLAIN.match(n)):
        if len(scan.defines[name]) == 1:
            home = next(iter(scan.defines[name]))
            ties = _ties(name, home, scan.defines[name][home], _users(name, home, scan, loci), loci)
            clauses += ties
            if ties:
                where = tuple(sorted({locus for clause in ties for locus, _ in clause.cells}))
                groups.append(LinkageGroup(where, f"definition and uses of {_shown(name)}"))
    for name in sorted(n for n in scan.imports if _PLAIN.match(n)):
        for home, giving in scan.imports[name].items():
            if name in by_file[loci[home].file]:
                continue
            mates = {i: a for i, a in scan.uses[name].items() if loci[i].file == loci[home].file and i != home}
            if not any(i in scan.defines[name] or i in scan.imports[name] for i in mates):
                clauses += _ties(name, home, giving, mates, loci)
    return Linked(tuple(clauses), tuple(groups))


class _Scan:
    """Which alleles of which loci define, import and use a name: name -> locus -> alleles."""

    def __init__(self, loci: Sequence[Locus], read: Read | None) -> None:
        self.defines: dict[bytes, dict[int, set[int]]] = defaultdict(dict)
        self.imports: dict[bytes, dict[int, set[int]]] = defaultdict(dict)
        self.uses: dict[bytes, dict[int, set[int]]] = defaultdict(dict)
        for index, locus in enumerate(loci):
            for number, allele in enumerate(locus.alleles):
                text = _text(allele, read)
                for names, table in (
                    (defined(text), self.defines),
                    (imported(text), self.imports),
                    (used(text), self.uses),
                ):
                    _note(names, table, index, number)


def _note(names: Iterable[bytes], table: dict[bytes, dict[int, set[int]]], locus: int, allele: int) -> None:
    for name in names:
        table[name].setdefault(locus, set()).add(allele)


def _users(name: bytes, home: int, scan: _Scan, loci: Sequence[Locus]) -> Mapping[int, set[int]]:
    """Return what uses ``name``: in the file that defines it everything, elsewhere what imports it."""
    imports = scan.imports.get(name, {})
    return {
        index: imports[index] if loci[index].file != loci[home].file else alleles
        for index, alleles in scan.uses.get(name, {}).items()
        if index != home and (loci[index].file == loci[home].file or index in imports)
    }


def _ties(
    name: bytes, home: int, giving: set[int], users: Mapping[int, set[int]], loci: Sequence[Locus]
) -> list[Clause]:
    without = frozenset(range(len(loci[home].alleles))) - giving
    if not without:
        return []
    found = []
    for index, using in users.items():
        reason = f"{loci[index].id} uses {_shown(name)} of {loci[home].id}"
        clause = Clause(((index, frozenset(using)), (home, without)), reason, _shown(name))
        if not _forbids_a_version(clause, loci):
            found.append(clause)
    return found


def _forbids_a_version(clause: Clause, loci: Sequence[Locus]) -> bool:
    return any(
        all(getattr(loci[locus], side) in alleles for locus, alleles in clause.cells)
        for side in ("base", "ours", "theirs")
    )


def _text(allele: Allele, read: Read | None) -> bytes:
    parts = []
    for content in allele.contents:
        if isinstance(content, bytes):
            parts.append(content)
        elif isinstance(content, Placement) and read is not None and content.oid is not None and content.mode in _TEXT:
            data = read(Entry(content.mode, content.oid))
            parts.append(b"" if b"\0" in data[:8000] else data)
    return b"\n".join(parts)


def _stable(path: PathMerge) -> bytes:
    return b"" if path.file is None else b"\n".join(s for s in path.file.segments if isinstance(s, bytes))


def _shown(name: bytes) -> str:
    return name.lstrip(b".").decode("utf-8", "replace")
