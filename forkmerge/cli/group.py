"""The command line as a click group whose commands are imported when they are called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import click

from forkmerge import __version__
from forkmerge.cli.failure import guard
from forkmerge.cli.ui import Ui

if TYPE_CHECKING:
    from types import FrameType

COMMANDS: dict[str, tuple[str, str]] = {
    "propose": ("propose:propose", "Recombine fork and upstream, test the offspring, rank proposals."),
    "show": ("show:show", "Show a proposal: where each locus came from, tests gained and lost."),
    "diff": ("diff:diff", "Show the diff of a proposal."),
    "apply": ("apply:apply", "Make a proposal real: a merge commit with both parents."),
    "transplant": ("transplant:transplant", "Take from upstream what makes a test pass here, and no more."),
    "radar": ("radar:radar", "Try upstream's changes one by one; list those that the tests let in."),
    "check": ("check:check", "Tell before a merge what it would break, and which edits collide."),
    "merge": ("merge:merge", "Merge a revision structurally, without running tests."),
    "solve": ("solve:solve", "Solve the conflicts that are in progress, as far as that goes."),
    "explain": ("explain:explain", "Tell the rule and the evidence behind what the last merge did."),
    "ledger": ("ledger:ledger", "Look at the record of every evaluation; check, share and prune it."),
    "align": ("align:align", "List the homologous units of fork and upstream, and the loci."),
    "driver": ("driver_command:driver", "Be git's merge driver (see install)."),
    "install": ("install:install", "Make forkmerge the merge driver of git, and a merge tool."),
    "uninstall": ("uninstall:uninstall", "Take out what install wrote, exactly."),
    "merge-file": ("merge_file_command:merge_file", "Stand in for git merge-file."),
    "languages": ("languages:languages", "Tell which languages can be parsed here."),
    "doctor": ("doctor:doctor", "Tell what this machine can and can't do, and the mend for each."),
    "demo": ("demo:demo", "Show the whole story on a built-in fork."),
}
"""Command -> module and function in ``forkmerge.cli``, and the line that ``--help`` lists it with."""

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "auto_envvar_prefix": None}


def run(arguments: list[str]) -> int:
    """Run the command line ``arguments`` and return its exit code; errors are printed, never raised."""
    signal.signal(signal.SIGTERM, _terminated)
    state: dict[str, Ui] = {"ui": Ui()}

    def work() -> int:
        try:
            result = cli.main(args=arguments, prog_name=_program(), standalone_mode=False, obj=state)
        except click.exceptions.Exit as leave:
            return leave.exit_code
        except click.Abort:
            raise KeyboardInterrupt from None
        except click.ClickException as error:
            error.show()
            return error.exit_code
        return result if isinstance(result, int) else 0

    return guard(work, lambda: state["ui"])


def shared_options() -> list[click.Parameter]:
    """Return the options that stand before or behind the command's name."""
    return [
        click.Option(
            ["--color"],
            type=click.Choice(["auto", "always", "never"]),
            expose_value=False,
            callback=_set_color,
            help="When to use colours (NO_COLOR and FORCE_COLOR are honoured).",
        ),
        click.Option(["-q", "--quiet"], is_flag=True, expose_value=False, callback=_set_quiet, help="Results only."),
        click.Option(
            ["-v", "--verbose"],
            count=True,
            expose_value=False,
            callback=_set_verbose,
            help="Say more; -vv adds tracebacks.",
        ),
    ]


class Command(click.Command):
    """A command that takes the shared options too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["context_settings"] = SETTINGS | (kwargs.get("context_settings") or {})
        super().__init__(*args, **kwargs)
        self.params += shared_options()


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the story they tell."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return the command, imported now, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(f"forkmerge.cli.{module}"), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that ``args`` begin with; raise a usage error that names the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415 - loaded when it is needed

            near = difflib.get_close_matches(args[0], COMMANDS, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]!r}?" if near else f"The commands are {', '.join(COMMANDS)}."
            ctx.fail(f"no such command: {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _set(ctx: click.Context, **changes: Any) -> None:
    state = ctx.find_root().obj
    state["ui"] = replace(state["ui"], **changes)


def _set_color(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        _set(ctx, color=value)


def _set_quiet(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        _set(ctx, verbosity=-1)


def _set_verbose(ctx: click.Context, _: click.Parameter, value: int) -> None:
    if value:
        _set(ctx, verbosity=value)


def _change_directory(_: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    try:
        os.chdir(value)
    except OSError as error:
        raise click.BadParameter(f"can't go to {value!r}: {error.strerror}", param=parameter) from None


def _terminated(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _program() -> str:
    name = os.path.basename(sys.argv[0])  # noqa: PTH119 - a word, not a path
    return "git forkmerge" if name.startswith("git-forkmerge") else "forkmerge"


@click.command(
    cls=LazyGroup,
    context_settings=SETTINGS,
    params=[
        click.Option(
            ["-C", "directory"],
            metavar="DIR",
            expose_value=False,
            is_eager=True,
            callback=_change_directory,
            help="Work in DIR.",
        ),
        *shared_options(),
    ],
    epilog="Exit codes: 0 done, 1 findings, 2 usage, 3 unusable input, 4 something is missing, 130 interrupted.",
)
@click.version_option(__version__, "--version", message="forkmerge %(version)s")
def cli() -> None:
    """Merge a fork and its upstream by crossover, scored by the tests of both."""
