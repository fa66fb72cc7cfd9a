"""Whatever is not resolved is git's, to the byte: tree, index, work tree, notes, and what is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.scenes import LINES, SCENES, Scene

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Forkmerge

PRINTED = (
    ["-z", "--messages"],
    ["--messages"],
    [],
    ["-z"],
    ["--name-only"],
    ["--no-messages"],
    ["-z", "--name-only", "--messages"],
)


def unrelated(name: str) -> list[str]:
    return ["--allow-unrelated-histories"] if name == "unrelated" else []


@pytest.mark.parametrize("name", SCENES)
def test_a_merge_is_gits_own_where_nothing_is_resolved(
    name: str, scene: Scene, forkmerge: Forkmerge, tmp_path: Path
) -> None:
    """With structure too: there is none in these files, or nothing that it may decide."""
    SCENES[name](scene)
    before = scene.state()
    for options in PRINTED if name == "text" else PRINTED[:1]:
        more = [*options, *unrelated(name)]
        wanted = scene.run("merge-tree", "--write-tree", *more, "main", "theirs")
        said = forkmerge("merge", "--write-tree", "--text", *more, "main", "theirs")
        assert (said.code, said.out.encode("utf-8", "surrogateescape")) == (wanted.code, wanted.out), said.err
    wanted = scene.run("merge-tree", "--write-tree", *unrelated(name), "main", "theirs")
    said = forkmerge("merge", "--write-tree", *unrelated(name), "main", "theirs")
    assert (said.code, said.out.encode("utf-8", "surrogateescape")) == (wanted.code, wanted.out), said.err
    assert scene.state() == before
    beside = scene.copy(tmp_path / "beside")
    wanted = beside.run("merge", *unrelated(name), "theirs")
    expected = beside.state()
    said = forkmerge("merge", *unrelated(name), "theirs")
    assert said.code == wanted.code, said.err
    assert scene.state() == expected
    if name in ("text", "renamed-in-conflict"):
        assert forkmerge("merge", "--abort").code == 0
        assert {**scene.state(), "notes": {}} == {**before, "notes": {}}


def test_write_tree_in_a_folder_tells_paths_from_there(scene: Scene, forkmerge: Forkmerge) -> None:
    SCENES["odd-names"](scene)
    for options in ([], ["-z"]):
        wanted = scene.run("merge-tree", "--write-tree", *options, "main", "theirs", cwd="sub dir")
        said = forkmerge("merge", "--write-tree", *options, "main", "theirs", cwd="sub dir")
        assert said.out.encode("utf-8", "surrogateescape") == wanted.out
    scene.git("config", "core.quotePath", "false")
    wanted = scene.run("merge-tree", "--write-tree", "main", "theirs")
    assert forkmerge("merge", "--write-tree", "main", "theirs").out.encode("utf-8", "surrogateescape") == wanted.out


@pytest.mark.parametrize("option", [[], ["--no-ff"], ["--ff-only"], ["--no-commit"]])
def test_fast_forward_is_as_git_does_it(option: list[str], scene: Scene, forkmerge: Forkmerge, tmp_path: Path) -> None:
    scene.commit({"t": LINES})
    scene.git("switch", "-q", "-c", "theirs")
    scene.commit({"t": LINES + "more\n"})
    scene.git("switch", "-q", "main")
    beside = scene.copy(tmp_path / "beside")
    beside.git("merge", "--no-edit", *option, "theirs")
    assert forkmerge("merge", *option, "theirs").code == 0
    assert scene.state() == beside.state()


def test_up_to_date_is_said_and_changes_nothing(scene: Scene, forkmerge: Forkmerge) -> None:
    SCENES["clean"](scene)
    before = scene.files()
    said = forkmerge("merge", "main~1")
    assert (said.code, "Already up to date" in said.err) == (0, True)
    assert (scene.files(), scene.git("status", "--porcelain")) == (before, "")


@pytest.mark.parametrize("untidy", ["staged", "changed", "untracked"])
def test_what_is_in_the_way_is_refused_and_kept(
    untidy: str, scene: Scene, forkmerge: Forkmerge, tmp_path: Path
) -> None:
    SCENES["clean"](scene)
    scene.write({"d/new": "mine\n"} if untidy == "untracked" else {"t": LINES + "mine\n"})
    if untidy == "staged":
        scene.git("add", "-A")
    beside = scene.copy(tmp_path / "beside")
    files = scene.files()
    assert beside.run("merge", "theirs").code
    said = forkmerge("merge", "theirs")
    assert said.code == 3
    assert "overwritten by merge" in said.err
    assert scene.state() == beside.state()
    assert scene.files() == files


def test_untracked_files_and_changes_elsewhere_are_kept(scene: Scene, forkmerge: Forkmerge) -> None:
    SCENES["clean"](scene)
    scene.commit({"else": "x\n"})
    scene.write({"untracked": "mine\n", "else": "changed\n"})
    assert forkmerge("merge", "theirs").code == 0
    assert (scene.read("untracked"), scene.read("else")) == (b"mine\n", b"changed\n")


def test_unknown_and_unrelated_revisions_are_refused(scene: Scene, forkmerge: Forkmerge) -> None:
    SCENES["unrelated"](scene)
    said = forkmerge("merge", "theirs")
    assert (said.code, "--allow-unrelated-histories" in said.err) == (3, True)
    assert forkmerge("merge", "no-such").code == 3
    assert forkmerge("merge", "--write-tree", "main", "theirs").code == 3
    assert forkmerge("merge", "--write-tree", "main").code == 2
    assert forkmerge("merge", "-z", "theirs").code == 2


def test_a_merge_in_progress_is_refused(scene: Scene, forkmerge: Forkmerge) -> None:
    SCENES["text"](scene)
    assert forkmerge("merge", "theirs").code == 1
    before = scene.state()
    assert forkmerge("merge", "theirs").code == 3
    assert scene.state() == before


def test_the_upstream_branch_is_merged_where_none_is_named(scene: Scene, forkmerge: Forkmerge, tmp_path: Path) -> None:
    SCENES["text"](scene)
    scene.git("branch", "-q", "--set-upstream-to=theirs")
    beside = scene.copy(tmp_path / "beside")
    assert beside.run("merge").code == forkmerge("merge").code == 1
    assert scene.state() == beside.state()
