"""Small repositories for the tests of ``propose``, and the command run on them as users run it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping

    Files = Mapping[str, "str | bytes | None"]

CHEAP = """import glob, sys
sys.path.insert(0, ".")
out = []
for file in sorted(glob.glob("checks/*.py")):
    scope = {}
    try:
        exec(compile(open(file, encoding="utf-8").read(), file, "exec"), scope)
        checks = [name for name in scope if name.startswith("check_")]
    except Exception as error:
        checks, scope = ["load"], {"load": lambda: 1 / 0}
    for name in checks:
        try:
            scope[name]()
            out.append((file, name, ""))
        except Exception as error:
            out.append((file, name, "<failure message='failed'/>"))
with open("results.xml", "w", encoding="utf-8") as report:
    report.write("<testsuites><testsuite name='checks'>")
    for file, name, failure in out:
        report.write(f"<testcase classname='{file}' name='{name}'>{failure}</testcase>")
    report.write("</testsuite></testsuites>")
sys.exit(any(failure for *_, failure in out))
"""
"""A test runner that starts in no time and writes JUnit: ``checks/*.py`` hold the tests, ``check_*`` are they."""
CHECK = ("--results", "results.xml", "--test-paths", "checks")
CHEAP_COMMAND = "python3 -S run.py"

ROOT = Path(__file__).resolve().parents[2]
PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider"
_DATES = {
    "base": "2024-03-01T12:00:00+00:00",
    "upstream": "2024-03-02T12:00:00+00:00",
    "fork": "2024-03-03T12:00:00+00:00",
}


@dataclass(frozen=True, slots=True)
class Done:
    """How the command ended; ``data`` is the JSON document."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def data(self) -> dict[str, Any]:
        assert self.out, self.err
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A repository in ``folder`` with a home of its own beside it."""

    folder: Path
    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def git(self, *args: str, check: bool = True, date: str = _DATES["base"], cwd: Path | None = None) -> str:
        env = self.environment() | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        done = subprocess.run(
            ["git", *args], cwd=cwd or self.folder, env=env, check=False, capture_output=True, text=True,
            errors="surrogateescape",
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"git {args}: {done.stderr}"
        return done.stdout

    def environment(self) -> dict[str, str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "FORKMERGE_", "PYTEST_", "COV_"))}
        for name in ("FORCE_COLOR", "NO_COLOR", "XDG_CACHE_HOME", "VIRTUAL_ENV"):
            env.pop(name, None)
        return env | {
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.home),
            "GIT_CONFIG_GLOBAL": str(self.home / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(self.home.parent),
            "COLUMNS": "200",
            **self.env,
        }

    def commit(self, message: str, files: Files) -> str:
        """Write ``files`` (None deletes) and return the commit."""
        for name, content in files.items():
            path = self.folder / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all")
        self.git("commit", "-qm", message, date=_DATES.get(message, _DATES["fork"]))
        return self.git("rev-parse", "HEAD").strip()

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "forkmerge.cli", *args]

    def run(self, *args: str, cwd: Path | None = None, timeout: float = 120, **env: str) -> Done:
        began = time.monotonic()
        done = subprocess.run(
            self.command(*args), cwd=cwd or self.folder, env=self.environment() | env, capture_output=True,
            check=False, stdin=subprocess.DEVNULL, timeout=timeout, text=True,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def propose(
        self, *args: str, upstream: str = "upstream", test: str = PYTEST, json: bool = True, **more: Any
    ) -> Done:
        """Run ``propose`` with ``--json``; ``more`` as for ``run``."""
        asked = (*(("--test", test) if test else ()), *(("--json",) if json else ()), "--runs", "1")
        return self.run("propose", upstream, *asked, *args, **more)

    def check(self, *args: str, **more: Any) -> Done:
        """Run ``propose`` with the cheap runner."""
        return self.propose(*CHECK, *args, **({"test": CHEAP_COMMAND} | more))

    def blob(self, tree: str, path: str) -> bytes:
        """Return the bytes of a file of a tree."""
        return subprocess.run(
            ["git", "cat-file", "blob", f"{tree}:{path}"], cwd=self.folder, env=self.environment(), check=True,
            capture_output=True,
        ).stdout  # fmt: skip

    def start(self, *args: str, test: str = CHEAP_COMMAND) -> subprocess.Popen[str]:
        """Start ``propose --json`` in a process group of its own."""
        return subprocess.Popen(
            self.command("propose", "upstream", "--test", test, "--json", "--runs", "1", *CHECK, *args),
            cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def fingerprint(self) -> tuple[str, ...]:
        """Return everything of the repository that no run may change."""
        files = sorted(
            f"{p.relative_to(self.folder)} {p.lstat().st_mode:o} {p.lstat().st_mtime_ns} {p.lstat().st_size}"
            for p in self.folder.rglob("*")
            if ".git" not in p.relative_to(self.folder).parts
        )
        refs = [r for r in self.git("for-each-ref").splitlines() if "refs/forkmerge/" not in r]
        fsck = subprocess.run(
            ["git", "fsck", "--no-dangling", "--no-progress"], cwd=self.folder, env=self.environment(), check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        return (
            "\n".join(files), "\n".join(refs), self.git("symbolic-ref", "-q", "HEAD", check=False),
            self.git("rev-parse", "HEAD"), self.git("ls-files", "--stage", "-v"),
            self.git("status", "--porcelain", "--ignored"), f"{fsck.returncode} {fsck.stdout}",
            self.git("worktree", "list"), self.git("stash", "list"), self.git("config", "--list", "--local"),
        )  # fmt: skip

    def ledger(self) -> int:
        """Return how many runs the ledger holds."""
        path = self.folder / ".git" / "forkmerge" / "ledger.sqlite3"
        if not path.exists():
            return 0
        try:
            with closing(sqlite3.connect(path, timeout=5)) as connection:
                return int(connection.execute("select count(*) from runs").fetchone()[0])
        except sqlite3.OperationalError:
            return 0

    def leftovers(self) -> list[int]:
        """Return the processes that still belong to this repository: by their working folder or their words."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "cmdline").read_bytes()
                folder = str((entry / "cwd").readlink())
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state != "Z" and (str(self.home).encode() in words or folder.startswith(str(self.home.parent))):
                found.append(int(entry.name))
        return found


def build(where: Path, base: Files, fork: Files, upstream: Files, **env: str) -> Sandbox:
    """Return a repository with the branches main (the base), upstream and fork (checked out)."""
    folder, home = where / "repo", where / "home"
    folder.mkdir(parents=True)
    home.mkdir()
    (home / "gitconfig").write_text("[user]\n\tname = Maintainer\n\temail = maintainer@example.org\n")
    box = Sandbox(folder, home, env)
    box.git("init", "-q", "-b", "main")
    box.commit("base", base)
    box.git("checkout", "-qb", "upstream")
    box.commit("upstream", upstream)
    box.git("checkout", "-qb", "fork", "main")
    box.commit("fork", fork)
    return box


def cheap(where: Path, base: Files, fork: Files, upstream: Files, **env: str) -> Sandbox:
    """Return a repository as ``build`` does, with the cheap runner in it."""
    return build(where, {"run.py": CHEAP, ".gitignore": "__pycache__\n", **base}, fork, upstream, **env)


def wait_for(
    condition: Callable[[], bool], *, seconds: float = 60.0, process: subprocess.Popen[str] | None = None
) -> None:
    """Wait until ``condition`` holds; fail when it does not in time or ``process`` ended before."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "what was waited for did not happen"
        assert process is None or process.poll() is None, f"it ended early: {process.communicate()}"
        time.sleep(0.02)


def stop(process: subprocess.Popen[str], how: signal.Signals, *, group: bool = False) -> tuple[int, str, str]:
    """Send a signal to ``process`` (or its group) and return how it ended: code, stdout, stderr."""
    if group:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def best(data: Mapping[str, Any]) -> dict[str, Any]:
    found = data["proposals"][0]
    assert isinstance(found, dict)
    return found


def trees(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(p["tree"], p["verdict"]) for p in data["proposals"]]
