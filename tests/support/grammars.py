"""Grammars that may be missing where the tests run."""

from __future__ import annotations

import pytest

COMPILED = {"cmake": "tree_sitter_cmake", "graphql": "tree_sitter_graphql"}
"""Languages whose grammars come as sources for some systems: installing them takes a C compiler."""


def needs_grammar(name: str) -> None:
    """Skip the test where the grammar of ``name`` is one that may rightly be missing, and is."""
    if name in COMPILED:
        pytest.importorskip(COMPILED[name])
