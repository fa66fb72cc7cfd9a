"""The documentation is true: examples run, links lead somewhere, generated pages are fresh, nothing is private."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import console, forks

import forkmerge
from forkmerge.app.settings import KEYS

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(
    sorted(
        path
        for pattern in ("*.md", "docs/**/*.md", "fixtures/*.md", "fixtures/*/README.md")
        for path in ROOT.glob(pattern)
    )
)
NAMES = tuple(str(page.relative_to(ROOT)) for page in PAGES)
BLOCKS = {page: found for page in PAGES if (found := console.blocks(page.read_text(encoding="utf-8")))}
RUNS = tuple(
    pytest.param(page, slow, id=f"{page.relative_to(ROOT)}{'-slow' * slow}", marks=[pytest.mark.slow] * slow)
    for page, found in BLOCKS.items()
    for slow in sorted({block.slow for block in found})
)
PRIVATE = re.compile(
    r"/work/(?:main|shared|bench|\.)|/root/\."
    r"|(?:files\.pythonhosted|pypi|npmjs|static\.crates|index\.crates|deb\.debian|proxy\.golang|maven)\.(?:org|io|com)"
)


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("wanted", "got", "fit"),
    [
        ("a\n", "a\n", True),
        ("a\n", "b\n", False),
        ("a\n...\nz\n", "a\nb\nc\nz\n", True),
        ("a\n...\nz\n", "a\nz\n", True),
        ("a\n...\nz\n", "a\nz\nmore\n", False),
        ("took ... s\n", "took 1.5 s\n", True),
        ("took ... s\n", "took\n1.5 s\n", False),
        ("", "", True),
        ("", "surprise\n", False),
    ],
)
def test_output_fits_with_wildcards_alone(wanted: str, got: str, fit: bool) -> None:
    assert console.fits(wanted, got) is fit


def test_blocks_reads_commands_continued_lines_and_output() -> None:
    text = "x\n<!-- run: seedbook slow -->\n```console\n$ one \\\n> two\nout\n$ three\n```\n"
    (block,) = console.blocks(text)
    assert (block.place, block.slow) == ("seedbook", True)
    assert [(e.command, e.output, e.line) for e in block.examples] == [("one \\\ntwo", "out\n", 4), ("three", "", 7)]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which ``forkmerge`` is this here, and ``python`` the one that runs the tests."""
    shims = tmp_path / "bin"
    shims.mkdir()
    for name in ("forkmerge", "git-forkmerge"):
        (shims / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m forkmerge.cli "$@"\n', encoding="utf-8")
        (shims / name).chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    author, mail = forks.IDENTITY
    return {
        "PATH": os.pathsep.join([str(shims), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "200",
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_NAME": author for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": mail for who in ("AUTHOR", "COMMITTER")},
    }


@pytest.mark.parametrize(("page", "slow"), RUNS)
def test_examples_print_what_the_page_says(page: Path, slow: bool, tmp_path: Path, environment: dict[str, str]) -> None:
    where = tmp_path / "place"
    for number, block in enumerate(BLOCKS[page]):
        if block.slow and not slow:
            continue
        if block.place:
            where = tmp_path / f"place{number}" / block.place
            where.mkdir(parents=True) if block.place == "empty" else forks.build(block.place, where)
        for example in block.examples:
            done = subprocess.run(
                ["bash", "-c", example.command], cwd=where, env=environment, check=False, text=True, timeout=600,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            place = f"{page.relative_to(ROOT)}:{example.line}: $ {example.command}"
            assert console.fits(example.output, done.stdout), f"{place}\nwanted:\n{example.output}\ngot:\n{done.stdout}"


def test_there_are_examples_to_run() -> None:
    assert RUNS


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", read(page), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), f"{page.relative_to(ROOT)} links to {target}"
        if anchor:
            heads = re.findall(r"^#+ +(.*)$", read(aim), flags=re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}, target


def tracked() -> list[Path]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__).resolve():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in PRIVATE.finditer(text)]
    assert found == []


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_cli", ROOT / "docs" / "generate_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_the_command_line_is_fresh() -> None:
    program = [sys.executable, str(ROOT / "docs" / "generate_cli.py"), "--check"]  # a process of its own: click caches
    assert subprocess.run(program, check=False).returncode == 0, "run make docs"


def test_the_page_of_the_languages_is_fresh() -> None:
    program = [sys.executable, str(ROOT / "docs" / "generate_languages.py"), "--check"]
    assert subprocess.run(program, check=False, env={"PYTHONPATH": str(ROOT)}).returncode == 0, "run make docs"


def test_every_key_of_the_configuration_is_explained() -> None:
    page = read(ROOT / "docs" / "reference" / "configuration.md")
    assert set(re.findall(r"^\| `([a-z-]+)` \|", page, flags=re.MULTILINE)) == set(KEYS)


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "explanation" / "decisions"
    index = read(folder / "index.md")
    assert all(f"({page.name})" in index for page in folder.glob("[0-9]*.md"))


def test_the_changelog_knows_the_version() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    assert "version" in project["dynamic"]
    assert "## [Unreleased]" in read(ROOT / "CHANGELOG.md") or f"## [{forkmerge.__version__}]" in read(
        ROOT / "CHANGELOG.md"
    )
