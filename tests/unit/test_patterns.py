"""The patterns that forkmerge compiles."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import forkmerge

MODULES = sorted(Path(forkmerge.__file__).parent.rglob("*.py"))
POSSESSIVE = re.compile(r"(?<!\\)\)(?:[*+?]|\{[\d,]*\})\+")


def texts(source: str) -> list[str]:
    nodes = list(ast.walk(ast.parse(source)))
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    found = (node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in prose)
    return [x.decode("latin-1") if isinstance(x, bytes) else x for x in found if isinstance(x, bytes | str)]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(MODULES[0].parent).as_posix())
def test_no_group_is_possessive_as_python_3_11_2_reads_those_wrongly(module: Path) -> None:
    assert [x for x in texts(module.read_text(encoding="utf-8")) if POSSESSIVE.search(x)] == []


def test_what_is_looked_for_is_found() -> None:
    assert all(map(POSSESSIVE.search, (r"(?:ab|c)*+d", "(a)++", "(a)?+", "(a){2,}+")))
    assert not any(map(POSSESSIVE.search, (r"[ab]*+c", r"\w++(a)+", r"\)++", "(a){2}")))
