"""From exceptions to words and exit codes: the one place where an error leaves the program."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from forkmerge.errors import ExitCode, ForkmergeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from forkmerge.cli.ui import Ui

REPORT = "https://github.com/forkmerge/forkmerge/issues"
BROKEN_PIPE = 141
"""What a shell reports for a program that a closed pipe ended."""


def guard(work: Callable[[], int], ui: Callable[[], Ui]) -> int:
    """Return what ``work`` returns, or the exit code of what it raised after printing it to stderr."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except ForkmergeError as error:
        return _tell(error, ui())
    except KeyboardInterrupt:
        _say(ui(), "interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes words
        return _tell_unexpected(error, ui())


def _tell(error: ForkmergeError, ui: Ui) -> int:
    _say(ui, error.message)
    if error.where:
        print(f"  at {error.where}", file=sys.stderr)  # noqa: T201 - printing is the purpose
    if error.hint:
        print(f"{_paint(ui, 'Hint:', '36')} {error.hint}", file=sys.stderr)  # noqa: T201 - printing is the purpose
    _traceback(error, ui)
    return error.exit_code


def _tell_unexpected(error: Exception, ui: Ui) -> int:
    _say(ui, f"this should not have happened: {type(error).__name__}: {error}")
    _traceback(error, ui)
    if ui.verbosity < 2:
        print(f"{_paint(ui, 'Hint:', '36')} run it again with -vv and report what it prints: {REPORT}", file=sys.stderr)  # noqa: T201 - printing is the purpose
    else:
        print(f"{_paint(ui, 'Hint:', '36')} please report the lines above: {REPORT}", file=sys.stderr)  # noqa: T201 - printing is the purpose
    return ExitCode.UNUSABLE


def _say(ui: Ui, text: str) -> None:
    print(f"{_paint(ui, 'error:', '1;31')} {text}", file=sys.stderr)  # noqa: T201 - printing is the purpose


def _traceback(error: BaseException, ui: Ui) -> None:
    if ui.verbosity >= 2:
        import traceback  # noqa: PLC0415 - loaded when it is needed

        traceback.print_exception(error, file=sys.stderr)


def _paint(ui: Ui, text: str, code: str) -> str:
    return f"\033[{code}m{text}\033[0m" if ui.colored(sys.stderr) else text


def _abandon_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain about the closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
