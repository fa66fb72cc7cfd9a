"""``explain`` for merges that left no record: those that git made, with the driver or without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .test_resolved import BASE, OURS, THEIRS, partly

if TYPE_CHECKING:
    from support.scenes import Scene

    from .conftest import Forkmerge


def test_a_merge_in_the_history_is_worked_out_again(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE, "b.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS, "b.py": BASE + "x = 1\n"})
    scene.git("merge", "-q", "-X", "ours", "--no-edit", "theirs")
    said = forkmerge("explain")
    assert said.code == 0
    assert said.out.startswith("forkmerge explain of ")
    assert "resolved a.py" in said.out
    assert "resolved by imports" in said.out
    assert "worked out again" in said.out
    merge = scene.git("rev-parse", "HEAD").strip()
    scene.commit({"c.py": "x = 1\n"})
    assert forkmerge("explain").code == 3
    found = json.loads(forkmerge("explain", "--commit", "HEAD~1", "--json", "a.py").out)
    assert (found["commit"], found["clean"]) == (merge, True)
    assert [f["path"] for f in found["files"]] == ["a.py"]
    assert forkmerge("explain", "--commit", "HEAD~1", "b.py").code == 3
    assert forkmerge("explain", "--commit", "HEAD").code == 3
    assert forkmerge("explain", "--commit", "no-such").code == 3


def test_a_merge_in_progress_is_worked_out_again(scene: Scene, forkmerge: Forkmerge) -> None:
    partly(scene)
    assert scene.run("merge", "theirs").code == 1
    said = forkmerge("explain", "a.py")
    assert said.code == 0
    assert "left in conflict" in said.out


def test_a_record_comes_first_and_a_named_commit_before_it(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    assert forkmerge("merge", "theirs").code == 0
    assert forkmerge("explain").out.startswith("forkmerge merge of theirs into main")
    assert forkmerge("explain", "--commit", "HEAD").out.startswith("forkmerge explain of ")


def test_a_merge_that_git_began_after_the_run_on_record_is_told(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE, "z.py": "x = 1\n"}, {"a.py": OURS}, {"a.py": THEIRS})
    assert forkmerge("merge", "theirs").code == 0
    scene.git("branch", "other")
    scene.commit({"z.py": "x = 2\n"})
    scene.git("switch", "-q", "other")
    scene.commit({"z.py": "x = 3\n"})
    scene.git("switch", "-q", "main")
    assert scene.run("merge", "other").code == 1
    said = forkmerge("explain")
    assert said.out.startswith("forkmerge explain of ")
    assert "conflict z.py" in said.out
    assert "a.py" not in said.out
    scene.write({"z.py": "x = 4\n"})
    scene.git("commit", "-qam", "joined")
    assert "conflict z.py" in forkmerge("explain").out


def test_what_was_solved_stays_told_when_the_merge_is_committed(scene: Scene, forkmerge: Forkmerge) -> None:
    partly(scene)
    assert scene.run("merge", "theirs").code == 1
    assert forkmerge("solve").code == 1
    told = forkmerge("explain").out
    assert told.startswith("forkmerge solve of ")
    scene.write({"a.py": BASE})
    scene.git("commit", "-qam", "joined")
    assert forkmerge("explain").out == told


def test_a_pick_that_git_began_is_worked_out_over_its_parent(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE, "z.py": "x = 1\n"}, {"z.py": "x = 2\n"}, {"a.py": THEIRS, "z.py": "x = 0\n"})
    scene.git("switch", "-q", "theirs")
    scene.commit({"z.py": "x = 3\n"})
    scene.git("switch", "-q", "main")
    assert scene.run("cherry-pick", "theirs").code == 1
    said = forkmerge("explain")
    assert "conflict z.py" in said.out
    assert "in progress: cherry-pick" in said.out
    assert "a.py" not in said.out
    scene.git("cherry-pick", "--abort")
    assert scene.run("revert", "--no-edit", "theirs").code == 1
    said = forkmerge("explain")
    assert "in progress: revert" in said.out
    assert "conflict z.py" in said.out
