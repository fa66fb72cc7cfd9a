from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forkmerge.errors import UnusableInput
from forkmerge.git import linemerge
from forkmerge.git.linemerge import configured, line_merge

BASE, OURS, THEIRS = b"a\nb\nc\nd\n", b"a\nX\nY\nd\n", b"a\nX\nZ\nd\n"

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Workshop


@pytest.fixture(params=["memory", "folder"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it holds for files of memory and for those in a folder."""
    if request.param == "folder":
        monkeypatch.setattr("forkmerge.git.linemerge._MEMORY", False)
    elif not linemerge._MEMORY:
        pytest.skip("no files of memory here")


def git_merge_file(folder: Path, base: bytes, ours: bytes, theirs: bytes, *options: str) -> tuple[bytes, int]:
    for name, data in (("o", ours), ("b", base), ("t", theirs)):
        (folder / name).write_bytes(data)
    labels = ["-L", "ours", "-L", "base", "-L", "theirs"]
    done = subprocess.run(
        ["git", "merge-file", "-p", "-q", *options, *labels, "o", "b", "t"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return done.stdout, done.returncode


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_line_merge_gives_git_bytes_in_every_style(tmp_path: Path, style: str) -> None:
    options = [] if style == "merge" else [f"--{style}"]
    assert line_merge(BASE, OURS, THEIRS, style=style) == git_merge_file(tmp_path, BASE, OURS, THEIRS, *options)


@pytest.mark.parametrize("favor", ["ours", "theirs", "union"])
def test_line_merge_favors_a_side_as_git_does(tmp_path: Path, favor: str) -> None:
    assert line_merge(BASE, OURS, THEIRS, favor=favor) == git_merge_file(tmp_path, BASE, OURS, THEIRS, f"--{favor}")


def test_line_merge_uses_labels_and_marker_size() -> None:
    merged, conflicts = line_merge(b"", b"a\n", b"b\n", style="diff3", labels=("-L", "the base", "b"), marker_size=23)
    assert conflicts == 1
    assert merged.splitlines()[0] == b"<" * 23 + b" -L"
    assert b"|" * 23 + b" the base\n" in merged


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from([b"a\n", b"b\r\n", b"c\n", b"\n"]), max_size=6), min_size=3, max_size=3),
    st.booleans(),
)
def test_line_merge_equals_git_on_any_text(tmp_path: Path, sides: list[list[bytes]], no_end: bool) -> None:
    base, ours, theirs = (b"".join(lines) for lines in sides)
    if no_end:
        ours = ours.rstrip(b"\n")
    assert line_merge(base, ours, theirs) == git_merge_file(tmp_path, base, ours, theirs)


def test_line_merge_counts_many_conflicts_up_to_127() -> None:
    base = b"".join(b"%d\nkeep\nkeep\nkeep\nkeep\n" % n for n in range(200))
    ours, theirs = (
        base.replace(b"\nkeep\nkeep\nkeep\nkeep\n", b"o\nkeep\nkeep\nkeep\nkeep\n"),
        base.replace(b"\nkeep\nkeep\nkeep\nkeep\n", b"t\nkeep\nkeep\nkeep\nkeep\n"),
    )
    assert line_merge(base, ours, theirs)[1] == 127


def test_binary_input_is_refused_in_the_words_of_git() -> None:
    with pytest.raises(UnusableInput, match="Cannot merge binary files: ours"):
        line_merge(b"a\0", b"b\0", b"c\0")


def test_repository_configuration_does_not_change_the_answer(
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workshop.git("config", "merge.conflictStyle", "diff3")
    monkeypatch.chdir(workshop.path)
    monkeypatch.setenv("TMPDIR", str(workshop.path))
    assert b"|||||||" not in line_merge(BASE, OURS, THEIRS)[0]
    assert workshop.files() == {}


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    line_merge(BASE, OURS, THEIRS)
    with pytest.raises(UnusableInput):
        line_merge(b"\0", b"\0a", b"\0b")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("forkmerge.git.command.begin", interrupted)
    with pytest.raises(KeyboardInterrupt):
        line_merge(BASE, OURS, THEIRS)
    assert list(scratch.iterdir()) == []


def test_a_temporary_folder_that_does_not_exist_is_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    assert line_merge(BASE, BASE, THEIRS) == (THEIRS, 0)


def test_the_start_up_path_imports_nothing_heavy() -> None:
    script = (
        "import sys; import forkmerge.git.linemerge as l; l.line_merge(b'a', b'b', b'c'); print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"subprocess", "tempfile", "pathlib", "pygit2", "shutil", "json", "click", "rich", "threading"}
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    assert heavy & set(done.stdout.split()) <= heavy & set(bare.stdout.split())


def test_the_configured_style_is_found_where_it_is_said(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workshop.path)
    assert configured("merge.conflictStyle") == ""
    workshop.git("config", "--global", "merge.conflictStyle", "diff3")
    assert configured("merge.conflictStyle") == "diff3"
    workshop.git("config", "merge.conflictStyle", "zdiff3")
    assert configured("merge.conflictStyle") == "zdiff3"
    monkeypatch.chdir(workshop.path.parent)
    assert configured("merge.conflictStyle") == "diff3"
    assert configured("merge.conflictStyle", str(workshop.path / ".git")) == "zdiff3"
