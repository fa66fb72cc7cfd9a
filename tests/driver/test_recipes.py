"""The recipes of docs/how-to/use-as-a-merge-driver.md for other tools than git, with them where they are installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from support.driven import BASE, IMPORTS, OURS, THEIRS

import forkmerge

PAGE = Path(forkmerge.__file__).parent.parent / "docs" / "how-to" / "use-as-a-merge-driver.md"


def test_the_merge_tool_for_jujutsu_writes_its_output(tmp_path: Path, program: Path, env: dict[str, str]) -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    tool = tomllib.loads(text)["merge-tools"]["forkmerge"]
    files = {"base": BASE, "left": OURS, "right": THEIRS, "output": ""}
    for name, content in files.items():
        (tmp_path / f"{name} file").write_text(content)
    values = {f"${name}": str(tmp_path / f"{name} file") for name in files}
    path = os.pathsep.join([env["PATH"], str(program.parent)])
    for mod, code in (("pkg/mod.py", 0), ("pkg/mod.unknown", 1)):
        filled = [(values | {"$marker_length": "7", "$path": mod}).get(a, a) for a in tool["merge-args"]]
        done = subprocess.run([tool["program"], *filled], cwd=tmp_path, env=env | {"PATH": path}, check=False)
        assert done.returncode == code
        assert code == 0 or code in tool["merge-conflict-exit-codes"]
        assert set((tmp_path / "output file").read_text().splitlines()) >= IMPORTS
        assert (tmp_path / "left file").read_text() == OURS


@pytest.mark.skipif(not shutil.which("jj"), reason="there is no jj here")
def test_jujutsu_resolves_what_can_be_resolved(tmp_path: Path, program: Path, env: dict[str, str]) -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    config, repo = tmp_path / "jj.toml", tmp_path / "repo"
    config.write_text('user.name = "Somebody"\nuser.email = "somebody@example.com"\n' + text)
    repo.mkdir()
    path = os.pathsep.join([str(program.parent), str(Path(shutil.which("jj") or "").parent), env["PATH"]])

    def jj(*args: str, check: bool = True) -> str:
        here = env | {"PATH": path, "JJ_CONFIG": str(config)}
        done = subprocess.run(["jj", *args], cwd=repo, env=here, check=check, capture_output=True, text=True)
        return done.stdout + done.stderr

    jj("git", "init")
    for name, mod, words in (("base", BASE, "two"), ("ours", OURS, "2"), ("theirs", THEIRS, "zwei")):
        if name == "theirs":
            jj("new", "base")
        (repo / "a mod.py").write_text(mod)
        (repo / "words.txt").write_text(f"one\n{words}\nthree\n")
        jj("commit", "-m", name)
        jj("bookmark", "create", name, "-r", "@-")
    jj("new", "ours", "theirs")
    assert "a mod.py" in jj("resolve", "--list")
    jj("resolve", "--tool", "forkmerge")
    assert jj("resolve", "--list").split()[0] == "words.txt"
    assert "a mod.py" not in jj("resolve", "--list")
    assert set((repo / "a mod.py").read_text().splitlines()) >= IMPORTS
