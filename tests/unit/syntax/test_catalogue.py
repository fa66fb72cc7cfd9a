"""Languages of a user's own, and what attributes choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forkmerge.errors import UnusableInput
from forkmerge.syntax import parsing, profiles
from forkmerge.syntax.catalogue import BUILTIN, Catalogue, Choice
from forkmerge.syntax.linewise import UNORDERED

if TYPE_CHECKING:
    from pathlib import Path

SNEK = """\
name = "snek"
extensions = [".snek", ".py"]
filenames = ["Snekfile"]
shebangs = ["snek"]
package = "tree_sitter_python"
blocks = ["module"]
"""


def named(found: object) -> str | None:
    return None if found is None else str(found.name)  # type: ignore[attr-defined]


def test_without_folders_and_choices_it_is_what_is_built_in() -> None:
    assert BUILTIN.for_path("a.py") is profiles.for_path("a.py")
    assert BUILTIN.lines_for(".gitignore") is profiles.lines_for(".gitignore")
    assert BUILTIN.names() == profiles.names()


def test_profiles_of_a_user_add_and_override(tmp_path: Path) -> None:
    (tmp_path / "snek.toml").write_text(SNEK)
    mine = Catalogue((str(tmp_path),))
    for path, data in (("a.snek", b""), ("Snekfile", b""), ("a.py", b""), ("tool", b"#!/usr/bin/snek\n")):
        assert named(mine.for_path(path, data)) == "snek"
    assert named(mine.for_path("a.rb")) == "ruby"
    assert named(mine.for_path("tool", b"#!/bin/bash\n")) == "bash"
    assert mine.own() == {"snek": str(tmp_path / "snek.toml")}
    assert parsing.sound(parsing.parse(mine.load("snek"), b"def f(): pass\n"))


def test_a_profile_of_a_built_in_name_takes_its_place(tmp_path: Path) -> None:
    (tmp_path / "ruby.toml").write_text('name = "ruby"\npackage = "tree_sitter_ruby"\nextensions = [".thor"]\n')
    mine = Catalogue((str(tmp_path),))
    assert mine.for_path("a.rb") == mine.for_path("a.thor") == mine.load("ruby") != profiles.load("ruby")


def test_the_first_folder_wins(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "snek.toml").write_text(SNEK + f'line_comment = "{name}"\n')
    assert Catalogue((str(tmp_path / "one"), str(tmp_path / "two"))).load("snek").line_comment == "one"


@pytest.mark.parametrize(
    "text",
    [
        SNEK.replace("tree_sitter_python", "os"),
        SNEK + 'function = "system"\n',
        SNEK + "surprise = 1\n",
        SNEK + "[[",
        'name = "snek"',
        "\ud800",
        "",
    ],
)
def test_a_profile_that_is_not_one_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "snek.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    mine = Catalogue((str(tmp_path),))
    assert mine.for_path("a.snek") is None
    assert named(mine.for_path("a.py")) == "python"
    with pytest.raises(UnusableInput):
        mine.load("snek")


def test_a_folder_that_is_gone_is_no_folder(tmp_path: Path) -> None:
    assert named(Catalogue((str(tmp_path / "nothing"),)).for_path("a.py")) == "python"


def test_line_profiles_of_a_user(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text('name = "words"\nkind = "set"\nextensions = [".words"]\n')
    mine = Catalogue((str(tmp_path),))
    assert mine.for_path("a.words") is None
    assert named(mine.lines_for("a.words")) == "words"
    assert named(mine.lines_for(".gitignore")) == "gitignore"
    assert "words" in [p.name for p in mine.line_profiles()]


@pytest.mark.parametrize(
    ("choice", "language", "lines"),
    [
        (Choice("ruby"), "ruby", None),
        (Choice("text"), None, None),
        (Choice("nonsense"), None, None),
        (Choice("ini"), None, "ini"),
        (Choice("", "unordered"), None, UNORDERED.name),
        (Choice("", "ordered"), "python", None),
    ],
)
def test_attributes_choose(choice: Choice, language: str | None, lines: str | None) -> None:
    mine = Catalogue(choices={"a.py": choice})
    assert (named(mine.for_path("a.py")), named(mine.lines_for("a.py"))) == (language, lines)
    assert named(mine.for_path("b.py")) == "python"


def test_in_an_ordered_file_nothing_is_a_set() -> None:
    mine = Catalogue(choices={"a.py": Choice(order="ordered"), ".gitignore": Choice(order="ordered")})
    found, lines = mine.for_path("a.py"), mine.lines_for(".gitignore")
    assert found is not None
    assert lines is not None
    assert (found.commutative, lines.kind) == ((), "list")
    assert mine.ordered("a.py")
    assert not mine.ordered("b.py")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (b"// @flow strict\nexport type Plot = {| name: ?string |};\n", "tsx"),
        (b"/**\n * @flow\n */\nwater(plot);\n", "tsx"),
        (b"// @ts-check\nwater(plot);\n", "javascript"),
    ],
)
def test_javascript_that_says_that_it_has_types_is_read_with_them(text: bytes, language: str) -> None:
    assert named(BUILTIN.for_path("garden/water.js", text)) == language
