"""What is lost when the search doesn't know a share of the tests: ``real_merges --hide 0.2 --seed 0,1,2``.

``propose`` runs on each merge once with all required tests and once for each seed without some of them.  The outcome is
which required tests its best tree loses, those that were kept from it among them; a seed changes the outcome when that
set is another one than with all tests known.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from quality.merge_tables import markdown

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Sequence

COLUMNS = ("merge", "project", "seed", "held out", "lost, all known", "lost, some held out", "same tree", "outcome")


@dataclass(frozen=True, slots=True)
class Trial:
    """One merge and seed: the tests held out, what is lost with and without them known, and whether the trees agree.

    ``changed``: another set of tests is lost; ``better`` says that it is a smaller one.  ``said`` is why there is no
    answer.
    """

    merge: str
    repo: str
    seed: int
    hidden: int = 0
    known: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    same_tree: bool = False
    said: str = ""

    @property
    def changed(self) -> bool:
        """Return whether other tests are lost than when all were known."""
        return self.known != self.lost

    @property
    def better(self) -> bool:
        """Return whether fewer tests are lost, which is no fault of the hold-out."""
        return self.changed and set(self.lost) < set(self.known)


def trials(
    merge: str, repo: str, seeds: Iterable[int], propose: Callable[[Sequence[str]], subprocess.CompletedProcess[bytes]],
    share: float,
) -> list[Trial]:  # fmt: skip
    """Return the trials of one merge; ``propose`` runs the command with more options."""
    whole = _document(propose(()))
    found = []
    for seed in seeds:
        some = _document(propose(("--hold-out", str(share), "--seed", str(seed))))
        if not whole or not some or some["held_out"] is None:
            found.append(Trial(merge, repo, seed, said="no answer"))
            continue
        hidden = some["held_out"]
        best, other = whole["proposals"][0], some["proposals"][0]
        lost = {*_lost(other), *(name.partition(":")[2] for name in hidden["lost"])}
        same = best["tree"] == other["tree"]
        found.append(Trial(merge, repo, seed, hidden["tests"], _lost(best), tuple(sorted(lost)), same))
    return found


def _document(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return {}
    return document if document["proposals"] else {}


def _lost(proposal: dict[str, Any]) -> tuple[str, ...]:
    names = {name for t in proposal["tests"] if t["owner"] != "merged" for name in t["lost"]}
    return tuple(sorted(names))


def line(trial: Trial) -> str:
    """Return what is said of a trial as soon as it is over."""
    if trial.said:
        return f"{trial.merge[:8]} {trial.repo} seed {trial.seed}: {trial.said}"
    names = [f"    {name}" for name in sorted(set(trial.lost) ^ set(trial.known))[:5]]
    word = "changed" if trial.changed else "same"
    return "\n".join(
        [
            (
                f"{trial.merge[:8]} {trial.repo} seed {trial.seed}: {trial.hidden} held out, "
                f"{len(trial.lost)} lost, {len(trial.known)} when all are known: {word}"
            ),
            *names,
        ]
    )


def table(found: Sequence[Trial]) -> str:
    """Return the table, and the share of the trials in which the outcome changed."""
    told = [t for t in found if not t.said]
    rows = [
        (
            t.merge[:8], t.repo.rpartition("/")[2], t.seed, t.hidden, len(t.known), len(t.lost),
            "yes" if t.same_tree else "no", "better" if t.better else "changed" if t.changed else "same",
        )
        for t in told
    ]  # fmt: skip
    changed = sum(t.changed and not t.better for t in told)
    share = f", {100 * changed / len(told):.0f} %" if told else ""
    same = sum(t.same_tree for t in told)
    words = f"{changed} of {len(told)} trials changed the outcome{share}; the same tree in {same}; no answer in "
    return f"\n{markdown(COLUMNS, rows)}\n\n{words}{len(found) - len(told)}"


def document(found: Sequence[Trial], share: float) -> str:
    """Return the trials as JSON."""
    return json.dumps({"share": share, "trials": [asdict(t) for t in found]}, indent=1) + "\n"
