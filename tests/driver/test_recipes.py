"""The recipes of docs/how-to/use-as-a-merge-driver.md that can't be run with the tool that they are for."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

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
