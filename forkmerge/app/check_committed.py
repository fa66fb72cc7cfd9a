"""What a merge that somebody committed did to a test that its parent passes: the units of the merge that break it.

Idea: such a merge is judged as its maker left it, which may be what neither side has.  So what differs between the
parent and the merge is taken apart into units, as if the merge were a branch of that parent, and the smallest part of
it is looked for that makes the test fail.  Each such unit is then the other side's edit, taken over as it was, or the
maker's own words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forkmerge.app.check_blame import Blaming
from forkmerge.app.landscape import Materialiser
from forkmerge.app.places import line_of
from forkmerge.app.scene import scene
from forkmerge.model.revision import Revision, Scenario
from forkmerge.recombination.genome import all_ours
from forkmerge.report.check import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forkmerge.app.check_blame import Blame, Told
    from forkmerge.app.check_ties import Edit
    from forkmerge.app.landscape import Candidate
    from forkmerge.app.scene import Scene
    from forkmerge.fitness.evaluator import Evaluator
    from forkmerge.fitness.required import Owner
    from forkmerge.git.repository import Repository

_SIDES: dict[Owner, str] = {"ours": "head", "theirs": "target"}


@dataclass(frozen=True, slots=True)
class Committed:
    """Blames units of the committed merge ``tree`` for what fails of one parent's tests.

    ``evaluator`` makes what runs candidates from a materialiser.
    """

    repo: Repository
    seen: Scene
    tree: str
    told: Told
    evaluator: Callable[[Materialiser], Evaluator[Candidate]]
    may_go_on: Callable[[], bool]
    _parts: dict[Owner, _Part] = field(default_factory=dict)

    def blame(self, duty: str, message: str) -> Blame:
        """Return the edits of the merge that make the duty fail on its owner's tree; raises ``Spent``."""
        return self._part(_owner(duty)).blaming.blame(duty, message)

    def fails_alike(self, blame: Blame, duties: frozenset[str]) -> frozenset[str]:
        """Return which of ``duties`` (of one owner) pass once the blamed edits are taken back."""
        for duty in duties:
            return self._part(_owner(duty)).blaming.fails_alike(blame, duties)
        return frozenset()

    @property
    def probes(self) -> int:
        """Return the runs that were asked for."""
        return sum(part.blaming.probes for part in self._parts.values())

    def in_merge(self, duty: str, edit: Edit) -> tuple[str, int]:
        """Return the path and line of an edit in the merge."""
        loci = self._part(_owner(duty)).seen.loci
        return loci.loci[edit.index].path, line_of(loci, all_ours(loci), edit.index)

    def places(self, duty: str, edits: Sequence[Edit]) -> list[Place]:
        """Return where the edits stand in the merge, and whose words they are; a file that was added is one place."""
        owner = _owner(duty)
        found = self._part(owner).seen
        genome = all_ours(found.loci)
        other = self.seen.theirs if owner == "ours" else self.seen.ours
        whom = _SIDES["theirs" if owner == "ours" else "ours"]
        out = []
        for edit in edits:
            locus = found.loci.loci[edit.index]
            there = other.get(locus.path)
            text = b"".join(c for c in locus.alleles[locus.ours].contents if isinstance(c, bytes))
            same = there == found.ours.get(locus.path)
            taken = same or (there is not None and text.strip() in self.repo.read(there.oid))
            what = "as its maker wrote it" if not taken else "taken over" if text.strip() else "removed"
            line = line_of(found.loci, genome, edit.index)
            out.append(Place(whom if taken else "merge", locus.path, line, locus.unit, what))
        texts = {p.path for p in out if p.line}
        return [p for p in out if p.line or p.path not in texts]

    def _part(self, owner: Owner) -> _Part:
        if owner not in self._parts:
            parent = self.seen.scenario.ours if owner == "ours" else self.seen.scenario.theirs
            merge = Revision("the merge", None, self.tree)
            found = scene(self.repo, Scenario(parent, merge, parent, (parent.commit or parent.tree,)), adapt=False)
            made = Materialiser(self.repo, [found.loci], self.seen.ours, self.seen.theirs, self.tree, self.told.paths)
            evaluate = self.evaluator(made).evaluate
            self._parts[owner] = _Part(found, Blaming(found.loci, evaluate, self.may_go_on, self.told, "ours"))
        return self._parts[owner]


@dataclass(frozen=True, slots=True)
class _Part:
    seen: Scene
    blaming: Blaming


def _owner(duty: str) -> Owner:
    return "ours" if duty.startswith("ours:") else "theirs"
