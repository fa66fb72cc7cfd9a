"""Repositories that git merges with forkmerge as its driver."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from forkmerge.app import driver_line
from forkmerge.app.install_block import Origin, put

BASE = "import os\nimport sys\n\n\ndef f(a):\n    return a\n\n\ndef g(b):\n    return b\n"
OURS = BASE.replace("import os\n", "import json\nimport os\n")
THEIRS = BASE.replace("import os\n", "import io\nimport os\n")
IMPORTS = {"import io", "import json", "import os", "import sys"}


@dataclass(frozen=True)
class Repo:
    """A repository at ``path``; the commands run in ``folder`` of it."""

    path: Path
    env: dict[str, str]

    def git(self, *args: str, check: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["git", *args], cwd=self.path, env=self.env | more, capture_output=True, check=False, text=True, timeout=60
        )
        assert not check or done.returncode == 0, f"git {' '.join(args)}: {done.stdout}{done.stderr}"
        return done

    def write(self, files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str, files: dict[str, str | bytes]) -> None:
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-qm", message)

    def fork(
        self,
        base: dict[str, str | bytes],
        ours: dict[str, str | bytes],
        theirs: dict[str, str | bytes],
    ) -> None:
        """Commit ``base`` on main, ``theirs`` on topic and ``ours`` on main, which is left checked out."""
        self.commit("base", base)
        self.git("checkout", "-qb", "topic")
        self.commit("theirs", theirs)
        self.git("checkout", "-q", "main")
        self.commit("ours", ours)

    def read(self, name: str = "mod.py") -> str:
        return (self.path / name).read_bytes().decode()

    def unmerged(self) -> set[str]:
        listed = self.git("ls-files", "--unmerged", "-z").stdout.split("\0")
        return {entry.partition("\t")[2] for entry in listed if entry}

    def install(self, program: Path, patterns: str = "*.py *.json") -> None:
        """Write what ``forkmerge install`` writes, for the command ``program``."""
        config = self.git("rev-parse", "--path-format=absolute", "--git-path", "config").stdout.strip()
        attributes = self.git("rev-parse", "--path-format=absolute", "--git-path", "info/attributes").stdout.strip()
        body = driver_line.config_text((str(program),)).encode()
        Path(config).write_bytes(put(Path(config).read_bytes(), body, origin=Origin(), first=False))
        Path(attributes).parent.mkdir(exist_ok=True)
        Path(attributes).write_text("".join(f"{p} merge=forkmerge\n" for p in patterns.split()))


def without_labels(text: str) -> list[str]:
    marks = ("<<<<<<<", "|||||||", ">>>>>>>")
    return [line[:7] if line.startswith(marks) else line for line in text.splitlines()]


def version(repo: Repo) -> tuple[int, ...]:
    return tuple(int(part) for part in repo.git("--version").stdout.split()[2].split(".")[:2])
