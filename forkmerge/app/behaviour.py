"""What trees do, as far as that can be told without running them: their code without its format.

Comments, layout and prose do nothing; docstrings nothing but where they hold examples that can be run.  Files that are
tests say nothing of how the code behaves.  Two trees with the same ``of`` behave alike; two with another may.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.app.picks import holds_code
from forkmerge.app.testpaths import is_test
from forkmerge.errors import ForkmergeError
from forkmerge.recombination.values import Placement
from forkmerge.syntax.profiles import for_path
from forkmerge.syntax.tokens import tokens
from forkmerge.syntax.units import units

if TYPE_CHECKING:
    from forkmerge.app.landscape import Candidate, Materialiser
    from forkmerge.recombination.values import Genome, Locus, LocusMap
    from forkmerge.syntax.unit import Unit

Normal: TypeAlias = "bytes | None"
"""Text without its format; None for a file that is not there."""


@dataclass(slots=True)
class TreeBehaviour:
    """The behaviour of candidates; ``materialise`` knows their trees, ``given`` what is a test.

    It is the ``search.diverse.Behaviour`` of a run.
    """

    materialise: Materialiser
    given: tuple[str, ...] = ()
    _texts: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _kinds: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    _trees: dict[str, tuple[tuple[str, bytes], ...]] = field(default_factory=dict)

    def of(self, genome: Genome, generation: int) -> tuple[tuple[str, bytes], ...]:
        """Return the behaviour of a genome."""
        from forkmerge.app.landscape import Genotype  # noqa: PLC0415 - it imports what the search needs

        return self.of_candidate(Genotype(genome, generation))

    def of_candidate(self, candidate: Candidate) -> tuple[tuple[str, bytes], ...]:
        """Return paths and texts without format of the files that a candidate's behaviour may depend on."""
        return self.of_tree(self.materialise.plain(candidate))

    def of_tree(self, tree: str) -> tuple[tuple[str, bytes], ...]:
        """Return the same of a tree, for the files that any of the merge's sides changed."""
        if tree not in self._trees:
            entries = self.materialise.repo.entries(tree)
            changed = sorted(p for p, e in entries.items() if self.matters(p) and self._changed(p, e.oid))
            self._trees[tree] = tuple((p, self.text(p, entries[p].oid)) for p in changed)
        return self._trees[tree]

    def matters(self, path: str) -> bool:
        """Return whether the behaviour of the project may depend on a file."""
        hidden = any(part.startswith(".") for part in path.split("/"))
        return not hidden and holds_code(path) and not is_test(path, self.given) and for_path(path) is not None

    def text(self, path: str, oid: str) -> bytes:
        """Return a file's text without format."""
        if (path, oid) not in self._texts:
            self._texts[path, oid] = normal(path, self.materialise.repo.read(oid))
        return self._texts[path, oid]

    def kinds(self, locus: int, generation: int) -> tuple[int, ...]:
        """Return for each allele of a locus the number of its behaviour."""
        if (locus, generation) not in self._kinds:
            self._kinds[locus, generation] = self._told(self.materialise.maps[generation], locus)
        return self._kinds[locus, generation]

    def _told(self, loci: LocusMap, index: int) -> tuple[int, ...]:
        locus = loci.loci[index]
        if not self.matters(locus.path):
            return (0,) * len(locus.alleles)
        known: dict[object, int] = {}
        return tuple(known.setdefault(self._allele(locus, a), len(known)) for a in range(len(locus.alleles)))

    @staticmethod
    def _allele(locus: Locus, allele: int) -> tuple[object, ...]:
        contents = locus.alleles[allele].contents
        return tuple(
            normal(locus.path, c) if isinstance(c, bytes) else (c.path, c.oid) if isinstance(c, Placement) else None
            for c in contents
        )

    def _changed(self, path: str, oid: str) -> bool:
        ours, theirs = self.materialise.ours.get(path), self.materialise.theirs.get(path)
        return ours is None or theirs is None or not ours.oid == theirs.oid == oid


def normal(path: str, data: bytes) -> bytes:
    """Return ``data`` without comments and layout, and without docstrings that only speak to people."""
    if path.endswith((".py", ".pyi")):
        found = _python(data)
        if found is not None:
            return found
    profile = for_path(path, data)
    if profile is None:
        return data
    try:
        return b"\0".join(token.text for token in tokens(profile, data) if not token.comment)
    except ForkmergeError:
        return data


def _python(data: bytes) -> bytes | None:
    try:
        tree = ast.parse(textwrap.dedent(data.decode("utf-8")))
    except (ValueError, SyntaxError, RecursionError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            words = ast.get_docstring(node, clean=False)
            if words is not None and ">>>" not in words:
                node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of a file: its first line (0 where it is in pieces), its text, and the text without format."""

    line: int
    text: bytes
    normal: bytes


def parts(path: str, data: bytes | None) -> dict[str, Part]:
    """Return the innermost named parts of a file by name, and all that stands between them under ""; {} for no file."""
    profile = for_path(path, data or b"")
    if data is None or profile is None:
        return {}
    try:
        found = units(profile, data)
    except ForkmergeError:
        return {"": Part(1, data, data)}
    out: dict[str, Part] = {}
    rest, at = b"", 0
    for unit in sorted(_innermost(found), key=lambda u: u.span.start):
        text = unit.span.of(data)
        rest, at = rest + data[at : unit.span.start], unit.span.end
        name = unit.qualified + (f"#{unit.ordinal + 1}" if unit.ordinal else "")
        out[name] = Part(data.count(b"\n", 0, unit.span.start) + 1, text, normal(path, text))
    rest += data[at:]
    out[""] = Part(0, rest, normal(path, rest))
    return out


def _innermost(found: tuple[Unit, ...]) -> list[Unit]:
    out: list[Unit] = []
    for unit in found:
        inner = [] if unit.kind in ("function", "method") else _innermost(unit.children)
        if inner:
            out += inner
        elif unit.name and unit.kind != "import":
            out.append(unit)
    return out
