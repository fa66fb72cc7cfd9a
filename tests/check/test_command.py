"""``forkmerge check`` as scripts call it: formats, files and exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.proposing import build

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A fork that calls what its upstream renamed; the branch fine merges well."""
    made = build(
        tmp_path_factory.mktemp("check"),
        {"a.py": "def f():\n    return 1\n\n\ndef g():\n    return 2\n"},
        {"b.py": "from a import f\n\nX = f()\n"},
        {"a.py": "def f1():\n    return 1\n\n\ndef g():\n    return 2\n"},
    )
    made.git("checkout", "-qb", "fine", "main")
    made.commit("fine", {"c.py": "X = 1\n"})
    made.git("checkout", "-q", "fork")
    return made


def test_a_finding_gives_exit_code_1_and_is_written_in_each_format(box: Sandbox, tmp_path: Path) -> None:
    sarif, page = tmp_path / "a.sarif", tmp_path / "a.md"
    done = box.run(
        "check", "upstream", "--format", "sarif", "--output", str(sarif), "--format=markdown", f"--output={page}",
        "--format", "text",
    )  # fmt: skip
    assert done.code == 1, done.err
    assert "b.py:1: error: head uses a.f, but target renamed f to f1 [dangling-import]" in done.out
    assert json.loads(sarif.read_text())["runs"][0]["results"][0]["ruleId"] == "dangling-import"
    assert "dangling-import" in page.read_text()
    assert f"wrote {sarif}" in done.err


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("fine",), 0),
        (("upstream", "--exit-zero"), 0),
        (("upstream", "--advisory"), 0),
        (("upstream", "--head", "main"), 0),
        (("fine", "--head", "upstream", "--fail-on", "note"), 0),
        (("upstream", "--format", "nothing"), 2),
        (("upstream", "--format", "json", "--format", "text"), 2),
        (("upstream", "--format", "json", "--output", "x", "--output", "y"), 2),
        (("nowhere",), 3),
        (("upstream", "--output", "no/such/folder/x"), 3),
    ],
)
def test_exit_codes(box: Sandbox, args: tuple[str, ...], code: int) -> None:
    done = box.run("check", *args)
    assert done.code == code, (done.out, done.err)
    assert (not done.err or "wrote" in done.err) is (code < 2)
    assert not (box.folder / "x").exists()
