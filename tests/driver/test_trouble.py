"""When something goes wrong git's own merge stands in the file, with both sides, whatever it is."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.driven import BASE, IMPORTS, OURS, THEIRS, Repo

from forkmerge.app import driver as app_driver
from forkmerge.app import merge_file as app_merge_file
from forkmerge.cli import driver as cli_driver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BROKEN = {
    "killed by a segmentation fault": "kill -SEGV $$",
    "killed": "kill -KILL $$",
    "ended with 139": "exit 139",
    "ended with 255": "exit 255",
    "a Python without its packages": "echo 'ModuleNotFoundError: forkmerge' >&2; exit 1",
    "a Python that is gone": "exec /nowhere/python",
    "an older forkmerge that knows no driver": "exit 2",
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
def test_a_program_that_fails_leaves_gits_own_merge(script: str, repo: Repo, broken: Callable[[str], Path]) -> None:
    repo.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": THEIRS})
    repo.install(broken(script))
    assert repo.git("merge", "topic", check=False).returncode == 1
    assert set(repo.read().splitlines()) >= IMPORTS
    assert "<<<<<<<" in repo.read()
    assert repo.unmerged() == {"mod.py"}


@pytest.mark.parametrize("trouble", ["raise RuntimeError", "import os; os.abort()", "import time; time.sleep(60)"])
def test_a_parser_that_fails_leaves_gits_own_merge(trouble: str, repo: Repo, program: Path, tmp_path: Path) -> None:
    lines = program.read_text().splitlines(keepends=True)
    lines[3:3] = [
        "import types\n",
        "broken = types.ModuleType('forkmerge.merge.file')\n",
        f"def merge_file(*a, **k):\n    {trouble}\n",
        "broken.merge_file = merge_file\n",
        "sys.modules['forkmerge.merge.file'] = broken\n",
        "import forkmerge.app.merge_file as app\n",
        "app.DEADLINE = 0.3\n",
    ]
    failing = tmp_path / "forkmerge"
    failing.write_text("".join(lines))
    failing.chmod(0o755)
    repo.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": THEIRS})
    repo.install(failing)
    assert repo.git("merge", "topic", check=False).returncode == 1
    assert set(repo.read().splitlines()) >= IMPORTS
    assert "<<<<<<<" in repo.read()
    assert repo.unmerged() == {"mod.py"}


def test_what_lines_merge_is_clean_without_the_program(repo: Repo, gone: Path) -> None:
    repo.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": BASE.replace("return b", "return -b")})
    repo.install(gone)
    told = repo.git("merge", "--no-edit", "topic")
    assert "import json" in repo.read()
    assert "return -b" in repo.read()
    assert "forkmerge is not there: git itself merges mod.py" in told.stderr + told.stdout


def test_a_moved_program_is_found_on_the_path(repo: Repo, program: Path, gone: Path) -> None:
    repo.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": THEIRS})
    repo.install(gone)
    path = os.pathsep.join([repo.env["PATH"], str(program.parent)])
    repo.git("merge", "--no-edit", "topic", PATH=path)
    assert set(repo.read().splitlines()) >= IMPORTS


def test_a_path_that_a_graphical_program_emptied_is_enough(repo: Repo, program: Path) -> None:
    repo.fork({"mod.py": BASE}, {"mod.py": OURS}, {"mod.py": THEIRS})
    repo.install(program)
    git = subprocess.run(["sh", "-c", "command -v git"], env=repo.env, capture_output=True, text=True, check=True)
    bare = {k: v for k, v in repo.env.items() if k.startswith(("GIT_", "HOME"))}
    merge = [git.stdout.strip(), "merge", "--no-edit", "topic"]
    done = subprocess.run(merge, cwd=repo.path, env=bare, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(repo.read().splitlines()) >= IMPORTS


@pytest.mark.parametrize("removed", [False, True], ids=["installed", "removed"])
def test_binary_files_stay_ours_and_in_conflict(removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    ours, theirs = b"import os\0ours\n", b"import os\0theirs\n"
    repo.fork({"mod.py": b"import os\0\n"}, {"mod.py": ours}, {"mod.py": theirs})
    repo.install(gone if removed else program)
    assert repo.git("merge", "topic", check=False).returncode == 1
    assert (repo.path / "mod.py").read_bytes() == ours
    assert repo.unmerged() == {"mod.py"}
    assert repo.git("show", ":3:mod.py").stdout.encode() == theirs


def test_symbolic_links_are_gits_business(repo: Repo, broken: Callable[[str], Path]) -> None:
    repo.commit("base", {"a": "a\n"})
    for branch, aim in (("topic", "b"), ("main", "c")):
        repo.git("checkout", "-q", *(["-b"] if branch == "topic" else []), branch)
        (repo.path / "link.py").symlink_to(aim)
        repo.commit(aim, {})
    repo.install(broken("touch called; exit 0"))
    assert repo.git("merge", "topic", check=False).returncode == 1
    assert not (repo.path / "called").exists()
    assert (repo.path / "link.py").is_symlink()


@pytest.mark.parametrize("removed", [False, True], ids=["installed", "removed"])
def test_a_file_that_both_added(removed: bool, repo: Repo, program: Path, gone: Path) -> None:
    repo.fork({"other.py": "\n"}, {"mod.py": OURS}, {"mod.py": THEIRS})
    repo.install(gone if removed else program)
    code = repo.git("merge", "--no-edit", "topic", check=False).returncode
    assert set(repo.read().splitlines()) >= IMPORTS
    assert ("<<<<<<<" in repo.read()) is bool(code)
    assert repo.read().count("def g(b):") == 1


def test_the_merge_tool_resolves_what_was_left_to_lines(repo: Repo, program: Path, gone: Path) -> None:
    clash = [text.replace("return a", f"return a {sign} 1") for text, sign in ((OURS, "+"), (THEIRS, "-"))]
    repo.fork(*({"mod.py": m, "it's left.py": c} for m, c in ((BASE, BASE), (OURS, clash[0]), (THEIRS, clash[1]))))
    repo.install(gone)
    repo.git("merge", "topic", check=False)
    before = repo.read("it's left.py")
    repo.install(program)
    tool = ("mergetool", "--no-prompt", "--tool=forkmerge")
    assert repo.git(*tool, "mod.py").returncode == 0
    assert set(repo.read().splitlines()) >= IMPORTS
    assert "<<<<<<<" not in repo.read()
    assert repo.unmerged() == {"it's left.py"}
    assert repo.git(*tool, "it's left.py", check=False).returncode != 0
    assert repo.read("it's left.py") == before
    assert repo.unmerged() == {"it's left.py"}


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    for name, text in (("o", BASE), ("a", OURS), ("b", THEIRS)):
        (tmp_path / name).write_text(text)
    return ["o", "a", "b"]


def test_the_exit_codes_of_the_command(versions: list[str], tmp_path: Path) -> None:
    assert cli_driver.run([*versions, "7", "x.py", "%S", "%X", "%Y"]) == 0
    (tmp_path / "a").write_text(OURS)
    assert cli_driver.run([*versions, "7", "x.unknown", "%S", "%X", "%Y"]) == 1
    assert (tmp_path / "a").read_text().splitlines()[0] == "<<<<<<< ours"
    (tmp_path / "a").write_text(OURS)
    assert cli_driver.run(["--conflict-code", "77", *versions, "7", "x.unknown", "b", "our s", "the irs"]) == 77
    assert (tmp_path / "a").read_text().splitlines()[0] == "<<<<<<< our s"
    assert cli_driver.run([]) == 2
    assert cli_driver.run(["--conflict-code=128", *versions]) == 2
    assert cli_driver.run([*versions, "seven"]) == 2
    assert cli_driver.run(["--help"]) == 0
    assert cli_driver.run(["o", "missing", "b"]) == 3


def test_longer_markers_are_for_gits_own_merge(versions: list[str], tmp_path: Path) -> None:
    assert cli_driver.run([*versions, "9", "x.py", "o", "a", "b"]) == 1
    assert (tmp_path / "a").read_text().splitlines()[0] == "<<<<<<<<< a"


@pytest.mark.parametrize("trouble", ["raise MemoryError", "raise KeyboardInterrupt", "import nowhere"])
def test_an_error_before_the_merge_leaves_gits_own(trouble: str, versions: list[str], tmp_path: Path) -> None:
    script = (
        "import sys, types\n"
        "class Broken(types.ModuleType):\n"
        f"    def __getattr__(self, name):\n        {trouble}\n"
        "sys.modules['forkmerge.app.driver'] = Broken('forkmerge.app.driver')\n"
        "from forkmerge.cli.driver import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    args = [sys.executable, "-c", script, *versions, "7", "x.py", "o", "ours", "theirs"]
    done = subprocess.run(args, cwd=tmp_path, capture_output=True, check=False, timeout=30)
    assert done.returncode == 1, done.stderr
    assert b"<<<<<<< ours" in (tmp_path / "a").read_bytes()
    assert set((tmp_path / "a").read_text().splitlines()) >= IMPORTS


def test_without_git_the_file_holds_both_sides(
    versions: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise app_merge_file.Failure("no git")

    monkeypatch.setattr(app_driver, "answer", failing)
    assert cli_driver.run([*versions, "7", "x.py", "o", "ours", "theirs"]) == 1
    assert (tmp_path / "a").read_text() == f"<<<<<<< ours\n{OURS}=======\n{THEIRS}>>>>>>> theirs\n"


def test_a_file_that_cannot_be_read_is_an_error_and_nothing_is_written(versions: list[str], tmp_path: Path) -> None:
    (tmp_path / "b").unlink()
    assert cli_driver.run([*versions, "7", "x.py"]) == 3
    assert (tmp_path / "a").read_text() == OURS
    assert {p.name for p in tmp_path.iterdir()} == {"o", "a"}
