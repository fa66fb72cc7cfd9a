"""A program in a block of a page is merged as the program is by itself."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import programs
from support.laws import broken, merge

from forkmerge.merge.objected import objections
from forkmerge.syntax.profiles import for_path

PAGES = for_path("page.md")
WORDS = {"python": "py", "javascript": "js"}


def page(program: bytes, word: str, before: bytes) -> bytes:
    lines = program.decode("latin-1").split("\n")[:-1]
    prefix = before.decode()
    shown = "".join(f"{prefix if line.strip() else prefix.rstrip()}{line}\n" for line in lines)
    return f"# Page\n\nShown once.\n\n{prefix}```{word}\n{shown}{prefix}```\n\nThe end.\n".encode("latin-1")


@pytest.mark.parametrize("language", WORDS)
@example(122, b"> ")
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
        wanted = page(alone.merged() or b"", WORDS[language], before)
        if inside.clean:
            assert inside.merged() == wanted
        else:
            assert objections(PAGES, "page.md", (pages[0], pages[1], pages[2]), wanted, joined=True)
    assert set(broken("page.md", *pages)) <= {*broken(programs.PATHS[language], *three)}
