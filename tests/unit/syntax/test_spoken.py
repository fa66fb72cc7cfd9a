"""What people write behind a fence, or into a tag, to say which language follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forkmerge.syntax.catalogue import BUILTIN, Catalogue
from forkmerge.syntax.spoken import named, word_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ("python", "python"),
        ('  Python title="x"', "python"),
        ("rust,no_run", "rust"),
        ("js{1,3}", "js"),
        ("ts:server.ts", "ts"),
        ("{.python .numberLines}", "python"),
        ("{r, echo=FALSE}", "r"),
        ("c++", "c++"),
        ("go.mod", "go.mod"),
        ("js type=module", "js"),
        ("", ""),
        ("{}", ""),
        ("<script>", ""),
        ('<script type="module">', ""),
        ('<script lang="ts">', "ts"),
        ("<script setup lang=ts>", "ts"),
        ('<script type="text/javascript">', "javascript"),
        ('<script type="application/ld+json">', "json"),
        ('<script type="text/x-template" id="python">', "template"),
        ("<style lang='scss'>", "scss"),
    ],
)
def test_the_word_for_the_language_is_found(told: str, word: str) -> None:
    assert word_of(told) == word


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("python", "python"),
        ("py", "python"),
        ("python3", "python"),
        ("js", "javascript"),
        ("jsx", "javascript"),
        ("ts", "typescript"),
        ("rs", "rust"),
        ("yml", "yaml"),
        ("sh", "bash"),
        ("shell", "bash"),
        ("c++", "cpp"),
        ("c#", "csharp"),
        ("golang", "go"),
        ("docker", "dockerfile"),
        ("makefile", "make"),
        ("jsonc", "json"),
        ("ini", "ini"),
        ("go.mod", "gomod"),
        ("md", "markdown"),
        ("text", ""),
        ("console", ""),
        ("pycon", ""),
        ("mermaid", ""),
        ("../python", ""),
    ],
)
def test_a_word_means_a_language(word: str, name: str) -> None:
    assert named(BUILTIN, word) == name


def test_a_language_of_the_users_own_is_known_by_its_name_and_its_ending(tmp_path: Path) -> None:
    told = 'name = "mine"\nextensions = [".mn"]\npackage = "tree_sitter_python"\n'
    (tmp_path / "mine.toml").write_text(told)
    own = Catalogue((str(tmp_path),))
    assert (named(own, "mine"), named(own, "mn"), named(BUILTIN, "mn")) == ("mine", "mine", "")
