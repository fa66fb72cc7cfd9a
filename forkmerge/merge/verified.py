"""What git leaves in conflict, resolved by structure and then by text, and kept only if it stands all checks.

    git's conflicts --> structure --> the lines of a conflict kept apart --> gates --> the same, sides swapped --> kept
                            |                                                  |            |
                            +----------- the same without the last step <------+------------+--> git's conflicts

Invariants: a result without conflicts is given only if it comes out in the same words with the sides swapped; one with
conflicts only if both ways to read them are as sound as git's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.merge.conservation import LAYOUT, tokens_of
from forkmerge.merge.objected import objections
from forkmerge.merge.pieces import Conflict, Piece, middles, swapped, text_of, uneven
from forkmerge.merge.pyread import compiles
from forkmerge.merge.rules import CONTAINED
from forkmerge.merge.structured import known_tree, resolve, swapped_tree, texts_apart, with_alternatives
from forkmerge.merge.unimported import unimported
from forkmerge.syntax.parsing import parse, sound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.merge.rules import Allowed
    from forkmerge.syntax.profile import Profile


def structured(
    profile: Profile,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    git: Sequence[Piece],
    allowed: Allowed,
    *,
    alternatives: bool,
) -> tuple[Sequence[Piece], str]:
    """Return ``git`` with what structure, and then text, resolves, and why it is left to git if a gate objects."""
    tree = known_tree(profile, git)
    by_structure = resolve(profile, allowed, git, tree, alternatives=alternatives)
    apart = _apart(profile, git, by_structure, allowed)
    apart = unimported(profile, inputs, apart, allowed)
    why, even = "", True
    for step, candidate in enumerate((apart, by_structure)):
        if step and candidate == apart and even:
            break
        pieces, against = verified(profile, path, inputs, candidate, git)
        why = why or against
        if pieces is git:
            continue
        if any(isinstance(p, Conflict) for p in pieces):
            return pieces, ""
        other = swapped(git)
        mirrored = resolve(profile, allowed.mirrored(), other, swapped_tree(profile, git, tree), alternatives=False)
        if not step:
            alone = mirrored
            mirrored = _apart(profile, other, mirrored, allowed.mirrored())
            mirrored = unimported(profile, (inputs[0], inputs[2], inputs[1]), mirrored, allowed)
            even = mirrored == alone
        if _same_text(pieces, mirrored):  # PERF: the gates, which don't care for the sides' order, have seen it
            return pieces, ""
        base, ours, theirs = inputs
        again, _ = verified(profile, path, (base, theirs, ours), mirrored, other, mirrored=True)
        if again is not other and _same_words(pieces, again):
            return pieces, ""
    return (with_alternatives(profile, git) if alternatives and why else git), why


def _apart(
    profile: Profile, git: Sequence[Piece], by_structure: Sequence[Piece], allowed: Allowed
) -> tuple[Piece, ...]:
    """Return ``by_structure`` with what text resolves; where a conflict is left and git's hold a side whole, that."""
    apart = texts_apart(by_structure, allowed, data=bool(profile.data))
    if any(isinstance(p, Conflict) for p in apart) and by_structure != git:
        alone = replace(allowed, rules=allowed.rules & {CONTAINED})
        held = texts_apart(git, alone, data=bool(profile.data))
        if not any(isinstance(p, Conflict) for p in held) and not _back(git, held):
            return held
    return apart


def _back(git: Sequence[Piece], held: Sequence[Piece]) -> bool:
    """Return whether a word is in ``held`` that one side has no more: the other side's change did not hold that."""
    from forkmerge.merge.returned import returned  # noqa: PLC0415 - only where structure left a conflict

    base, ours, theirs = (text_of(git, side) for side in (lambda c: c.base, lambda c: c.ours, lambda c: c.theirs))
    return bool(returned((base, ours, theirs), text_of(held, lambda _: b""), data=True))


def verified(
    profile: Profile,
    path: str,
    inputs: tuple[bytes, bytes, bytes],
    pieces: Sequence[Piece],
    git: Sequence[Piece],
    *,
    mirrored: bool = False,
) -> tuple[Sequence[Piece], str]:
    """Return ``pieces`` if the gates hold for the text they give (conflicts read as either side), else git's, and why.

    What is ``mirrored`` is only there to be compared, so the dearest gates are left out, unless it can't be read or is
    data: what they find there may hang on the order of the sides.
    """
    if pieces is git:
        return pieces, ""
    whole = not any(isinstance(p, Conflict) for p in pieces)
    for choose in (lambda c: c.ours, lambda c: c.theirs):
        result = text_of(pieces, choose)
        if whole:
            joined = not mirrored or bool(profile.data) or not _readable(profile, result)
            found = objections(profile, path, inputs, result, joined=joined)
            if not joined and not found:
                from forkmerge.merge.seams import unmended  # noqa: PLC0415 - not needed for clean files

                found = unmended(profile, path, inputs, result)
            return (git, "; ".join(f.message for f in found)) if found else (pieces, "")
        before = text_of(git, choose)
        if result != before and not sound(parse(profile, result)) and sound(parse(profile, before)):
            return git, ""
    return pieces, ""


def _readable(profile: Profile, text: bytes) -> bool:
    return compiles(text) if profile.name == "python" else sound(parse(profile, text))


def _same_text(pieces: Sequence[Piece], mirrored: Sequence[Piece]) -> bool:
    """Return whether both are free of conflicts and give the same file."""
    if any(isinstance(p, Conflict) for x in (pieces, mirrored) for p in x):
        return False
    here, there = (text_of(x, lambda c: c.ours) for x in (pieces, mirrored))
    return here == there


def _same_words(pieces: Sequence[Piece], mirrored: Sequence[Piece]) -> bool:
    """Return whether the merge with the sides swapped is clean as well, and the same but for its order."""
    if any(isinstance(p, Conflict) for p in mirrored):
        return False
    return same_words(*(text_of(x, lambda c: c.ours) for x in (pieces, mirrored)))


def same_words(one: bytes, other: bytes) -> bool:
    """Return whether both texts have the same words, each as often, in whatever order and layout."""
    here, there = map(tokens_of, middles(one, other))
    return not uneven(here, there) - LAYOUT
