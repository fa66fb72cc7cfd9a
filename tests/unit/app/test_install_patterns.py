from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from forkmerge.app.install_patterns import attribute_lines, decisions, patterns
from forkmerge.report.documents import Language

if TYPE_CHECKING:
    from pathlib import Path


def language(*, available: bool = True, **given: tuple[str, ...]) -> Language:
    marks = {"extensions": (), "by_content": (), "file_names": ()} | given
    return Language(
        name="x", grammar="tree-sitter-x", grammar_version="1", available=available, problem="", mend="", **marks
    )


def test_patterns_are_of_what_can_be_parsed_here() -> None:
    found = [
        language(extensions=(".py", ".pyi"), file_names=("SConstruct",)),
        language(extensions=(".h",), by_content=(".h",)),
        language(extensions=(".gone",), available=False),
    ]
    assert patterns(found) == ("*.h", "*.py", "*.pyi", "SConstruct")


def checked(folder: Path, paths: list[str]) -> dict[str, str]:
    said = subprocess.run(
        ["git", "check-attr", "-z", "merge", "--", *paths], cwd=folder, check=True, capture_output=True
    ).stdout.decode()
    parts = said.split("\0")[:-1]
    return dict(zip(parts[::3], parts[2::3], strict=True))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".git" / "info").mkdir(exist_ok=True)
    return tmp_path


FILES = {
    ".gitattributes": b"[attr]made -merge -diff\n*.bin.json binary\nmade.py made\n# *.py -merge\n*.py text\n"
    b'"odd name.py" merge=union\n/top.py merge\n',
    "sub/.gitattributes": b"*.py merge=ours\ndeep/one.py -merge\nfree.py !merge\n",
    "a b/.gitattributes": b"*.json -merge\n",
    "br[a]ck/.gitattributes": b"*.json -merge\n",
}
PATHS = {
    "x.py": "forkmerge",
    "data.bin.json": "unset",
    "made.py": "unset",
    "deep/made.py": "unset",
    "odd name.py": "union",
    "top.py": "set",
    "deep/top.py": "forkmerge",
    "sub/x.py": "ours",
    "sub/more/x.py": "ours",
    "sub/deep/one.py": "unset",
    "deep/one.py": "forkmerge",
    "a b/x.json": "unset",
    "a b/c/x.json": "unset",
    "x.json": "forkmerge",
    "br[a]ck/x.json": "unset",
    "brack/x.json": "forkmerge",
}


def test_what_the_project_says_about_merging_stays(repository: Path) -> None:
    for name, content in FILES.items():
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_bytes(content)
    before = checked(repository, list(PATHS))
    lines = attribute_lines(("*.json", "*.py"), decisions(FILES))
    (repository / ".git" / "info" / "attributes").write_bytes(lines)
    after = checked(repository, list(PATHS))
    assert after == PATHS
    assert all(after[path] == said for path, said in before.items() if said != "unspecified")


def test_file_names_are_no_globs(repository: Path) -> None:
    names = ("a*b", "c d", "#e", "!f", 'g"h')
    lines = attribute_lines(patterns([language(file_names=names)]))
    (repository / ".git" / "info" / "attributes").write_bytes(lines)
    wanted = dict.fromkeys(names, "forkmerge") | {"axb": "unspecified", "c": "unspecified"}
    assert checked(repository, list(wanted)) == wanted
