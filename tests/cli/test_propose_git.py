"""``propose`` on what histories, paths and entries can be."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.proposing import PYTEST, best, build, cheap, trees
from support.stories import prices

if TYPE_CHECKING:
    from support.proposing import Sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
M = "def one():\n    return 1\n\n\ndef two():\n    return 2\n\n\ndef three():\n    return 3\n"
CHECK_M = "import m\n\n\ndef check_one():\n    assert m.one() == 1\n\n\ndef check_three():\n    assert m.three() == 3\n"
BASE = {"m.py": M, "checks/m.py": CHECK_M}
FORK = {"m.py": M.replace("return 1", "return 1 + 0")}
UPSTREAM = {"m.py": M.replace("return 3", "return 3 + 0")}
BOTH = M.replace("return 1", "return 1 + 0").replace("return 3", "return 3 + 0")


def check(name: str, text: str) -> str:
    return f"def check_{name}():\n    {text}\n"


def proposed(box: Sandbox, *args: str, upstream: str = "upstream", code: int = 0) -> dict[str, str]:
    """Run ``propose``; return path -> mode, type and id of the best one's tree."""
    before = box.fingerprint()
    done = box.check(*args, upstream=upstream)
    assert done.code == code, f"{done.out}\n{done.err}"
    assert box.fingerprint() == before
    listed = box.git("ls-tree", "-r", "-z", best(done.data)["tree"]).split("\0")
    return {line.partition("\t")[2]: line.partition("\t")[0] for line in listed if line}


def of(box: Sandbox, listed: dict[str, str], path: str) -> bytes:
    return subprocess.run(
        ["git", "cat-file", "blob", listed[path].split()[2]], cwd=box.folder, check=True, capture_output=True
    ).stdout


def test_a_file_deleted_on_one_side_and_needed_by_the_other_stays(tmp_path: Path) -> None:
    edited = M.replace("return 2", "return 22")
    check_n = f"import n\n\n\n{check('n', 'assert n.two() == 22')}"
    box = cheap(tmp_path, BASE | {"n.py": M}, {"n.py": None}, {"n.py": edited, "checks/n.py": check_n})
    assert of(box, proposed(box), "n.py").decode() == edited


def test_files_of_one_name_added_on_both_sides_are_joined(tmp_path: Path) -> None:
    fork = {"n.py": "def f():\n    return 1\n", "checks/f.py": f"import n\n\n\n{check('f', 'assert n.f()')}"}
    upstream = {"n.py": "def g():\n    return 1\n", "checks/g.py": f"import n\n\n\n{check('g', 'assert n.g()')}"}
    box = cheap(tmp_path, BASE, fork, upstream)
    text = of(box, proposed(box), "n.py")
    assert b"def f()" in text
    assert b"def g()" in text


def test_a_binary_conflict_is_decided_by_the_tests(tmp_path: Path) -> None:
    wanted = check("data", "assert open('b.bin', 'rb').read().endswith(b'upstream')")
    box = cheap(
        tmp_path,
        BASE | {"b.bin": b"\0\1base"},
        {"b.bin": b"\0\1fork", **FORK},
        {"b.bin": b"\0\1upstream", "checks/b.py": wanted},
    )
    listed = proposed(box)
    assert of(box, listed, "b.bin") == b"\0\1upstream"
    assert of(box, listed, "m.py").decode() == FORK["m.py"]


def test_an_edit_follows_a_file_that_the_other_side_renamed(tmp_path: Path) -> None:
    where = check("where", "import sys; sys.path.insert(0, 'lib'); import deep; assert deep.one() == 1")
    box = cheap(
        tmp_path,
        BASE | {"n.py": M},
        {"n.py": None, "lib/deep.py": M, "checks/f.py": where},
        {"n.py": M.replace("return 2", "return 22")},
    )
    listed = proposed(box)
    assert "n.py" not in listed
    assert b"return 22" in of(box, listed, "lib/deep.py")


def test_modes_links_and_submodules_go_through_untouched(tmp_path: Path) -> None:
    box = cheap(tmp_path, BASE | {"s.sh": "#!/bin/sh\n"}, FORK, UPSTREAM)
    box.git("checkout", "-q", "upstream")
    (box.folder / "s.sh").chmod(0o755)
    (box.folder / "link").symlink_to("m.py")
    box.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    box.git("add", "s.sh", "link")
    box.git("commit", "-qm", "upstream")
    box.git("checkout", "-q", "fork")
    listed = proposed(box)
    assert listed["s.sh"].startswith("100755")
    assert listed["link"].startswith("120000")
    assert listed["sub"] == f"160000 commit {'1' * 40}"
    assert of(box, listed, "m.py").decode() == BOTH


def test_histories_without_a_common_ancestor(tmp_path: Path) -> None:
    box = cheap(tmp_path, BASE, FORK, UPSTREAM)
    box.git("checkout", "-q", "--orphan", "other", "main")
    box.commit("upstream", {"x.py": "X = 1\n", "checks/x.py": f"import x\n\n\n{check('x', 'assert x.X')}"})
    box.git("checkout", "-q", "fork")
    listed = proposed(box, upstream="other")
    assert {"x.py", "m.py"} <= listed.keys()


def test_a_criss_cross_history(tmp_path: Path) -> None:
    box = cheap(tmp_path, BASE, FORK, UPSTREAM)
    fork, upstream = box.git("rev-parse", "fork", "upstream").split()
    box.git("merge", "-q", "--no-edit", upstream)
    box.git("checkout", "-q", "upstream")
    box.git("merge", "-q", "--no-edit", fork)
    box.commit("upstream", {"m.py": BOTH.replace("return 2", "return 2 + 0")})
    box.git("checkout", "-q", "fork")
    box.commit("fork", {"f.py": "F = 1\n"})
    listed = proposed(box)
    assert of(box, listed, "m.py").decode() == BOTH.replace("return 2", "return 2 + 0")
    assert "f.py" in listed


def test_paths_with_blanks_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    odd, umlaut = os.fsdecode(b"sp ace/n\xc3\xa4m\xff.py"), "sp ace/\u00fc.py"
    wanted = check("text", f"assert 'return 21' in open({umlaut!r}, encoding='utf-8').read()")
    box = cheap(
        tmp_path / "na mes \u00e9",
        BASE | {odd: M, umlaut: M},
        {odd: M.replace("return 1", "return 1 + 0"), umlaut: M.replace("return 2", "return 20")},
        {
            odd: M.replace("return 1", "return 0 + 1"),
            umlaut: M.replace("return 2", "return 21"),
            "checks/\u00e4.py": wanted,
        },
    )
    listed = proposed(box)
    assert b"return 21" in of(box, listed, umlaut)
    assert odd in listed
    for words in (("show",), ("diff",), ("show", "--json"), ("show", "--html", str(tmp_path / "x.html")), ("apply",)):
        done = box.run(*words)
        assert done.code == 0, done.err
    assert box.git("status", "--porcelain") == ""
    assert box.git("rev-parse", "HEAD^2") == box.git("rev-parse", "upstream")


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    crlf = M.replace("\n", "\r\n")
    box = cheap(
        tmp_path,
        BASE | {"m.py": crlf},
        {"m.py": crlf.replace("def two():", "def two(x=2):")},
        {"m.py": crlf.replace("return 2", "return +2")},
    )
    merged = crlf.replace("def two():", "def two(x=2):").replace("return 2", "return +2")
    assert of(box, proposed(box), "m.py").decode() == merged


def test_a_linked_worktree_is_a_checkout_like_any_other(tmp_path: Path) -> None:
    box = prices(tmp_path)
    linked = tmp_path / "linked"
    box.git("worktree", "add", "-q", "-b", "other", str(linked), "fork")
    here, there = box.check(), box.check(cwd=linked / "checks")
    assert there.code == 0, there.err
    assert trees(here.data) == trees(there.data)
    assert box.run("apply", cwd=linked / "checks").code == 0
    assert box.git("rev-parse", "other^1", "other^2").split() == box.git("rev-parse", "fork", "upstream").split()
    assert box.git("status", "--porcelain", cwd=linked) == ""


NEEDED = ("pluggy", "iniconfig", "packaging", "pygments")
PACKAGE = "def word():\n    return 'base'\n\n\ndef other():\n    return 1\n"
TEST = "import pack\n\n\ndef test_{0}():\n    assert pack.{1}\n"


def test_an_editable_install_in_the_checkouts_venv_imports_the_candidate(tmp_path: Path) -> None:
    """The tests of an offspring have to see its own package, though the environment points at the checkout."""
    box = build(
        tmp_path,
        {"src/pack.py": PACKAGE, "tests/test_base.py": TEST.format("other", "other()"), ".gitignore": ".venv\n"},
        {
            "src/pack.py": PACKAGE.replace("'base'", "'fork'"),
            "tests/test_fork.py": TEST.format("fork", "word() == 'fork'"),
        },
        {"src/pack.py": PACKAGE.replace("return 1", "return 2"), "tests/test_up.py": TEST.format("up", "other() == 2")},
    )
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(box.folder / ".venv")], check=True)
    (site,) = (box.folder / ".venv").glob("lib/python*/site-packages")
    for module in (pytest, importlib.import_module("_pytest"), *map(importlib.import_module, NEEDED)):
        shutil.copytree(Path(str(module.__file__)).parent, site / module.__name__)
    shutil.copy(Path(str(pytest.__file__)).parents[1] / "py.py", site)
    (site / "editable.pth").write_text(f"{box.folder / 'src'}\n")
    for args in ((), ("--sandbox", "reduced"), ("--sandbox", "none")):
        done = box.propose(*args, test="")
        assert done.code == 0, f"{args}: {done.out}\n{done.err}"
        lost = {p["origin"]: sorted(n for t in p["tests"] for n in t["lost"]) for p in done.data["proposals"]}
        assert lost["ours"] == ["tests/test_up.py::test_up"], "the fork's code must not stand in for upstream's"
        assert lost["theirs"] == ["tests/test_fork.py::test_fork"]
        assert best(done.data)["verdict"] == "good"


def test_a_source_folder_on_the_python_path(tmp_path: Path) -> None:
    box = build(
        tmp_path,
        {"src/pack.py": PACKAGE, "tests/test_base.py": TEST.format("other", "other()")},
        {
            "src/pack.py": PACKAGE.replace("'base'", "'fork'"),
            "tests/test_fork.py": TEST.format("fork", "word() == 'fork'"),
        },
        {"src/pack.py": PACKAGE.replace("return 1", "return 2"), "tests/test_up.py": TEST.format("up", "other() == 2")},
    )
    done = box.propose(test=f"env PYTHONPATH=src:$PYTHONPATH {PYTEST}")
    assert done.code == 0, done.err
    assert best(done.data)["verdict"] == "good"
    assert next(p for p in done.data["proposals"] if p["origin"] == "ours")["verdict"] == "loses-tests"


OLD = "LIMIT = 3\nWIDTH = 4\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
TEST_OLD = """import old
from old import LIMIT
from old import WIDTH


def test_one():
    assert old.one() == 1


def test_two():
    assert old.two() == 2
"""


def test_a_test_file_that_the_other_sides_code_can_not_import_is_asked_as_merged(tmp_path: Path) -> None:
    """Upstream takes a name away with its import; the fork's test of another function has to go on standing."""
    path, width = "tests/test_old.py", "from old import WIDTH\n"
    other = {"tests/test_other.py": "def test_other():\n    pass\n", "conftest.py": ""}
    box = build(
        tmp_path,
        {"old.py": OLD, path: TEST_OLD, **other},
        {"old.py": OLD.replace("return 2", "return 22"), path: TEST_OLD.replace("two() == 2", "two() == 22")},
        {"old.py": OLD.replace("WIDTH = 4\n", "").replace("return 1", "return +1"), path: TEST_OLD.replace(width, "")},
    )
    done = box.propose()
    assert done.code == 0, done.err
    first = best(done.data)
    listed = box.git("ls-tree", "-r", first["tree"]).splitlines()
    ids = {line.partition("\t")[2]: line.partition("\t")[0] for line in listed}
    merged = OLD.replace("WIDTH = 4\n", "").replace("return 1", "return +1").replace("return 2", "return 22")
    assert of(box, ids, "old.py").decode() == merged
    asked = {tests["owner"]: tests for tests in first["tests"]}
    assert asked["ours"]["required"] == 2, "test_other and the fork's own test_two; test_one is asked of upstream"
    assert asked["ours"]["lost"] == []
