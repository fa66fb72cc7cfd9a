"""``propose`` where the fork has renamed its package: upstream's tests are asked with the new name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import CHEAP_COMMAND, best, cheap

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Done, Sandbox

pytestmark = pytest.mark.sandbox
CODE = """def size(name):
    return len(name)


def label(name):
    return name


def shout(name):
    return name.upper()


def quiet(name):
    return name.lower()
"""
TOP = "from {0}.code import label, quiet, shout, size\n"


def renamed(where: Path, *, both: bool = False) -> Sandbox:
    """Return a repository whose fork has ``oldname`` as ``newname``, and whose upstream goes on in ``oldname``.

    With ``both`` the fork's own test asks for what upstream's new test denies.
    """
    check = "import {0}\n\n\ndef check_{1}():\n    assert {0}.{2}\n"
    mine = CODE.replace("return name.upper()", "return name.upper() + '!'")
    theirs = CODE.replace("return name\n", "return name.strip()\n")
    asks = "label(' a ') == ' a '" if both else "shout('a') == 'A!'"
    return cheap(
        where,
        {
            "oldname/__init__.py": TOP.format("oldname"),
            "oldname/code.py": CODE,
            "checks/size.py": check.format("oldname", "size", "size('ab') == 2"),
        },
        {
            "oldname/__init__.py": None,
            "oldname/code.py": None,
            "newname/__init__.py": TOP.format("newname"),
            "newname/code.py": mine,
            "checks/size.py": check.format("newname", "size", "size('ab') == 2"),
            "checks/fork.py": check.format("newname", "fork", asks),
        },
        {"oldname/code.py": theirs, "checks/up.py": check.format("oldname", "up", "label(' a ') == 'a'")},
    )


def proposed(box: Sandbox, *more: str) -> Done:
    return box.propose("--results", "results.xml", "--test-paths", "checks", *more, test=CHEAP_COMMAND)


def test_upstreams_new_test_is_asked_with_the_new_name(tmp_path: Path) -> None:
    box = renamed(tmp_path)
    done = proposed(box)
    assert done.code == 0, done.err
    first = best(done.data)
    required = {t["owner"]: (t["kept"], t["required"]) for t in first["tests"]}
    assert required["theirs"] == (1, 1)
    text = box.blob(first["tree"], "newname/code.py").decode()
    assert "return name.strip()" in text
    assert "return name.upper() + '!'" in text
    assert any("oldname read as newname" in warning for warning in done.data["warnings"])
    lost = {p["origin"]: [n for t in p["tests"] for n in t["lost"]] for p in done.data["proposals"]}
    assert lost["ours"] == ["checks::checks/up.py::check_up"], "the fork as it is fails it for what it lacks"


def test_the_tree_that_is_proposed_is_not_written_anew(tmp_path: Path) -> None:
    box = renamed(tmp_path)
    first = best(proposed(box).data)
    assert b"import oldname" in box.blob(first["tree"], "checks/up.py")


def test_what_is_left_out_of_a_file_that_was_renamed_names_its_commit(tmp_path: Path) -> None:
    box = renamed(tmp_path, both=True)
    dropped = [d for p in proposed(box).data["proposals"] for locus in p["loci"] for d in locus["dropped"]]
    theirs = [d for d in dropped if d["side"] == "theirs" and d["path"] == "newname/code.py"]
    assert theirs
    assert all(box.git("rev-parse", "upstream").startswith(d["commit"]) and d["commit"] for d in theirs)


def test_a_test_that_contradicts_the_forks_own_is_told(tmp_path: Path) -> None:
    box = renamed(tmp_path, both=True)
    done = proposed(box)
    assert done.code == 1
    assert best(done.data)["verdict"] == "loses-tests"
    assert len({n for t in best(done.data)["tests"] for n in t["lost"]}) == 1


def test_a_module_that_became_a_package_is_not_brought_back_beside_it(tmp_path: Path) -> None:
    """Nothing imports the module any more: an edit that is kept there is worth nothing, and no test would say so."""
    module = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
    anew = "from m.core import ONE, TWO\n\n\none = lambda: ONE\n\n\ntwo = lambda: TWO\n"
    box = cheap(
        tmp_path,
        {"m.py": module, "checks/one.py": "import m\n\n\ndef check_one():\n    assert m.one() == 1\n"},
        {
            "m.py": None,
            "m/__init__.py": anew,
            "m/core.py": "ONE = 1\nTWO = 2\n",
            "checks/fork.py": "import m.core\n\n\ndef check_fork():\n    assert m.core.TWO == m.two()\n",
        },
        {"m.py": module.replace("return 2", "return 2 + 0"), "n.py": "N = 1\n"},
    )
    done = proposed(box)
    assert done.code == 0, done.err
    listed = box.git("ls-tree", "-r", "--name-only", best(done.data)["tree"]).split()
    assert {"m/__init__.py", "m/core.py", "n.py"} <= {*listed}
    assert "m.py" not in listed
    dropped = [d for locus in best(done.data)["loci"] for d in locus["dropped"]]
    assert [(d["side"], d["path"]) for d in dropped] == [("theirs", "m.py")]
