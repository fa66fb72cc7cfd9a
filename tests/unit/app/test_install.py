from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from forkmerge.app import install, install_places
from forkmerge.app.driver_line import driver_line
from forkmerge.app.install import carry_out, overruled, plan_install, plan_uninstall
from forkmerge.errors import UnusableInput

if TYPE_CHECKING:
    from pathlib import Path


ASKED = install_places._asked


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    for name in [n for n in os.environ if n.startswith(("GIT_", "XDG_", "FORKMERGE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "etc" / "gitconfig"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setattr(install, "program", lambda: ("/opt/it's 100% here/forkmerge",))
    monkeypatch.setattr(install_places, "_asked", lambda _: "")
    return home


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    return path


def config(repository: Path, *args: str) -> str:
    return subprocess.run(["git", "config", *args], cwd=repository, capture_output=True, text=True, check=False).stdout


def tree(*folders: Path) -> dict[str, tuple[int, bytes | None]]:
    return {
        str(path): (path.lstat().st_mode, path.read_bytes() if path.is_file() else None)
        for folder in folders
        for path in [folder, *sorted(folder.rglob("*"))]
    }


def put_in(scope: str, repository: Path) -> None:
    carry_out(plan_install(scope, str(repository), os.environ))


def take_out(scope: str, repository: Path) -> None:
    carry_out(plan_uninstall(scope, str(repository), os.environ))


@pytest.mark.parametrize("scope", ["local", "global", "system"])
def test_git_reads_what_is_written_and_nothing_is_left_of_it(scope: str, repository: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    put_in(scope, repository)
    assert config(repository, "--get", "merge.forkmerge.driver").rstrip("\n") == driver_line(install.program())
    assert config(repository, "--get", "merge.forkmerge.recursive") == "text\n"
    assert config(repository, "--get", "mergetool.forkmerge.trustExitCode") == "true\n"
    said = subprocess.run(
        ["git", "check-attr", "merge", "a.py"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout
    if scope != "system":  # where git looks for the machine's attributes can't be moved
        assert said == "a.py: merge: forkmerge\n"
    once = tree(tmp_path)
    put_in(scope, repository)
    assert tree(tmp_path) == once
    take_out(scope, repository)
    assert tree(tmp_path) == before
    take_out(scope, repository)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("end", ["", "\n"])
def test_files_that_stood_there_come_back_byte_for_byte(end: str, repository: Path, home: Path, tmp_path: Path) -> None:
    former = '[merge "forkmerge"]\n\tdriver = mine %A\n[merge]\n\ttool = vimdiff'
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "gitconfig").write_text(former + end)
    (dotfiles / "gitconfig").chmod(0o600)
    (home / ".gitconfig").symlink_to(dotfiles / "gitconfig")
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "attributes").write_text(f"*.txt text{end}")
    before = tree(tmp_path)
    put_in("global", repository)
    assert (home / ".gitconfig").is_symlink()
    assert config(repository, "--get", "merge.forkmerge.driver").rstrip("\n") == driver_line(install.program())
    take_out("global", repository)
    assert config(repository, "--get", "merge.forkmerge.driver") == "mine %A\n"
    assert tree(tmp_path) == before


def test_what_was_added_in_between_stays(repository: Path) -> None:
    put_in("local", repository)
    config(repository, "user.name", "Somebody")
    attributes = repository / ".git" / "info" / "attributes"
    attributes.write_bytes(b"*.a -text\n" + attributes.read_bytes() + b"*.b -text\n")
    take_out("local", repository)
    assert config(repository, "user.name") == "Somebody\n"
    assert attributes.read_bytes() == b"*.a -text\n*.b -text\n"
    assert "forkmerge" not in (repository / ".git" / "config").read_text()


def test_a_value_set_behind_the_block_gives_way_when_installed_again(repository: Path) -> None:
    put_in("local", repository)
    with (repository / ".git" / "config").open("a") as file:
        file.write('[merge "forkmerge"]\n\tdriver = mine %A\n')
    plan = plan_install("local", str(repository), os.environ)
    carry_out(plan)
    assert config(repository, "--get", "merge.forkmerge.driver").rstrip("\n") == driver_line(install.program())
    assert overruled(plan, str(repository)) == ""
    take_out("local", repository)
    assert config(repository, "--get", "merge.forkmerge.driver") == "mine %A\n"


def test_a_driver_of_the_worktrees_own_is_named(repository: Path) -> None:
    config(repository, "extensions.worktreeConfig", "true")
    config(repository, "--worktree", "merge.forkmerge.driver", "mine %A")
    plan = plan_install("local", str(repository), os.environ)
    carry_out(plan)
    assert "config.worktree" in overruled(plan, str(repository))


def test_the_attributes_file_that_git_is_told_is_used(repository: Path, home: Path) -> None:
    (home / ".gitconfig").write_text("[core]\n\tattributesFile = ~/own/attributes\n")
    put_in("global", repository)
    assert "*.py merge=forkmerge" in (home / "own" / "attributes").read_text()
    take_out("global", repository)
    assert not (home / "own").exists()


def test_a_linked_worktree_shares_its_repositorys_installation(repository: Path, tmp_path: Path) -> None:
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "x", "--allow-empty"],
        cwd=repository, check=True,
    )  # fmt: skip
    subprocess.run(["git", "worktree", "add", "-q", "../linked"], cwd=repository, check=True)
    put_in("local", tmp_path / "linked")
    assert "forkmerge" in (repository / ".git" / "config").read_text()
    assert "forkmerge" in (repository / ".git" / "info" / "attributes").read_text()


def test_the_projects_own_decisions_outrank_the_patterns(repository: Path) -> None:
    (repository / ".gitattributes").write_text("*.py text\nvendored.py -merge\n")
    put_in("local", repository)
    said = subprocess.run(
        ["git", "check-attr", "merge", "a.py", "vendored.py"],
        cwd=repository, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said == "a.py: merge: forkmerge\nvendored.py: merge: unset\n"


def test_outside_of_a_repository_there_is_no_local_scope(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="not a git repository"):
        plan_install("local", str(tmp_path), os.environ)


def test_a_file_that_another_git_is_writing_is_not_touched_and_the_first_is_put_back(repository: Path) -> None:
    before = tree(repository)
    (repository / ".git" / "info" / "attributes.lock").touch()
    with pytest.raises(UnusableInput) as caught:
        put_in("local", repository)
    assert "attributes.lock" in caught.value.hint
    (repository / ".git" / "info" / "attributes.lock").unlink()
    assert tree(repository) == before


def test_a_configuration_that_git_cannot_read_is_not_touched(repository: Path) -> None:
    path = repository / ".git" / "config"
    path.write_text(path.read_text() + "[broken\n")
    before = path.read_bytes()
    with pytest.raises(UnusableInput):
        put_in("local", repository)
    assert path.read_bytes() == before


def test_a_place_that_can_hold_nothing_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    with pytest.raises(UnusableInput) as caught:
        put_in("global", repository)
    assert caught.value.where == os.devnull


def test_the_machines_files_are_where_git_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GIT_CONFIG_SYSTEM")
    monkeypatch.setattr(install_places, "_asked", ASKED)
    try:
        found = install_places.places("system", str(tmp_path), os.environ)
    except UnusableInput as refused:
        pytest.skip(refused.message)  # git before 2.41, built for a folder that is not there
    assert found.config.name == "gitconfig"
    assert found.attributes == found.config.with_name("gitattributes")
