"""Where languages come from: folders of the user and the work tree, and git's attributes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from forkmerge.app.catalogue import catalogue
from forkmerge.errors import MissingTool
from forkmerge.git.choices import choices, root_of
from forkmerge.syntax import parsing, profiles
from forkmerge.syntax.catalogue import BUILTIN, Choice


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    root = tmp_path / "work"
    (root / "deep" / "er").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    monkeypatch.chdir(root)
    return root


def test_where_nothing_is_said_it_is_what_is_built_in(tree: Path) -> None:
    (tree / ".gitattributes").write_text("*.py text\n")
    assert catalogue(("a.py",)) is BUILTIN


def test_folders_of_the_user_come_before_those_of_the_work_tree(tree: Path) -> None:
    mine, theirs = tree.parent / "home" / "config" / "forkmerge" / "grammars", tree / ".forkmerge" / "grammars"
    for folder in (mine, theirs):
        folder.mkdir(parents=True)
    assert catalogue().folders == (str(mine), str(theirs))
    assert catalogue(place=str(tree / "deep")).folders == (str(mine), str(theirs))
    assert catalogue(place=str(tree.parent)).folders == (str(mine),)


def test_attributes_are_read_as_git_reads_them(tree: Path) -> None:
    (tree / ".gitattributes").write_text("*.lst forkmerge-order=unordered\n*.conf forkmerge-language=ini\n")
    (tree / "deep" / ".gitattributes").write_text("*.lst -forkmerge-order\n")
    found = catalogue(("a.lst", "deep/a.lst", "deep/er/x.conf", "b.py"))
    assert found.choices == {"a.lst": Choice("", "unordered"), "deep/er/x.conf": Choice("ini", "")}


def test_paths_are_told_from_the_place_that_they_are_given_in(tree: Path) -> None:
    (tree / ".gitattributes").write_text("deep/a.lst forkmerge-order=ordered\n")
    assert catalogue(("a.lst",), place=str(tree / "deep")).choices == {"a.lst": Choice("", "ordered")}
    assert catalogue(("deep/a.lst",), place=str(tree / "deep"), inside=True).choices == {
        "deep/a.lst": Choice("", "ordered")
    }
    assert catalogue(("../../a.lst",), place=str(tree / "deep")) is BUILTIN


def test_values_that_mean_nothing_are_left_out(tree: Path) -> None:
    (tree / ".gitattributes").write_text("* forkmerge-order=sideways forkmerge-language\n")
    assert choices(str(tree), ["a"]) == {}


def test_git_is_asked_only_where_a_file_speaks_of_forkmerge(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forkmerge.git.command.run", lambda *_, **__: pytest.fail("git was asked"))
    (tree / ".gitattributes").write_text("* text=auto\n")
    assert choices(str(tree), ["deep/er/a.py"], str(tree)) == {}


def test_the_top_is_found_from_below(tree: Path) -> None:
    assert root_of(str(tree / "deep" / "er")) == str(tree)
    assert root_of("/") == ""


def test_a_grammar_is_never_loaded_from_the_folder_that_one_stands_in(tmp_path: Path) -> None:
    """A repository with a module that is called like a grammar is data, also for ``python -m forkmerge.cli``."""
    (tmp_path / "tree_sitter_evil").mkdir()
    (tmp_path / "tree_sitter_evil" / "__init__.py").write_text("open('ran', 'w').close()\n")
    program = (
        "import sys; sys.path.insert(0, ''); sys.path.insert(0, __import__('os').getcwd())\n"
        "from forkmerge.syntax import parsing, profiles\n"
        "parsing.language(profiles.profile({'name': 'evil', 'package': 'tree_sitter_evil'}))\n"
    )
    here = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": here}, capture_output=True, text=True, check=False)
    assert "is not installed" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_grammar_that_is_missing_is_named_with_its_mend() -> None:
    with pytest.raises(MissingTool, match="tree-sitter-nothing is not installed"):
        parsing.language(profiles.profile({"name": "nothing", "package": "tree_sitter_nothing"}))
