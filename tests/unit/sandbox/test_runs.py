"""What an honest command must be able to do in every backend."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from forkmerge.sandbox.command import Command, Limits, Mount

pytestmark = pytest.mark.sandbox


def test_run_gives_exit_code_and_output(any_machine):
    done = any_machine.sh("cat tracked; echo err >&2; exit 7")
    assert (done.status, done.code, done.signal) == ("exited", 7, None)
    assert done.stdout_tail == b"a file of the treeerr\n"


def test_run_tells_the_signal_that_ended_it(any_machine):
    done = any_machine.sh("kill -SEGV $$")
    assert (done.status, done.code, done.signal) == ("exited", 139, 11)


def test_run_of_a_missing_program_exits_127(any_machine):
    done = any_machine.backend.run(any_machine.command("no-such-program-here"))
    assert (done.status, done.code) == ("exited", 127)
    assert b"no-such-program-here" in done.stdout_tail


def test_stdin_is_empty(any_machine):
    done = any_machine.sh("cat; readlink /proc/self/fd/0")
    assert done.stdout_tail == b"/dev/null\n"


def test_run_writes_to_its_candidate(any_machine):
    done = any_machine.sh("mkdir d && echo new > d/f && mv d/f g && chmod +x g && ln -s g l && rm tracked")
    assert done.code == 0, done
    assert sorted(p.name for p in any_machine.candidate.iterdir()) == ["d", "g", "l"]
    assert os.access(any_machine.candidate / "g", os.X_OK)


def test_run_is_at_the_checkout_where_paths_are_mapped(any_machine):
    done = any_machine.sh("pwd")
    expected = any_machine.checkout if any_machine.backend.maps_paths else any_machine.candidate
    assert done.stdout_tail.decode().strip() == str(expected)
    done = any_machine.backend.run(replace(any_machine.command("/bin/sh", "-c", "cat ../tracked; pwd"), cwd="sub"))
    assert done.status == "not-started"
    (any_machine.candidate / "sub").mkdir()
    done = any_machine.backend.run(replace(any_machine.command("/bin/sh", "-c", "cat ../tracked"), cwd="sub"))
    assert done.stdout_tail == b"a file of the tree"
    inner = str(any_machine.checkout / "sub")
    done = any_machine.backend.run(replace(any_machine.command("/bin/sh", "-c", "cat ../tracked"), cwd=inner))
    assert done.stdout_tail == b"a file of the tree"


def test_every_absolute_path_of_the_candidate_can_be_walked(any_machine):
    done = any_machine.sh(f"cd / && cat '{any_machine.place}/tracked' && cd '{any_machine.place}' && pwd -P")
    assert done.code == 0, done


def test_home_and_temporary_folder_are_private_and_writable(any_machine):
    done = any_machine.sh('echo x > "$HOME/f" && echo x > "$TMPDIR/f" && echo "$HOME" && mktemp')
    assert done.code == 0, done
    assert str(any_machine.home) not in done.stdout_tail.decode().splitlines()[0].split("/c.tmp")[0] + "-"
    assert not (any_machine.home / "f").exists()
    left = [p.name for p in any_machine.candidate.parent.iterdir()]
    assert left == ["c"]


def test_only_the_given_environment_is_there(any_machine, monkeypatch):
    monkeypatch.setenv("FORKMERGE_SECRET", "x")
    done = any_machine.backend.run(
        replace(any_machine.command("/usr/bin/env"), env=(("PATH", "/usr/bin:/bin"), ("A", "é b")))
    )
    names = {line.split("=")[0] for line in done.stdout_tail.decode().splitlines()}
    assert names == {"PATH", "A", "HOME", "TMPDIR", "PWD"}
    assert "A=é b" in done.stdout_tail.decode()


def test_events_can_be_appended_to(any_machine, tmp_path):
    events = tmp_path / "events.jsonl"
    events.write_text("first\n")
    any_machine.events = str(events)
    done = any_machine.sh(f"echo second >> '{events}'")
    assert done.code == 0, done
    assert events.read_text() == "first\nsecond\n"


def test_environment_mount_is_readable_and_not_writable(machine, tmp_path):
    tools = machine.home / ".tools"
    tools.mkdir()
    (tools / "data").write_text("of the tool")
    machine.extra = (Mount(str(tools), str(tools)),)
    done = machine.sh(f"cat '{tools}/data'; echo evil > '{tools}/data'; echo evil > '{tools}/new'; exit 0")
    assert done.stdout_tail.startswith(b"of the tool")
    assert (tools / "data").read_text() == "of the tool"
    assert not (tools / "new").exists()


def test_virtual_environment_under_a_hidden_home_works_when_mounted(machine):
    venv = machine.home / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    base = os.path.realpath(sys.base_prefix)
    machine.extra = (Mount(str(venv), str(venv)), *([] if base == sys.base_prefix else [Mount(base, base)]))
    done = machine.backend.run(machine.command(str(venv / "bin/python"), "-c", "import sys, json; print(sys.prefix)"))
    assert done.stdout_tail.decode().strip() == str(venv), done


SERVER = """
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=lambda: server.accept()[0].sendall(b"hello"), daemon=True).start()
print(socket.create_connection(server.getsockname()).recv(9))
"""


def test_loopback_server_works_in_bubblewrap(any_machine):
    if any_machine.backend.name == "reduced":
        pytest.skip("the reduced sandbox closes loopback, and says so")
    done = any_machine.backend.run(any_machine.command(sys.base_prefix + "/bin/python3", "-I", "-c", SERVER))
    assert b"hello" in done.stdout_tail, done


def test_threads_pipes_and_child_processes_work(any_machine):
    code = """
import asyncio, multiprocessing, subprocess, tempfile, threading
def work(x):
    return x + 1
if __name__ == "__main__":
    threading.Thread(target=print, args=("thread",)).start()
    print(subprocess.run(["/bin/echo", "child"], capture_output=True).stdout)
    asyncio.run(asyncio.sleep(0))
    with tempfile.TemporaryDirectory() as folder: print("temp")
    a, b = multiprocessing.Pipe()
    p = multiprocessing.Process(target=b.send, args=(work(41),)); p.start(); print(a.recv()); p.join()
"""
    (any_machine.candidate / "main.py").write_text(code)
    done = any_machine.backend.run(any_machine.command(sys.base_prefix + "/bin/python3", "-I", "main.py"))
    assert done.code == 0, done
    for word in (b"thread", b"child", b"temp", b"42"):
        assert word in done.stdout_tail


def test_cancelling_kills_at_once(any_machine):
    flag = threading.Event()
    threading.Timer(0.4, flag.set).start()
    done = any_machine.backend.run(any_machine.command("/bin/sleep", "30"), on_tick=flag.is_set)
    assert done.status == "killed"
    assert done.seconds < 5


def test_interrupt_kills_the_run_and_goes_on_up(any_machine):
    def interrupt() -> bool:
        raise KeyboardInterrupt

    script = "sleep 1.5; echo x > alive"
    with pytest.raises(KeyboardInterrupt):
        any_machine.backend.run(any_machine.command("/bin/sh", "-c", script), on_tick=interrupt)
    time.sleep(1.8)
    assert not (any_machine.candidate / "alive").exists()


def test_killing_the_caller_kills_the_run(any_machine):
    code = f"""
import sys
from forkmerge.sandbox.command import Command
from forkmerge.sandbox.probe import choose
script = "echo x > started; sleep 2; echo x > alive"
env = (("PATH", "/usr/bin:/bin"),)
command = Command(("/bin/sh", "-c", script), {str(any_machine.candidate)!r}, "/fm/at", env=env)
choose({any_machine.backend.name!r}).run(command)
"""
    root = Path(__file__).parents[3]
    caller = subprocess.Popen([sys.executable, "-c", code], cwd=root)
    until = time.monotonic() + 10
    while not (any_machine.candidate / "started").exists() and time.monotonic() < until:
        time.sleep(0.02)
    caller.kill()
    caller.wait()
    time.sleep(2.3)
    assert (any_machine.candidate / "started").exists()
    assert not (any_machine.candidate / "alive").exists()


def test_a_candidate_that_is_not_there_is_not_started(machine):
    command = Command(("/bin/true",), str(machine.root / "nowhere"), str(machine.checkout), limits=Limits(wall=5))
    done = machine.backend.run(command)
    assert done.status == "not-started"
    assert done.reason
