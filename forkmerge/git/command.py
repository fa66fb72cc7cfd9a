"""The one place where git is called.

Idea: a repository may be hostile, its user is not.  So the environment is scrubbed of every ``GIT_*`` variable except
the user's identity and where the user's own configuration is found, nothing can page, prompt, edit, fetch or run a
hook, and, unless the command is known to run no such thing, every program that the repository's own
configuration names (filters, merge drivers, textconv, aliases, ...) is overridden first (``git.hardening``).

Invariants: bytes in, bytes out; no shell; ``subprocess`` is imported only when a command is run, because the merge
driver starts through ``spawn``, which does without it.
"""

# ruff: noqa: PTH112, PTH118
# This is on the start-up path of the merge driver, where pathlib costs too much.

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from forkmerge.errors import MissingTool, UnusableInput

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

    from forkmerge.git.hardening import Configured

Argument: TypeAlias = "str | bytes | os.PathLike[str]"

KEPT = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
"""Variables of the user's that git still sees: who they are, and where their own configuration is."""

KEPT_PLACES = ("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")

OWN_WORDS = ("safe.", "user.", "author.", "committer.")
"""Configuration of the user's that is kept when it comes by ``GIT_CONFIG_COUNT``, as CI containers give it."""

HARMLESS = frozenset(
    {"check-ref-format", "config", "ls-tree", "merge-base", "merge-file", "mktree", "rev-parse", "symbolic-ref"}
    | {"update-ref", "var", "version"}
)
"""Commands with which no option brings a filter, driver, signature program or alias into play; hooks are always off."""

DIFFS = frozenset(["diff", "diff-files", "diff-index", "diff-tree", "format-patch", "log", "show"])
"""Commands that would run external diff programs and text converters, the user's own ones too."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a git command wrote and returned."""

    stdout: bytes
    stderr: bytes
    code: int


class GitFailed(UnusableInput):
    """A git command ended with an error; ``completed`` is what it said."""

    def __init__(self, message: str, completed: Completed, *, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.completed = completed


def run(  # noqa: PLR0913 - the edge of the house: every way in which git is called comes through here
    args: Sequence[Argument],
    *,
    cwd: str | os.PathLike[str] | None = None,
    git_dir: str | os.PathLike[str] | None = None,
    work_tree: str | os.PathLike[str] | None = None,
    stdin: bytes | None = None,
    check: bool = True,
    timeout: float | None = None,
    env: Mapping[str, str] | None = None,
    whole: bool = False,
    trusted: bool = False,
    known: Sequence[tuple[str, str]] | None = None,
) -> Completed:
    """Run ``git ARGS`` in the scrubbed environment and return what it wrote.

    ``args[0]`` is the command.  ``env`` is added last.  ``whole`` keeps Ctrl-C away from git until it has ended (the
    interrupt is raised afterwards), for commands that must not stop half-way.  ``trusted`` is for git directories of
    our own, whose configuration need not be looked at; ``known`` is what was found there before (``overrides``).  With
    ``check`` a failure raises ``GitFailed`` with git's own words; ``MissingTool`` without git; ``UnusableInput`` after
    ``timeout`` seconds.
    """
    variables = environment(git_dir=git_dir, work_tree=work_tree)
    if not trusted and args[0] not in HARMLESS:
        with_configuration(variables, known if known is not None else overrides(_configuration(variables, cwd)))
    variables.update(env or {})
    if args[0] in DIFFS:
        args = [args[0], "--no-ext-diff", "--no-textconv", *args[1:]]
    completed = _call(args, variables, cwd, stdin, timeout, whole=whole)
    if check and completed.code != 0:
        raise failure(completed, _text(args[0]))
    return completed


def configuration(
    cwd: str | os.PathLike[str],
    git_dir: str | os.PathLike[str] | None = None,
    work_tree: str | os.PathLike[str] | None = None,
) -> tuple[Configured, ...]:
    """Return all that git is configured to, for many commands in one go."""
    return _configuration(environment(git_dir=git_dir, work_tree=work_tree), cwd)


def _configuration(variables: Mapping[str, str], cwd: str | os.PathLike[str] | None) -> tuple[Configured, ...]:
    from forkmerge.git import hardening  # noqa: PLC0415 - not needed on the merge driver's path

    return hardening.configuration(lambda args: _call(args, variables, cwd, None, None, whole=False))


def overrides(configured: Sequence[Configured]) -> tuple[tuple[str, str], ...]:
    """Return the configuration that takes a repository's own programs out."""
    from forkmerge.git import hardening  # noqa: PLC0415 - not needed on the merge driver's path

    return hardening.overrides(configured)


def environment(
    *, git_dir: str | os.PathLike[str] | None = None, work_tree: str | os.PathLike[str] | None = None
) -> dict[str, str]:
    """Return the scrubbed environment with the static part of the safe configuration."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith(KEPT) or k in KEPT_PLACES}
    for name in ("LANGUAGE", "PAGER", "EDITOR", "VISUAL", "LESS", "SSH_ASKPASS"):
        kept.pop(name, None)
    kept.update(
        LC_ALL="C",
        GIT_PAGER="cat",
        GIT_EDITOR=":",
        GIT_SEQUENCE_EDITOR=":",
        GIT_ASKPASS="",
        GIT_TERMINAL_PROMPT="0",
        GIT_OPTIONAL_LOCKS="0",
        GIT_NO_LAZY_FETCH="1",
        GIT_ALLOW_PROTOCOL="none",
        GIT_PROTOCOL_FROM_USER="0",
        GIT_LITERAL_PATHSPECS="1",
    )
    if git_dir is not None:
        kept["GIT_DIR"] = os.fspath(git_dir)
    if work_tree is not None:
        kept["GIT_WORK_TREE"] = os.fspath(work_tree)
    with_configuration(kept, (*_own_words(), *_STATIC))
    return kept


def with_configuration(env: dict[str, str], pairs: Sequence[tuple[str, str]]) -> None:
    """Add configuration to ``env`` that wins over every file; keys are taken exactly as they are."""
    start = int(env.get("GIT_CONFIG_COUNT", "0"))
    for number, (key, value) in enumerate(pairs, start):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    env["GIT_CONFIG_COUNT"] = str(start + len(pairs))


_STATIC = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.pager", "cat"),
    ("core.editor", ":"),
    ("core.askPass", ""),
    ("core.sshCommand", "false"),
    ("credential.helper", ""),
    ("protocol.allow", "never"),
    ("submodule.recurse", "false"),
    ("log.showSignature", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("color.ui", "never"),
)


def _own_words() -> list[tuple[str, str]]:
    given = os.environ.get("GIT_CONFIG_COUNT", "0")
    count = int(given) if given.isascii() and given.isdigit() else 0
    pairs = [
        (os.environ.get(f"GIT_CONFIG_KEY_{n}", ""), os.environ.get(f"GIT_CONFIG_VALUE_{n}", "")) for n in range(count)
    ]
    return [(key, value) for key, value in pairs if key.lower().startswith(OWN_WORDS)]


def failure(completed: Completed, command: str) -> GitFailed:
    """Return the exception that says what git said."""
    said = _text(completed.stderr).strip()
    first = next((line for line in said.splitlines() if line.startswith(("fatal:", "error:"))), said.split("\n", 1)[0])
    for prefix in ("fatal: ", "error: "):
        first = first.removeprefix(prefix)
    hint = ""
    if "dubious ownership" in said:
        hint = "git config --global --add safe.directory <path>, if you trust its owner"
    elif "tell me who you are" in said or "empty ident" in said:
        hint = "git config --global user.name 'Your Name'; git config --global user.email you@example.com"
    elif "index.lock" in said:
        hint = "another git command is running; if none is, remove the index.lock file"
    return GitFailed(f"git {command}: {first or f'ended with code {completed.code}'}", completed, hint=hint)


@dataclass(frozen=True, slots=True)
class Running:
    """A git command that has been started, and the open files into which it writes; ``finish`` has to be called."""

    pid: int
    outputs: tuple[int, ...]


def spawn(
    args: Sequence[Argument],
    *,
    env: Mapping[str, str],
    scratch: str = "",
    hand: tuple[int, Sequence[int]] = (0, ()),
) -> Completed:
    """Run ``git ARGS``: ``run`` without the cost of ``subprocess``.

    Its output goes into files of the folder ``scratch``, or into files of memory.  ``hand`` are open files, and the
    number that the first of them gets in git, the others in a row behind it.
    """
    return finish(begin(args, env=env, scratch=scratch, hand=hand))


def begin(
    args: Sequence[Argument],
    *,
    env: Mapping[str, str],
    scratch: str = "",
    hand: tuple[int, Sequence[int]] = (0, ()),
) -> Running:
    """Start ``git ARGS`` as ``spawn`` does and return at once."""
    first, files = hand
    actions: list[tuple[int, ...] | tuple[int, int, str, int, int]]
    actions = [(os.POSIX_SPAWN_DUP2, file, first + i) for i, file in enumerate(files)]
    actions.append((os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0))
    outputs: list[int] = []
    try:
        for number, name in ((1, "stdout"), (2, "stderr")):
            if scratch:
                flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
                outputs.append(os.open(os.path.join(scratch, name), flags, 0o600))
            else:
                outputs.append(os.memfd_create(name))
            actions.append((os.POSIX_SPAWN_DUP2, outputs[-1], number))
        try:
            pid = os.posix_spawnp("git", [b"git", *map(_encode, args)], env, file_actions=actions)
        except FileNotFoundError:
            raise _no_git() from None
    except BaseException:
        for output in outputs:
            os.close(output)
        raise
    return Running(pid, tuple(outputs))


def finish(running: Running) -> Completed:
    """Return what a started git command wrote and returned; waits for its end."""
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(running.pid, 0)[1])
        stdout, stderr = map(_whole, running.outputs)
    finally:
        for output in running.outputs:
            os.close(output)
    return Completed(stdout, stderr, code)


def _whole(file: int) -> bytes:
    """Return all that stands in an open file."""
    size, data = os.fstat(file).st_size, b""
    while len(data) < size and (part := os.pread(file, size - len(data), len(data))):
        data += part
    return data


def _call(
    args: Sequence[Argument],
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] | None,
    stdin: bytes | None,
    timeout: float | None,
    *,
    whole: bool,
) -> Completed:
    with open_process(args, env=env, cwd=cwd, stdin=stdin is not None, apart=whole) as process:
        try:
            stdout, stderr = _talk(process, stdin, timeout, whole=whole)
        except BaseException:
            process.kill()
            raise
    return Completed(stdout, stderr, process.returncode)


def _talk(
    process: subprocess.Popen[bytes], stdin: bytes | None, timeout: float | None, *, whole: bool
) -> tuple[bytes, bytes]:
    import subprocess  # noqa: PLC0415 - see the module's docstring

    try:
        return process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        raise UnusableInput(f"git did not answer within {timeout:g} s") from None
    except KeyboardInterrupt:
        if whole:
            process.communicate()
        raise


def open_process(
    args: Sequence[Argument],
    *,
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] | None = None,
    stdin: bool = False,
    apart: bool = False,
    mute: bool = False,
) -> subprocess.Popen[bytes]:
    """Return a started ``git ARGS`` with pipes; ``apart`` puts it into a process group that Ctrl-C does not reach.

    ``mute`` drops what it writes to stderr.
    """
    import subprocess  # noqa: PLC0415 - see the module's docstring

    try:
        return subprocess.Popen(
            [b"git", *map(_encode, args)],
            env=env,
            cwd=cwd,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if mute else subprocess.PIPE,
            process_group=0 if apart else None,
        )
    except FileNotFoundError as error:
        if cwd is not None and not os.path.isdir(cwd):
            raise UnusableInput(f"no such folder: {os.fspath(cwd)}") from error
        raise _no_git() from None


def _no_git() -> MissingTool:
    return MissingTool("git was not found", hint="install git 2.38 or newer and put it on PATH")


def _encode(argument: Argument) -> bytes:
    if isinstance(argument, bytes):
        return argument
    if isinstance(argument, str):
        return argument.encode("utf-8", "surrogateescape")
    return os.fsencode(argument)


def _text(value: Argument) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else os.fspath(value)
