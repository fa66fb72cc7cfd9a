from __future__ import annotations

import itertools
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

BASE = b"import os\nimport sys\n\n\ndef f(a):\n    return a\n\n\ndef g(b):\n    return b\n"
OURS = BASE.replace(b"return a", b"return a + 1")
THEIRS = BASE.replace(b"return a", b"return a - 1").replace(b"return b", b"return -b")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    for name, data in (("ours.txt", OURS), ("base.txt", BASE), ("theirs.txt", THEIRS)):
        (tmp_path / name).write_bytes(data)
    return "ours.txt", "base.txt", "theirs.txt"


OPTIONS = [
    [],
    ["-p"],
    ["--stdout"],
    ["-pq"],
    ["-p", "--diff3"],
    ["-p", "--zdiff3"],
    ["-p", "--diff3", "--no-diff3"],
    ["-p", "--ours"],
    ["-p", "--theirs"],
    ["-p", "--union"],
    ["-p", "--union", "--no-union"],
    ["-p", "--marker-size=3"],
    ["-p", "--marker-size", "12"],
    ["-p", "--mark=4"],
    ["-p", "--marker-size=0"],
    ["-pL", "mine"],
    ["-p", "-Lmine", "-L", "old", "-L", "yours", "--diff3"],
    ["-p", "--zd"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_the_answer_for_text_is_gits(options, files, tmp_path, forkmerge_run, git) -> None:
    theirs = git("merge-file", *options, *files)
    expected = (tmp_path / "ours.txt").read_bytes()
    (tmp_path / "ours.txt").write_bytes(OURS)
    ours = forkmerge_run("merge-file", *options, *files)
    assert (ours.stdout, ours.returncode) == (theirs.stdout, theirs.returncode)
    assert (tmp_path / "ours.txt").read_bytes() == expected
    assert ours.stderr == b""


def test_files_may_stand_before_options_and_behind_dashes(files, forkmerge_run, git) -> None:
    for args in (("ours.txt", "-p", "base.txt", "theirs.txt"), ("-p", "--", *files)):
        assert forkmerge_run("merge-file", *args).stdout == git("merge-file", *args).stdout


@pytest.mark.parametrize(
    "args",
    [
        ["ours.txt", "base.txt"],
        ["--bogus", "ours.txt", "base.txt", "theirs.txt"],
        ["-z", "ours.txt", "base.txt", "theirs.txt"],
        ["-L"],
        ["-p", "-L1", "-L2", "-L3", "-L4", "ours.txt", "base.txt", "theirs.txt"],
        ["--marker-size=x", "ours.txt", "base.txt", "theirs.txt"],
        ["--ours=1", "ours.txt", "base.txt", "theirs.txt"],
        ["-h"],
        ["nothing", "base.txt", "theirs.txt"],
        [".", "base.txt", "theirs.txt"],
        ["ours.txt", "binary", "theirs.txt"],
    ],
    ids=" ".join,
)
def test_refusals_have_gits_exit_code_and_leave_the_file(args, files, tmp_path, forkmerge_run, git) -> None:
    (tmp_path / "binary").write_bytes(b"a\0b")
    ours, theirs = forkmerge_run("merge-file", *args), git("merge-file", *args)
    assert ours.returncode == theirs.returncode
    if theirs.returncode == 255:
        assert ours.stderr == theirs.stderr
    assert (tmp_path / "ours.txt").read_bytes() == OURS


def test_object_ids_are_refused_with_the_reason(files, forkmerge_run) -> None:
    refused = forkmerge_run("merge-file", "--object-id", *files)
    assert refused.returncode == 129
    assert b"--object-id is not supported" in refused.stderr


def test_the_number_of_conflicts_is_the_exit_code_up_to_127(tmp_path, forkmerge_run) -> None:
    def write(name: str, word: str) -> None:
        (tmp_path / name).write_text("".join(f"{word} {i}\n" + "same\n" * 4 for i in range(200)))

    for name, word in (("a", "ours"), ("o", "base"), ("b", "theirs")):
        write(name, word)
    assert forkmerge_run("merge-file", "-p", "a", "o", "b").returncode == 127


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_the_conflict_style_of_the_repository_counts(style, files, tmp_path, forkmerge_run, git) -> None:
    git("init", "-q", check=True)
    git("config", "merge.conflictStyle", style, check=True)
    assert forkmerge_run("merge-file", "-p", *files).stdout == git("merge-file", "-p", *files).stdout


def test_a_symlink_is_written_through_and_the_mode_is_kept(files, tmp_path, forkmerge_run) -> None:
    (tmp_path / "ours.txt").chmod(0o755)
    (tmp_path / "link").symlink_to("ours.txt")
    assert forkmerge_run("merge-file", "-q", "link", "base.txt", "theirs.txt").returncode == 1
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "ours.txt").stat().st_mode & 0o777 == 0o755
    assert b"<<<<<<< link" in (tmp_path / "ours.txt").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["base.txt", "link", "ours.txt", "theirs.txt"]


def test_hard_links_stay_linked(files, tmp_path, forkmerge_run) -> None:
    os.link(tmp_path / "ours.txt", tmp_path / "twin")
    forkmerge_run("merge-file", "-q", *files)
    assert (tmp_path / "twin").samefile(tmp_path / "ours.txt")


SIDES = {
    "ours.py": BASE.replace(b"import os\n", b"import json\nimport os\n"),
    "base.py": BASE,
    "theirs.py": BASE.replace(b"import os\n", b"import io\nimport os\n"),
}


def test_import_lists_grown_on_both_sides_are_no_conflict(tmp_path, forkmerge_run, git) -> None:
    for name, data in SIDES.items():
        (tmp_path / name).write_bytes(data)
    assert git("merge-file", "-p", *SIDES).returncode == 1
    merged = forkmerge_run("merge-file", "-p", *SIDES)
    assert merged.returncode == 0, merged.stderr
    assert {b"import io", b"import json", b"import os"} <= set(merged.stdout.splitlines())


def test_the_language_comes_from_path_where_the_names_do_not_tell(tmp_path, forkmerge_run) -> None:
    names = [f".merge_file_{i}" for i in range(3)]
    for name, data in zip(names, SIDES.values(), strict=True):
        (tmp_path / name).write_bytes(data)
    assert forkmerge_run("merge-file", "-p", *names).returncode == 1
    assert forkmerge_run("merge-file", "-p", "--path", "pkg/mod.py", *names).returncode == 0
    assert forkmerge_run("merge-file", "-p", *names, FORKMERGE_PATH="pkg/mod.py").returncode == 0


@pytest.mark.parametrize(
    "trouble", ["raise RuntimeError('broken')", "import os; os.abort()", "import time; time.sleep(60)"]
)
@pytest.mark.parametrize("quiet", [False, True])
def test_whatever_goes_wrong_inside_the_answer_is_gits(trouble, quiet, files, tmp_path, env, git) -> None:
    script = (
        "import sys, types\n"
        "broken = types.ModuleType('forkmerge.merge.file')\n"
        f"def merge_file(*a, **k):\n    {trouble}\n"
        "broken.merge_file = merge_file\n"
        "sys.modules['forkmerge.merge.file'] = broken\n"
        "import forkmerge.app.merge_file as app\n"
        "app.DEADLINE = 0.5\n"
        "from forkmerge.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    options = ["-p", "-q"] if quiet else ["-p"]
    args = [sys.executable, "-c", script, "merge-file", *options, *files]
    done = subprocess.run(args, cwd=tmp_path, env=env, capture_output=True, check=False, timeout=30)
    expected = git("merge-file", *options, *files)
    assert (done.stdout, done.returncode) == (expected.stdout, expected.returncode)
    assert (b"git's own merge" in done.stderr) is not quiet


def test_a_clean_merge_is_gits_byte_for_byte(tmp_path, forkmerge_run, git) -> None:
    endings = (b"\n", b"\r\n")
    for number, (end, last) in enumerate(itertools.product(endings, (True, False))):
        folder = tmp_path / str(number)
        folder.mkdir()
        base = BASE.replace(b"\n", end)
        ours = base.replace(b"import sys", b"import system")
        theirs = base.replace(b"return b", b"return -b")
        for name, data in (("a.py", ours), ("o.py", base), ("b.py", theirs)):
            (folder / name).write_bytes(data if last else data.removesuffix(end))
        expected = git("merge-file", "-p", "a.py", "o.py", "b.py", cwd=folder)
        done = forkmerge_run("merge-file", "-p", "a.py", "o.py", "b.py", cwd=folder)
        assert (done.stdout, done.returncode) == (expected.stdout, 0)
