"""``forkmerge merge-file``: stands in for ``git merge-file``, with the same arguments and exit codes.

It is called before click is imported (see ``cli.main``), so it and all it imports keep to the cheapest modules.
"""

from __future__ import annotations

import os
import sys

from forkmerge.cli.merge_file_options import USAGE, Refused, parse

USAGE_CODE, ERROR_CODE = 129, 255


def run(arguments: list[str]) -> int:
    """Return the exit code of git: the number of conflicts (at most 127), 255 for an error, 129 for wrong usage."""
    try:
        options = parse(arguments)
    except Refused as refused:
        if refused.message:
            sys.stderr.write(f"error: {refused.message}\n")
        if refused.usage:
            (sys.stderr if refused.message else sys.stdout).write(USAGE)
        return USAGE_CODE
    from forkmerge.app.merge_file import Failure, merge  # noqa: PLC0415 - loaded when it is needed

    def note(text: str) -> None:
        if not options.quiet:
            sys.stderr.write(f"forkmerge: {text}\n")

    try:
        return merge(
            options.files,
            labels=options.labels,
            path=options.path or os.environ.get("FORKMERGE_PATH", ""),
            style=options.style,
            favor=options.favor,
            marker_size=options.marker_size,
            stdout=options.stdout,
            note=note,
        )
    except Failure as failure:
        if not options.quiet:
            sys.stderr.write(f"error: {failure}\n")
        return ERROR_CODE
    except KeyboardInterrupt:
        return 130
