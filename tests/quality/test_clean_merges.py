"""The command that counts findings on clean merges takes the merges that it says, and tells each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from quality.clean_merges import measure, sample, shown, summary
from support.proposing import build

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

LIB = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """A history with a good merge, one that breaks an import, a fast-forward, and one that was changed by hand."""
    made = build(
        tmp_path, {"lib.py": LIB}, {"use.py": "from lib import f\n"}, {"lib.py": LIB.replace("def f", "def f1")}
    )
    made.git("checkout", "-qb", "fine", "main")
    made.commit("fine", {"a.py": "A = 1\n", "b.py": "B = 1\n"})
    made.git("checkout", "-q", "fork")
    made.commit("more", {"c.py": "C = 1\n", "d.py": "D = 1\n"})
    made.git("merge", "-q", "--no-edit", "fine")
    made.git("merge", "-q", "--no-edit", "upstream")
    made.git("checkout", "-qb", "topic")
    made.commit("topic", {"e.py": "E = 1\n"})
    made.git("checkout", "-q", "fork")
    made.git("merge", "-q", "--no-ff", "--no-edit", "topic")
    made.git("checkout", "-qb", "other")
    made.commit("other", {"g.py": "G = 1\n"})
    made.git("checkout", "-q", "fork")
    made.commit("mine", {"h.py": "H = 1\n"})
    made.git("merge", "-q", "--no-commit", "other")
    (made.folder / "h.py").write_text("H = 2\n")
    made.git("commit", "-qam", "by hand")
    return made


def test_merges_that_were_taken_as_git_made_them_are_sampled(box: Sandbox) -> None:
    subjects = {merge: box.git("log", "-1", "--format=%s", merge).strip() for merge, _, _ in sample(box.folder, 10)}
    assert sorted(subjects.values()) == ["Merge branch 'fine' into fork", "Merge branch 'upstream' into fork"]
    (busy,) = sample(box.folder, 1, busy=True)
    assert subjects[busy[0]] == "Merge branch 'fine' into fork"


def test_each_finding_is_shown_and_counted(box: Sandbox) -> None:
    before = box.fingerprint()
    found = list(measure(box.folder, 10))
    assert box.fingerprint() == before
    assert sorted(len(one.findings) for one in found) == [0, 1]
    (broken,) = (one for one in found if one.findings)
    text = shown(broken)
    assert "use.py:1: error: target uses lib.f, but head renamed f to f1 [dangling-import]" in text
    assert "head lib.py:1 f1" in text
    last = summary(found).splitlines()[-1]
    assert last.startswith("| all | 2 | 1 | 1 | 0 | 0 |")
    (again,) = measure(box.folder, 10, (broken.merge,))
    assert again.findings == broken.findings
