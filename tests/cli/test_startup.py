from __future__ import annotations

import subprocess
import sys

import pytest
import tree_sitter

BANNED = {
    "argparse",
    "ast",
    "asyncio",
    "collections",
    "click",
    "concurrent",
    "copy",
    "dataclasses",
    "difflib",
    "dis",
    "email",
    "enum",
    "functools",
    "hashlib",
    "http",
    "importlib.metadata",
    "importlib.resources",
    "inspect",
    "json",
    "libcst",
    "logging",
    "pathlib",
    "pickle",
    "platform",
    "pygit2",
    "pysat",
    "random",
    "reprlib",
    "rich",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "tokenize",
    "tomllib",
    "traceback",
    "typing",
    "typing_extensions",
    "urllib",
    "uuid",
    "weakref",
    "xml",
}
SCRIPT = "import sys; from forkmerge.cli.main import main; sys.exit(main(sys.argv[1:]))"


def imported(args: list[str], cwd, env) -> set[str]:
    """The modules imported by ``args``, also those of the process that it forks, and of failed tries."""
    done = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", "-c", SCRIPT, *args],
        cwd=cwd, env=env, capture_output=True, check=False,
    )  # fmt: skip
    rows = [line for line in done.stderr.decode().splitlines() if line.startswith("import time:")]
    names = {line.rpartition("|")[2].strip() for line in rows[1:]}
    assert "forkmerge.cli.main" in names
    return names


@pytest.fixture
def site_env(env) -> dict[str, str]:
    """Without ``site``, whose own imports are not ours, the packages are found by PYTHONPATH."""
    packages = tree_sitter.__file__.rpartition("/tree_sitter/")[0]
    return env | {"PYTHONPATH": f"{env['PYTHONPATH']}:{packages}"}


def test_version_imports_next_to_nothing(tmp_path, site_env) -> None:
    names = imported(["--version"], tmp_path, site_env)
    assert {n for n in names if n.startswith("forkmerge")} <= {
        "forkmerge", "forkmerge.cli", "forkmerge.cli.main",
    }  # fmt: skip
    assert not {"re", "enum", "dataclasses", "typing"} & names


BASE = "import os\nimport sys\n\n\ndef f(a):\n    return a\n\n\ndef g(b):\n    return b\n"


@pytest.mark.parametrize("command", ["driver", "merge-file"])
@pytest.mark.parametrize(
    ("ours", "theirs", "code"),
    [
        (BASE.replace("return a", "return a + 1"), BASE.replace("return b", "return -b"), 0),
        (
            BASE.replace("import os\n", "import os\nimport re\n"),
            BASE.replace("import os\n", "import os\nimport io\n"),
            0,
        ),
    ],
    ids=["clean", "conflict that is solved"],
)
def test_a_merge_imports_nothing_heavy(command, ours, theirs, code, tmp_path, site_env) -> None:
    for name, text in (("ours.py", ours), ("base.py", BASE), ("theirs.py", theirs)):
        (tmp_path / name).write_text(text)
    args = {
        "driver": ["base.py", "ours.py", "theirs.py", "7", "x.py"],
        "merge-file": ["ours.py", "base.py", "theirs.py"],
    }
    names = imported([command, *args[command]], tmp_path, site_env)
    assert "forkmerge.merge.file" in names
    heavy = {n for n in names if n in BANNED or n.split(".")[0] in BANNED}
    assert not heavy
