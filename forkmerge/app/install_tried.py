"""``install`` tries the driver that it wrote on a small file, as git will call it.

So it is known there and then that the program answers, and the modules that a merge imports are kept before the first
merge that somebody waits for.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.app.driver_line import CONFLICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 60
_BASE = """import os


def first(a, b=1):
    return a * 3 + b


def second(a, b=2):
    return os.path.join(a, b)
"""
_SOLVED, _ASIDE = "import os\n", "import {}\nimport os\n"
_LEFT, _OTHER = "a * 3", "a * {}"


def tried(program: Sequence[str]) -> str:
    """Return "" when ``program`` merges as it should, else what it answered, or that it did not.

    Imports that both sides added have to be joined, and one expression that both changed has to be left.
    """
    with tempfile.TemporaryDirectory(prefix="forkmerge-") as name:
        folder = Path(name)
        versions = (("base", _BASE), ("ours", _side("io", "33")), ("theirs", _side("json", "34")))
        base, ours, theirs = (_written(folder / version, text) for version, text in versions)
        call = [*program, "driver", f"--conflict-code={CONFLICTS}", base, ours, theirs]
        try:
            done = subprocess.run(
                [*call, "7", "tried.py", "base", "ours", "theirs"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        merged = Path(ours).read_text("utf-8", "replace")
        if (
            done.returncode == CONFLICTS
            and "import io\nimport json\nimport os\n" in merged
            and merged.count("<" * 7) == 1
        ):
            return ""
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return f"it ended with {done.returncode}{': ' if said else ''}{said[-1] if said else ''}"


def _side(module: str, factor: str) -> str:
    return _BASE.replace(_SOLVED, _ASIDE.format(module)).replace(_LEFT, _OTHER.format(factor))


def _written(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return str(path)
