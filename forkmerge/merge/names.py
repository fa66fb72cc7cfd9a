"""The gates on names: nothing defined twice, nothing used that is no longer bound, unless an input was that way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.model.finding import Finding
from forkmerge.syntax.references import names, unbound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.syntax.names import Name, Names
    from forkmerge.syntax.profile import Profile

_DEFINING = frozenset(("function", "method", "class", "type"))


def objections(
    profile: Profile,
    path: str,
    inputs: Sequence[bytes],
    result: bytes,
    *,
    doubled: frozenset[bytes],
    loose: frozenset[bytes],
) -> list[Finding]:
    """Return a finding for each of ``doubled`` defined more often than in any input, of ``loose`` bound nowhere now."""
    found = names(profile, result)
    twice = {k: v for k, v in _defined(found, doubled).items() if len(v) > 1}
    unbound = _unbound(profile, found, loose)
    if not twice and not unbound:
        return []
    before = [names(profile, data) for data in inputs]
    out = []
    for key, places in sorted(twice.items()):
        if len(places) > max(len(_defined(b, doubled).get(key, ())) for b in before):
            full = ".".join((*key[0], key[1]))
            message = f"{full} is defined twice, which neither side did"
            out.append(Finding("duplicate-name", message, path, _line(result, places[-1])))
    for text, name in sorted(unbound.items()):
        bound = any(text in {n.text for n in b.definitions} for b in before)
        if bound and not any(text in _unbound(profile, b, loose) for b in before):
            message = f"{text} is used, but the merge binds it nowhere"
            out.append(Finding("dangling-name", message, path, _line(result, name)))
    return out


def _line(data: bytes, name: Name) -> int:
    return data.count(b"\n", 0, name.span.start) + 1


def _defined(found: Names, candidates: frozenset[bytes]) -> dict[tuple[tuple[str, ...], str, str], list[Name]]:
    out: dict[tuple[tuple[str, ...], str, str], list[Name]] = {}
    for name in found.definitions:
        if name.kind in _DEFINING and name.text.encode() in candidates and not name.conditional:
            out.setdefault((name.scope, name.text, name.signature), []).append(name)
    return out


def _unbound(profile: Profile, found: Names, candidates: frozenset[bytes]) -> dict[str, Name]:
    """Return the uses of ``candidates`` that nothing in scope binds; none where an import may bind any name."""
    return {n.text: n for n in unbound(profile, found) if n.text.encode() in candidates} if candidates else {}
