"""Tests that one side removed together with the code that they test, where the other side edited the test alone.

A fork that drops a function drops its tests as well.  When upstream edits one of these tests and not the function (a
linter's hint, another spelling), the test says no more about upstream's code than before: to require it would bring all
of the dropped code back for the sake of that edit.  It is waived then, with the reason; where the owner of the test
edited what it tests too, it stays required.

Invariant: only tests whose text a side changed and the other side deleted are looked at, and only what stood at the top
of a module of the base and the test takes from what it imports.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from forkmerge.app.testpaths import is_test
from forkmerge.fitness.required import OWNERS, Change, Waiver
from forkmerge.recombination.names import defined, imported, used

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.app.duties import Parents
    from forkmerge.fitness.required import Duty, Required, TestChanges
    from forkmerge.model.source import Tree
_MEMBER = re.compile(rb"(?<![\w.])(\w+)\.(\w+)")


def without_removed(
    known: Required,
    changes: TestChanges,
    parents: Parents,
    text_of: Callable[[Duty], bytes],
    *,
    read: Callable[[str], bytes],
    given: tuple[str, ...],
    units: Callable[[str, bytes], Mapping[tuple[str, ...], bytes]],
) -> Required:
    """Return ``known`` without the duties whose test and code the other side removed, and whose owner kept that code.

    ``text_of`` is the text of a test on its owner's side, ``units`` are those of a file by their scopes and names.
    """
    asked = [
        duty
        for duty in known.duties
        if duty.owner in OWNERS
        and changes.of(duty.owner, duty.test) is Change.CHANGED
        and changes.of(_other(duty.owner), duty.test) is Change.DELETED
    ]
    if not asked:
        return known
    gone = {owner: _gone(parents, owner, read, given, units) for owner in {d.owner for d in asked}}
    waived = []
    for duty in asked:
        entry = parents.tree(duty.owner).get(duty.test.file)
        mentioned = _taken(text_of(duty), imported(read(entry.oid))) if entry is not None else frozenset()
        if names := sorted(gone[duty.owner] & mentioned):
            reason = f"{_other(duty.owner)} removed it with {', '.join(names[:3])}, which {duty.owner} left as it was"
            waived.append(Waiver(duty, reason))
    without = {waiver.duty for waiver in waived}
    left = tuple(duty for duty in known.duties if duty not in without)
    return replace(known, duties=left, waived=(*known.waived, *waived))


def _taken(text: bytes, names: frozenset[bytes]) -> frozenset[str]:
    """Return what the text of a test takes from what its file imports: ``name`` itself, or ``name.other``."""
    words = used(text)
    found = set(names & words)
    found |= {m[2] for m in _MEMBER.finditer(text) if m[1] in names and b"." + m[2] in words}
    return frozenset(name.decode("utf-8", "replace") for name in found)


def _gone(
    parents: Parents,
    owner: str,
    read: Callable[[str], bytes],
    given: tuple[str, ...],
    units: Callable[[str, bytes], Mapping[tuple[str, ...], bytes]],
) -> frozenset[str]:
    """Return what stood at the top of modules of the base, ``owner`` left as it was, and the other side has nowhere."""
    base, mine, other = parents.base, parents.tree(owner), parents.tree(_other(owner))

    def tops(tree: Tree, path: str) -> dict[str, bytes]:
        entry = tree.get(path)
        found = units(path, read(entry.oid)) if entry is not None else {}
        return {scope[0]: text for scope, text in found.items() if len(scope) == 1}

    found: set[str] = set()
    for path, entry in base.items():
        if other.get(path) != entry and path.endswith(".py") and not is_test(path, given):
            now = tops(mine, path)
            found.update(name for name, text in tops(base, path).items() if now.get(name) == text)
    for path, entry in other.items():
        if found and path.endswith(".py") and not is_test(path, given):
            data = read(entry.oid)
            found.difference_update(name.decode("utf-8", "replace") for name in defined(data))
            if base.get(path) != entry:
                found.difference_update(name.decode("utf-8", "replace") for name in imported(data))
    return frozenset(found)


def _other(owner: str) -> str:
    return "theirs" if owner == "ours" else "ours"
