"""Where git keeps its configuration and attributes, for each scope.

Only git knows some of this, and older git tells less: each answer is asked for in a way that git 2.34 has.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.git import command

if TYPE_CHECKING:
    from collections.abc import Mapping

SCOPES = ("local", "global", "system")


@dataclass(frozen=True, slots=True)
class Places:
    """The two files of a scope; ``worktree`` is set for ``local`` in a repository that has one."""

    config: Path
    attributes: Path
    worktree: Path | None = None


def places(scope: str, repository: str, environment: Mapping[str, str]) -> Places:
    """Return the files of ``scope``; raise UnusableInput outside a repository (``local``) or where there are none."""
    if scope == "local":
        return _local(repository)
    if scope == "global":
        return Places(_global_config(environment), _global_attributes(environment))
    config = _system_config(environment)
    attributes = _asked("GIT_ATTR_SYSTEM")
    return Places(config, Path(attributes) if attributes else config.with_name("gitattributes"))


def _local(repository: str) -> Places:
    asked = ["rev-parse", "--git-path", "config", "--git-path", "info/attributes"]
    said = command.run(asked, cwd=repository or None, check=False)
    if said.code != 0:
        raise UnusableInput(
            "not a git repository", where=repository or ".", hint="run this inside one, or name --global or --system"
        )
    config, attributes = (Path(repository, os.fsdecode(line)).absolute() for line in said.stdout.splitlines())
    top = command.run(["rev-parse", "--show-toplevel"], cwd=repository or None, check=False)
    return Places(config, attributes, Path(os.fsdecode(top.stdout.rstrip(b"\n"))) if top.code == 0 else None)


def _global_config(environment: Mapping[str, str]) -> Path:
    """Return the file that ``git config --global`` writes to."""
    if given := environment.get("GIT_CONFIG_GLOBAL"):
        return _regular(Path(given))
    usual, other = _home(environment) / ".gitconfig", _xdg(environment) / "config"
    return other if not usual.exists() and other.exists() else usual


def _global_attributes(environment: Mapping[str, str]) -> Path:
    nowhere = {"GIT_DIR": os.devnull}  # no repository has a say in what is written for all of them
    said = command.run(["config", "--type=path", "--get", "core.attributesFile"], env=nowhere, check=False)
    own = os.fsdecode(said.stdout.rstrip(b"\n"))
    return _regular(Path(own)) if own else _xdg(environment) / "attributes"


def _system_config(environment: Mapping[str, str]) -> Path:
    if given := environment.get("GIT_CONFIG_SYSTEM"):
        return _regular(Path(given))
    if told := _asked("GIT_CONFIG_SYSTEM"):
        return Path(told)
    # git before 2.41: it tells an editor where the file is, and makes none
    said = command.run(["config", "--system", "--edit"], env={"GIT_EDITOR": "echo"}, check=False)
    told = os.fsdecode(said.stdout.rstrip(b"\n"))
    if said.code or not told:
        words = said.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise UnusableInput(f"git does not say where its system configuration is: {words}")
    return Path(told)


def _asked(variable: str) -> str:
    said = command.run(["var", variable], env={"GIT_CONFIG_NOSYSTEM": "0"}, check=False)
    return os.fsdecode(said.stdout.rstrip(b"\n")) if said.code == 0 else ""


def _regular(path: Path) -> Path:
    if path.exists() and not path.is_file():
        raise UnusableInput("git is told to read a file here that can't hold anything", where=str(path))
    return path.absolute()


def _home(environment: Mapping[str, str]) -> Path:
    home = environment.get("HOME")
    if not home:
        raise UnusableInput("HOME is not set, so git has no global configuration")
    return Path(home)


def _xdg(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("XDG_CONFIG_HOME") or _home(environment) / ".config") / "git"
