from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from forkmerge import __version__
from forkmerge.cli.failure import guard
from forkmerge.cli.group import COMMANDS, LazyGroup, cli
from forkmerge.cli.ui import Ui
from forkmerge.errors import ExitCode, Interrupted, MissingTool, UnusableInput, UsageError


def test_version_is_told(forkmerge_run) -> None:
    assert forkmerge_run("--version").stdout.decode() == f"forkmerge {__version__}\n"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_command(option) -> None:
    done = CliRunner().invoke(cli, [option], obj={"ui": Ui()})
    assert done.exit_code == 0
    for name in COMMANDS:
        assert f"  {name} " in done.output


@pytest.mark.parametrize("name", [n for n in COMMANDS if n not in ("driver", "merge-file")])
def test_every_command_loads_and_has_help(name) -> None:
    done = CliRunner().invoke(cli, [name, "-h"], obj={"ui": Ui()})
    assert done.exit_code == 0
    assert "--color" in done.output


@pytest.mark.parametrize("name", ["driver", "merge-file"])
def test_what_git_calls_has_help_of_its_own(name) -> None:
    done = CliRunner().invoke(cli, [name, "--help"], obj={"ui": Ui()})
    assert done.output.startswith(f"usage: forkmerge {name} ")


def test_help_of_the_group_imports_no_command(forkmerge_run, env, tmp_path) -> None:
    script = "import sys; from forkmerge.cli.group import run; run(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, capture_output=True, check=True)
    loaded = done.stdout.decode().split("\n")[-2].split()
    assert "forkmerge.cli.group" in loaded
    assert not {"rich", "pygit2", "libcst", "forkmerge.cli.propose"} & set(loaded)


def test_a_slip_is_answered_with_the_nearest_command(forkmerge_run) -> None:
    done = forkmerge_run("propsoe")
    assert done.returncode == 2
    assert b"Did you mean 'propose'?" in done.stderr


@pytest.mark.parametrize(
    "args", [["--bogus"], ["align"], ["align", "--nope", "a", "b"], ["diff", "--against", "moon"], ["-C"]]
)
def test_wrong_usage_is_exit_code_2_without_a_traceback(args, forkmerge_run) -> None:
    done = forkmerge_run(*args)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


def test_a_folder_that_is_no_repository_is_exit_code_3_with_a_hint(forkmerge_run) -> None:
    done = forkmerge_run("align", "a", "b")
    assert done.returncode == 3
    assert b"error: not a git repository" in done.stderr
    assert b"Hint:" in done.stderr


def test_an_unknown_revision_names_the_nearest(fork, forkmerge_run) -> None:
    done = forkmerge_run("align", "fork", "upstrem", cwd=fork)
    assert done.returncode == 3
    assert b"upstream" in done.stderr


def test_the_folder_can_be_given_as_with_git(fork, forkmerge_run) -> None:
    assert b"no proposals" in forkmerge_run("-C", str(fork), "show").stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("u", hint="try"), 2),
        (UnusableInput("u", where="a.py:3", hint="try"), 3),
        (MissingTool("m", hint="install it"), 4),
        (Interrupted("i"), 130),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("x"), 3),
    ],
)
def test_errors_become_words_and_exit_codes(error, code, capsys) -> None:
    def work() -> int:
        raise error

    assert guard(work, lambda: Ui(color="never")) == code
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "Traceback" not in said
    if isinstance(error, UnusableInput):
        assert "at a.py:3" in said
    if getattr(error, "hint", "") or code == 3:
        assert "Hint: " in said


def test_a_traceback_is_shown_with_vv_alone(capsys) -> None:
    def work() -> int:
        raise ZeroDivisionError("x")

    assert guard(work, lambda: Ui(color="never", verbosity=2)) == ExitCode.UNUSABLE
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("color", "environment", "colored"),
    [
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "0"}, False),
        ("auto", {}, False),
    ],
)
def test_colours_follow_the_option_then_the_environment(color, environment, colored) -> None:
    with Path(os.devnull).open("w") as stream:
        assert Ui(color=color).colored(stream, environment) is colored


@pytest.mark.parametrize("args", [["--color", "always", "languages"], ["languages", "--color=always"]])
def test_shared_options_stand_before_or_behind_the_command(args, forkmerge_run) -> None:
    assert b"\x1b[" in forkmerge_run(*args).stdout
    assert b"\x1b[" not in forkmerge_run("languages").stdout


def test_a_closed_pipe_is_no_error(tmp_path, env) -> None:
    command = f"{sys.executable} -m forkmerge.cli languages | head -c 1; echo ${{PIPESTATUS[0]}}"
    for _ in range(3):
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=env, capture_output=True, check=True)
        assert done.stderr == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_in_130(number, tmp_path, env) -> None:
    script = (
        "import sys, time, click\n"
        "from forkmerge.cli import group\n"
        "@click.command()\n"
        "def wait():\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(30)\n"
        "group.LazyGroup.get_command = lambda *a: wait\n"
        "group.COMMANDS['wait'] = ('', '')\n"
        "sys.exit(group.run(['wait']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    started = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"interrupted" in said
    assert b"Traceback" not in said
    assert time.monotonic() - started < 10


def test_shell_completion_is_click_s(tmp_path, env) -> None:
    script = "import sys; sys.argv[0] = 'forkmerge'; from forkmerge.cli.main import main; sys.exit(main([]))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path, env=env | {"_FORKMERGE_COMPLETE": "bash_source"}, capture_output=True, check=False,
    )  # fmt: skip
    assert b"_FORKMERGE_COMPLETE=bash_complete" in done.stdout


def test_the_group_answers_for_unknown_names_with_nothing() -> None:
    group = LazyGroup("x")
    assert group.get_command(None, "nothing") is None  # type: ignore[arg-type]
