"""Nothing is mounted below an untrusted tree, and a tree full of symlinks can't make the setup write on the host."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forkmerge.errors import UnusableInput
from forkmerge.sandbox import layout
from forkmerge.sandbox.command import Command, Mount

from .conftest import Machine, backend_named

COMMAND = Command(("true",), "/clones/c", "/home/u/project")


def test_candidate_is_the_last_mount():
    args = layout.arguments(COMMAND, scratch_size=True)
    assert args[-5:] == ["--bind", "/clones/c", "/home/u/project", "--remount-ro", "/"]


@pytest.mark.parametrize(
    "command",
    [
        replace(COMMAND, readonly=(Mount("/x", "/home/u/project/.venv"),)),
        replace(COMMAND, readonly=(Mount("/x", "/home/u/project"),)),
        replace(COMMAND, readonly=(Mount("/home/u", "/home/u"),)),
        replace(COMMAND, events="/home/u/project/events"),
        replace(COMMAND, readonly=(Mount("/x", "/x"), Mount("/y", "/x/y"))),
        replace(COMMAND, at="/home/u/../project"),
        replace(COMMAND, at="home/u/project"),
        replace(COMMAND, at="/"),
        replace(COMMAND, at="/usr"),
        replace(COMMAND, at="/tmp"),
    ],
)
def test_mount_below_an_untrusted_tree_is_refused(command):
    with pytest.raises(UnusableInput):
        layout.arguments(command, scratch_size=True)


def test_mount_inside_another_of_the_same_folder_is_left_out():
    command = replace(COMMAND, readonly=(Mount("/x", "/x"), Mount("/x/y", "/x/y")))
    args = layout.arguments(command, scratch_size=True)
    assert args.count("--ro-bind") == layout.arguments(COMMAND, scratch_size=True).count("--ro-bind") + 1


@pytest.mark.sandbox
def test_symlinks_of_the_tree_into_oldroot_write_nothing_on_the_host(tmp_path):
    machine = Machine(backend_named("bubblewrap"), tmp_path)
    target = tmp_path / "host"
    target.mkdir()
    for name in ("tmp", ".venv", "home", "usr", "etc", "dev", ".forkmerge", "env", "proc"):
        (machine.candidate / name).symlink_to(f"/oldroot{target}/{name}")
    tools = tmp_path / "tools"
    tools.mkdir()
    machine.extra = (Mount(str(tools), "/tmp/.forkmerge/env/0"),)
    done = machine.sh("ls -la; ls /tmp/.forkmerge/env")
    assert done.code == 0, done
    assert list(target.iterdir()) == []
