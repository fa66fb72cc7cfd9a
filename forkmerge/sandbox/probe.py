"""Which sandbox works on this machine: found out by running a tiny command in it, never by looking a name up.

``choose`` gives what was asked or raises; it never falls back to something weaker than asked.  ``auto`` asks for
bubblewrap or, where that can't work, the reduced sandbox: never for ``none``.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from forkmerge.errors import MissingTool, UsageError
from forkmerge.sandbox import bubblewrap
from forkmerge.sandbox.bubblewrap import Bubblewrap, Variant
from forkmerge.sandbox.command import Command, Limits
from forkmerge.sandbox.reduced import Plain, Reduced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forkmerge.sandbox.backend import Backend

Wanted: TypeAlias = Literal["auto", "bubblewrap", "reduced", "none"]
WANTED: tuple[Wanted, ...] = ("auto", "bubblewrap", "reduced", "none")
_WORD = b"forkmerge-probe"
_SYSCTL = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found out about one means of isolation: ``detail`` says what, ``mend`` how to get it where it fails."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


def choose(wanted: Wanted = "auto") -> Backend:
    """Return the backend that ``wanted`` names, proved by a run; MissingTool with the mend, UsageError for no name."""
    if wanted not in WANTED:
        raise UsageError(f"there is no sandbox called {wanted!r}", hint=f"one of {', '.join(WANTED)}")
    if wanted == "none":
        return Plain()
    found = _bubblewrap() if wanted in ("auto", "bubblewrap") else None
    if isinstance(found, Bubblewrap):
        return found
    other = _reduced() if wanted in ("auto", "reduced") else None
    if isinstance(other, Reduced):
        return other
    failures = [each for each in (found, other) if isinstance(each, Diagnosis)]
    raise MissingTool(
        "; ".join(f"the sandbox {each.name} does not work here: {each.detail}" for each in failures),
        hint="; or ".join(each.mend for each in failures if each.mend),
    )


def diagnose() -> tuple[Diagnosis, ...]:
    """Return what works on this machine and what does not, each proved by a run."""
    return tuple(_diagnoses())


def _diagnoses() -> Iterator[Diagnosis]:
    for found in (_bubblewrap(), _reduced()):
        if isinstance(found, Diagnosis):
            yield found
        else:
            yield Diagnosis(found.name, ok=True, detail="; ".join(found.describe()))
    yield Diagnosis("none", ok=True, detail="; ".join(Plain().describe()))


def _bubblewrap() -> Bubblewrap | Diagnosis:
    program = bubblewrap.find()
    if program is None:
        return Diagnosis("bubblewrap", ok=False, detail="there is no bwrap", mend=_install())
    sized = "--size" in _output([program, "--help"])
    version = _output([program, "--version"]).removeprefix("bubblewrap").strip()
    setpriv = "/usr/bin/setpriv"
    variants: tuple[Variant, ...] = (
        ("own-uid", "mapped") if os.geteuid() == 0 and os.path.exists(setpriv) else ("mapped",)
    )
    reason = ""
    for variant in variants:
        backend = Bubblewrap(program, variant, sized=sized, version=version, setpriv=setpriv)
        reason = try_out(backend)
        if not reason:
            return backend
    return Diagnosis("bubblewrap", ok=False, detail=reason, mend=mend(reason))


def _reduced() -> Reduced | Diagnosis:
    backend = Reduced()
    reason = try_out(backend)
    if not reason:
        return backend
    return Diagnosis(
        "reduced", ok=False, detail=reason, mend="a Linux kernel >= 5.13 with Landlock enabled (lsm=landlock,...)"
    )


def try_out(backend: Backend) -> str:
    """Return "" when a tiny command runs in ``backend`` and can write to its candidate, else why not."""
    with tempfile.TemporaryDirectory(prefix="fm-probe-") as folder:
        candidate = os.path.join(folder, "c")
        os.mkdir(candidate, 0o755)
        at = "/fm-probe/checkout"
        script = f"echo {_WORD.decode()} && : > written"
        command = Command(
            ("/bin/sh", "-c", script), candidate, at, env=(("PATH", "/usr/bin:/bin"),), limits=Limits(wall=20)
        )
        done = backend.run(command)
        if done.status == "exited" and done.code == 0 and _WORD in done.stdout_tail and os.listdir(candidate):
            return ""
        return done.reason or f"{done.status} {done.code}: {done.stdout_tail.decode(errors='replace').strip()[-300:]}"


def mend(reason: str) -> str:
    """Return what to do about a bubblewrap that fails with ``reason``."""
    if _setting(_SYSCTL) == "1" and os.geteuid() != 0:
        return (
            "AppArmor keeps ordinary users from making namespaces: install a profile for bwrap"
            " (apt install apparmor-profiles, then ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict"
            " /etc/apparmor.d/ and systemctl reload apparmor), or sysctl -w"
            " kernel.apparmor_restrict_unprivileged_userns=0"
        )
    if _setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" and os.geteuid() != 0:
        return "sysctl -w kernel.unprivileged_userns_clone=1"
    if _setting("/proc/sys/user/max_user_namespaces") == "0":
        return "sysctl -w user.max_user_namespaces=10000"
    if "Unknown option" in reason or "unknown option" in reason:
        return "bubblewrap 0.5 or later"
    return (
        "in a container, allow namespaces (docker run --security-opt seccomp=unconfined"
        " --security-opt systempaths=unconfined, or --privileged), or ask for --sandbox=reduced"
    )


def _setting(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _output(argv: list[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, check=False, timeout=20, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout + done.stderr).decode(errors="replace")


def _install() -> str:
    for tool, line in (
        ("apt-get", "apt install bubblewrap"),
        ("dnf", "dnf install bubblewrap"),
        ("pacman", "pacman -S bubblewrap"),
        ("zypper", "zypper install bubblewrap"),
        ("apk", "apk add bubblewrap"),
    ):
        if any(os.access(os.path.join(folder, tool), os.X_OK) for folder in ("/usr/bin", "/bin", "/sbin", "/usr/sbin")):
            return line
    return "install bubblewrap"
