"""The sandboxes as an ordinary user has them: no user id of its own for a run, so ownership protects nothing.

When these tests run as root, they become an ordinary user in a process of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import forkmerge
from forkmerge.sandbox import landlock

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sandbox
UID = 31245

DRIVER = """
import json, os, sys
from forkmerge.sandbox.command import Command, Limits
from forkmerge.sandbox.probe import choose
from forkmerge.sandbox.reduced import Reduced
spec = json.load(sys.stdin)
backend = Reduced(spec["abi"]) if spec["abi"] else choose("bubblewrap")
code = spec["code"].replace("@PARENT@", str(os.getpid()))
command = Command(("/usr/bin/env", "python3", "-I", "-S", "-c", code), spec["candidate"], spec["checkout"],
                  env=(("PATH", "/usr/bin:/bin"),), limits=Limits(wall=30, processes=60), hidden=(spec["home"],))
done = backend.run(command)
print(json.dumps([done.status, done.code, done.reason, done.stdout_tail.decode()]))
"""


class User:
    """An ordinary user with a home, a file of value in it, and a candidate to run code in."""

    def __init__(self, root: Path, python: str) -> None:
        self.root, self.python = root, python
        self.home = root / "home"
        self.candidate = self.home / "c"
        self.candidate.mkdir(parents=True)
        self.victim = self.home / "victim"
        self.victim.write_text("of value")
        self.victim.chmod(0o600)
        os.utime(self.victim, (1_600_000_000, 1_600_000_000))
        (self.candidate / "out").symlink_to(self.victim)
        shutil.copytree(Path(forkmerge.__file__).parent / "sandbox", root / "forkmerge" / "sandbox")
        for name in ("__init__.py", "errors.py"):
            shutil.copy(Path(forkmerge.__file__).parent / name, root / "forkmerge" / name)
        if os.geteuid() == 0:
            for path in (self.home, self.candidate, self.victim, self.candidate / "out"):
                os.chown(path, UID, UID, follow_symlinks=False)

    def run(self, code: str, abi: int) -> list[str]:
        ids = ["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups"] if os.geteuid() == 0 else []
        given = {
            "abi": abi,
            "code": code.replace("@VICTIM@", str(self.victim)),
            "candidate": str(self.candidate),
            "checkout": "/fm/home/project",
            "home": str(self.home),
        }
        done = subprocess.run(
            [*ids, self.python, "-c", DRIVER], input=json.dumps(given), text=True, capture_output=True, cwd=self.root,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), "PYTHONPATH": str(self.root)}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        status, code_, reason, text = json.loads(done.stdout)
        if status == "not-started" and not abi:
            pytest.skip(f"no bubblewrap for ordinary users here: {reason}")
        assert (status, code_) == ("exited", 0), (reason, text)
        return text.splitlines()

    def untouched(self) -> bool:
        info = self.victim.stat()  # before it is read
        kept = self.victim.read_text() == "of value"
        return kept and info.st_mode & 0o777 == 0o600 and info.st_mtime == 1_600_000_000


def python_for_all() -> str:
    """Return a Python that an ordinary user can start and that is new enough; skip without one."""
    for path in (sys.executable,) if os.geteuid() else ("/usr/bin/python3", "/usr/local/bin/python3"):
        check = [path, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        if Path(path).exists() and subprocess.run(check, check=False).returncode == 0:
            return path
    pytest.skip("no Python >= 3.11 that an ordinary user can start")


@pytest.fixture
def user() -> Iterator[User]:
    """An ordinary user, in a folder that is open to all."""
    python = python_for_all()
    root = Path(tempfile.mkdtemp(prefix="fm-user-"))
    root.chmod(0o755)
    try:
        yield User(root, python)
    finally:
        shutil.rmtree(root)


ABIS = [pytest.param(abi, id=f"reduced-{abi}") for abi in (1, 2, 4, 7) if abi <= landlock.version()]
EVERYWHERE = [*ABIS, pytest.param(0, id="bubblewrap")]

ATTACKS = """
import os
for attack in (
    lambda: os.chmod("@VICTIM@", 0o777),
    lambda: os.chmod("out", 0o777),
    lambda: os.chmod("../victim", 0o777),
    lambda: os.chmod("/proc/self/cwd/../victim", 0o777),
    lambda: os.chmod("/proc/self/root@VICTIM@", 0o777),
    lambda: os.chmod("victim", 0o777, dir_fd=os.open("..", os.O_PATH)),
    lambda: os.utime("@VICTIM@", (1, 1)),
    lambda: os.utime("out"),
    lambda: os.chown("@VICTIM@", os.getuid(), os.getgid()),
    lambda: os.truncate("@VICTIM@", 0),
    lambda: os.setxattr("@VICTIM@", "user.x", b"1"),
    lambda: os.rename("@VICTIM@", "mine"),
    lambda: os.link("@VICTIM@", "mine"),
    lambda: os.unlink("@VICTIM@"),
    lambda: open("@VICTIM@").read(),
    lambda: open("out", "a").write("evil"),
):
    try:
        attack()
        print("done")
    except OSError:
        print("refused")
"""


@pytest.mark.parametrize("abi", EVERYWHERE)
def test_file_elsewhere_is_not_changed(user, abi):
    assert user.run(ATTACKS, abi) == ["refused"] * 16
    assert user.untouched()


OWN = """
import os, shutil, subprocess
def show(path, follow=True):
    info = os.stat(path, follow_symlinks=follow)
    print(oct(info.st_mode & 0o7777), int(info.st_mtime))
open("a", "w").close()
os.chmod("a", 0o4751); os.utime("a", (1000, 2000)); show("a")
fd = os.open("a", os.O_RDWR); os.fchmod(fd, 0o700); os.utime(fd, (5, 6)); show("a")
os.symlink("a", "l"); os.utime("l", (7, 8), follow_symlinks=False); show("a")
shutil.copy2("a", "b"); show("b")
subprocess.run("chmod +x b && touch -d '2001-01-01 UTC' b", shell=True, check=True); show("b")
os.makedirs("d/e"); os.chmod("e", 0o711, dir_fd=os.open("d", os.O_RDONLY))
print(oct(os.stat("d/e").st_mode & 0o777))
os.utime("a"); print(os.stat("a").st_mtime > 1e9)
os.utime("a", ns=(1, 3_000_000_007)); print(os.stat("a").st_mtime_ns)
try: os.chmod("missing", 0o700)
except FileNotFoundError: print("missing")
"""


@pytest.mark.parametrize("abi", EVERYWHERE)
def test_modes_and_times_of_own_files_can_be_changed(user, abi):
    first = "0o751 2000" if abi else "0o4751 2000"
    assert user.run(OWN, abi) == [
        first, "0o700 6", "0o700 6", "0o700 6", "0o711 978307200", "0o711", "True", "3000000007", "missing",
    ]  # fmt: skip


SIGNALS = """
import os, signal, subprocess
for pid in (@PARENT@, os.getppid() if @REDUCED@ else @PARENT@, -os.getpgid(@PARENT@) if @REDUCED@ else -@PARENT@):
    try:
        os.kill(pid, signal.SIGKILL)
        print("sent")
    except OSError:
        print("refused")
child = subprocess.Popen(["sleep", "9"])
child.kill()
print(child.wait())
signal.signal(signal.SIGUSR1, lambda *_: print("got"))
signal.raise_signal(signal.SIGUSR1)
os.kill(os.getpid(), signal.SIGUSR1)
os.killpg(0, signal.SIGUSR1)
"""


@pytest.mark.parametrize("abi", EVERYWHERE)
def test_signals_reach_only_the_run_itself(user, abi):
    code = SIGNALS.replace("@REDUCED@", str(bool(abi)))
    assert user.run(code, abi) == ["refused", "refused", "refused", "-9", "got", "got", "got"]


@pytest.mark.parametrize("abi", EVERYWHERE)
def test_fork_bomb_of_an_ordinary_user_is_bounded(user, abi):
    code = """
import os, time
made = 0
try:
    while made < 3000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError:
    print("refused")
"""
    assert user.run(code, abi) == ["refused"]
