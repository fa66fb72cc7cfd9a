from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from forkmerge.errors import MissingTool, UnusableInput
from forkmerge.git import command

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Workshop


def test_the_environment_keeps_the_identity_and_drops_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody")
    for name in ("GIT_DIR", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND", "GIT_TRACE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, "hostile")
    env = command.environment()
    assert env["GIT_AUTHOR_NAME"] == "Somebody"
    assert "hostile" not in env.values()
    assert env["LC_ALL"] == "C"


def test_configuration_from_the_environment_is_kept_where_it_is_the_user_s_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"safe.directory": "*", "core.hooksPath": "/hooks", "user.name": "Container"}
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(given)))
    for number, (key, value) in enumerate(given.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    assert command.run(["config", "user.name"]).stdout == b"Container\n"
    assert command.run(["config", "safe.directory"]).stdout == b"*\n"
    assert command.run(["config", "core.hooksPath"]).stdout == b"/dev/null\n"


def test_a_broken_count_of_configuration_is_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "many")
    assert command.run(["config", "core.hooksPath"]).stdout == b"/dev/null\n"


def test_a_failure_says_what_git_said(tmp_path: Path) -> None:
    with pytest.raises(command.GitFailed, match="not a git repository") as caught:
        command.run(["rev-parse", "HEAD"], cwd=tmp_path)
    assert caught.value.completed.code == 128
    assert command.run(["rev-parse", "HEAD"], cwd=tmp_path, check=False).code == 128


def test_a_missing_git_names_the_mend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool) as caught:
        command.run(["version"])
    assert "install git" in caught.value.hint
    with pytest.raises(MissingTool):
        command.spawn(["version"], scratch=str(tmp_path), env=command.environment())


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no such folder"):
        command.run(["version"], cwd=tmp_path / "nowhere")


def test_a_time_limit_ends_git(workshop: Workshop) -> None:
    started = time.monotonic()
    os.mkfifo(workshop.path / "pipe")
    with pytest.raises(UnusableInput, match=r"within 0\.2 s"):
        command.run(["hash-object", "--no-filters", "pipe"], cwd=workshop.path, timeout=0.2)
    assert time.monotonic() - started < 5


def test_an_interrupt_waits_for_what_must_not_stop_half_way(workshop: Workshop) -> None:
    # Git runs in a process group of its own; the interrupt reaches this process only and is raised after git's end.
    pipe = workshop.path / "pipe"
    os.mkfifo(pipe)

    def interrupt_then_feed() -> None:
        with pipe.open("wb") as feed:  # waits until git reads
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
            feed.write(b"whole\n")

    feeder = threading.Thread(target=interrupt_then_feed)
    feeder.start()
    with pytest.raises(KeyboardInterrupt):
        command.run(["hash-object", "-w", "--no-filters", "pipe"], cwd=workshop.path, whole=True)
    feeder.join()
    oid = workshop.git("hash-object", "--stdin", stdin=b"whole\n")
    assert workshop.git("cat-file", "-p", oid) == "whole"
