"""``forkmerge merge``."""

from __future__ import annotations

import sys

import click

from forkmerge.cli.common import json_option, tell, ui
from forkmerge.cli.group import Command


@click.command(cls=Command)
@click.argument("revisions", metavar="[REV | OURS THEIRS]", nargs=-1)
@click.option(
    "--write-tree", is_flag=True, help="Print the merge of OURS and THEIRS as a tree, as git merge-tree does."
)
@click.option("--no-commit", is_flag=True, help="Leave the merge in index and worktree, to be committed by you.")
@click.option("-m", "--message", metavar="MSG", help="The message of the merge commit.")
@click.option("--ff-only", "forward", flag_value="--ff-only", help="Refuse anything but a fast-forward.")
@click.option("--no-ff", "forward", flag_value="--no-ff", help="Make a merge commit where a fast-forward would do.")
@click.option(
    "--allow-unrelated-histories", "unrelated", is_flag=True, help="Merge histories without a common ancestor."
)
@click.option("--text", is_flag=True, help="git's own line merge alone: resolve nothing, object to nothing.")
@click.option(
    "--continue", "verb", flag_value="continue", help="Conclude the merge in progress (git merge --continue)."
)
@click.option("--abort", "verb", flag_value="abort", help="Take the merge in progress back (git merge --abort).")
@click.option("-z", "zeroed", is_flag=True, help="With --write-tree: NUL instead of line ends, paths not quoted.")
@click.option("--name-only", is_flag=True, help="With --write-tree: paths in place of conflicted entries.")
@click.option("--messages/--no-messages", default=None, help="With --write-tree: whether to say what happened.")
@json_option("merge")
def merge(  # noqa: PLR0913 - click's way: an argument for each option
    revisions: tuple[str, ...],
    *,
    write_tree: bool,
    no_commit: bool,
    message: str | None,
    forward: str | None,
    unrelated: bool,
    text: bool,
    verb: str | None,
    zeroed: bool,
    name_only: bool,
    messages: bool | None,
    as_json: bool,
) -> int:
    """Merge REV (the upstream branch by default) into the current branch, structurally, without running tests.

    Index and worktree are written as git merge writes them. Exit code 0: merged; 1: conflicts are left; 3: git refuses.
    """
    if verb is not None:
        from forkmerge.app.merge import hand_over  # noqa: PLC0415 - after the command line is understood

        if revisions or write_tree:
            raise click.UsageError(f"--{verb} goes without revisions")
        return hand_over(verb)
    if write_tree:
        if len(revisions) != 2:
            raise click.UsageError("--write-tree needs two revisions: OURS THEIRS")
        if no_commit or message is not None or forward or as_json:
            raise click.UsageError("--write-tree makes no commit and prints no JSON")
        from forkmerge.app.merge_tree import Wanted  # noqa: PLC0415 - after the command line is understood
        from forkmerge.app.merge_tree import write_tree as run  # noqa: PLC0415 - the same

        wanted = Wanted(zeroed=zeroed, name_only=name_only, messages=messages)
        out, clean = run(".", *revisions, wanted, unrelated=unrelated, structured=not text)
        sys.stdout.flush()
        sys.stdout.buffer.write(out)
        sys.stdout.buffer.flush()
        return 0 if clean else 1
    if len(revisions) > 1:
        raise click.UsageError("one revision at a time")
    if zeroed or name_only or messages is not None:
        raise click.UsageError("-z, --name-only and --messages go with --write-tree")
    from forkmerge.app.merge import Order  # noqa: PLC0415 - after the command line is understood
    from forkmerge.app.merge import merge as run_merge  # noqa: PLC0415 - the same

    rev = revisions[0] if revisions else ""
    order = Order(rev, message, not no_commit, unrelated, structured=not text, forward=forward or "")
    done = run_merge(".", order)
    if as_json:
        from forkmerge.report.codec import to_data  # noqa: PLC0415 - only for --json

        ui().document(to_data(done.explanation))
    else:
        from forkmerge.report.explained import lines  # noqa: PLC0415 - only for people

        tell(lines(done.explanation))
    ui().note(done.said)
    return 0 if done.explanation.clean else 1
