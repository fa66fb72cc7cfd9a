"""The entry of both commands, ``forkmerge`` and ``git-forkmerge``.

Idea: git calls ``merge-file`` once for each file, so it and ``--version`` are told apart from ``sys.argv`` before
anything is imported that they do not use; a test holds the list of their imports short.  All else goes through click.
"""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run forkmerge with ``arguments`` (those of the process by default) and return its exit code.

    With the arguments of the process the process is forkmerge's own, and ``merge-file`` ends it by itself.
    """
    if arguments is None:
        arguments = sys.argv[1:]
        if arguments[:1] == ["merge-file"]:
            from forkmerge.cli.brief import brief  # noqa: PLC0415 - loaded when it is needed

            return brief(lambda: main(arguments))
    if arguments == ["--version"]:
        from forkmerge import __version__  # noqa: PLC0415 - loaded when it is needed

        sys.stdout.write(f"forkmerge {__version__}\n")
        return 0
    if arguments[:1] == ["merge-file"]:
        from forkmerge.cli.later import spare  # noqa: PLC0415 - the same

        spare()
        from forkmerge.cli.merge_file import run as merge_file  # noqa: PLC0415 - loaded when it is needed

        return merge_file(arguments[1:])
    from forkmerge.cli.group import run  # noqa: PLC0415 - loaded when it is needed

    return run(arguments)
