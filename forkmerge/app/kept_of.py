"""What a tree keeps of one parent's edits, over everything that this parent changed since its base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.git.renames import renames
from forkmerge.recombination.kept import kept
from forkmerge.report.values import LeftOut

if TYPE_CHECKING:
    from forkmerge.git.repository import Repository
    from forkmerge.model.revision import Scenario
    from forkmerge.model.source import Entry, Tree

_PROBE = 8000


def kept_of_parent(repo: Repository, scenario: Scenario, tree: str) -> tuple[float, tuple[LeftOut, ...]]:
    """Return the share (0..1) of the edits base -> ours that is in ``tree``, and where the rest was, most of it first.

    A file follows its renames in both; what is no text counts as one token, kept where it is the same.
    """
    base, ours, result = (repo.entries(t) for t in (scenario.base.tree, scenario.ours.tree, tree))
    mine = {r.new: old for old, r in renames(repo, scenario.base.tree, scenario.ours.tree).items()}
    moved = {old: r.new for old, r in renames(repo, scenario.base.tree, tree).items()}
    have = whole = 0
    left = []
    for path, before in _changed(base, ours, mine):
        at = path if path in result or path not in ours else moved.get(before, path)
        three = (base.get(before), ours.get(path), result.get(at))
        count, of = _tokens(repo, *three)
        have, whole = have + count, whole + of
        if count < of:
            left.append(LeftOut(path, of - count, of))
    return have / whole if whole else 1.0, tuple(sorted(left, key=lambda f: (-f.tokens, f.path)))


def _changed(base: Tree, ours: Tree, renamed: dict[str, str]) -> list[tuple[str, str]]:
    """Return the paths that ours changed, each with its path in the base."""
    gone = set(renamed.values())
    paths = sorted({p for p in {*base, *ours} if base.get(p) != ours.get(p)} - (gone - set(ours)))
    return [(path, renamed.get(path, path)) for path in paths]


def _tokens(repo: Repository, base: Entry | None, ours: Entry | None, result: Entry | None) -> tuple[int, int]:
    same = (ours and ours.oid) == (result and result.oid)
    datas = [repo.read(e.oid) if e is not None and repo.kind(e.oid) == "blob" else b"" for e in (base, ours, result)]
    if any(b"\0" in data[:_PROBE] for data in datas) or datas[0] == datas[1]:
        return int(same), 1
    found = kept(datas[0], datas[1], datas[0], datas[2])
    return (found.ours_total, found.ours_total) if same else (found.ours, found.ours_total)
