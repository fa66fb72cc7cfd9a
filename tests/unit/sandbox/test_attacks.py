"""What a hostile test may try: each attack is run for real, in both sandboxes, and must not get through."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from forkmerge.sandbox.command import Mount
from forkmerge.sandbox.syscalls import ARCHITECTURES

pytestmark = pytest.mark.sandbox


def wrote(machine, path: Path) -> bool:
    done = machine.sh(f"echo evil >> '{path}'; echo evil > '{path}.new'; rm -f '{path}'; mkdir -p '{path}.d'; exit 0")
    assert done.status == "exited", done
    changed = not path.exists() or b"evil" in path.read_bytes()
    made = [p for p in (Path(f"{path}.new"), Path(f"{path}.d")) if p.exists()]
    for each in made:
        each.rmdir() if each.is_dir() else each.unlink()
    return changed or bool(made)


def test_run_writes_not_to_the_home(machine):
    assert not wrote(machine, machine.home / "secret")


def test_run_writes_not_to_the_checkout(machine):
    assert not wrote(machine, machine.checkout / "mine")


def test_run_writes_not_to_etc(machine):
    before = Path("/etc/hostname").read_bytes() if Path("/etc/hostname").exists() else None
    done = machine.sh("echo evil > /etc/forkmerge-evil; echo evil >> /etc/hostname; chmod 777 /etc/passwd; exit 0")
    assert done.status == "exited"
    assert not Path("/etc/forkmerge-evil").exists()
    assert before is None or Path("/etc/hostname").read_bytes() == before
    assert Path("/etc/passwd").stat().st_mode & 0o777 != 0o777


def test_run_writes_not_to_the_host_tmp(machine):
    name = f"forkmerge-evil-{os.getpid()}"
    done = machine.sh(f"echo evil > /tmp/{name}; echo evil > /var/tmp/{name}; echo evil > /dev/shm/{name}; exit 0")
    assert done.status == "exited"
    assert not Path("/tmp", name).exists()
    assert not Path("/var/tmp", name).exists()
    assert not Path("/dev/shm", name).exists()


def test_run_writes_not_through_a_symlink_of_the_candidate(machine):
    (machine.candidate / "link").symlink_to(machine.home)
    (machine.candidate / "file").symlink_to(machine.home / "secret")
    done = machine.sh("echo evil > link/evil; echo evil > file; ln -s / root; echo evil > root/evil; exit 0")
    assert done.status == "exited"
    assert sorted(p.name for p in machine.home.iterdir()) == ["project", "secret"]
    assert (machine.home / "secret").read_text() == "the secret of the home"
    assert not Path("/evil").exists()


def test_run_reads_not_the_home(machine):
    (machine.candidate / "link").symlink_to(machine.home / "secret")
    done = machine.sh(f"cat '{machine.home}/secret' link; ls '{machine.home}/..' /root /home 2>&1; exit 0")
    assert done.status == "exited"
    assert b"the secret of the home" not in done.stdout_tail


def test_run_reads_not_the_checkout(machine):
    done = machine.sh(f"cat '{machine.checkout}/mine'")
    assert done.code != 0
    assert b"the user's own work" not in done.stdout_tail


def test_run_reads_not_hidden_files_inside_a_mount(machine):
    tools = machine.root / "tools"
    tools.mkdir()
    (tools / "credentials").write_text("the secret of the tool")
    (tools / "program").write_text("a program")
    machine.extra = (Mount(str(tools), str(tools)),)
    command = machine.command("/bin/sh", "-c", f"cat {tools}/program; cat {tools}/credentials")
    hidden = (*command.hidden, str(tools / "credentials"))
    done = machine.backend.run(
        type(command)(**{f: getattr(command, f) for f in command.__slots__} | {"hidden": hidden})
    )
    assert b"a program" in done.stdout_tail
    assert b"the secret" not in done.stdout_tail


def test_run_reads_not_the_password_hashes(machine):
    done = machine.sh("cat /etc/shadow /etc/gshadow")
    assert done.code != 0
    assert b"root:" not in done.stdout_tail


def test_run_changes_not_the_mode_of_foreign_files(machine):
    done = machine.sh(f"chmod 777 '{machine.home}/secret'; touch -d 2001-01-01 '{machine.home}/secret'; exit 0")
    assert done.status == "exited"
    info = (machine.home / "secret").stat()
    assert info.st_mode & 0o777 != 0o777
    assert info.st_mtime > 1_500_000_000


class Listener:
    """A server of the host: remembers whether anybody came."""

    def __init__(self, family: int, kind: int, address: object) -> None:
        self.socket = socket.socket(family, kind)
        self.socket.bind(address)
        if kind == socket.SOCK_STREAM:
            self.socket.listen(8)
        self.socket.settimeout(0.2)
        self.kind = kind

    def visited(self) -> bool:
        try:
            if self.kind == socket.SOCK_STREAM:
                self.socket.accept()[0].close()
            else:
                self.socket.recv(100)
        except TimeoutError:
            return False
        finally:
            self.socket.close()
        return True


TALK = """
import socket, sys
s = socket.socket({family}, {kind})
s.settimeout(2)
if {kind} == socket.SOCK_STREAM:
    s.connect({address!r})
    s.sendall(b"out")
else:
    s.sendto(b"out", {address!r})
"""


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["tcp", "udp"])
def test_run_reaches_no_port_of_the_host(machine, kind):
    listener = Listener(socket.AF_INET, kind, ("127.0.0.1", 0))
    code = TALK.format(family=int(socket.AF_INET), kind=int(kind), address=listener.socket.getsockname())
    done = machine.python(code)
    assert not listener.visited()
    if kind == socket.SOCK_STREAM or machine.backend.name == "reduced":
        assert done.code == 1, done


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["stream", "datagram"])
@pytest.mark.parametrize("where", ["path", "abstract"])
def test_run_reaches_no_unix_socket_of_the_host(machine, kind, where, tmp_path):
    address = str(tmp_path / "s") if where == "path" else f"\0forkmerge-{os.getpid()}"
    listener = Listener(socket.AF_UNIX, kind, address)
    done = machine.python(TALK.format(family=int(socket.AF_UNIX), kind=int(kind), address=address))
    assert not listener.visited()
    assert done.code == 1, done


def test_run_reaches_no_unix_socket_by_sendmsg(machine, tmp_path):
    address = f"\0forkmerge-msg-{os.getpid()}"
    listener = Listener(socket.AF_UNIX, socket.SOCK_DGRAM, address)
    code = f"""
import socket
ways = (
    lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
    lambda: socket.socketpair(type=socket.SOCK_DGRAM)[0],
)
for make in ways:
    try:
        make().sendmsg([b"out"], [], 0, {address!r})
    except OSError as error:
        print(error)
"""
    machine.python(code)
    assert not listener.visited()


DOUBLE_FORK = """
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {work}
    os._exit(0)
os._exit(0)
"""
NOHUP = """
import subprocess, sys
null = subprocess.DEVNULL
command = ["/usr/bin/nohup", sys.executable, "-I", "-S", "-c", {work!r}]
subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True)
"""
IGNORING = """
import os, signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
if os.fork() == 0:
    {work}
os._exit(0)
"""
OUTLIVE = {"double-fork": DOUBLE_FORK, "nohup": NOHUP, "ignoring": IGNORING}


@pytest.mark.parametrize("way", OUTLIVE)
def test_nothing_outlives_a_run(any_machine, way):
    machine = any_machine
    mark = machine.place / "alive"
    work = f"import time; time.sleep(1.0); open({str(mark)!r}, 'w').close()"
    done = machine.python(OUTLIVE[way].format(work=work))
    assert done.status == "exited"
    assert done.code == 0, done
    assert done.seconds < 1.0
    time.sleep(1.3)
    assert not (machine.candidate / "alive").exists()


def test_nothing_outlives_a_timeout(any_machine):
    machine = any_machine
    script = """
        (trap '' TERM HUP INT; sleep 2; echo x > alive) &
        setsid sh -c 'sleep 2; echo x > alive' &
        trap '' TERM
        sleep 60
    """
    machine.limits = type(machine.limits)(wall=0.7)
    done = machine.sh(script)
    assert done.status == "timeout"
    assert done.seconds < 5
    time.sleep(2)
    assert not (machine.candidate / "alive").exists()


def test_a_stopped_run_is_killed_at_its_limit(any_machine):
    machine = any_machine
    machine.limits = type(machine.limits)(wall=0.7)
    done = machine.sh("kill -STOP $$")
    assert done.status == "timeout"
    assert done.seconds < 5


def test_a_fork_bomb_is_bounded_and_cleared(machine):
    bomb = """
import os, time
made = 0
try:
    while made < 400:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        made += 1
except OSError as error:
    print("refused", flush=True)
"""
    done = machine.python(bomb, processes=50, wall=15.0)
    assert done.status == "exited", done
    assert b"refused" in done.stdout_tail


def test_an_exploding_fork_bomb_is_cleared_at_the_wall_limit(machine):
    bomb = "import os\nwhile True:\n try: os.fork()\n except OSError: pass"
    started = time.monotonic()
    done = machine.python(bomb, processes=40, wall=1.0)
    assert done.status == "timeout"
    assert time.monotonic() - started < 10
    assert not processes_of(machine.candidate)


def processes_of(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process.name)
        except OSError:
            continue
    return found


def test_a_file_is_bounded(machine):
    machine.python("f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 16))", file_size=1 << 20)
    assert (machine.candidate / "big").stat().st_size <= 1 << 20


def test_memory_is_bounded(machine):
    done = machine.python("x = bytearray(600 << 20)", memory=200 << 20)
    assert done.code == 1
    assert b"MemoryError" in done.stdout_tail


def test_processor_time_is_bounded(machine):
    done = machine.python("while True: pass", cpu=1.0, wall=15.0)
    assert done.status == "exited"
    assert done.signal is not None
    assert done.seconds < 10


def test_an_output_flood_is_bounded(machine):
    done = machine.python(
        "import os\nfor _ in range(2000): os.write(1, b'x' * 65536)\nos.write(1, b'end')", output=1000
    )
    assert done.code == 0
    assert len(done.stdout_tail) == 1000
    assert done.stdout_tail.endswith(b"end")


def test_run_signals_not_the_parent(machine):
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    try:
        code = f"""
import os, signal
for pid in ({os.getpid()}, {victim.pid}, os.getppid(), -{os.getpgrp()}, -1):
    try:
        os.kill(pid, signal.SIGKILL if pid != -1 else signal.SIGCONT)
        print("sent", pid)
    except OSError as error:
        print(error)
"""
        done = machine.python(code)
        assert done.status == "exited", done
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


def test_run_sees_no_variables_or_memory_of_the_host(machine):
    victim = subprocess.Popen(["/bin/sleep", "30"], env={"SECRET": "the-secret-variable"})
    try:
        done = machine.sh(f"cat /proc/{victim.pid}/environ /proc/*/environ | tr '\\0' '\\n'; exit 0")
        assert b"the-secret-variable" not in done.stdout_tail
    finally:
        victim.kill()
        victim.wait()


@pytest.mark.parametrize("call", ["unshare", "mount", "ptrace", "keyctl", "bpf", "io_uring_setup", "userfaultfd"])
def test_rare_system_calls_are_refused(machine, call):
    number = ARCHITECTURES[os.uname().machine].calls[call]
    code = f"""
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall({number}, 0, 0, 0, 0, 0)
print("result", result, errno.errorcode.get(ctypes.get_errno()))
"""
    done = machine.backend.run(machine.command(sys.base_prefix + "/bin/python3", "-I", "-c", code))
    assert b"result -1 EPERM" in done.stdout_tail or b"result -1 ENOSYS" in done.stdout_tail, done


def test_terminal_input_can_not_be_faked(machine):
    code = "import fcntl\ntry: fcntl.ioctl(1, 0x5412, b'x')\nexcept PermissionError: print('refused')"
    done = machine.backend.run(machine.command(sys.base_prefix + "/bin/python3", "-I", "-c", code))
    assert b"refused" in done.stdout_tail


def test_two_runs_at_a_time_do_not_meet(machine, tmp_path):
    results = []

    def run(name: str) -> None:
        results.append(machine.sh(f"sleep 0.3; test ! -e $TMPDIR/x && echo {name} > $TMPDIR/x && cat $TMPDIR/x"))

    if machine.backend.name == "reduced":
        pytest.skip("the private folder lies beside the candidate: one run at a time in each")
    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.code for done in results] == [0, 0]
