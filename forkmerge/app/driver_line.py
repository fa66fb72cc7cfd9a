"""The shell lines that git is told: the merge driver's and the merge tool's.

What the driver's line has to bear: forkmerge gone, or broken so that it can't even start, or killed by a grammar (git
must then get its own merge with markers, because a driver that fails leaves our side alone in the file); a PATH that a
graphical program scrubbed (git itself is on the one that git gives); git before 2.44, which leaves ``%S %X %Y`` as they
are; every code above 127, with which newer git gives the whole merge up.

A broken Python ends with 1 too, so forkmerge says 77 for conflicts: what is neither 0 nor 77 did not merge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "forkmerge: structured merge of code and data"
CONFLICTS = 77


def driver_line(program: Sequence[str]) -> str:
    """Return ``merge.forkmerge.driver`` for the command ``program`` (its words)."""
    words = " ".join(map(quoted, program)).replace("%", "%%")
    first = quoted(program[0]).replace("%", "%%")
    call = f'driver --conflict-code={CONFLICTS} "$@"'
    return (
        "set -- %O %A %B %L %P %S %X %Y; "
        f"if command -v {first} >/dev/null 2>&1; then {words} {call}; "
        f"elif command -v forkmerge >/dev/null 2>&1; then forkmerge {call}; "
        'else echo "forkmerge is not there: git itself merges $5" >&2; false; fi; '
        f"case $? in 0) exit 0;; {CONFLICTS}) exit 1;; esac; "
        'if test "$7" = %%X; then set -- "$1" "$2" "$3" "$4" "$5" base ours theirs; fi; '
        'git merge-file -q --marker-size="$4" -L "$7" -L "$6" -L "$8" "$2" "$1" "$3"; '
        "c=$?; if test $c -gt 127; then c=1; fi; exit $c"
    )


def tool_line(program: Sequence[str]) -> str:
    """Return ``mergetool.forkmerge.cmd``: it writes the merged file only when nothing is left in conflict."""
    words, first = " ".join(map(quoted, program)), quoted(program[0])
    call = 'merge-file -q --path "$MERGED" "$LOCAL" "$BASE" "$REMOTE"'
    return (
        'test -f "$BASE" || BASE=/dev/null; '
        f"if command -v {first} >/dev/null 2>&1; then {words} {call}; else forkmerge {call}; fi "
        '&& cat "$LOCAL" >"$MERGED"'
    )


def config_text(program: Sequence[str]) -> str:
    """Return the sections of git's configuration that make ``program`` a merge driver and a merge tool."""
    return (
        '[merge "forkmerge"]\n'
        f"\tname = {NAME}\n"
        f"\tdriver = {_value(driver_line(program))}\n"
        "\trecursive = text\n"
        '[mergetool "forkmerge"]\n'
        f"\tcmd = {_value(tool_line(program))}\n"
        "\ttrustExitCode = true\n"
    )


def quoted(word: str) -> str:
    """Return ``word`` as the shell reads it whole."""
    return "'" + word.replace("'", "'\\''") + "'"


def _value(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
