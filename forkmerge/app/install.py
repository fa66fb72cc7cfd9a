"""``install`` and ``uninstall``: forkmerge as git's merge driver and merge tool, for a repository, a user or a machine.

Invariants: two files are touched, each only in one marked block (``install_block``); both are written or neither is;
doing it twice changes nothing; taking it out leaves every file as it was, byte for byte, and no file or folder that was
not there.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.app.driver_line import config_text, driver_line
from forkmerge.app.install_block import Origin, put, take
from forkmerge.app.install_patterns import attribute_lines, decisions, patterns
from forkmerge.app.install_places import Places, places
from forkmerge.errors import UnusableInput
from forkmerge.git import command

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one file: ``before`` None where there is none, ``after`` None where none is to be left."""

    path: Path
    before: bytes | None
    after: bytes | None
    origin: Origin = Origin()  # noqa: RUF009 - frozen

    @property
    def real(self) -> bool:
        """Return whether anything changes."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes of an ``install`` or ``uninstall``, in the order in which they are made."""

    scope: str
    changes: tuple[Change, ...]
    patterns: int = 0
    program: tuple[str, ...] = ()


def plan_install(scope: str, repository: str, environment: Mapping[str, str]) -> Plan:
    """Return what ``install`` would write; raise UnusableInput outside a repository or for a damaged block."""
    from forkmerge.app.languages import languages  # noqa: PLC0415 - it loads every grammar

    where = places(scope, repository, environment)
    command_words = program()
    found = patterns(languages().languages)
    kept = decisions(_attribute_files(where.worktree)) if where.worktree else ()
    config = _with_block(where.config, config_text(command_words).encode("utf-8", "surrogateescape"), first=False)
    line = driver_line(command_words)
    if config.after is not None and not _wins(config.after, line):
        config = _with_block(where.config, config_text(command_words).encode(), first=False, move=True)
    attributes = _with_block(where.attributes, attribute_lines(found, kept), first=True)
    return Plan(scope, (config, attributes), len(found), command_words)


def plan_uninstall(scope: str, repository: str, environment: Mapping[str, str]) -> Plan:
    """Return what ``uninstall`` would write; raise UnusableInput outside a repository or for a damaged block."""
    where = places(scope, repository, environment)
    return Plan(scope, tuple(_without_block(path) for path in (where.attributes, where.config)))


def carry_out(plan: Plan) -> None:
    """Make the changes of ``plan``, all or none; raise UnusableInput where a file can't be written."""
    done: list[Change] = []
    try:
        for change in plan.changes:
            if change.real:
                _make(change)
                done.append(change)
    except OSError as error:
        for change in reversed(done):
            with suppress(OSError):
                _make(Change(change.path, change.after, change.before, change.origin))
        hint = "a scope for all users needs their rights: sudo" if plan.scope == "system" else ""
        if isinstance(error, FileExistsError):
            hint = f"another git command is writing; if none is, remove {error.filename}"
        raise UnusableInput(f"can't be written: {error.strerror}", where=str(error.filename or ""), hint=hint) from None


def overruled(plan: Plan, repository: str) -> str:
    """Return where git takes another driver from than the one that ``plan`` wrote, "" when it takes that one."""
    if plan.scope != "local":
        return ""
    ask = ["config", "--show-origin", "--null", "--get", "merge.forkmerge.driver"]
    origin, _, rest = command.run(ask, cwd=repository or None, check=False).stdout.partition(b"\0")
    return "" if rest.rstrip(b"\0").decode("utf-8", "replace") == driver_line(plan.program) else os.fsdecode(origin)


def program() -> tuple[str, ...]:
    """Return the words that call this forkmerge from anywhere: an absolute path, links in it not followed."""
    called = Path(sys.argv[0]).absolute()
    beside = (called.with_name("forkmerge") if called.name == "git-forkmerge" else called, _beside_interpreter())
    for path in beside:
        if path.name == "forkmerge" and path.is_file() and os.access(path, os.X_OK):
            return (str(path),)
    if found := shutil.which("forkmerge"):
        return (str(Path(found).absolute()),)
    return (sys.executable, "-P", "-m", "forkmerge.cli")


def _beside_interpreter() -> Path:
    return Path(sys.executable).with_name("forkmerge")


def _wins(text: bytes, line: str) -> bool:
    """Return whether git, reading the configuration ``text``, calls the driver ``line``; raise for a broken text."""
    ask = ["config", "--file", "-", "--null", "--get", "merge.forkmerge.driver"]
    said = command.run(ask, stdin=text, env={"GIT_DIR": os.devnull}, check=False)
    if said.code > 1:
        raise command.failure(said, "config")
    return said.stdout.rstrip(b"\0") == line.encode("utf-8", "surrogateescape")


def _attribute_files(worktree: Path) -> dict[str, bytes]:
    listed = command.run(["ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=worktree).stdout
    out = {}
    for name in {os.fsdecode(item) for item in listed.split(b"\0") if item.rpartition(b"/")[2] == b".gitattributes"}:
        path = worktree / name
        if path.is_file() and not path.is_symlink():
            out[name] = path.read_bytes()
    return out


def _with_block(path: Path, body: bytes, *, first: bool, move: bool = False) -> Change:
    before = _read(path)
    missing = sum(not folder.exists() for folder in path.parents)
    origin = Origin(made=before is None, folders=missing)
    after = put(before or b"", body, origin=origin, first=first, where=str(path), move=move)
    return Change(path, before, after, origin)


def _without_block(path: Path) -> Change:
    before = _read(path)
    if before is None:
        return Change(path, None, None)
    found = take(before, str(path))
    if found.body is None:
        return Change(path, before, before)
    gone = found.origin.made and not found.text
    return Change(path, before, None if gone else found.text, found.origin)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnusableInput(f"can't be read: {error.strerror}", where=str(path)) from None


def _make(change: Change) -> None:
    """Write the file in one step, under the lock that git takes for its configuration; links stay links."""
    target = Path(os.path.realpath(change.path))
    if change.after is None:
        target.unlink(missing_ok=True)
        for folder in list(target.parents)[: change.origin.folders]:
            with suppress(OSError):
                folder.rmdir()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = target.with_name(target.name + ".lock")
    handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(change.after)
            if target.exists():
                os.fchmod(file.fileno(), target.stat().st_mode & 0o7777)
        lock.replace(target)
    except BaseException:
        lock.unlink(missing_ok=True)
        raise


__all__ = ["Change", "Places", "Plan", "carry_out", "overruled", "plan_install", "plan_uninstall", "program"]
