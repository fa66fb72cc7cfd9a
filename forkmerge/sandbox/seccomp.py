"""System call filters, built by hand as classic BPF programs.

A filter is a list of rules: a system call, conditions on its arguments that must all hold, and an action.  The first
rule that matches decides; what no rule names is allowed.  Calls of a foreign architecture (32-bit, x32) are refused:
their numbers mean something else.  Source of the layout: Linux ``Documentation/userspace-api/seccomp_filter.rst``.
"""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass

from forkmerge.sandbox import supervision
from forkmerge.sandbox.syscalls import ARCHITECTURES

ALLOW, REFUSE, NOTIFY = 0x7FFF0000, 0x00050000, 0x7FC00000
_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER, _ARCH, _ARGS = 0, 4, 16
_X32 = 0x40000000

NAMESPACE_FLAGS = 0x7E020000
AF_UNIX, SOCK_STREAM, SOCK_SEQPACKET, SOCK_TYPE = 1, 1, 5, 0xF
TIOCSTI, TIOCLINUX, TIOCSETD = 0x5412, 0x541C, 0x5423
FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR = 0x40086602, 0x401C5820

_MOUNTS = (
    "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
    "mount_setattr", "quotactl", "quotactl_fd", "swapon", "swapoff",
)  # fmt: skip
_KERNEL = (
    "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module", "create_module", "query_module", "get_kernel_syms", "reboot",
    "acct", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl", "ioperm", "nfsservctl",
    "lookup_dcookie", "fanotify_init", "open_by_handle_at", "vhangup", "uselib", "_sysctl", "sethostname",
    "setdomainname", "move_pages", "migrate_pages",
)  # fmt: skip
_OTHERS = ("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd")
_OWNERS = ("chown", "fchown", "lchown", "fchownat")
_ATTRIBUTES = ("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr")
_NEW_ATTRIBUTES = ("setxattrat", "removexattrat", "file_setattr")
_RINGS = ("io_uring_setup", "io_uring_enter", "io_uring_register")


@dataclass(frozen=True, slots=True)
class When:
    """A condition: argument ``index`` (its 32-bit half ``high`` or low), masked, equals ``value`` or does not."""

    index: int
    value: int
    mask: int = 0xFFFFFFFF
    equal: bool = True
    high: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to ``call`` when all of ``when`` hold; a call that the architecture lacks is passed over."""

    call: str
    action: int = REFUSE | errno.EPERM
    when: tuple[When, ...] = ()


def common() -> tuple[Rule, ...]:
    """Return the rules of every sandbox: no way to rarely used parts of the kernel, other processes, a terminal."""
    rules = [Rule(call) for call in _MOUNTS + _KERNEL + _OTHERS]
    rules += [Rule(call, REFUSE | errno.ENOSYS) for call in (*_RINGS, "clone3")]  # libc and libuv fall back on ENOSYS
    rules += [Rule("clone", when=(When(0, 0, NAMESPACE_FLAGS, equal=False),)), Rule("unshare"), Rule("setns")]
    rules += [Rule("ioctl", when=(When(1, request),)) for request in (TIOCSTI, TIOCLINUX, TIOCSETD)]
    return tuple(rules)


def no_network() -> tuple[Rule, ...]:
    """Return the rules that leave no socket but connected pairs and listening unix sockets.

    Datagram sockets are refused even in the unix family: ``sendmsg`` carries an address that a filter can't read.
    """
    kinds = tuple(When(1, kind, SOCK_TYPE, equal=False) for kind in (SOCK_STREAM, SOCK_SEQPACKET))
    rules = [Rule("socket", when=(When(0, AF_UNIX, equal=False),)), Rule("socket", when=kinds)]
    rules += [Rule("socketpair", when=(When(0, AF_UNIX, equal=False),)), Rule("socketpair", when=kinds)]
    rules += [Rule("connect")]
    rules += [Rule("sendto", when=(When(4, 0, equal=False, high=high),)) for high in (False, True)]
    return tuple(rules)


def supervised(abi: int) -> tuple[Rule, ...]:
    """Return the rules for a run of an ordinary user where Landlock has version ``abi``: see ``supervision``."""
    asked = supervision.MODES + supervision.TIMES + (supervision.SIGNALS if abi < 6 else ())
    rules = [Rule(call, NOTIFY) for call in asked]
    rules += [Rule(call) for call in _OWNERS]
    rules += [Rule(call, REFUSE | errno.EOPNOTSUPP) for call in _ATTRIBUTES]
    rules += [Rule(call, REFUSE | errno.ENOSYS) for call in _NEW_ATTRIBUTES]
    rules += [Rule("ioctl", when=(When(1, request),)) for request in (FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR)]
    rules += [Rule("pidfd_send_signal")] if abi < 6 else []
    rules += [Rule("truncate")] if abi < 3 else []
    return tuple(rules)


def program(rules: tuple[Rule, ...], machine: str | None = None) -> bytes:
    """Return the BPF program for ``rules`` on ``machine`` (this one by default); LookupError for an unknown machine."""
    architecture = ARCHITECTURES[machine or platform.machine()]
    code = [_load(_ARCH), _jump(_EQUAL, architecture.audit, 1, 0), _end(REFUSE | errno.EPERM), _load(_NUMBER)]
    if architecture.x32:
        code += [_jump(_AT_LEAST, _X32, 0, 1), _end(REFUSE | errno.EPERM)]
    for rule in rules:
        number = architecture.calls.get(rule.call)
        if number is not None:
            code += _compile(rule, number)
    return b"".join([*code, _end(ALLOW)])


def _compile(rule: Rule, number: int) -> list[bytes]:
    body: list[bytes] = []
    for when in reversed(rule.when):
        rest = len(body) + 1  # over the later tests and the action, to the reload of the number
        past, on = (0, rest) if when.equal else (rest, 0)
        body = [
            _load(_ARGS + 8 * when.index + (4 if when.high else 0)),
            _op(_AND, when.mask),
            _jump(_EQUAL, when.value & when.mask, past, on),
            *body,
        ]
    tail = [_load(_NUMBER)] if rule.when else []
    return [_jump(_EQUAL, number, 0, len(body) + 1 + len(tail)), *body, _end(rule.action), *tail]


def _op(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)


def _load(offset: int) -> bytes:
    return _op(_LOAD, offset)


def _jump(code: int, value: int, true: int, false: int) -> bytes:
    return _op(code, value, true, false)


def _end(action: int) -> bytes:
    return _op(_RETURN, action)
