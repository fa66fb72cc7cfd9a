from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forkmerge.git import early, linemerge
from forkmerge.git.early import Early
from forkmerge.git.linemerge import CONFIGURED, configured, line_merge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Workshop

BASE, OURS, THEIRS = b"a\nb\nc\nd\n", b"a\nX\nY\nd\n", b"a\nX\nZ\nd\n"
LABELS = ("mine", "before", "other")


@pytest.fixture(autouse=True)
def inside(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workshop.path)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No process and no open file outlives a test."""
    before = set(Path("/proc/self/fd").iterdir()) if Path("/proc/self/fd").is_dir() else set()
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    if before:
        assert set(Path("/proc/self/fd").iterdir()) == before


@pytest.fixture
def begun() -> Iterator[Early]:
    found = Early(BASE, OURS, THEIRS, marker_size=32)
    yield found
    found.close()


def asked(key: str) -> str:
    found = Early(BASE, OURS, THEIRS, marker_size=32)
    try:
        return found.configured(key)
    finally:
        found.close()


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize("size", [7, 32])
def test_the_answer_is_that_of_the_line_merge(begun: Early, style: str, size: int) -> None:
    expected = line_merge(BASE, OURS, THEIRS, style=style, marker_size=size)
    assert begun(BASE, OURS, THEIRS, style=style, marker_size=size) == expected
    assert begun(BASE, OURS, BASE, style=style, marker_size=size) == (OURS, 0)
    assert begun(BASE, OURS, THEIRS, style=style, marker_size=size) == expected


@pytest.mark.parametrize("style", ["", "diff3", "zdiff3"])
def test_the_marked_text_is_that_of_the_configured_style(workshop: Workshop, style: str) -> None:
    if style:
        workshop.git("config", "merge.conflictStyle", style)
    found = Early(BASE, OURS, THEIRS, marker_size=32)
    found.mark(labels=LABELS, marker_size=9)
    given = found(BASE, OURS, THEIRS, style=CONFIGURED, labels=LABELS, marker_size=9)
    found.close()
    assert given == line_merge(BASE, OURS, THEIRS, style=style or "merge", labels=LABELS, marker_size=9)


def test_what_is_configured_does_not_change_the_first_answer(workshop: Workshop) -> None:
    workshop.git("config", "merge.conflictStyle", "zdiff3")
    found = Early(BASE, OURS, THEIRS, marker_size=32)
    assert found(BASE, OURS, THEIRS, style="diff3", marker_size=32) == line_merge(
        BASE, OURS, THEIRS, style="diff3", marker_size=32
    )
    found.close()


@pytest.mark.parametrize("key", ["forkmerge.risk", "merge.conflictStyle"])
def test_git_tells_what_is_configured_and_the_last_word_counts(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    assert asked(key) == configured(key) == ""
    workshop.git("config", "--global", key, "one")
    assert asked(key) == configured(key) == "one"
    workshop.git("config", key, "two")
    workshop.git("config", "--add", key, "three words\tand a tab")
    assert asked(key) == configured(key) == "three words\tand a tab"
    workshop.git("config", "extensions.worktreeConfig", "true")
    workshop.git("config", "--worktree", key, "four")
    assert asked(key) == configured(key) == "four"
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'{key}'='five'")
    assert asked(key) == configured(key) == "five"


@pytest.mark.parametrize("value", ['a "quoted" word', "back\\slash", "umlaut ä", "", '","value":"x"', "a\nb"])
def test_any_value_is_told_as_it_is(workshop: Workshop, value: str) -> None:
    workshop.git("config", "forkmerge.risk", value)
    assert asked("forkmerge.risk") == configured("forkmerge.risk")


def test_a_process_is_spared(begun: Early, monkeypatch: pytest.MonkeyPatch, workshop: Workshop) -> None:
    workshop.git("config", "forkmerge.risk", "eager")
    found = Early(BASE, OURS, THEIRS, marker_size=32)
    monkeypatch.setattr(early, "configured", lambda *_: "a process was started")
    assert found.configured("forkmerge.risk") == "eager"
    found.close()


def test_a_broken_configuration_is_left_to_the_line_merge(workshop: Workshop, begun: Early) -> None:
    begun.close()
    (workshop.path / ".git" / "config").write_text("[core\n")
    found = Early(BASE, OURS, THEIRS, marker_size=32)
    found.mark(labels=LABELS, marker_size=7)
    assert found(BASE, OURS, THEIRS, style="diff3") == line_merge(BASE, OURS, THEIRS, style="diff3")
    assert found.configured("forkmerge.risk") == ""
    found.close()


def test_without_files_of_memory_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(linemerge, "_MEMORY", False)
    found = Early(BASE, OURS, THEIRS, marker_size=32)
    found.mark(labels=LABELS, marker_size=7)
    assert found(BASE, OURS, THEIRS) == line_merge(BASE, OURS, THEIRS)
    found.close()
