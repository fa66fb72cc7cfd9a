from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forkmerge.git import attributes, renames, scenario
from forkmerge.git.attributes import Attributes
from forkmerge.git.mergetree import git_merge
from forkmerge.git.repository import Repository

if TYPE_CHECKING:
    from conftest import Workshop


def merged_by_git(shop: Workshop) -> str:
    shop.git("merge", "-q", "--no-edit", "theirs")
    return shop.git("rev-parse", "HEAD^{tree}")


def test_a_clean_merge_is_the_tree_that_git_merge_makes(diverged: Workshop) -> None:
    with Repository.open(diverged.path) as repo:
        before = (diverged.files(), diverged.git("for-each-ref"), diverged.git("status", "--porcelain"))
        merged = git_merge(repo, scenario.resolve(repo, "main", "theirs"))
        assert (diverged.files(), diverged.git("for-each-ref"), diverged.git("status", "--porcelain")) == before
    assert merged.clean
    assert merged.conflicts == ()
    assert merged.tree == merged_by_git(diverged)


def test_conflicts_are_named_with_git_s_words_and_marked_in_the_tree(workshop: Workshop) -> None:
    workshop.commit_files("base", {"text": "1\n2\n3\n", "gone": "a\nb\nc\n", "binary": b"\0a"})
    workshop.git("switch", "-q", "-c", "theirs")
    workshop.commit_files("theirs", {"text": "1\nT\n3\n", "gone": "a\nb\nc\nd\n", "binary": b"\0t", "added": "t\n"})
    workshop.git("switch", "-q", "main")
    workshop.commit_files("ours", {"text": "1\nO\n3\n", "gone": None, "binary": b"\0o", "added": "o\n"})
    with Repository.open(workshop.path) as repo:
        merged = git_merge(repo, scenario.resolve(repo, "main", "theirs"))
        assert not merged.clean
        assert dict(merged.conflicts) == {
            "text": "content", "gone": "modify/delete", "binary": "binary", "added": "add/add",
        }  # fmt: skip
        entries = repo.entries(merged.tree or "")
        assert repo.read(entries["text"].oid) == b"1\n<<<<<<< ours\nO\n=======\nT\n>>>>>>> theirs\n3\n"
        assert any("CONFLICT (modify/delete)" in message for message in merged.messages)
        assert merged == git_merge(repo, scenario.resolve(repo, "main", "theirs"))


def test_renames_are_followed_and_told(workshop: Workshop) -> None:
    text = "".join(f"line {n}\n" for n in range(20))
    workshop.commit_files("base", {"old": text, "same": "same\n" * 9})
    workshop.git("switch", "-q", "-c", "theirs")
    workshop.commit_files("theirs", {"old": text.replace("line 3\n", "line three\n")})
    workshop.git("switch", "-q", "main")
    workshop.git("mv", "old", "new name\u00e9")
    workshop.git("mv", "same", "exact")
    workshop.commit_files("ours", {"new name\u00e9": text.replace("line 9\n", "line nine\n")})
    with Repository.open(workshop.path) as repo:
        found = scenario.resolve(repo, "main", "theirs")
        told = renames.renames(repo, found.base.tree, found.ours.tree)
        assert {rename.old: rename.new for rename in told.values()} == {"old": "new name\u00e9", "same": "exact"}
        assert told["same"].score == 1.0
        assert 0.5 <= told["old"].score < 1.0
        assert renames.renames(repo, found.base.tree, found.theirs.tree) == {}
        merged = git_merge(repo, found)
        assert merged.clean
        content = repo.read(repo.entries(merged.tree or "")["new name\u00e9"].oid)
    assert b"line three\n" in content
    assert b"line nine\n" in content


@pytest.mark.parametrize("checked_out", ["main", "theirs"])
def test_the_attributes_are_those_of_our_tree_whatever_is_checked_out(workshop: Workshop, checked_out: str) -> None:
    workshop.commit_files("base", {"log": "base\n"})
    workshop.git("switch", "-q", "-c", "theirs")
    workshop.commit_files("theirs", {"log": "base\ntheirs\n"})
    workshop.git("switch", "-q", "main")
    workshop.commit_files("ours", {"log": "base\nours\n", ".gitattributes": "log merge=union\n"})
    workshop.git("switch", "-q", checked_out)
    with Repository.open(workshop.path) as repo:
        merged = git_merge(repo, scenario.resolve(repo, "main", "theirs"))
        assert merged.clean
        assert repo.read(repo.entries(merged.tree or "")["log"].oid) == b"base\nours\ntheirs\n"


def test_the_user_s_configuration_does_not_change_the_merge(
    diverged: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Repository.open(diverged.path) as repo:
        found = scenario.resolve(repo, "main", "theirs")
        plain = git_merge(repo, found)
        diverged.git("config", "--global", "merge.renames", "false")
        diverged.git("config", "--global", "merge.other.driver", "false")
        diverged.git("config", "--global", "core.attributesFile", str(diverged.path / "folder/all"))
        (diverged.path / "folder/all").write_text("* merge=other\n")
        assert git_merge(repo, found) == plain


def test_submodules_and_modes_are_carried_through(workshop: Workshop) -> None:
    workshop.commit_files("base", {"run": "1\n2\n3\n4\n5\n"})
    workshop.git("switch", "-q", "-c", "theirs")
    workshop.git("update-index", "--chmod=+x", "run")
    workshop.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    workshop.git("commit", "-q", "-m", "theirs")
    workshop.git("reset", "-q", "--hard")
    workshop.git("switch", "-q", "main")
    workshop.commit_files("ours", {"run": "1\n2\n3\n4\nfive\n"})
    with Repository.open(workshop.path) as repo:
        merged = git_merge(repo, scenario.resolve(repo, "main", "theirs"))
        entries = repo.entries(merged.tree or "")
    assert (entries["run"].mode, entries["module"].mode) == (0o100755, 0o160000)


def test_attributes_are_read_from_the_tree(workshop: Workshop) -> None:
    root = "*.bin binary\n*.u merge=union\n*.w working-tree-encoding=UTF-16LE text eol=crlf\n*.m -text\n"
    root += "deep/*.u !merge\ngen/** linguist-generated\n*.inc linguist-language=PHP filter=lfs\n*.auto text=auto\n"
    root += "*.n -merge\n*.s merge\n"
    names = "a.bin a.u a.w a.m deep/a.u sub/a.u gen/x a.inc a.auto a.n a.s"
    files: dict[str, bytes | str | None] = dict.fromkeys(names.split(), "x\0")
    workshop.commit_files("all", {**files, ".gitattributes": root, "sub/.gitattributes": "a.u merge=other\n"})
    workshop.write({".gitattributes": "* binary\n"})  # what is checked out does not count
    with Repository.open(workshop.path) as repo:
        found = attributes.attributes(repo, repo.resolve("HEAD").tree)
        some = attributes.attributes(repo, repo.resolve("HEAD").tree, ["not/there.bin"])
    assert found["a.bin"] == Attributes(binary=True, text=False, merge="binary")
    assert found["a.u"] == Attributes(merge="union")
    assert found["a.w"] == Attributes(text=True, encoding="UTF-16LE", eol="crlf")
    assert found["a.m"] == Attributes(text=False)
    assert found["deep/a.u"] == Attributes()
    assert found["sub/a.u"] == Attributes(merge="other")
    assert found["gen/x"] == Attributes(generated=True)
    assert found["a.inc"] == Attributes(language="PHP", filter="lfs")
    assert found["a.auto"] == Attributes(text="auto")
    assert found["a.n"] == Attributes(binary=True, merge="binary")
    assert found["a.s"] == Attributes(merge="text")
    assert set(some) == {"not/there.bin"}
    assert some["not/there.bin"].binary


def test_an_attribute_file_that_is_a_link_is_ignored(workshop: Workshop) -> None:
    workshop.write({"a.bin": "x", "elsewhere": "* binary\n"})
    (workshop.path / ".gitattributes").symlink_to("elsewhere")
    workshop.commit_files("link", {})
    with Repository.open(workshop.path) as repo:
        assert attributes.attributes(repo, repo.resolve("HEAD").tree)["a.bin"] == Attributes()


def test_attributes_of_paths_that_no_disk_can_hold_do_no_harm(workshop: Workshop) -> None:
    blob = workshop.git("hash-object", "-w", "--stdin", stdin=b"* binary\n")
    row = f"100644 {blob}\t{'x' * 300}/.gitattributes\n".encode()
    workshop.git("update-index", "--add", "--index-info", stdin=row)
    tree = workshop.git("write-tree")
    with Repository.open(workshop.path) as repo:
        assert attributes.attributes(repo, tree, ["a"]) == {"a": Attributes()}
