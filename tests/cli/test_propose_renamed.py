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


def test_a_test_that_contradicts_the_forks_own_is_told(tmp_path: Path) -> None:
    box = renamed(tmp_path, both=True)
    done = proposed(box)
    assert done.code == 1
    assert best(done.data)["verdict"] == "loses-tests"
    assert len({n for t in best(done.data)["tests"] for n in t["lost"]}) == 1
