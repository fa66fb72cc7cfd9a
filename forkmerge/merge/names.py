"""The gates on names: nothing defined twice, nothing used that is no longer bound, unless an input was that way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.model.finding import Finding
from forkmerge.syntax.references import definitions, uses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.syntax.profile import Profile
    from forkmerge.syntax.references import Name

_DEFINING = frozenset(("function", "method", "class", "type"))


def duplicates(
    profile: Profile, path: str, inputs: Sequence[bytes], result: bytes, candidates: frozenset[bytes]
) -> list[Finding]:
    """Return a finding for each of ``candidates`` that ``result`` defines more often in one scope than any input."""
    now = _defined(profile, result, candidates)
    before = [_defined(profile, i, candidates) for i in inputs]
    out = []
    for (scope, name), places in sorted(now.items()):
        if len(places) > 1 and len(places) > max(len(b.get((scope, name), ())) for b in before):
            full = ".".join((*scope, name))
            line = result.count(b"\n", 0, places[-1].span.start) + 1
            out.append(Finding("duplicate-name", f"{full} is defined twice, which neither side did", path, line))
    return out


def _defined(
    profile: Profile, data: bytes, candidates: frozenset[bytes]
) -> dict[tuple[tuple[str, ...], str], list[Name]]:
    out: dict[tuple[tuple[str, ...], str], list[Name]] = {}
    for name in definitions(profile, data):
        if name.kind in _DEFINING and name.text.encode() in candidates and not name.conditional:
            out.setdefault((name.scope, name.text), []).append(name)
    return out


def loose_ends(
    profile: Profile, path: str, inputs: Sequence[bytes], result: bytes, candidates: frozenset[bytes]
) -> list[Finding]:
    """Return a finding for each of ``candidates`` used in ``result`` but bound nowhere in it, where no input was so."""
    loose = _unbound(profile, result, candidates)
    for data in inputs:
        if not loose:
            return []
        for text in _unbound(profile, data, candidates):
            loose.pop(text, None)
    bound_somewhere = Counter(n.text for data in inputs for n in definitions(profile, data))
    out = []
    for text, name in sorted(loose.items()):
        if bound_somewhere[text]:
            line = result.count(b"\n", 0, name.span.start) + 1
            out.append(Finding("dangling-name", f"{text} is used, but the merge binds it nowhere", path, line))
    return out


def _unbound(profile: Profile, data: bytes, candidates: frozenset[bytes]) -> dict[str, Name]:
    bound = {n.text for n in definitions(profile, data)}
    return {n.text: n for n in uses(profile, data) if n.text.encode() in candidates and n.text not in bound}
