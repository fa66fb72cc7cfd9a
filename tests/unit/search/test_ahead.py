"""Looking ahead: what a search says it may ask next is what it asks next, and saying so changes nothing."""

from __future__ import annotations

from random import Random

from quality.landscapes import Shape, planted

from forkmerge.search.conflict_driven import ConflictDriven
from forkmerge.search.protocol import Budget, Query


def played(seed: int, *, look: bool) -> tuple[list[Query], object, int, int]:
    """Return what was asked, the answer, how often something was foreseen and how often it was asked next."""
    world = planted(Shape(loci=30, planted=6, breakers=1), Random(seed))
    strategy = ConflictDriven(world.landscape, Budget(60, 100.0), Random(seed))
    asked, foreseen, right = [], 0, 0
    ahead: tuple[Query, ...] = ()
    while (now := strategy.ask()) is not None:
        for query in (now,) if isinstance(now, Query) else now:
            foreseen += bool(ahead)
            right += query in ahead
            asked.append(query)
            ahead = strategy.ahead() if look else ()
            strategy.tell(query, world.run(query))
    return asked, strategy.answer(), foreseen, right


def test_looking_ahead_changes_neither_questions_nor_the_answer() -> None:
    for seed in range(5):
        assert played(seed, look=True)[:2] == played(seed, look=False)[:2]


def test_what_is_foreseen_is_mostly_asked_next() -> None:
    found = [played(seed, look=True) for seed in range(10)]
    foreseen, right = sum(f[2] for f in found), sum(f[3] for f in found)
    assert foreseen > sum(len(f[0]) for f in found) * 0.4
    assert right > 0.7 * foreseen
