"""What forkmerge adds to git's merge: resolutions, objections, edits that follow a moved unit."""

from __future__ import annotations

import json
import os
import random
from typing import TYPE_CHECKING

import pytest
from support.programs import versions

from forkmerge.app.merge_children import each
from forkmerge.merge.gates import objections
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from support.scenes import Scene

    from .conftest import Forkmerge

BODY = (
    "\n\ndef load(path):\n    limit = 10\n    return open(path).read()[:limit]\n\n\ndef save(path):\n    return path\n"
)
BASE = "import os\n" + BODY
OURS = "import json\nimport os\n" + BODY
THEIRS = "import locale\nimport os\n" + BODY
HELPER = """\
def helper(rows, limit):
    total = 0
    for row in rows:
        total += row.size
    return min(total, limit)
"""
EDITED = HELPER.replace("row.size", "row.size * row.count")
OTHER = "def other(path):\n    with open(path) as file:\n        return file.read().splitlines()\n"
THIRD = "class Third:\n    def run(self):\n        return self.name.upper()\n"


def partly(scene: Scene) -> None:
    """Imports of both sides, and two values for one limit."""
    scene.fork({"a.py": BASE}, {"a.py": OURS.replace("10", "20")}, {"a.py": THEIRS.replace("10", "30")})


def test_a_resolved_merge_is_committed_as_git_commits_one(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE, "t": "x\n"}, {"a.py": OURS}, {"a.py": THEIRS, "t": "y\n"})
    parents = scene.git("rev-parse", "main", "theirs").split()
    said = forkmerge("merge", "theirs")
    assert said.code == 0
    assert "resolved a.py" in said.out
    assert scene.git("log", "-1", "--format=%P").split() == parents
    assert scene.git("log", "-1", "--format=%B") == "Merge branch 'theirs'"
    assert scene.git("status", "--porcelain") == ""
    assert scene.read("a.py").startswith(b"import json\nimport locale\nimport os\n")
    assert scene.git("rev-parse", "ORIG_HEAD") == parents[0]
    assert not (scene.folder / ".git" / "MERGE_HEAD").exists()


def test_write_tree_has_the_resolution_and_touches_nothing(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    before = scene.state()
    said = forkmerge("merge", "--write-tree", "main", "theirs")
    assert said.code == 0
    tree = said.out.strip()
    assert scene.git("show", f"{tree}:a.py").startswith("import json\nimport locale\n")
    assert forkmerge("merge", "--write-tree", "--messages", "main", "theirs").out == f"{tree}\n\nAuto-merging a.py\n"
    assert scene.state() == before
    assert not (scene.folder / ".git" / "forkmerge").exists()


def test_no_commit_and_a_message_and_continue(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    said = forkmerge("merge", "--no-commit", "-m", "Both imports", "theirs")
    assert (said.code, "git commit makes it" in said.err) == (0, True)
    assert scene.git("status", "--porcelain") == "M  a.py"
    scene.git("commit", "-q", "--no-edit")
    assert scene.git("log", "-1", "--format=%B") == "Both imports"


def test_what_is_left_of_a_file_is_a_smaller_conflict(scene: Scene, forkmerge: Forkmerge) -> None:
    partly(scene)
    said = forkmerge("merge", "theirs", "--json")
    assert said.code == 1
    found = json.loads(said.out)
    (file,) = found["files"]
    assert (file["outcome"], [h["resolved"] for h in file["hunks"]]) == ("partly", [True, False])
    text = scene.read("a.py").decode()
    assert text.startswith("import json\nimport locale\nimport os\n")
    assert "<<<<<<< HEAD\n    limit = 20\n=======\n    limit = 30\n>>>>>>> theirs\n" in text
    assert text.count("<<<<<<<") == 1
    assert text.splitlines()[file["hunks"][1]["line"] - 1].startswith("<<<<<<<")
    assert scene.git("status", "--porcelain") == "UU a.py"
    assert scene.git("ls-files", "--unmerged").count("a.py") == 3
    assert "#\ta.py" in scene.read(".git/MERGE_MSG").decode()
    scene.write({"a.py": text.split("<<<<<<<")[0]})
    scene.git("add", "a.py")
    scene.git("commit", "-q", "--no-edit")
    assert scene.git("log", "-1", "--format=%P").split() == scene.git("rev-parse", "main~1", "theirs").split()


def test_only_what_is_left_is_in_gits_message(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE, "t": "x\n"}, {"a.py": OURS, "t": "ours\n"}, {"a.py": THEIRS, "t": "theirs\n"})
    assert forkmerge("merge", "theirs").code == 1
    assert scene.git("status", "--porcelain") == "M  a.py\nUU t"
    assert scene.read(".git/MERGE_MSG") == b"Merge branch 'theirs'\n\n# Conflicts:\n#\tt\n"
    scene.git("merge", "--abort")
    assert scene.git("status", "--porcelain") == ""
    assert scene.read("a.py") == OURS.encode()


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_conflicts_that_are_left_look_as_git_writes_them(style: str, scene: Scene, forkmerge: Forkmerge) -> None:
    scene.git("config", "merge.conflictStyle", style)
    scene.write({".gitattributes": "*.py conflict-marker-size=9\n"})
    partly(scene)
    base = scene.git("rev-parse", "--short", "main~1")
    assert forkmerge("merge", "theirs").code == 1
    shown = "" if style == "merge" else f"||||||||| {base}\n    limit = 10\n"
    wanted = f"<<<<<<<<< HEAD\n    limit = 20\n{shown}=========\n    limit = 30\n>>>>>>>>> theirs\n"
    assert wanted in scene.read("a.py").decode()


def test_a_clean_merge_that_a_gate_objects_to_is_a_conflict(scene: Scene, forkmerge: Forkmerge) -> None:
    filler = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(6))
    extra = "def extra():\n    return {}\n\n\n"
    ours, theirs = extra.format(1) + filler, filler + extra.format(2)
    scene.fork({"a.py": filler}, {"a.py": ours}, {"a.py": theirs})
    assert scene.run("merge-tree", "--write-tree", "main", "theirs").code == 0
    tree = forkmerge("merge", "--write-tree", "main", "theirs")
    assert tree.code == 1
    assert "CONFLICT (content): Merge conflict in a.py" in tree.out
    assert tree.out.count("\ta.py") == 3
    said = forkmerge("merge", "theirs")
    assert said.code == 1
    assert "objected a.py" in said.out
    assert "extra" in said.out
    assert scene.git("status", "--porcelain") == "UU a.py"
    assert b"<<<<<<< HEAD" in scene.read("a.py")
    assert scene.git("show", ":2:a.py") == ours.strip()
    assert scene.read(".git/MERGE_MSG").endswith(b"# Conflicts:\n#\ta.py\n")
    scene.git("checkout", "--ours", "a.py")
    scene.git("merge", "--abort")
    assert scene.git("status", "--porcelain") == ""


def test_line_ends_and_modes_are_kept(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.git("config", "core.autocrlf", "true")
    scene.write({"a.py": BASE.replace("\n", "\r\n")})
    (scene.folder / "a.py").chmod(0o755)
    scene.fork({}, {"a.py": OURS.replace("\n", "\r\n")}, {"a.py": THEIRS.replace("\n", "\r\n")})
    assert forkmerge("merge", "theirs").code == 0
    assert scene.read("a.py").startswith(b"import json\r\nimport locale\r\n")
    assert os.access(scene.folder / "a.py", os.X_OK)
    assert scene.git("status", "--porcelain") == ""
    assert "\r" not in scene.git("show", "HEAD:a.py")


def test_what_rerere_resolved_stays(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.git("config", "rerere.enabled", "true")
    partly(scene)
    scene.run("merge", "theirs")
    scene.write({"a.py": "mine = 1\n"})
    scene.git("commit", "-qam", "by hand")
    scene.git("reset", "-q", "--hard", "HEAD~1")
    said = forkmerge("merge", "theirs")
    assert (said.code, "rerere" in said.out) == (1, True)
    assert scene.read("a.py") == b"mine = 1\n"


def test_rerere_learns_what_people_resolve_and_nothing_else(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.git("config", "rerere.enabled", "true")
    scene.fork({"a.py": BASE, "t": "x\n"}, {"a.py": OURS, "t": "ours\n"}, {"a.py": THEIRS, "t": "theirs\n"})
    assert forkmerge("merge", "theirs").code == 1
    scene.write({"t": "both\n"})
    scene.git("commit", "-qam", "by hand")
    learnt = (scene.folder / ".git" / "rr-cache").rglob("postimage")
    assert [p.read_bytes() for p in learnt] == [b"both\n"]


@pytest.mark.parametrize("renamed", [False, True], ids=["moved", "moved-and-renamed"])
@pytest.mark.parametrize("target", ["b.py", "new.py"])
@pytest.mark.parametrize("swapped", [False, True], ids=["theirs", "ours"])
def test_an_edit_follows_a_function_to_another_file(
    renamed: bool, target: str, swapped: bool, scene: Scene, forkmerge: Forkmerge
) -> None:
    new_name = "summed" if renamed else "helper"
    there = (THIRD + "\n\n" if target == "b.py" else "") + HELPER.replace("helper", new_name)
    sides = [{"a.py": EDITED + "\n\n" + OTHER}, {"a.py": OTHER, target: there}]
    ours, theirs = sides[::-1] if swapped else sides
    scene.fork({"a.py": HELPER + "\n\n" + OTHER, "b.py": THIRD}, dict(ours), dict(theirs))
    assert scene.run("merge-tree", "--write-tree", "main", "theirs").code == 1
    said = forkmerge("merge", "theirs")
    assert (said.code, "by moved" in said.out) == (0, True)
    assert scene.read("a.py") == OTHER.encode()
    assert EDITED.replace("helper", new_name) in scene.read(target).decode()
    assert scene.git("status", "--porcelain") == ""


def test_an_edit_that_would_dangle_in_the_other_file_does_not_follow(scene: Scene, forkmerge: Forkmerge) -> None:
    edited = "import math\n\n\n" + HELPER.replace("row.size", "math.ceil(row.size)") + "\n\n" + OTHER
    scene.fork(
        {"a.py": HELPER + "\n\n" + OTHER, "b.py": THIRD},
        {"a.py": edited},
        {"a.py": OTHER, "b.py": THIRD + "\n\n" + HELPER},
    )
    assert forkmerge("merge", "theirs").code == 1
    assert b"math.ceil" in scene.read("a.py")
    assert scene.read("b.py") == (THIRD + "\n\n" + HELPER).encode()


def test_a_deleted_file_against_a_changed_one_stays_a_conflict(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": HELPER, "b.py": THIRD}, {"a.py": EDITED}, {"a.py": None, "b.py": THIRD + "\n\n" + HELPER})
    assert forkmerge("merge", "theirs").code == 1
    assert scene.git("status", "--porcelain", "a.py") in ("UD a.py", "DU a.py")
    assert scene.read("a.py") == EDITED.encode()


def test_a_renamed_file_is_resolved_at_its_new_place(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE}, {"a.py": None, "lib/new.py": OURS}, {"a.py": THEIRS})
    assert forkmerge("merge", "theirs").code == 0
    assert scene.read("lib/new.py").startswith(b"import json\nimport locale\nimport os\n")
    assert not (scene.folder / "a.py").exists()


def test_a_linked_work_tree_has_a_merge_of_its_own(scene: Scene, forkmerge: Forkmerge) -> None:
    partly(scene)
    scene.git("worktree", "add", "-q", "-b", "second", "linked", "main")
    assert forkmerge("merge", "theirs", cwd="linked").code == 1
    assert scene.git("-C", "linked", "status", "--porcelain") == "UU a.py"
    assert forkmerge("explain", "a.py", cwd="linked").code == 0
    assert forkmerge("explain").code == 3


def test_the_risk_is_the_users_to_choose(scene: Scene, forkmerge: Forkmerge, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    monkeypatch.setenv("FORKMERGE_RISK", "1000000")
    assert forkmerge("merge", "--write-tree", "main", "theirs").code == 1
    assert forkmerge("merge", "theirs").code == 1
    assert forkmerge("solve").code == 1
    monkeypatch.setenv("FORKMERGE_RISK", "reckless")
    assert forkmerge("solve").code == 2
    monkeypatch.setenv("FORKMERGE_RISK", "balanced")
    assert forkmerge("solve").code == 0


def test_a_crash_a_hang_and_an_error_cost_one_answer_each() -> None:
    def hang() -> int:
        while True:
            pass

    def fail() -> int:
        raise ValueError("no")

    works = [lambda: 1, lambda: os.kill(os.getpid(), 9), lambda: 2, fail, hang, lambda: 3]
    for children in (1, 2, 9):
        gave = each(works, seconds=0.3, children=children)
        assert [g.value for g in gave] == [1, None, 2, None, None, 3]
        assert ["signal 9" in gave[1].trouble, "ValueError: no" in gave[3].trouble, gave[4].trouble] == [
            True, True, "it took too long",
        ]  # fmt: skip
    assert each([], seconds=1) == []


def test_clean_results_pass_the_gates(scene: Scene, forkmerge: Forkmerge) -> None:
    seeds = random.Random(7).sample(range(100_000), 30)
    names = {"python": "py", "javascript": "js", "json": "json"}
    three: list[dict[str, bytes]] = [{}, {}, {}]
    for number, seed in enumerate(seeds):
        language = list(names)[number % 3]
        for files, text in zip(three, versions(language, seed), strict=True):
            files[f"f{seed}.{names[language]}"] = text
    scene.fork(*three)  # type: ignore[arg-type]
    said = forkmerge("merge", "--write-tree", "--no-messages", "main", "theirs")
    tree, *rows = said.out.splitlines()
    open_paths = {row.partition("\t")[2] for row in rows}
    git = scene.run("merge-tree", "--write-tree", "--no-messages", "main", "theirs").out.decode().splitlines()[1:]
    assert len(open_paths) < len({row.partition("\t")[2] for row in git})
    checked = 0
    for path in three[0].keys() - open_paths:
        profile = for_path(path)
        assert profile is not None
        base, ours, theirs = (files[path] for files in three)
        result = scene.run("cat-file", "blob", f"{tree}:{path}").out
        if base not in (ours, theirs) and ours != theirs:
            checked += 1
            assert objections(profile, path, base, ours, theirs, result) == ()
    assert checked > 5


FAR = "".join(f"x{n} = {n}\n" for n in range(8))


def test_what_both_put_in_at_two_places_stands_once(scene: Scene, forkmerge: Forkmerge) -> None:
    """Git merges it cleanly, and a function is there twice."""
    scene.fork({"a.py": FAR}, {"a.py": HELPER + FAR}, {"a.py": FAR + HELPER})
    tree = forkmerge("merge", "--write-tree", "main", "theirs")
    assert tree.code == 0
    assert scene.git("show", f"{tree.out.splitlines()[0]}:a.py") == (HELPER + FAR).rstrip()
    said = forkmerge("merge", "theirs")
    assert (said.code, scene.read("a.py").decode()) == (0, HELPER + FAR)
    assert scene.git("status", "--porcelain") == ""
    told = json.loads(forkmerge("explain", "--json").out)
    assert [h["rule"] for f in told["files"] for h in f["hunks"]] == ["same-change"]


def test_two_of_one_name_at_two_places_are_a_conflict_of_the_two(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": FAR}, {"a.py": HELPER + FAR}, {"a.py": FAR + EDITED})
    assert forkmerge("merge", "theirs").code == 1
    text = scene.read("a.py").decode()
    assert text.endswith(">>>>>>> theirs\n" + HELPER.splitlines(keepends=True)[-1] + FAR)
    assert text.count("def helper") == 1
    assert scene.git("ls-files", "-u").count("a.py") == 3
    assert forkmerge("merge", "--abort").code == 0
    assert scene.read("a.py").decode() == HELPER + FAR
