"""The entry of both commands, ``forkmerge`` and ``git-forkmerge``.

Idea: git calls ``driver`` once for each file, so it, ``merge-file`` and ``--version`` are told apart from ``sys.argv``
before anything is imported that they do not use; a test holds the list of their imports short.  All else goes through
click.
"""

from __future__ import annotations

import os
import sys

_BRIEF = (["driver"], ["merge-file"])
"""What git, or a script, calls once for each file."""


def main(arguments: list[str] | None = None) -> int:
    """Run forkmerge with ``arguments`` (those of the process by default) and return its exit code.

    With the arguments of the process the process is forkmerge's own, and ``driver`` and ``merge-file`` end it.
    """
    if arguments is None:
        _own_path()
        arguments = sys.argv[1:]
        if arguments[:1] in _BRIEF:
            from forkmerge.cli.later import spare  # noqa: PLC0415 - loaded when it is needed

            spare(all_ours=True)
            from forkmerge.cli.kept import kept  # noqa: PLC0415 - loaded when it is needed

            found = kept()
            from forkmerge.cli.brief import brief  # noqa: PLC0415 - the same

            return brief(lambda: main(arguments), found)
    if arguments == ["--version"]:
        from forkmerge import __version__  # noqa: PLC0415 - loaded when it is needed

        sys.stdout.write(f"forkmerge {__version__}\n")
        return 0
    if arguments[:1] in _BRIEF:
        from forkmerge.cli.later import spare  # noqa: PLC0415 - the same

        spare()
        if arguments[0] == "driver":
            from forkmerge.cli.driver import run as work  # noqa: PLC0415 - loaded when it is needed
        else:
            from forkmerge.cli.merge_file import run as work  # noqa: PLC0415 - loaded when it is needed
        return work(arguments[1:])
    if arguments[:1] == ["merge"]:
        from forkmerge.cli.later import spare_classes  # noqa: PLC0415 - the same

        spare_classes()
    from forkmerge.cli.group import run  # noqa: PLC0415 - loaded when it is needed

    return run(arguments)


def _own_path() -> None:
    """Keep PYTHONPATH for the tests that are run and away from forkmerge's own imports.

    In a checkout of one of the libraries that forkmerge uses, with PYTHONPATH=src, it would import that checkout.
    """
    given = os.environ.get("PYTHONPATH")
    if not given or sys.flags.ignore_environment:
        return
    own = __file__.removesuffix("/forkmerge/cli/main.py")
    named = {os.path.realpath(path) for path in given.split(os.pathsep) if path} - {own, os.path.realpath(own)}
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) not in named]
