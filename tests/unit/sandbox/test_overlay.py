"""Candidates on top of pristine folders: what a run sees is both, what it does is kept apart, whoever starts it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import forkmerge
from forkmerge.sandbox import identity, overlay
from forkmerge.sandbox.bubblewrap import Bubblewrap
from forkmerge.sandbox.command import Command, Limits
from forkmerge.sandbox.probe import choose

pytestmark = pytest.mark.sandbox
AT = "/fm-test/home/project"


class Stacked:
    """A pristine folder, and runs on top of it that each have a candidate of their own."""

    def __init__(self, root: Path, backend: Bubblewrap, found: overlay.Stack) -> None:
        self.root, self.backend = root, backend
        self.user = found.owner()
        self.below = root / "below"
        (self.below / "d").mkdir(parents=True)
        (self.below / "a").write_text("a of the tree")
        (self.below / "d/b").write_text("b of the tree")
        (self.below / "d/run").write_text("#!/bin/sh\necho ran")
        (self.below / "d/run").chmod(0o755)
        (self.below / "out").symlink_to("/oldroot/etc")
        (self.below / "link").symlink_to("d/b")
        root.chmod(0o711)
        if self.user is not None:
            identity.give(str(self.below), self.user)
        self.before = self.state()
        self.number = 0

    def state(self) -> dict[str, object]:
        return {
            str(p): (p.lstat().st_mode, p.lstat().st_mtime_ns, p.lstat().st_ctime_ns, p.lstat().st_size)
            for p in sorted([self.below, *self.below.rglob("*")])
        }

    def run(self, script: str, *, fresh: bool = True) -> str:
        self.number += fresh
        candidate = self.root / f"c{self.number}"
        candidate.mkdir(exist_ok=not fresh)
        command = Command(
            ("/bin/sh", "-c", script), str(candidate), AT, env=(("PATH", "/usr/bin:/bin"),),
            limits=Limits(wall=30), below=str(self.below), user=self.user,
        )  # fmt: skip
        done = self.backend.run(command)
        assert done.status == "exited", done
        assert self.state() == self.before
        return f"{done.stdout_tail.decode()}[{done.code}]"


@pytest.fixture
def stacked(tmp_path: Path) -> Stacked:
    backend = choose("auto")
    found = overlay.stack(backend, str(tmp_path))
    if found is None or not isinstance(backend, Bubblewrap):
        pytest.skip("candidates are copied here")
    return Stacked(tmp_path / "work", backend, found)


def test_a_run_sees_the_tree_and_can_change_all_of_it(stacked):
    assert stacked.run("cat a d/b link; d/run; id -u > n; cat n > /dev/null; pwd") == (
        f"a of the treeb of the treeb of the treeran\n{AT}\n[0]"
    )
    assert stacked.run("rm -r d a && mkdir d && echo new > d/b && cat d/b && ls") == "new\nd\nlink\nout\n[0]"
    assert stacked.run("echo x >> a && chmod 700 d/run && touch d/b && ln d/b e && cat a") == "a of the treex\n[0]"
    assert stacked.run("mv d f && cat f/b && ls") == "b of the treea\nf\nlink\nout\n[0]"
    assert stacked.run("cat a d/b; ls") == "a of the treeb of the treea\nd\nlink\nout\n[0]"


def test_a_run_goes_on_where_the_one_before_it_in_the_same_candidate_stopped(stacked):
    assert stacked.run("echo one > new; rm a; echo changed > d/b") == "[0]"
    assert stacked.run("cat new d/b; ls", fresh=False) == "one\nchanged\nd\nlink\nnew\nout\n[0]"
    assert (stacked.root / "c1/new").read_text() == "one\n"


def test_neither_the_pristine_folder_nor_the_mount_can_be_reached(stacked):
    said = stacked.run(
        f"cat {stacked.below}/a; ls {stacked.root}; grep -c lowerdir /proc/self/mountinfo; umount {AT};"
        f" mount -t tmpfs none {AT}; ls out; cat a"
    )
    assert said.endswith("a of the tree[0]")
    assert said.count("No such file") == 2
    assert "\nout\n" in said  # a link that leads nowhere
    assert stacked.run("cat a") == "a of the tree[0]"


def test_nothing_is_left_mounted_or_running(stacked):
    mounts = Path("/proc/self/mountinfo").read_text().count("\n")
    stacked.run("sleep 30 & echo started")
    assert Path("/proc/self/mountinfo").read_text().count("\n") == mounts
    shutil.rmtree(stacked.root / "c1")
    assert not (stacked.root / "c1").exists()


def test_a_path_that_mount_can_not_be_told_is_refused(stacked, tmp_path):
    odd = tmp_path / "a,b"
    odd.mkdir()
    command = Command(("/bin/true",), str(odd), AT, below=str(stacked.below), user=stacked.user)
    assert "can't be told to mount" in stacked.backend.run(command).reason
    assert overlay.stack(stacked.backend, str(odd)) is None


def test_other_sandboxes_refuse_a_candidate_on_top_of_another_folder(tmp_path):
    done = choose("none").run(Command(("/bin/true",), str(tmp_path), AT, below="/x"))
    assert (done.status, "on top of" in done.reason) == ("not-started", True)


DRIVER = """
import json, os, sys, tempfile
from forkmerge.sandbox import overlay
from forkmerge.sandbox.command import Command, Limits
from forkmerge.sandbox.probe import choose
backend = choose("bubblewrap")
with tempfile.TemporaryDirectory() as root:
    found = overlay.stack(backend, root)
    if found is None:
        print(json.dumps(None)); sys.exit()
    for name in ("below", "c"):
        os.mkdir(f"{root}/{name}", 0o755)
    open(f"{root}/below/a", "w").write("of the tree")
    script = "cat a; echo changed > a; cat a; id -u"
    command = Command(("/bin/sh", "-c", script), f"{root}/c", "/fm-test/home/project",
                      env=(("PATH", "/usr/bin:/bin"),), limits=Limits(wall=30), below=f"{root}/below",
                      user=found.owner())
    done = backend.run(command)
    print(json.dumps([done.status, done.stdout_tail.decode(), open(f"{root}/below/a").read(), found.own_uid]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the others are an ordinary user's already")
def test_an_ordinary_user_has_it_too():
    python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    if subprocess.run([python, "-c", "from typing import Self"], check=False, capture_output=True).returncode:
        pytest.skip("the system's Python is too old for forkmerge")
    with tempfile.TemporaryDirectory(prefix="fm-ordinary-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        shutil.copytree(Path(forkmerge.__file__).parent / "sandbox", root / "forkmerge" / "sandbox")
        for name in ("__init__.py", "errors.py"):
            shutil.copy(Path(forkmerge.__file__).parent / name, root / "forkmerge" / name)
        home = root / "home"
        home.mkdir()
        os.chown(home, 31245, 31245)
        done = subprocess.run(
            ["setpriv", "--reuid", "31245", "--regid", "31245", "--clear-groups", python, "-c", DRIVER], cwd=root,
            env={"PATH": "/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(root)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"no bubblewrap for ordinary users here: {done.stderr[-300:]}")
        found = json.loads(done.stdout)
        if found is None:
            pytest.skip("ordinary users can't mount here")
        assert found == ["exited", "of the treechanged\n31245\n", "of the tree", False]
