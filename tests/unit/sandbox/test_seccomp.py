"""The filter programs, run by an interpreter of the same instructions."""

from __future__ import annotations

import errno
import struct

import pytest

from forkmerge.sandbox import seccomp
from forkmerge.sandbox.syscalls import ARCHITECTURES

ARCH = ARCHITECTURES["x86_64"]


def decide(program: bytes, call: str | int, *args: int, audit: int = ARCH.audit) -> int:
    """Return the action of ``program`` for a call: what the kernel would compute."""
    number = ARCH.calls[call] if isinstance(call, str) else call
    data = struct.pack("=iIQ6Q", number, audit, 0, *args, *([0] * (6 - len(args))))
    code = [struct.unpack_from("=HBBI", program, i) for i in range(0, len(program), 8)]
    at, accumulator = 0, 0
    while True:
        op, true, false, value = code[at]
        at += 1
        if op == 0x20:
            accumulator = struct.unpack_from("=I", data, value)[0]
        elif op == 0x54:
            accumulator &= value
        elif op == 0x15:
            at += true if accumulator == value else false
        elif op == 0x35:
            at += true if accumulator >= value else false
        elif op == 0x06:
            return value
        else:
            raise AssertionError(op)


EPERM, ENOSYS = seccomp.REFUSE | errno.EPERM, seccomp.REFUSE | errno.ENOSYS
COMMON = seccomp.program(seccomp.common(), "x86_64")
CLOSED = seccomp.program(seccomp.common() + seccomp.no_network(), "x86_64")


@pytest.mark.parametrize(
    ("call", "args", "action"),
    [
        (0, (), seccomp.ALLOW),
        ("mount", (), EPERM),
        ("clone3", (), ENOSYS),
        ("clone", (0x11,), seccomp.ALLOW),
        ("clone", (0x10000011,), EPERM),
        ("ioctl", (0, 0x5401), seccomp.ALLOW),
        ("ioctl", (0, 0x5412), EPERM),
        ("ioctl", (0, 0x5412 | (1 << 32)), EPERM),
        (0x40000000 + 1, (), EPERM),
        ("socket", (2, 1), seccomp.ALLOW),
    ],
)
def test_common_filter_decides(call, args, action):
    assert decide(COMMON, call, *args) == action


@pytest.mark.parametrize(
    ("call", "args", "action"),
    [
        ("socket", (2, 1), EPERM),
        ("socket", (10, 2), EPERM),
        ("socket", (16, 3), EPERM),
        ("socket", (1, 1 | 0o2000000), seccomp.ALLOW),
        ("socket", (1, 2), EPERM),
        ("socket", (1, 3), EPERM),
        ("socketpair", (1, 1), seccomp.ALLOW),
        ("socketpair", (1, 5), seccomp.ALLOW),
        ("socketpair", (1, 2), EPERM),
        ("connect", (3, 1, 2), EPERM),
        ("sendto", (3, 1, 1, 0, 0), seccomp.ALLOW),
        ("sendto", (3, 1, 1, 0, 5), EPERM),
        ("sendto", (3, 1, 1, 0, 5 << 32), EPERM),
    ],
)
def test_closed_filter_decides(call, args, action):
    assert decide(CLOSED, call, *args) == action


def test_foreign_architecture_is_refused():
    assert decide(COMMON, 0, audit=0x40000003) == EPERM


def test_every_named_call_is_known():
    named = {rule.call for rule in seccomp.common() + seccomp.no_network()}
    assert named <= set(ARCHITECTURES["x86_64"].calls)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "riscv64"])
def test_program_fits_the_kernel(machine):
    assert len(seccomp.program(seccomp.common() + seccomp.no_network(), machine)) // 8 < 4096


def test_unknown_machine_is_told():
    with pytest.raises(LookupError):
        seccomp.program((), "vax")
