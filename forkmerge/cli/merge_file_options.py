"""The arguments of ``merge-file``, read as git reads them, without a parser library.

Git's rules are kept: options and files in any order, short options joined (``-pq``, ``-Lname``), long ones shortened to
any unambiguous beginning, ``--no-`` in front of flags, ``--`` before files.  ``--path`` is forkmerge's own.
"""

from __future__ import annotations

USAGE = """\
usage: forkmerge merge-file [<options>] [-L <name1> [-L <orig> [-L <name2>]]] <file1> <orig-file> <file2>

    -p, --stdout          send results to standard output
    --diff3               use a diff3 based merge
    --zdiff3              use a zealous diff3 based merge
    --ours                for conflicts, use our version
    --theirs              for conflicts, use their version
    --union               for conflicts, use a union version
    --marker-size <n>     for conflicts, use this marker size
    -q, --quiet           do not warn about conflicts
    -L <name>             set labels for file1/orig-file/file2
    --path <path>         the file's path in the repository, which tells its language

"""
_FLAGS = {"stdout", "quiet", "diff3", "zdiff3", "ours", "theirs", "union"}
_SHORT = {"p": "stdout", "q": "quiet"}
_VALUES = {"marker-size", "path"}
_REFUSED = {"object-id"}


class Refused(Exception):  # noqa: N818 - a way out as much as an error
    """The command line asks for help (``message`` is empty) or for something that does not exist."""

    def __init__(self, message: str = "", *, usage: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.usage = usage


class Options:
    """What ``merge-file`` was asked to do; ``style`` is "" when no option names one.

    A plain class, because building a dataclass costs more than reading the command line.
    """

    __slots__ = ("favor", "files", "labels", "marker_size", "path", "quiet", "stdout", "style")

    def __init__(self) -> None:
        self.files: list[str] = []
        self.labels: list[str] = []
        self.stdout = False
        self.quiet = False
        self.style = ""
        self.favor = ""
        self.marker_size = 7
        self.path = ""


def parse(arguments: list[str]) -> Options:
    """Return the options that ``arguments`` spell; raise Refused as git would refuse them."""
    options = Options()
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            options.files += rest
            break
        if argument.startswith("--"):
            _long(options, argument[2:], rest)
        elif argument.startswith("-") and argument != "-":
            _short(options, argument[1:], rest)
        else:
            options.files.append(argument)
    if len(options.files) != 3:
        raise Refused(f"merge-file takes three files, not {len(options.files)}")
    options.labels += options.files[len(options.labels) :]
    return options


def _short(options: Options, letters: str, rest: list[str]) -> None:
    for place, letter in enumerate(letters):
        if letter in _SHORT:
            _flag(options, _SHORT[letter], on=True)
        elif letter == "L":
            value = letters[place + 1 :]
            if not value and not rest:
                raise Refused("switch `L' requires a value", usage=False)
            if len(options.labels) == 3:
                raise Refused("too many labels on the command line", usage=False)
            options.labels.append(value or rest.pop(0))
            return
        elif letter == "h":
            raise Refused
        else:
            raise Refused(f"unknown switch `{letter}'")


def _long(options: Options, text: str, rest: list[str]) -> None:
    given, equals, value = text.partition("=")
    if given == "help":
        raise Refused
    name, on = _name(given)
    if name in _FLAGS:
        if equals:
            raise Refused(f"option `{given}' takes no value", usage=False)
        _flag(options, name, on=on)
        return
    if not on:
        options.marker_size, options.path = (7, options.path) if name == "marker-size" else (options.marker_size, "")
        return
    if not equals:
        if not rest:
            raise Refused(f"option `{given}' requires a value", usage=False)
        value = rest.pop(0)
    if name == "path":
        options.path = value
    else:
        options.marker_size = _number(value)


def _name(given: str) -> tuple[str, bool]:
    """Return the option that ``given`` names or begins, and whether it is switched on."""
    known = sorted(_FLAGS | _VALUES | _REFUSED)
    for on, wanted in ((True, given), (False, given.removeprefix("no-"))):
        if not on and wanted == given:
            break
        found = [name for name in known if name == wanted] or [name for name in known if name.startswith(wanted)]
        if len(found) > 1:
            raise Refused(f"ambiguous option: {given} (could be --{found[0]} or --{found[1]})")
        if found and found[0] in _REFUSED:
            raise Refused("--object-id is not supported: forkmerge merges files, not object names", usage=False)
        if found:
            return found[0], on
    raise Refused(f"unknown option `{given}'")


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Refused("option `marker-size' expects a numerical value", usage=False) from None


def _flag(options: Options, name: str, *, on: bool) -> None:
    if name == "stdout":
        options.stdout = on
    elif name == "quiet":
        options.quiet = on
    elif name in ("diff3", "zdiff3"):
        options.style = name if on else "merge"
    else:
        options.favor = name if on else ""
