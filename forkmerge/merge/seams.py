"""The gates on what structure put together: where two edits meet, names tell whether they still fit.

Git's own clean merges are looked at for the names alone that a side took away (``gates``); here everything is: what the
engine joined has no people behind it yet.  Nothing may be bound in one scope more often than either side binds it where
both began to, nothing may be used that all three versions bind and the result does not, and no local of Python may be
used above the place where it is bound.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.merge.conservation import may_repeat, passages
from forkmerge.merge.pieces import counted, middles, uneven
from forkmerge.merge.pyread import compiles
from forkmerge.model.finding import Finding
from forkmerge.syntax import paths
from forkmerge.syntax.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tree_sitter import Node, Tree

    from forkmerge.syntax.names import Names
    from forkmerge.syntax.profile import Profile

_WORD = re.compile(rb"[^\W\d]\w*")
_COMMON = frozenset((b"import", b"from", b"as", b"return", b"if", b"else", b"for", b"while"))
"""Words that hardly a language takes for names."""
_KEYWORDS = _COMMON | frozenset(
    b"False None True and assert async await break class continue def del elif except finally global in is lambda "
    b"nonlocal not or pass raise try with yield".split()
)
"""Words that Python never takes for names."""
_ANY = "*"
"""What an import of everything binds."""
_ANYWHERE = ("*",)
"""Stands before a scope where all that it binds is meant, in branches, too."""
_PROTOTYPES = frozenset(("c", "cpp", "objc"))
"""Languages in which the parameters of a prototype look like variables."""


def objections(profile: Profile, path: str, inputs: Sequence[bytes], result: bytes) -> tuple[Finding, ...]:
    """Return a finding for each name that ``result`` binds twice or uses unbound, and for what it says twice.

    Only what no version in ``inputs`` does is found.
    """
    if profile.data:
        return ()
    if found := unmended(profile, path, inputs, result):
        return found
    four = (*inputs, result)
    if _plain_sum(four, _KEYWORDS if profile.binder == "python" else _COMMON):
        return _again(profile, path, four)
    import builtins  # noqa: PLC0415 - not needed for plain sums

    from forkmerge.syntax.references import names, too_early  # noqa: PLC0415 - the same

    now = names(profile, result)
    variables = profile.binder != "python" and profile.name not in _PROTOTYPES
    twice = {key: count for key, count in _bound(now, variables=variables).items() if count > 1}
    loose = _unbound(profile, now) & _touched(four)
    early: frozenset[tuple[tuple[str, ...], str]] = frozenset()
    if profile.binder == "python":
        loose -= set(dir(builtins))
        early = too_early(now)
    if loose or twice or early:  # PERF: nearly always the names of one more version are enough
        ours = names(profile, inputs[1])
        loose -= _unbound(profile, ours)
        known = _bound(ours, variables=variables)
        twice = {key: count for key, count in twice.items() if known[key] < count}
        early -= too_early(ours)
        if loose or twice or early:
            before = [names(profile, inputs[0]), ours, names(profile, inputs[2])]
            found = (
                *_twice(path, [_bound(n, variables=variables) for n in before], twice),
                *_loose(profile, path, before, loose),
                *_early(path, before, early),
            )
            if found:
                return found
    return _again(profile, path, four)


def unmended(profile: Profile, path: str, inputs: Sequence[bytes], result: bytes) -> tuple[Finding, ...]:
    """Return a finding where Python can't read ``result`` nor the base, but a side."""
    if profile.name != "python" or compiles(result) or compiles(inputs[0]) or not any(map(compiles, inputs[1:])):
        return ()
    return (Finding("does-not-parse", "the merge does not parse, though a side has seen to that", path),)


def _plain_sum(four: Sequence[bytes], common: frozenset[bytes]) -> bool:
    """Return whether the merge has every line of every version, and the sides put no name in that both of them say.

    PERF: then nothing that was bound is gone, and nothing can be bound twice; no names have to be read.
    """
    base, ours, theirs, merged = map(counted, middles(*four))
    for one in (base, ours, theirs):
        if any(one[line] > merged[line] and line.strip() for line in uneven(one, merged)):
            return False
    here, there = (
        {word for line in uneven(side, base) if side[line] > base[line] for word in _WORD.findall(line)}
        for side in (ours, theirs)
    )
    return not (here & there) - common


def _touched(four: Sequence[bytes]) -> set[str]:
    """Return the words of lines that a side or the merge has more often, or less often, than the base."""
    base, *others = map(counted, middles(*four))
    lines = {line for other in others for line in uneven(other, base)}
    return {word.decode("utf-8", "replace") for line in lines for word in _WORD.findall(line)}


_Bound: TypeAlias = "Counter[tuple[tuple[str, ...], str]]"


def _twice(path: str, before: Sequence[_Bound], twice: Mapping[tuple[tuple[str, ...], str], int]) -> list[Finding]:
    base, ours, theirs = before
    most: Counter[str] = Counter()  # whatever the scope: it may have got another name
    for known in before:
        for (scope, text), count in known.items():
            if scope[:1] != _ANYWHERE:
                most[text] = max(most[text], count)
    found = {
        key[1]: Finding("bound-twice", f"{key[1]} is bound twice in one place, which neither side did", path)
        for key, count in twice.items()
        if (count > max(ours[key], theirs[key]) and ours[key] > base[key] and theirs[key] > base[key])
        or (key[0][:1] != _ANYWHERE and count > most[key[1]] > 0)
    }
    return list(found.values())


def _bound(found: Names, *, variables: bool) -> _Bound:
    """Return how often each scope binds what may be bound once: imports, and variables (in Python they are set again).

    An import of a module that binds only the first part of its name is known by all of it.  One in a branch may stand
    beside that in another, so those are counted for themselves, with the others, under ``_ANYWHERE``.
    """
    imports = {i.span.start: i.alias if i.name else i.module for i in found.imports if i.module and i.name != _ANY}
    out: _Bound = Counter()
    for name in found.definitions:
        if name.kind == "import" and (text := imports.get(name.span.start)):
            out[(*_ANYWHERE, *name.scope), text] += 1
            if not name.conditional:
                out[name.scope, text] += 1
        elif name.kind == "variable" and variables:
            out[name.scope, name.text] += 1
    return out


def _loose(profile: Profile, path: str, before: Sequence[Names], missing: set[str]) -> list[Finding]:
    left = missing & {n.text for found in before for n in found.definitions}
    left -= {text for found in before for text in _unbound(profile, found)}
    said = "is used, but the merge binds it nowhere"
    return [Finding("dangling-name", f"{text} {said}", path) for text in sorted(left)]


def _early(path: str, before: Sequence[Names], early: frozenset[tuple[tuple[str, ...], str]]) -> list[Finding]:
    from forkmerge.syntax.references import too_early  # noqa: PLC0415 - not needed for plain sums

    said = "before the merge binds it, which neither side did"
    left = early.difference(*map(too_early, before))
    return [Finding("used-early", f"{text} is used in {'.'.join(at)} {said}", path) for at, text in sorted(left)]


def _unbound(profile: Profile, found: Names) -> set[str]:
    """Return the names that are used where nothing in scope binds them; none where an import may bind any name."""
    from forkmerge.syntax.references import unbound  # noqa: PLC0415 - not needed for plain sums

    return {name.text for name in unbound(profile, found)}


def _again(profile: Profile, path: str, four: Sequence[bytes]) -> tuple[Finding, ...]:
    """Return a finding if ``result`` has lines twice that both sides put into one construct, at two places of it."""
    if not may_repeat(four[-1]):
        return ()
    for texts in (middles(*four, around=2), four):  # PERF: nearly always the first finds nothing
        base, ours, theirs, merged = map(passages, texts)
        doubled = {
            run for run, at in merged.items() if len(at) > max(len(x.get(run, ())) for x in (base, ours, theirs))
        }
        doubled = {r for r in doubled if all(len(x.get(r, ())) > len(base.get(r, ())) for x in (ours, theirs))}
        if not doubled:
            return ()
    trees = [parse(profile, data) for data in four]
    for run in sorted(doubled, key=lambda run: (merged[run][0], run)):
        counts = [
            Counter(_around(profile, data, tree, at) for at in found.get(run, ()))
            for data, tree, found in zip(four, trees, (base, ours, theirs, merged), strict=True)
        ]
        b, o, t, r = counts
        if max(r.values()) > max(max(x.values(), default=0) for x in (b, o, t)):
            said = run[0].decode("utf-8", "replace")[:60]
            return (Finding("said-twice", f"the lines from {said!r} on stand twice, which neither side did", path),)
    return ()


def _around(profile: Profile, data: bytes, tree: Tree, at: int) -> tuple[bytes, ...]:
    """Return what stands around the line at ``at``: the names of definitions, the first lines of calls."""
    rules = paths.rules_by_node(profile)
    node: Node | None = tree.root_node.descendant_for_byte_range(at, at)
    out: list[bytes] = []
    while node is not None:
        rule = paths.rule_for(rules, node)
        if rule is not None and node.start_byte < at:
            out += [data[n.start_byte : n.end_byte] for n in paths.name_nodes(rule, node)[1]]
        elif "call" in node.type and node.start_byte < at:
            out.append(data[node.start_byte : node.end_byte].split(b"\n", 1)[0])
        node = node.parent
    return tuple(out)
