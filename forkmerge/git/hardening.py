"""What a repository's own configuration may not decide: programs to run.

Idea: ``git config --list`` runs nothing, so it can be asked first.  Every key of the scopes ``local`` and ``worktree``
that names a program, or that lets one run, is overridden on the next command with what the user's own (global, system)
configuration says for it, or with a value that runs nothing.  So git-lfs, set up by the user, goes on working.

Invariant: the override names the key exactly as git printed it; a name with ``=``, dots or spaces can't escape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from forkmerge.git.command import Completed

TEXT_DRIVER = "git merge-file -q --marker-size=%L -L ours -L base -L theirs %A %O %B"
"""A merge driver can't be unset, only replaced: by git's own text merge."""

_NOTHING = ":"

# (section, variable) -> the value that runs nothing; the subsection, if any, is free.
NEUTRAL = {
    ("filter", "clean"): "",
    ("filter", "smudge"): "",
    ("filter", "process"): "",
    ("filter", "required"): "false",
    ("merge", "driver"): TEXT_DRIVER,
    ("merge", "recursive"): "text",
    ("diff", "command"): _NOTHING,
    ("diff", "textconv"): "cat",
    ("diff", "external"): _NOTHING,
    ("diff", "cachetextconv"): "false",
    ("core", "hookspath"): "/dev/null",
    ("core", "fsmonitor"): "false",
    ("core", "pager"): "cat",
    ("core", "editor"): _NOTHING,
    ("core", "askpass"): "",
    ("core", "sshcommand"): "false",
    ("core", "gitproxy"): "false",
    ("core", "alternaterefscommand"): _NOTHING,
    ("core", "attributesfile"): "/dev/null",
    ("core", "protectntfs"): "true",
    ("core", "protecthfs"): "true",
    ("sequence", "editor"): _NOTHING,
    ("credential", "helper"): "",
    ("gpg", "program"): "false",
    ("gpg", "defaultkeycommand"): "",
    ("commit", "gpgsign"): "false",
    ("tag", "gpgsign"): "false",
    ("remote", "uploadpack"): "false",
    ("remote", "receivepack"): "false",
    ("remote", "vcs"): "none",
    ("uploadpack", "packobjectshook"): "",
    ("submodule", "update"): "none",
    ("submodule", "recurse"): "false",
    ("interactive", "difffilter"): "cat",
    ("trailer", "command"): _NOTHING,
    ("trailer", "cmd"): _NOTHING,
    ("tar", "command"): "false",
    ("browser", "cmd"): _NOTHING,
    ("man", "cmd"): _NOTHING,
    ("difftool", "cmd"): _NOTHING,
    ("mergetool", "cmd"): _NOTHING,
    ("guitool", "cmd"): _NOTHING,
    ("hook", "command"): _NOTHING,
    ("hook", "enabled"): "false",
    ("protocol", "allow"): "never",
    ("init", "templatedir"): "",
}

# Sections in which every variable names a program.
WHOLE_SECTIONS = {"alias": "", "pager": "cat"}


@dataclass(frozen=True, slots=True)
class Configured:
    """One value of git's configuration: ``scope`` as git names it (``local``, ``global``, ...)."""

    scope: str
    key: str
    value: str


def configuration(call: Callable[[list[str]], Completed]) -> tuple[Configured, ...]:
    """Return all that is configured, in git's order, least specific first; ``call`` runs git with arguments.

    A key without a value is "true".  Outside a repository, or where its configuration can't be read, nothing is
    returned: git itself then says what is wrong.
    """
    completed = call(["config", "--list", "-z", "--show-scope"])
    if completed.code != 0:
        return ()
    parts = completed.stdout.decode("utf-8", "surrogateescape").split("\0")
    return tuple(_configured(scope, item) for scope, item in zip(parts[::2], parts[1::2], strict=False))


def _configured(scope: str, item: str) -> Configured:
    key, newline, value = item.partition("\n")
    return Configured(scope, key, value if newline else "true")


def overrides(configured: Iterable[Configured]) -> tuple[tuple[str, str], ...]:
    """Return the configuration that takes the repository's own programs out."""
    users: dict[str, str] = {}
    found: dict[str, str] = {}
    for one in configured:
        if one.scope in ("global", "system"):
            users[one.key] = one.value
        elif one.scope in ("local", "worktree") and (neutral := _neutral(one.key)) is not None:
            found[one.key] = neutral
            if one.key.startswith("hook."):
                found[f"{one.key.rpartition('.')[0]}.enabled"] = "false"
    return tuple((key, users.get(key, neutral)) for key, neutral in found.items())


def _neutral(key: str) -> str | None:
    section, _, rest = key.partition(".")
    if section in WHOLE_SECTIONS:
        return WHOLE_SECTIONS[section]
    return NEUTRAL.get((section, rest.rpartition(".")[2].lower()))
