"""The merge that is checked, made as ``merge --write-tree`` makes it or as it was committed, and what is wrong with it.

Invariants: nothing is written but objects; a merge that was committed already is judged by the tree that it has.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.app import merge_plan
from forkmerge.app.merge_tree import tree_of
from forkmerge.app.merge_values import Fate
from forkmerge.git.scenario import base_of, resolve, revision
from forkmerge.model.finding import Severity
from forkmerge.model.revision import Revision, Scenario
from forkmerge.report.check import Place, Prediction, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forkmerge.app.merge_values import Plan
    from forkmerge.git.repository import Repository
    from forkmerge.merge.rules import Allowed
    from forkmerge.model.finding import Finding
    from forkmerge.model.source import Tree
    from forkmerge.report.check import CheckFinding
    from forkmerge.syntax.catalogue import Catalogue

_FILES = (0o100644, 0o100755)
_LARGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Checked:
    """The scenario (ours: head, theirs: target), the merge, its findings, and the paths that are ``conflicted``.

    ``trees`` are those of base, ours, theirs and the merge, where they were read already.
    """

    scenario: Scenario
    merge: Prediction
    findings: tuple[CheckFinding, ...] = ()
    conflicted: frozenset[str] = frozenset()
    trees: tuple[Tree, ...] = ()


def checked_merge(repo: Repository, head: str, target: str, allowed: Allowed | None) -> Checked:
    """Return the merge of ``head`` and ``target``; raises as ``merge_plan.plan``.

    Where ``head`` is a merge commit and ``target`` one of its parents, the merge is the one that was committed.
    """
    scenario = resolve(repo, head, target)
    done = _committed(repo, scenario)
    if done is not None:
        return _as_committed(repo, done, scenario.ours.tree)
    theirs = scenario.theirs.commit or target
    ours = scenario.ours.commit or head
    if theirs in scenario.bases or ours in scenario.bases:
        tree = scenario.ours.tree if theirs in scenario.bases else scenario.theirs.tree
        server = "a server will merge this: it is a fast-forward"
        if theirs in scenario.bases and ours in scenario.bases:
            server = "nothing to merge: head and target are the same commit"
        elif ours in scenario.bases:
            server = "nothing to merge: target holds everything of head"
        return Checked(scenario, Prediction(tree, clean=True, git_clean=True, server=server))
    plan = merge_plan.plan(repo, ours, theirs, allowed=allowed, history=scenario)
    tree = tree_of(repo, plan, (head, target))
    trees = tuple(repo.entries(t) for t in (scenario.base.tree, scenario.ours.tree, scenario.theirs.tree, tree))
    findings = tuple(_findings(repo, plan, trees))
    conflicted = {s.path for s in plan.stages}
    conflicted |= {p for m in plan.messages if m.kind.startswith("CONFLICT") for p in m.paths}
    refused = {s.path for s in plan.git.stages}
    refused |= {p for m in plan.git.messages if m.kind.startswith("CONFLICT") for p in m.paths}
    resolved = tuple(sorted(f.path for f in plan.files if f.fate == Fate.RESOLVED))
    server = "a server that merges with git alone will merge this"
    if not plan.git.clean:
        few = ", ".join(sorted(refused)[:5]) + (", ..." if len(refused) > 5 else "")
        server = f"a server that merges with git alone will refuse this: conflicts in {few}"
    prediction = Prediction(tree, plan.clean, plan.git.clean, tuple(sorted(refused)), resolved, server)
    return Checked(scenario, prediction, findings, frozenset(conflicted), trees)


def merge_under_way(repo: Repository) -> Checked:
    """Return the merge that is in progress, judged by the tree of its index; raise UsageError when there is none.

    While git runs its pre-merge-commit hook, what is merged in stands in the environment alone.
    """
    from forkmerge.errors import UnusableInput, UsageError  # noqa: PLC0415 - only for merges under way

    named = [name.removeprefix("GITHEAD_") for name in os.environ if name.startswith("GITHEAD_")]
    known = (repo.git_dir / "MERGE_HEAD").is_file()
    if not known and len(named) != 1:
        raise UsageError("no merge is in progress", hint="name the TARGET to merge into")
    scenario = resolve(repo, "HEAD", "MERGE_HEAD" if known else named[0])
    if not known:
        called = os.environ[f"GITHEAD_{named[0]}"]
        scenario = replace(scenario, theirs=replace(scenario.theirs, name=called or named[0]))
    index = os.environ.get("GIT_INDEX_FILE", "")
    done = repo.run(
        ["write-tree"],
        check=False,
        env={"GIT_INDEX_FILE": os.path.abspath(index)} if index else None,  # noqa: PTH100
    )
    if done.code != 0:
        raise UnusableInput("conflicts are left in the index", hint="resolve them, and git add what is resolved")
    return _as_committed(repo, scenario, done.stdout.decode("ascii").strip())


def _findings(repo: Repository, plan: Plan, trees: tuple[Tree, ...]) -> Iterator[CheckFinding]:
    _, ours_tree, theirs_tree, result = trees
    told: set[str] = set()
    for file in plan.files:
        if file.fate == Fate.RESOLVED:
            message = f"git alone leaves {file.path} in conflict, forkmerge resolves it: merge it with forkmerge"
            yield finding("server-conflict", Severity.WARNING, message, file.path)
        elif file.fate == Fate.OBJECTED and file.merge is not None:
            told.add(file.path)
            three = [_read(repo, tree.get(file.path)) for tree in trees[:3]]
            for gate in file.merge.findings:
                yield _told(gate, file.path, three, _read(repo, result.get(file.path)))
    reasons = {f.path: f.reason for f in plan.files}
    sizes = {f.path: f.marker_size for f in plan.files}
    for told_by_git in plan.messages:
        if not told_by_git.kind.startswith("CONFLICT"):
            continue
        for path in told_by_git.paths[:1]:
            if path in told:
                continue
            told.add(path)
            entry = result.get(path)
            text = repo.read(entry.oid) if entry is not None and entry.mode in _FILES else b""
            found = [_read(repo, tree.get(path)) for tree in (ours_tree, theirs_tree)]
            conflicts = tuple(marked_places(text, sizes.get(path, 7), found[0], found[1]))
            words = " ".join(told_by_git.text.split())
            if not conflicts:
                yield finding("conflict", Severity.ERROR, words, path, subject=told_by_git.kind)
            for line, ours, theirs, subject in conflicts:
                places = (
                    Place("head", path, ours, unit_around(path, found[0], ours)),
                    Place("target", path, theirs, unit_around(path, found[1], theirs)),
                )
                said = f"both sides edited this place of {path}"
                why = (reasons[path],) if reasons.get(path) else ()
                yield finding(
                    "conflict", Severity.ERROR, said, path, line, places=places, subject=subject, evidence=why
                )


def _read(repo: Repository, entry: object) -> bytes:
    mode, oid = getattr(entry, "mode", 0), getattr(entry, "oid", "")
    return repo.read(oid) if mode in _FILES else b""


def marked_places(text: bytes, size: int, ours: bytes, theirs: bytes) -> Iterator[tuple[int, int, int, str]]:
    """Yield for each conflict between markers its line, its lines in ours and in theirs, and what tells it apart."""
    lines = text.split(b"\n")
    start, state = 0, ""
    parts: dict[str, list[bytes]] = {}
    at = {"ours": 0, "theirs": 0}
    for number, line in enumerate(lines, 1):
        if not state and line.startswith(b"<" * size) and line[size : size + 1] in (b" ", b"", b"\r"):
            start, state, parts = number, "ours", {"ours": [], "base": [], "theirs": []}
        elif state == "ours" and line.startswith(b"|" * size):
            state = "base"
        elif state in ("ours", "base") and line.rstrip(b"\r") == b"=" * size:
            state = "theirs"
        elif state == "theirs" and line.startswith(b">" * size):
            before = lines[start - 2] if start > 1 else b""
            for side, whole in (("ours", ours), ("theirs", theirs)):
                at[side] = _find(whole, parts[side], before, at[side])
            yield start, _line(ours, at["ours"]), _line(theirs, at["theirs"]), _digest(parts)
            state = ""
        elif state:
            parts[state].append(line)


def _find(whole: bytes, part: list[bytes], before: bytes, after: int) -> int:
    """Return the offset of ``part`` in ``whole``, of the line behind ``before`` where it is empty; 0 if unknown."""
    if part:
        text = b"\n".join(part)
        found = whole.find(b"\n" + text, max(after - 1, 0))
        if whole.startswith(text) and not after:
            return 0
        return found + 1 if found >= 0 else after
    found = whole.find(b"\n" + before + b"\n", max(after - 1, 0)) if before else -1
    return found + len(before) + 2 if found >= 0 else after


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _digest(parts: dict[str, list[bytes]]) -> str:
    from hashlib import sha256  # noqa: PLC0415 - only where conflicts are left

    return sha256(b"\0".join(b"\n".join(parts[side]) for side in ("base", "ours", "theirs"))).hexdigest()[:16]


def unit_around(path: str, data: bytes, line: int) -> str:
    """Return the qualified name of the smallest unit around a line, "" where there is none or none can be told."""
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - only where there is something to name
    from forkmerge.syntax.profiles import for_path  # noqa: PLC0415 - the same
    from forkmerge.syntax.units import units, walk  # noqa: PLC0415 - the same

    try:
        profile = for_path(path, data)
        found = walk(units(profile, data)) if profile is not None and len(data) < _LARGEST else ()
        around = [u for u in found if u.name and _line(data, u.span.start) <= line <= _line(data, u.span.end - 1)]
    except ForkmergeError:
        return ""
    return min(around, key=lambda u: len(u.span)).qualified if around else ""


def _committed(repo: Repository, scenario: Scenario) -> Scenario | None:
    """Return the scenario of the merge commit that head is, if target is one of its parents."""
    head, target = scenario.ours, scenario.theirs
    if head.commit is None or target.commit is None:
        return None
    said = repo.run(["rev-list", "--parents", "-n", "1", head.commit]).stdout.decode("ascii").split()
    parents = said[1:]
    if len(parents) != 2 or target.commit not in parents:
        return None
    other = parents[1 - parents.index(target.commit)]
    mine = revision(repo, other)
    bases = repo.merge_bases(other, target.commit)
    name = f"{head.name}^{parents.index(other) + 1}"
    return Scenario(base_of(repo, bases), Revision(name, mine.commit, mine.tree), target, bases)


def _as_committed(repo: Repository, scenario: Scenario, tree: str) -> Checked:
    from forkmerge.git.conflicted import answer  # noqa: PLC0415 - only for merges that were made

    ours, theirs = scenario.ours.commit or "", scenario.theirs.commit or ""
    git = answer(repo, ours, theirs, unrelated=True)
    conflicts = tuple(sorted({s.path for s in git.stages}))
    findings = tuple(_looked_at(repo, scenario, repo.entries(tree)))
    clean = not any(f.rule == "conflict" for f in findings)
    server = "the merge was made already: it is judged as it is"
    return Checked(scenario, Prediction(tree, clean, git.clean, conflicts, (), server, committed=True), findings)


def _looked_at(repo: Repository, scenario: Scenario, result: Tree) -> Iterator[CheckFinding]:
    """Yield what the gates say of the files of a merge that somebody made."""
    from forkmerge.app.catalogue import catalogue_of  # noqa: PLC0415 - only for merges that were made
    from forkmerge.merge.file import checked  # noqa: PLC0415 - the same
    from forkmerge.merge.objected import STRAYED  # noqa: PLC0415 - the same

    base, ours, theirs = (repo.entries(r.tree) for r in (scenario.base, scenario.ours, scenario.theirs))
    languages = catalogue_of(repo, base, ours, theirs)
    for path, entry in result.items():
        met = [tree.get(path) for tree in (base, ours, theirs)]
        if entry in met[1:] or entry.mode not in _FILES or repo.size(entry.oid) > _LARGEST:
            continue
        three = [_read(repo, e) for e in met]
        text = repo.read(entry.oid)
        if not any(b"\n<<<<<<< " in t or t.startswith(b"<<<<<<< ") for t in three):
            for line, mine, other, subject in marked_places(text, 7, three[1], three[2]):
                places = (Place("head", path, mine), Place("target", path, other))
                said = f"the merge of {path} was committed with conflict markers in it"
                yield finding("conflict", Severity.ERROR, said, path, line, places=places, subject=subject)
        said_of = checked(path, three[0], three[1], three[2], text, languages=languages, apart=False).findings
        said_of = tuple(f for f in said_of if f.code != STRAYED)  # whoever makes a merge may write what no side has
        for gate in said_of or _written(languages, path, three, text):
            yield _told(gate, path, three, text)


def _written(languages: Catalogue, path: str, three: list[bytes], text: bytes) -> tuple[Finding, ...]:
    """Return what the gates say of a file of a merge that its maker wrote."""
    from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - only for merges that were made
    from forkmerge.merge.gates import committed  # noqa: PLC0415 - the same

    profile = languages.for_path(path, three[1]) if max(map(len, three)) < _LARGEST else None
    if profile is None:
        return ()
    try:
        return committed(profile, path, three[0], three[1], three[2], text)
    except ForkmergeError:
        return ()


def _told(gate: Finding, path: str, three: list[bytes], text: bytes) -> CheckFinding:
    """Return what a gate said of a merged file, with whose edits meet there where that can be told."""
    from forkmerge.app.check_dangling import dangling_places  # noqa: PLC0415 - only where there is something to tell

    places = dangling_places(path, three, text, gate.message, gate.line, unit_around)
    return finding(gate.code, gate.severity, gate.message, path, gate.line, places=places, subject=gate.message)
