"""Alignment of a library with its own future, names hidden: the marks that docs/explanation/alignment.md is held to.

The old version is a few packages of the running Python's standard library; the new one is made from it by seeded edits:
statements dropped and doubled, functions dropped, the order of the file changed.
"""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path

import pytest

from forkmerge.model.source import SourceFile
from tests.quality.hidden_names import Score, measure

PACKAGES = ("email", "json", "unittest", "logging", "http", "importlib")


def library() -> tuple[SourceFile, ...]:
    root = Path(sysconfig.get_path("stdlib"))
    paths = sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))
    return tuple(SourceFile(path.relative_to(root).as_posix(), path.read_bytes()) for path in paths)


def edited(source: SourceFile, rng: random.Random) -> SourceFile:
    """Return ``source`` with about every eighth statement of its functions dropped or doubled, some functions gone."""
    lines = source.data.splitlines(keepends=True)
    cuts: list[tuple[int, int, int]] = []
    for node in ast.walk(ast.parse(source.data)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            some = node.body[1:] if len(node.body) > 2 else []
            cuts += [(s.lineno - 1, s.end_lineno or 0, rng.choice((0, 2))) for s in some if rng.random() < 0.125]
        if isinstance(node, ast.Module):
            gone = [s for s in node.body if isinstance(s, ast.FunctionDef) and rng.random() < 0.05]
            cuts += [(s.lineno - 1, s.end_lineno or 0, 0) for s in gone]
    edge = len(lines)
    for start, end, times in sorted(cuts, reverse=True):
        if end <= edge:
            lines[start:end] = lines[start:end] * times
            edge = start
    return SourceFile(source.path, b"".join(lines))


@pytest.mark.slow
@pytest.mark.parametrize("moved", [0.0, 0.2])
@pytest.mark.parametrize("uses", [False, True])
def test_hidden_names_are_found_with_the_marks_of_the_documentation(*, uses: bool, moved: float) -> None:
    old = library()
    rng = random.Random(7)
    new = tuple(edited(source, rng) for source in old)
    scores, wrong = measure(old, new, uses=uses, moved=moved, seed=3)
    by_method: dict[str, Score] = {score.method: score for score in scores}
    sure = by_method["forkmerge, sure"]
    assert sure.expected > 1000
    assert sure.precision >= 0.98, "\n".join(wrong)
    assert sure.recall >= 0.85
    assert by_method["forkmerge, all"].recall > by_method["GumTree's similarity"].recall
    assert by_method["name alone"].recall == 0.0
