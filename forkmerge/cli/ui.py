"""How a command talks to people: colour, verbosity, stdout for results, stderr for everything else."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

PLAIN_WIDTH = 2000
"""Columns of what is piped: so many that nothing is wrapped, and the same in every window."""


@dataclass(frozen=True, slots=True)
class Ui:
    """``color`` is ``auto``, ``always`` or ``never``; ``verbosity`` -1 for quiet, 0, 1 for ``-v``, 2 for ``-vv``."""

    color: str = "auto"
    verbosity: int = 0

    @property
    def quiet(self) -> bool:
        """Return whether notes and progress are to be left out."""
        return self.verbosity < 0

    def console(self) -> Console:
        """Return the console for results."""
        return _console(sys.stdout, self.colored(sys.stdout))

    def error_console(self) -> Console:
        """Return the console for progress and notes."""
        return _console(sys.stderr, self.colored(sys.stderr))

    def colored(self, stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
        """Return whether ``stream`` gets colours: ``--color`` first, then NO_COLOR, FORCE_COLOR, and what it is."""
        environment = os.environ if environment is None else environment
        if self.color != "auto":
            return self.color == "always"
        if environment.get("NO_COLOR"):
            return False
        if environment.get("FORCE_COLOR"):
            return environment["FORCE_COLOR"] != "0"
        return stream.isatty() and environment.get("TERM") != "dumb"

    def note(self, text: str) -> None:
        """Print a note for the user, unless quiet."""
        if not self.quiet:
            print(text, file=sys.stderr)  # noqa: T201 - printing is the purpose

    def document(self, data: Any) -> None:
        """Print ``data`` as the one JSON document of this run, in ASCII (paths need not be valid Unicode)."""
        import json  # noqa: PLC0415 - only for --json

        print(json.dumps(data, indent=2))  # noqa: T201 - the result


class Trimmed:
    """A stream that leaves out blanks at line ends, which tables are padded with."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write ``text`` without the blanks; return how much of it was taken (all)."""
        self._stream.write("\n".join(line.rstrip(" ") for line in text.split("\n")) if "\n" in text else text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream.isatty()

    @property
    def encoding(self) -> str:
        """Return the encoding of the stream."""
        return self._stream.encoding


def _console(stream: TextIO, colored: bool) -> Console:
    from rich.console import Console  # noqa: PLC0415 - loaded when it is needed

    terminal = stream.isatty()
    return Console(
        file=stream if terminal else cast("TextIO", Trimmed(stream)),
        force_terminal=colored or None if terminal else colored,
        no_color=not colored,
        width=None if terminal else PLAIN_WIDTH,
        highlight=False,
        emoji=False,
        soft_wrap=False,
        legacy_windows=False,
    )
