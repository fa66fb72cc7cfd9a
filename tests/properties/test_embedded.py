"""A program in a block of a page is merged as the program is by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import programs
from support.laws import broken, merge

WORDS = {"python": "py", "javascript": "js"}


def page(program: bytes, word: str, before: bytes) -> bytes:
    lines = program.decode("latin-1").split("\n")[:-1]
    prefix = before.decode()
    shown = "".join(f"{prefix if line.strip() else prefix.rstrip()}{line}\n" for line in lines)
    return f"# Page\n\nShown once.\n\n{prefix}```{word}\n{shown}{prefix}```\n\nThe end.\n".encode("latin-1")


@pytest.mark.parametrize("language", WORDS)
@given(st.integers(0, 2**20), st.sampled_from([b"", b"  ", b"> "]))
@settings(max_examples=25, deadline=None)
def test_a_program_in_a_block_is_merged_as_by_itself(language: str, seed: int, before: bytes) -> None:
    three = programs.versions(language, seed)
    if any(b"```" in x or b"\r" in x or not x.endswith(b"\n") for x in three):
        return
    alone = merge(programs.PATHS[language], *three)
    pages = [page(x, WORDS[language], before) for x in three]
    inside = merge("page.md", *pages)
    if alone.clean:
        assert inside.clean
        assert inside.merged() == page(alone.merged() or b"", WORDS[language], before)
    assert set(broken("page.md", *pages)) <= {*broken(programs.PATHS[language], *three)}
