"""Conflicts in progress, of every kind and in every style, also where somebody has begun to edit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from forkmerge.app.solve_blocks import Block, blocks, marker_size

from .test_resolved import BASE, OURS, THEIRS, partly

if TYPE_CHECKING:
    from pathlib import Path

    from support.scenes import Scene

    from .conftest import Forkmerge

SOLVED = b"import json\nimport locale\nimport os\n"
STYLES = ("merge", "diff3", "zdiff3")
TAIL = "\n\ndef more():\n    return 1\n"


def two(scene: Scene) -> None:
    """Two conflicts that can be solved, far apart, and one that can't."""
    middle = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(4))
    base, ours, theirs = (
        head + "\n\n" + middle + f"def limit():\n    return {value}\n\n\n" + middle.replace("def f", "def g") + tail
        for head, value, tail in (
            ("import os\n", 1, "def last():\n    return 0\n"),
            ("import json\nimport os\n", 2, "def last():\n    return 0\n\n\ndef mine():\n    return 1\n"),
            ("import locale\nimport os\n", 3, "def last():\n    return 0\n\n\ndef yours():\n    return 2\n"),
        )
    )
    scene.fork({"a.py": base}, {"a.py": ours}, {"a.py": theirs})


@pytest.mark.parametrize("style", STYLES)
def test_a_merge_in_progress_is_solved_and_not_added(style: str, scene: Scene, forkmerge: Forkmerge) -> None:
    scene.git("config", "merge.conflictStyle", style)
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    assert scene.run("merge", "theirs").code == 1
    said = forkmerge("solve")
    assert (said.code, "git add -- a.py" in said.err) == (0, True)
    assert scene.read("a.py").startswith(SOLVED)
    assert scene.git("status", "--porcelain") == "UU a.py"
    again = forkmerge("solve")
    assert (again.code, "no markers are left" in again.out) == (0, True)
    scene.git("add", "a.py")
    assert forkmerge("solve").code == 0
    scene.git("commit", "-q", "--no-edit")
    assert forkmerge("solve").code == 3


NEAR = """import sys


def price(item, count):
    total = item * count
    return total


def label(name):
    return name.strip()
"""


@pytest.mark.parametrize("style", STYLES)
def test_conflicts_that_git_joins_since_they_are_near_are_solved(
    style: str, scene: Scene, forkmerge: Forkmerge
) -> None:
    scene.git("config", "merge.conflictStyle", style)
    ours = NEAR.replace("return total", "return round(total, 2)").replace("strip()", "strip('-')")
    theirs = NEAR.replace("item * count", "item * count * 2").replace("strip()", "strip().title()")
    scene.fork({"a.py": NEAR}, {"a.py": ours}, {"a.py": theirs})
    assert scene.run("merge", "theirs").code == 1
    said = forkmerge("solve")
    assert said.code == 0, said.out
    merged = ours.replace("item * count", "item * count * 2").replace("strip('-')", "strip('-').title()")
    assert scene.read("a.py") == merged.encode()


@pytest.mark.parametrize("verb", ["rebase", "cherry-pick", "revert", "stash", "am"])
def test_conflicts_of_every_operation_are_solved(verb: str, scene: Scene, forkmerge: Forkmerge, tmp_path: Path) -> None:
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    if verb == "stash":
        scene.write({"a.py": OURS.replace("import json", "import re\nimport json")})
        scene.git("stash", "push", "-q")
        scene.commit({"a.py": OURS.replace("import json", "import abc\nimport json")})
        done = scene.run("stash", "pop")
    elif verb == "am":
        patch = tmp_path / "p.patch"
        patch.write_bytes(scene.run("format-patch", "-1", "--stdout", "theirs").out)
        done = scene.run("am", "-3", str(patch))
    elif verb == "revert":
        texts = [f"def f():\n    return first({x}) + second({y})\n" for x, y in ((1, 2), (9, 2), (9, 8))]
        for text in texts:
            scene.commit({"a.py": text})
        done = scene.run("revert", "--no-edit", "HEAD~1")
    else:
        done = scene.run(verb, "theirs")
    assert done.code in (1, 128)
    assert scene.git("ls-files", "--unmerged")
    said = forkmerge("solve", "a.py")
    assert said.code == 0, said.out
    assert b"<<<<<<<" not in scene.read("a.py")
    wanted = {"stash": (b"import json", b"import abc", b"import re\n"), "revert": (b"first(1) + second(8)",)}
    for part in wanted.get(verb, (b"import json", b"import locale")):
        assert part in scene.read("a.py")


@pytest.mark.parametrize("style", STYLES)
def test_what_somebody_edits_is_kept_and_the_rest_solved(style: str, scene: Scene, forkmerge: Forkmerge) -> None:
    scene.git("config", "merge.conflictStyle", style)
    two(scene)
    scene.run("merge", "theirs")
    text = scene.read("a.py").decode()
    assert text.count("<<<<<<<") == 3
    edited = text.replace("    return 3\n>>", "    return 3  # or so?\n>>").replace("f2", "f_two")
    edited = edited.replace("def g3", "# a word of mine\ndef g3")
    scene.write({"a.py": edited})
    said = forkmerge("solve", "--json")
    assert said.code == 1
    found = json.loads(said.out)["files"][0]
    assert [h["resolved"] for h in found["hunks"]] == [True, False, True]
    assert "begun to edit" in found["hunks"][1]["reason"]
    after = scene.read("a.py").decode()
    assert after.startswith("import json\nimport locale\nimport os\n")
    assert "# a word of mine\ndef g3" in after
    assert "def mine" in after
    assert "def yours" in after
    start = edited.index("<<<<<<<", edited.index("def limit"))
    assert edited[start : edited.index(">>>>>>> theirs\n", start) + 15] in after
    assert after.count("<<<<<<<") == 1
    assert after.count("f_two") == edited.count("f_two")


def test_a_marker_that_was_deleted_is_left_to_its_editor(scene: Scene, forkmerge: Forkmerge) -> None:
    two(scene)
    scene.run("merge", "theirs")
    broken = scene.read("a.py").replace(b"=======\n", b"", 1)
    scene.write({"a.py": broken})
    said = forkmerge("solve")
    assert (said.code, "don't belong together" in said.out) == (1, True)
    after = scene.read("a.py")
    assert after.startswith(broken[: broken.index(b"def f0")])
    assert b"def mine" in after
    assert b"def yours" in after


def test_a_conflict_solved_by_hand_stays_so(scene: Scene, forkmerge: Forkmerge) -> None:
    two(scene)
    scene.run("merge", "theirs")
    text = scene.read("a.py").decode()
    start, end = text.index("<<<<<<<"), text.index(">>>>>>> theirs\n") + 15
    scene.write({"a.py": text[:start] + "import mine\n" + text[end:]})
    assert forkmerge("solve").code == 1
    after = scene.read("a.py")
    assert after.startswith(b"import mine\nimport os\n")
    assert after.count(b"<<<<<<<") == 1
    assert b"def mine" in after


@pytest.mark.parametrize("style", ["diff3", "zdiff3"])
def test_markers_alone_are_enough_where_they_show_the_base(
    style: str, scene: Scene, forkmerge: Forkmerge, tmp_path: Path
) -> None:
    two(scene)
    scene.git("config", "merge.conflictStyle", style)
    scene.run("merge", "theirs")
    loose = tmp_path / "repo" / "loose.py"
    loose.write_bytes(scene.read("a.py"))
    scene.git("merge", "--abort")
    said = forkmerge("solve", "loose.py")
    assert said.code == 1
    assert loose.read_bytes().startswith(SOLVED)
    assert loose.read_bytes().count(b"<<<<<<<") == 1


def test_markers_without_a_base_are_left_and_said_so(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.commit({"a.py": "<<<<<<< a\nimport os\n=======\nimport re\n>>>>>>> b\n"})
    said = forkmerge("solve", "a.py")
    assert (said.code, "don't show the base" in said.out) == (1, True)
    assert scene.read("a.py").startswith(b"<<<<<<< a\n")


def test_added_markers_are_solved_with_what_the_index_remembers(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    scene.run("merge", "theirs")
    scene.git("add", "a.py")
    assert forkmerge("solve").code == 0
    assert scene.read("a.py").startswith(SOLVED)


def test_line_ends_of_the_work_tree_are_kept(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.git("config", "core.autocrlf", "true")
    crlf = [text.replace("\n", "\r\n") for text in (BASE, OURS, THEIRS)]
    scene.fork({"a.py": crlf[0]}, {"a.py": crlf[1]}, {"a.py": crlf[2]})
    scene.run("merge", "theirs")
    assert forkmerge("solve").code == 0
    assert scene.read("a.py") == SOLVED.replace(b"\n", b"\r\n") + crlf[0].encode()[len("import os\r\n") :]


def test_crlf_in_the_files_themselves_is_kept(scene: Scene, forkmerge: Forkmerge) -> None:
    crlf = [text.replace("\n", "\r\n") for text in (BASE, OURS, THEIRS)]
    scene.fork({"a.py": crlf[0]}, {"a.py": crlf[1]}, {"a.py": crlf[2]})
    scene.run("merge", "theirs")
    assert b"=======\r\n" in scene.read("a.py")
    assert forkmerge("solve").code == 0
    assert b"\n" not in scene.read("a.py").replace(b"\r\n", b"")


def test_no_newline_at_the_end_is_kept(scene: Scene, forkmerge: Forkmerge) -> None:
    texts = [
        "import os\nx = [\n    1,\n]",
        "import os\nimport json\nx = [\n    1,\n]",
        "import os\nimport re\nx = [\n    1,\n]",
    ]
    scene.fork({"a.py": texts[0]}, {"a.py": texts[1]}, {"a.py": texts[2]})
    scene.run("merge", "theirs")
    assert forkmerge("solve").code == 0
    assert scene.read("a.py").endswith(b"1,\n]")


def test_longer_markers_and_headings_that_look_like_them(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.write({".gitattributes": "*.py conflict-marker-size=11\n"})
    heading = '"""\nTitle\n=======\n"""\n'
    scene.fork({"a.py": heading + BASE}, {"a.py": heading + OURS}, {"a.py": heading + THEIRS})
    scene.run("merge", "theirs")
    assert b"<<<<<<<<<<< HEAD" in scene.read("a.py")
    assert forkmerge("solve").code == 0
    assert scene.read("a.py").startswith(heading.encode() + SOLVED)


def test_a_virtual_base_with_markers_in_it_is_no_conflict_of_ours(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.git("config", "merge.conflictStyle", "diff3")
    scene.fork({"a.py": BASE}, {"a.py": OURS.replace("10", "20")}, {"a.py": THEIRS.replace("10", "30")})
    ours, theirs = scene.git("rev-parse", "main", "theirs").split()
    for branch, other, value in (("main", theirs, "21"), ("theirs", ours, "31")):
        scene.git("switch", "-q", branch)
        scene.run("merge", "-q", other)
        scene.commit({"a.py": (SOLVED.decode() + BASE.removeprefix("import os\n")).replace("10", value)}, "merged")
    scene.git("switch", "-q", "main")
    scene.run("merge", "theirs")
    text = scene.read("a.py")
    assert b"<<<<<<<<<" in text
    said = forkmerge("solve")
    assert said.code == 1
    assert scene.read("a.py") == text


def test_what_is_no_text_conflict_is_left_with_its_reason(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.write({".gitattributes": "kept -merge\n"})
    scene.fork(
        {"gone": "x\n", "b": b"\0base", "kept": "x\n", "a.py": BASE},
        {"gone": None, "b": b"\0ours", "kept": "ours\n", "new.py": "x = 1\n", "a.py": OURS},
        {"gone": "y\n", "b": b"\0theirs", "kept": "theirs\n", "new.py": "x = 2\n", "a.py": THEIRS},
    )
    scene.run("merge", "theirs")
    before = {name: content for name, content in scene.files().items() if name != "a.py"}
    said = forkmerge("solve")
    assert said.code == 1
    for words in ("we deleted it", "binary", "by lines", "both sides added it", "resolved a.py"):
        assert words in said.out
    assert {name: content for name, content in scene.files().items() if name != "a.py"} == before
    assert forkmerge("solve", "a.py").code == 0
    assert forkmerge("solve", "gone").code == 1


def test_links_are_never_followed(scene: Scene, forkmerge: Forkmerge, tmp_path: Path) -> None:
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    scene.run("merge", "theirs")
    outside = tmp_path / "outside.py"
    outside.write_bytes(scene.read("a.py"))
    before = outside.read_bytes()
    (scene.folder / "a.py").unlink()
    (scene.folder / "a.py").symlink_to(outside)
    said = forkmerge("solve")
    assert (said.code, "symbolic link" in said.out) == (1, True)
    assert outside.read_bytes() == before


def test_modes_and_folders_and_paths_from_a_folder(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"d/a.py": BASE, "b.py": BASE}, {"d/a.py": OURS, "b.py": OURS}, {"d/a.py": THEIRS, "b.py": THEIRS})
    scene.run("merge", "theirs")
    (scene.folder / "d" / "a.py").chmod(0o750)
    assert forkmerge("solve", "a.py", cwd="d").code == 0
    assert (scene.folder / "d" / "a.py").stat().st_mode & 0o777 == 0o750
    assert b"<<<<<<<" in scene.read("b.py")
    assert forkmerge("solve", "d").code == 0
    assert forkmerge("solve", ".").code == 0
    assert b"<<<<<<<" not in scene.read("b.py")
    assert forkmerge("solve", "no-such").code == 3
    assert forkmerge("solve", "..").code == 3
    assert [p.name for p in (scene.folder / "d").iterdir()] == ["a.py"]


def test_nothing_in_progress_is_said(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.commit({"a.py": BASE})
    assert forkmerge("solve").code == 3
    assert forkmerge("solve", "a.py").code == 3
    assert forkmerge("explain").code == 3


def test_outside_of_a_repository_markers_are_solved(tmp_path: Path, scene: Scene, forkmerge: Forkmerge) -> None:
    two(scene)
    scene.git("config", "merge.conflictStyle", "diff3")
    scene.run("merge", "theirs")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_bytes(scene.read("a.py"))
    (outside / "b.py").write_bytes(b"x = 1\n")
    assert forkmerge("solve", "a.py", cwd="../outside").code == 1
    assert (outside / "a.py").read_bytes().startswith(SOLVED)
    assert forkmerge("solve", "b.py", cwd="../outside").code == 3
    assert forkmerge("solve", cwd="../outside").code == 3


@pytest.mark.parametrize("style", STYLES)
def test_undo_gives_one_conflict_back_and_keeps_the_rest(style: str, scene: Scene, forkmerge: Forkmerge) -> None:
    scene.git("config", "merge.conflictStyle", style)
    two(scene)
    scene.run("merge", "theirs")
    git = scene.read("a.py").decode()
    assert forkmerge("solve").code == 1
    scene.write({"a.py": scene.read("a.py").decode().replace("def f1", "# mine\ndef f1").replace("f2", "two")})
    text = scene.read("a.py").decode()
    assert forkmerge("solve", "--undo", "a.py:9").code == 3
    assert scene.read("a.py").decode() == text
    line = 1 + text.splitlines().index("import locale")
    said = forkmerge("solve", "--undo", f"a.py:{line}")
    assert (said.code, "taken back" in said.out) == (0, True)
    after = scene.read("a.py").decode()
    block = git[git.index("<<<<<<<") : git.index(">>>>>>> theirs\n") + 15]
    assert after == text.replace("import json\nimport locale\n", block)
    assert forkmerge("solve", "--undo", f"a.py:{line}").code == 3
    assert forkmerge("solve", "--undo", "a.py").code == 0
    assert scene.read("a.py").decode() == git.replace("def f1", "# mine\ndef f1").replace("f2", "two")
    assert forkmerge("solve", "--undo", "a.py").code == 3
    assert forkmerge("solve").code == 1
    assert scene.read("a.py").decode() == text


def test_undo_of_a_merge_in_progress_unmerges_the_index(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE, "t": "x\n"}, {"a.py": OURS, "t": "o\n"}, {"a.py": THEIRS, "t": "t\n"})
    assert forkmerge("merge", "theirs").code == 1
    assert forkmerge("solve", "--undo", "a.py").code == 0
    assert scene.git("status", "--porcelain") == "UU a.py\nUU t"
    assert b"<<<<<<< HEAD\nimport json\n=======\nimport locale\n>>>>>>> theirs\n" in scene.read("a.py")
    assert b"#\ta.py" in scene.read(".git/MERGE_MSG")
    assert forkmerge("solve").code == 1
    assert scene.read("a.py").startswith(SOLVED)


def test_undo_after_the_commit_is_for_the_work_tree(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    assert forkmerge("merge", "theirs").code == 0
    assert forkmerge("solve", "--undo", "a.py:2").code == 0
    assert scene.git("status", "--porcelain") == "M a.py"
    assert b"<<<<<<< HEAD" in scene.read("a.py")


def test_what_was_edited_since_is_not_taken_back(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": BASE}, {"a.py": OURS}, {"a.py": THEIRS})
    assert forkmerge("merge", "theirs").code == 0
    scene.write({"a.py": scene.read("a.py").replace(b"import locale", b"import locale as l")})
    before = scene.read("a.py")
    said = forkmerge("solve", "--undo", "a.py")
    assert (said.code, "edited since" in said.err) == (3, True)
    assert scene.read("a.py") == before


def test_explain_tells_rules_evidence_and_refusals(scene: Scene, forkmerge: Forkmerge) -> None:
    partly(scene)
    assert forkmerge("merge", "theirs").code == 1
    said = forkmerge("explain", "a.py")
    assert said.code == 0
    assert said.out.startswith("forkmerge merge of theirs into main, 20")
    assert "both sides changed" in said.out
    found = json.loads(forkmerge("explain", "--json").out)
    assert [f["path"] for f in found["files"]] == ["a.py"]
    assert all(h["evidence"] for h in found["files"][0]["hunks"])
    assert forkmerge("explain", "other.py").code == 3


def test_a_record_that_cant_be_kept_or_read_is_no_error(scene: Scene, forkmerge: Forkmerge) -> None:
    partly(scene)
    (scene.folder / ".git" / "forkmerge").write_text("in the way")
    assert forkmerge("merge", "theirs").code == 1
    assert "worked out again" in forkmerge("explain").out
    (scene.folder / ".git" / "forkmerge").unlink()
    assert forkmerge("solve").code == 1
    kept = scene.folder / ".git" / "forkmerge" / "last-merge.json"
    for broken in (b"", b"[]", b"{", b"\xff"):
        kept.write_bytes(broken)
        assert "worked out again" in forkmerge("explain").out
        assert forkmerge("solve", "--undo", "a.py").code == 3


def test_blocks_join_to_the_text_and_read_what_is_whole() -> None:
    text = (
        b"a\n<<<<<<< x\no\n||||||| y\n<<<<<<<<< n\nb\n>>>>>>>>> n\n=======\nt\n>>>>>>> z\nmid\n=======\n"
        b"<<<<<<< x\nopen\n<<<<<<<\n1\n=======\n2\n>>>>>>>\n>>>>>>> stray\nend"
    )
    found = blocks(text, 7)
    assert b"".join(a if isinstance(a, bytes) else a.raw for a in found) == text
    whole = [a for a in found if isinstance(a, Block) and a.whole]
    assert [(b.ours, b.base, b.theirs) for b in whole] == [
        (b"o\n", b"<<<<<<<<< n\nb\n>>>>>>>>> n\n", b"t\n"),
        (b"1\n", None, b"2\n"),
    ]
    assert sum(isinstance(a, Block) and not a.whole for a in found) == 2
    assert marker_size(text, 7) == 7
    assert marker_size(text.replace(b"<<<<<<< x", b"<<<<<<<<< x"), 7) == 7
    assert marker_size(b"<<<<<<<<<<< x\n===========\n>>>>>>>>>>> y\n", 7) == 11


def test_the_program_itself_ends_with_these_codes(scene: Scene) -> None:
    partly(scene)

    def call(*args: str) -> int:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.run(
            [sys.executable, "-m", "forkmerge.cli", *args], cwd=scene.folder, env=env, check=False, capture_output=True
        ).returncode

    assert call("merge", "theirs") == 1
    assert call("solve", "-q") == 1


@pytest.mark.parametrize("style", STYLES)
def test_conflicts_that_a_structured_merge_left_are_not_taken_for_edited(
    scene: Scene, forkmerge: Forkmerge, style: str
) -> None:
    two(scene)
    scene.git("config", "merge.conflictStyle", style)
    assert forkmerge("merge", "theirs").code == 1
    left = scene.read("a.py")
    assert left.count(b"<<<<<<<") == 1
    said = forkmerge("solve")
    assert said.code == 1
    assert "somebody" not in said.out
    assert "both sides changed" in said.out
    assert scene.read("a.py") == left
    scene.write({"a.py": left.replace(b"return 2", b"return 23").decode()})
    assert "somebody" in forkmerge("solve").out


def test_conflicts_that_a_stricter_merge_left_are_solved(scene: Scene, forkmerge: Forkmerge) -> None:
    partly(scene)
    scene.git("config", "forkmerge.risk", "strict")
    assert forkmerge("merge", "theirs").code == 1
    assert scene.read("a.py").count(b"<<<<<<<") == 2
    scene.git("config", "forkmerge.risk", "eager")
    assert forkmerge("solve").code == 1
    assert scene.read("a.py").startswith(SOLVED)


def test_lines_that_are_told_after_taking_back_are_those_of_the_file_now(scene: Scene, forkmerge: Forkmerge) -> None:
    two(scene)
    assert scene.run("merge", "theirs").code == 1
    assert forkmerge("solve").code == 1
    whole = scene.read("a.py")
    found = json.loads(forkmerge("solve", "--undo", "a.py:2", "--json").out)
    lines = scene.read("a.py").splitlines()
    last = found["files"][0]["hunks"][-1]
    assert last["resolved"]
    assert b"def mine():" in lines[last["line"] - 1 : last["line"] - 1 + last["lines"]]
    assert forkmerge("solve", "--undo", f"a.py:{last['line']}").code == 0
    assert scene.read("a.py").count(b"<<<<<<<") == 3
    assert b"def mine():" in whole
