"""``check --propose --publish-ref --patch``: an offspring that a server merges without conflict, and as a patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import CHEAP_COMMAND, CHECK, cheap

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Done, Sandbox


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """Both sides edit one line; the tests of both pass with either, and the new ones with what each side has."""
    return cheap(
        tmp_path,
        {"lib.py": "import os\n\nN = 1\n", "checks/base.py": "import lib\n\n\ndef check_n():\n    assert lib.N > 0\n"},
        {
            "lib.py": "import os\nimport re\n\nN = 1\n",
            "checks/fork.py": "import lib\n\n\ndef check_re():\n    lib.re\n",
        },
        {
            "lib.py": "import os\nimport sys\n\nN = 1\n",
            "checks/up.py": "import lib\n\n\ndef check_sys():\n    lib.sys\n",
        },
    )


def check(box: Sandbox, *more: str) -> Done:
    args = ("upstream", "--test", CHEAP_COMMAND, *CHECK, "--runs", "1", "--format", "json", *more)
    return box.run("check", *args)


def test_the_ref_merges_into_either_side_without_a_conflict(box: Sandbox) -> None:
    done = check(box, "--propose", "--publish-ref", "joined", "--patch", "joined.patch")
    proposal = done.data["proposal"]
    assert (proposal["published"], proposal["patch"]) == ("refs/heads/joined", "joined.patch")
    parents = box.git("rev-parse", "HEAD", "upstream")
    assert box.git("rev-parse", "joined^1", "joined^2") == parents
    assert box.git("rev-parse", "joined").strip() == proposal["commit"]
    text = box.git("show", "joined:lib.py")
    assert "import re" in text
    assert "import sys" in text
    assert box.git("merge-base", "--is-ancestor", "upstream", "joined") == ""
    box.git("apply", "--index", "joined.patch")
    assert box.git("write-tree") == box.git("rev-parse", "joined^{tree}")


def test_publishing_again_moves_its_own_ref_and_no_other(box: Sandbox) -> None:
    assert check(box, "--propose", "--publish-ref", "joined").data["proposal"]["published"]
    assert check(box, "--propose", "--publish-ref", "refs/heads/joined").data["proposal"]["published"]
    box.git("branch", "precious", "HEAD")
    taken = check(box, "--propose", "--publish-ref", "precious")
    assert (taken.code, "holds something else" in taken.err) == (3, True)
    current = check(box, "--propose", "--publish-ref", box.git("branch", "--show-current").strip())
    assert (current.code, "checked out" in current.err) == (3, True)


def test_it_needs_a_proposal(box: Sandbox) -> None:
    assert check(box, "--publish-ref", "joined").code == 2
    assert check(box, "--propose", "--publish-ref", "a..b").code == 2
