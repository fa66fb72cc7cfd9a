"""Texts of other languages inside of a file, merged by their language; the cases are in fixtures/merge/markdown."""

from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge import embedded
from forkmerge.merge.embedded import blocks_of
from forkmerge.merge.file import merge_file
from forkmerge.merge.rules import ALL, BALANCED, EMBEDDED, Allowed
from forkmerge.model.hunk import FileMerge, Hunk
from forkmerge.syntax import profiles
from forkmerge.syntax.catalogue import BUILTIN, Catalogue, Choice

MARKDOWN = profiles.load("markdown")
PAGE = "# Page\n\nShown once.\n\n{0}```{1}\n{0}import a\n{2}{0}\n{0}a.run()\n{0}```\n\nThe end.\n"


def three(indent: str = "", info: str = "python", page: str = PAGE) -> list[bytes]:
    added = ("", f"{indent}import b\n", f"{indent}import c\n")
    return [page.format(indent, info, text).encode() for text in added]


def merged(texts: list[bytes], path: str = "a.md", languages: Catalogue = BUILTIN, **more: Allowed) -> FileMerge:
    return merge_file(path, *texts, line_merge=line_merge, languages=languages, **more)


def words(data: bytes) -> list[tuple[str, bytes, bytes]]:
    return [(b.word, b.prefix, data[b.start : b.end]) for b in blocks_of(MARKDOWN, data)]


def test_blocks_are_found_with_the_word_for_their_language() -> None:
    page = b"   ```py\n   a\n   ```\n\n- x\n\n  ~~~ {.js}\n  b\n\n  c\n  ~~~\n\n> ```\n> d\n> ```\n"
    assert words(page) == [("py", b"   ", b"   a\n"), ("js", b"  ", b"  b\n\n  c\n"), ("", b"> ", b"> d\n")]


@pytest.mark.parametrize("page", [b"```py\na\n", b"```py\na\n~~~\n", b"````py\na\n```\n", b"```py\n```\n", b"    a\n"])
def test_what_is_not_closed_or_holds_nothing_is_no_block(page: bytes) -> None:
    assert words(page) == []


def test_a_fence_inside_a_longer_one_is_text() -> None:
    assert words(b"````md\n```py\na\n```\n````\n") == [("md", b"", b"```py\na\n```\n")]


@pytest.mark.parametrize("indent", ["", " ", "> ", "> > "])
def test_a_block_is_merged_by_its_language_wherever_it_stands(indent: str) -> None:
    found = merged(three(indent))
    assert found.clean
    assert found.merged() == PAGE.format(indent, "python", f"{indent}import b\n{indent}import c\n").encode()


def test_a_hunk_tells_the_rules_of_its_language_and_that_it_stands_inside() -> None:
    found = merged(three())
    assert {EMBEDDED, "imports"} <= set(found.hunks[0].rule.split("+"))


@pytest.mark.parametrize("info", ["", "text", "nothing", "console"])
def test_a_block_of_no_known_language_is_left(info: str) -> None:
    assert not merged(three(info=info)).clean


def test_a_block_whose_grammar_is_not_installed_is_left(tmp_path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\npackage = "tree_sitter_nowhere"\n')
    found = merged(three(info="mine"), languages=Catalogue((str(tmp_path),)))
    assert found.as_git
    assert found.conflicts


def test_without_the_rule_a_block_is_left() -> None:
    found = merged(three(), allowed=Allowed(ALL - {EMBEDDED}))
    assert not found.clean


def test_a_file_whose_lines_are_ordered_has_ordered_blocks() -> None:
    languages = Catalogue(choices={"a.md": Choice(order="ordered")})
    assert not merged(three(), languages=languages).clean


def test_a_gate_of_the_language_keeps_other_rules_from_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is merged as text all the same is asked of the block's own language."""
    base, _, _ = three()
    ours, theirs = base.replace(b"a.run()\n", b"a.run() \n"), base.replace(b"a.run()\n", b"a.run(1)\n")
    assert merged([base, ours, theirs]).clean
    asked: list[bytes] = []

    def objections(profile, path, inputs, result, *, joined=False):
        asked.append(result)
        return ("no",) if profile.name == "python" else ()

    monkeypatch.setattr(embedded, "objections", objections)
    refusing = FileMerge("a.md", (), as_git=True)

    def inside(*texts, **_):
        return FileMerge("a.md", (Hunk(*texts, None, "conflict"),))

    def whole(*texts, allowed=None):
        if allowed is not None:
            return refusing
        return merge_file("a.md", *texts, line_merge=line_merge, allowed=Allowed(BALANCED - {EMBEDDED}))

    assert embedded.embedded(MARKDOWN, "a.md", (base, ours, theirs), BUILTIN, whole, inside) is refusing
    assert asked == [b"import a\n\na.run(1)\n"]


def test_a_block_that_does_not_come_out_whole_is_left() -> None:
    """The outer merge is not trusted: what it makes of a merged block has to be that block."""
    base, ours, theirs = three()

    def inside(*texts, **_):
        return FileMerge("a.md", (b"import a\nimport b\nimport c\n\na.run()\n",))

    def whole(*texts, **_):
        return FileMerge("a.md", (texts[0].replace(b"import b\n", b""),))

    assert embedded.embedded(MARKDOWN, "a.md", (base, ours, theirs), BUILTIN, whole, inside) is None


@pytest.mark.parametrize("swapped", [False, True])
def test_blocks_alike_are_told_apart_by_what_is_above_or_in_them(swapped: bool) -> None:
    block = "```python\nx = f({})\n```\n"
    base = f"# One\n\n{block.format(1)}\n# Two\n\n{block.format(1)}"
    ours = f"# One\n\n{block.format('1, a=2')}\n# Two\n\n{block.format(1)}"
    theirs = f"# One\n\n{block.format('1, b=3')}\n# Two\n\n{block.format('1, c=4')}"
    sides = (theirs, ours) if swapped else (ours, theirs)
    found = merged([x.encode() for x in (base, *sides)])
    both = "1, b=3, a=2" if swapped else "1, a=2, b=3"
    assert found.merged() == f"# One\n\n{block.format(both)}\n# Two\n\n{block.format('1, c=4')}".encode()


def test_what_is_left_outside_of_a_block_is_of_the_files_as_they_are() -> None:
    base, ours, theirs = three()
    ours, theirs = ours.replace(b"The end", b"It ends"), theirs.replace(b"The end", b"Done")
    found = merged([base, ours, theirs])
    assert [(h.base, h.ours, h.theirs) for h in found.conflicts] == [(b"The end.\n", b"It ends.\n", b"Done.\n")]
    assert [found.side(side) for side in ("base", "ours", "theirs")] == [base, ours, theirs]
    assert b"import b\nimport c\n" in b"".join(s if isinstance(s, bytes) else s.merged or b"" for s in found.segments)
