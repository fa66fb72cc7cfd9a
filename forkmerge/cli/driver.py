"""``forkmerge driver``: git's merge driver, called with ``%O %A %B %L %P %S %X %Y``.

It is called before click is imported (see ``cli.main``), so it and all it imports keep to the cheapest modules.
Invariant: whatever happens, git gets 0 (clean), 1 (conflicts, with markers) or a code up to 127 with ours untouched.
A caller that watches (``--conflict-code``: the shell line that ``install`` writes) does the last of this itself, and
spares the child process in which parsers run else.
"""

from __future__ import annotations

import os
import sys

USAGE = """\
usage: forkmerge driver [--conflict-code <n>] <base> <ours> <theirs> [<marker-size> [<path> [<labels>]]]

    as a merge driver of git:  forkmerge driver %O %A %B %L %P %S %X %Y
    (forkmerge install writes the whole line)

    <base> <ours> <theirs>  the three versions; the result goes into <ours>
    <marker-size>           of conflict markers (7); with more than 7 the answer is git's own merge
    <path>                  the file's path in the repository, which tells its language
    <labels>                three, of base, ours and theirs
    --conflict-code <n>     exit with this code instead of 1 when conflicts are left (2 to 127); for a caller
                            that takes every other code but 0 for a failure and lets git merge then

"""
CLEAN, CONFLICTS, USAGE_CODE, FAILED = 0, 1, 2, 3
_DEFAULT_LABELS = ("base", "ours", "theirs")
_PLACEHOLDERS = ("%S", "%X", "%Y")


def run(arguments: list[str]) -> int:
    """Return 0 for a clean merge, 1 (or what ``--conflict-code`` says) for conflicts, 2 for usage, 3 for a failure."""
    code, rest = _code(arguments)
    if code is None or not 3 <= len(rest) <= 8 or not _size(rest):
        asked = rest[:1] in (["-h"], ["--help"])
        (sys.stdout if asked else sys.stderr).write(USAGE)
        return CLEAN if asked else USAGE_CODE
    files, size, path = rest[:3], _size(rest), rest[4] if len(rest) > 4 else rest[1]
    base, ours, theirs = labels(rest[5:])
    try:
        from forkmerge.app.driver import drive  # noqa: PLC0415 - whatever is wrong with it is caught below

        conflicts = drive(
            files, marker_size=size, path=path, labels=(ours, base, theirs), note=_note, alone=code == CONFLICTS
        )
    except BaseException as error:  # noqa: BLE001 - an interrupt too: git must not take ours alone for the merge
        _note(f"{path}: {error or type(error).__name__}")
        return _text_merge(files, size, (ours, base, theirs), code)
    return code if conflicts else CLEAN


def labels(given: list[str]) -> tuple[str, str, str]:
    """Return the labels of base, ours and theirs.

    Git before 2.44 does not know ``%S``, ``%X`` and ``%Y`` and gives them as they are written.
    """
    known = [*given, "", "", ""][:3]
    pairs = zip(known, _PLACEHOLDERS, _DEFAULT_LABELS, strict=True)
    base, ours, theirs = (default if text in ("", placeholder) else text for text, placeholder, default in pairs)
    return base, ours, theirs


def _code(arguments: list[str]) -> tuple[int | None, list[str]]:
    """Return the exit code for conflicts (None: not a usable one), and the arguments without it."""
    if not arguments or not arguments[0].startswith("--conflict-code"):
        return CONFLICTS, arguments
    _, equals, text = arguments[0].partition("=")
    rest = arguments[1:]
    if not equals and rest:
        text, *rest = rest
    usable = text.isascii() and text.isdecimal() and 1 < int(text) <= 127
    return int(text) if usable else None, rest


def _size(rest: list[str]) -> int:
    """Return the marker size, 0 if it is none."""
    text = rest[3] if len(rest) > 3 else "7"
    return int(text) if text.isascii() and text.isdecimal() else 0


def _note(text: str) -> None:
    try:
        sys.stderr.write(f"forkmerge: {text}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # a GUI may have closed it


def _text_merge(files: list[str], size: int, names: tuple[str, str, str], code: int) -> int:
    """Let git itself merge the files, and return the exit code."""
    base, ours, theirs = files
    args = ["git", "merge-file", "-q", f"--marker-size={size}"]
    for name in names:
        args += ["-L", name]
    try:
        pid = os.posix_spawnp("git", [*args, "--", ours, base, theirs], os.environ)
        count = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except OSError as error:
        _note(f"git merge-file: {error.strerror}")
        return FAILED
    return CLEAN if count == 0 else code if 0 < count <= 127 else FAILED
