"""One change of upstream on the fork: picked by the structured merge, over the paths that it touches alone.

The merge's base is the change's parent.  Paths that the change leaves alone stay as the fork has them, so the three
trees are cut down to the others before they are merged, with the places to which the fork has moved them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.app.scene import scene
from forkmerge.errors import UnusableInput
from forkmerge.git import trees
from forkmerge.git.renames import renames
from forkmerge.model.finding import Severity
from forkmerge.model.revision import Revision, Scenario
from forkmerge.recombination.genome import default
from forkmerge.recombination.offspring import express
from forkmerge.recombination.patch import patch
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from forkmerge.app.donors import Donor
    from forkmerge.git.repository import Repository
    from forkmerge.merge.rules import Allowed
    from forkmerge.model.source import Tree
    from forkmerge.recombination.patch import Patch


@dataclass(frozen=True, slots=True)
class Pick:
    """A change on the fork: its ``tree`` and its parts against the fork; no tree where it conflicts, in ``conflicts``.

    ``left_out`` are conflicting paths that hold no code (change logs, documentation), which stay as the fork has them.
    """

    tree: str | None
    conflicts: tuple[str, ...] = ()
    patch: Patch | None = None
    left_out: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Return how many lines it changes."""
        return sum(p.added + p.removed for p in self.patch.parts) if self.patch is not None else 0


def pick(repo: Repository, donor: Donor, fork: Tree, allowed: Allowed) -> Pick:
    """Return what ``donor`` gives on the fork; only objects are written."""
    whole = donor.scenario
    base, theirs = repo.entries(whole.base.tree), repo.entries(whole.theirs.tree)
    touched = {p for p in {*base, *theirs} if base.get(p) != theirs.get(p)}
    moved = {old: r.new for old, r in renames(repo, whole.base.tree, whole.ours.tree).items() if old in touched}
    sides = [
        {p: e for p, e in tree.items() if p in places}
        for tree, places in ((base, touched), (fork, touched.union(moved.values())), (theirs, touched))
    ]
    cut = [Revision("", None, trees.write(repo, repo.empty_tree, side)) for side in sides]
    seen = scene(repo, Scenario(cut[0], cut[1], cut[2], whole.bases), allowed=allowed)
    unclear = [p.path for p in seen.merge.paths if not p.clean]
    unclear += [f.path for f in seen.merge.findings if f.severity is Severity.ERROR]
    left = tuple(dict.fromkeys(path for path in unclear if not holds_code(path)))
    unclear = [path for path in unclear if path not in left]
    if unclear:
        return Pick(None, tuple(dict.fromkeys(unclear)))
    chosen = zip(seen.loci.loci, default(seen.loci), strict=True)
    genome = tuple(locus.ours if locus.path in left else allele for locus, allele in chosen)
    try:
        tree = trees.write(repo, whole.ours.tree, express(seen.loci, genome))
    except (ValueError, UnusableInput) as error:
        return Pick(None, (str(error),))
    if left and tree == whole.ours.tree:
        return Pick(None, left)
    new = repo.entries(tree)
    differ = sorted(p for p in {*fork, *new} if fork.get(p) != new.get(p))
    return Pick(tree, (), patch([(p, fork.get(p), new.get(p)) for p in differ], repo.read, for_path), left)


def holds_code(path: str) -> bool:
    """Return whether a program may depend on a file: everything but prose."""
    *_, name = path.split("/")
    stem, _, extension = name.partition(".")
    return extension not in _PROSE and stem.upper() not in _NAMES


_PROSE = frozenset(("md", "rst", "markdown", "adoc", "asciidoc"))
_NAMES = frozenset(("AUTHORS", "CHANGELOG", "CHANGES", "CONTRIBUTORS", "HISTORY", "NEWS", "NOTES", "README", "THANKS"))
