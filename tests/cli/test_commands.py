from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import forkmerge
from forkmerge.app import store
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import resolve
from forkmerge.report.values import (
    GitReport,
    Origin,
    Owner,
    OwnerTests,
    Proposal,
    Proposals,
    SandboxReport,
    Verdict,
)

SCHEMAS = Path(forkmerge.__file__).parent.parent / "docs" / "reference" / "schemas"


def document(done, command: str):
    data = json.loads(done.stdout)
    jsonschema.validate(data, json.loads((SCHEMAS / f"{command}.json").read_text()))
    assert data["version"] == 1
    return data


def test_align_lists_what_was_renamed_and_what_both_changed(fork, forkmerge_run) -> None:
    data = document(forkmerge_run("align", "fork", "upstream", "--json", cwd=fork), "align")
    by_name = {u["base"]["unit"] if u["base"] else u["fork"]["unit"]: u for u in data["units"]}
    assert by_name["area"]["change"] == "both"
    assert by_name["area"]["kind"] == "same"
    assert by_name["perimeter"]["kind"] == "renamed"
    assert by_name["perimeter"]["upstream"]["unit"] == "circumference"
    assert by_name["perimeter"]["change"] == "upstream"
    assert by_name["more"]["kind"] == "added"
    assert by_name["more"]["upstream"] is None
    assert all(0 <= u["score"] <= 1 for u in data["units"])
    assert any(locus["conflict"] and locus["unit"] == "area" for locus in data["loci"])


def test_align_for_people_groups_and_names_the_places(fork, forkmerge_run) -> None:
    text = forkmerge_run("align", "fork", "upstream", cwd=fork).stdout.decode()
    assert "Renamed (1)" in text
    assert "calc.py:8 perimeter -> calc.py:8 circumference  [changed by upstream]" in text
    assert "On one side only (1)" in text
    assert text == forkmerge_run("align", "fork", "upstream", cwd=fork).stdout.decode()


LOAD = """\
def load(path, encoding):
    stream = open(path, encoding=encoding)
    print("reading", path, "as", encoding, "for", getpass.getuser())
    rows = []
{part}    return sorted(rows, key=first_cell)
"""
PART = """\
    for number, row in enumerate(stream, 1):
        if row.startswith("#") or not row.strip():
            continue
        cells = [cell.strip() for cell in row.rstrip().split(separator)]
        rows.append((number, cells))
"""


def test_align_tells_what_was_split_off_and_what_was_joined(fork, forkmerge_run, git) -> None:
    apart = LOAD.format(part="    fill(rows, stream)\n") + "\n\ndef fill(rows, stream):\n" + PART
    for branch, text in (("whole", LOAD.format(part=PART)), ("apart", apart)):
        git("switch", "-qc", branch, cwd=fork, check=True)
        (fork / "load.py").write_text(text)
        git("add", "-A", cwd=fork, check=True)
        git("commit", "-qm", branch, cwd=fork, check=True)
    data = document(forkmerge_run("align", "whole", "apart", "--json", cwd=fork), "align")
    found = {u["upstream"]["unit"]: u for u in data["units"] if u["upstream"]}
    assert (found["fill"]["kind"], found["fill"]["doubtful"]) == ("split", True)
    assert found["fill"]["evidence"][0].startswith("split off load.py:1 load: ")
    assert "gave a part to load.py:9 fill" in found["load"]["evidence"]
    text = forkmerge_run("align", "whole", "apart", cwd=fork).stdout.decode()
    assert "Split or joined (1)" in text
    git("switch", "-qc", "joined", "apart", cwd=fork, check=True)
    (fork / "load.py").write_text(LOAD.format(part=PART))
    git("commit", "-qam", "joined", cwd=fork, check=True)
    data = document(forkmerge_run("align", "apart", "joined", "--json", cwd=fork), "align")
    found = {u["base"]["unit"]: u for u in data["units"] if u["base"]}
    assert found["fill"]["kind"] == "joined"
    assert found["fill"]["evidence"][-1].startswith("joined into load.py:1 load: ")


def test_align_writes_nothing(fork, forkmerge_run, git) -> None:
    before = git("for-each-ref", cwd=fork).stdout
    forkmerge_run("align", "fork", "upstream", cwd=fork)
    assert git("for-each-ref", cwd=fork).stdout == before
    assert git("status", "--porcelain", cwd=fork).stdout == b""


def test_languages_check_says_what_is_wrong_as_a_document_too(tmp_path, forkmerge_run) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nkind = "set"\ncoments = ["#"]\n')
    done = forkmerge_run("languages", "--check", "--json", "mine.toml")
    assert done.returncode == 1
    found = document(done, "languages")
    assert (found["languages"], found["checked"]) == ([], 1)
    assert found["problems"] == ["mine.toml: unknown key 'coments': did you mean 'comments'?"]


def test_what_needs_a_repository_or_an_upstream_branch_says_so(tmp_path, fork, forkmerge_run) -> None:
    done = forkmerge_run("install", cwd=tmp_path)
    assert done.returncode == 3
    assert b"not a git repository" in done.stderr
    assert b"--global" in done.stderr
    done = forkmerge_run("merge", cwd=fork)
    assert done.returncode == 3
    assert b"no upstream branch" in done.stderr


def test_languages_tells_the_truth_about_each_grammar(forkmerge_run) -> None:
    data = document(forkmerge_run("languages", "--json"), "languages")
    python = next(language for language in data["languages"] if language["name"] == "python")
    assert python["available"]
    assert ".py" in python["extensions"]
    assert python["grammar"] == "tree-sitter-python"


def test_a_grammar_that_is_missing_is_told_with_its_mend_and_git_merges(forkmerge_run, fork) -> None:
    folder = fork / ".forkmerge" / "grammars"
    folder.mkdir(parents=True)
    (folder / "snek.toml").write_text('name = "snek"\nextensions = [".snek"]\npackage = "tree_sitter_snek"\n')
    listed = document(forkmerge_run("languages", "--json", cwd=fork), "languages")["languages"]
    snek = next(language for language in listed if language["name"] == "snek")
    assert not snek["available"]
    assert snek["mend"] == f"pip install tree-sitter-snek, if you trust {folder / 'snek.toml'}"
    told = [
        c for c in document(forkmerge_run("doctor", "--json", cwd=fork), "doctor")["checks"] if "snek" in c["found"]
    ]
    assert told[0]["mend"] == snek["mend"]
    for name, text in (("a.snek", "a\nb\nc\n"), ("base", "a\nb\nc\n"), ("theirs", "a\nb\nd\n")):
        (fork / name).write_text(text)
    assert forkmerge_run("merge-file", "-p", "a.snek", "base", "theirs", cwd=fork).stdout == b"a\nb\nd\n"
    (fork / "a.snek").write_text("a\nb\ne\n")
    done = forkmerge_run("merge-file", "-p", "a.snek", "base", "theirs", cwd=fork)
    assert (done.returncode, done.stdout.count(b"<<<<<<<")) == (1, 1)


def test_a_profile_of_ones_own_is_checked(forkmerge_run, fork) -> None:
    folder = fork / ".forkmerge" / "grammars"
    folder.mkdir(parents=True)
    (folder / "snek.toml").write_text('name = "snek"\nextensions = [".snek"]\npackage = "tree_sitter_python"\n')
    done = forkmerge_run("languages", "--check", cwd=fork)
    assert (done.returncode, done.stdout) == (0, b"1 profile checked, nothing is wrong\n")
    listed = document(forkmerge_run("languages", "--json", cwd=fork), "languages")["languages"]
    assert [each["source"] for each in listed if each["name"] == "snek"] == [str(folder / "snek.toml")]
    (folder / "evil.toml").write_text('name = "evil"\npackage = "os"\nfunction = "system"\n')
    (folder / "wrong.toml").write_text('name = "wrong"\npackage = "tree_sitter_python"\ncomments = ["remark"]\n')
    done = forkmerge_run("languages", "--check", cwd=fork)
    assert done.returncode == 1
    assert [line.partition(".toml: ")[2] for line in done.stdout.decode().splitlines()] == [
        "package: a grammar is a module called tree_sitter_<language>",
        "function: the entry of a grammar is called language or language_<name>",
        "the grammar has no node 'remark'",
    ]
    assert forkmerge_run("languages", "--check", "nothing.toml", cwd=fork).returncode == 3
    assert forkmerge_run("languages", "nothing.toml", cwd=fork).returncode == 2


def test_merge_file_knows_attributes_and_profiles_of_ones_own(forkmerge_run, fork) -> None:
    def merged(name: str, *texts: str) -> tuple[int, str]:
        for file, text in zip((name, "base", "theirs"), texts, strict=True):
            (fork / file).write_text(text)
        done = forkmerge_run("merge-file", "-p", name, "base", "theirs", cwd=fork)
        return done.returncode, done.stdout.decode()

    words = ("z\nx\n", "z\n", "z\ny\n")
    code = ("import a\nimport b\n", "import a\n", "import a\nimport c\n")
    assert merged("names.lst", *words)[0] == 1
    assert merged("tool.snek", *code)[0] == 1
    assert merged("tool.py", *code)[0] == 0
    (fork / ".gitattributes").write_text("*.lst forkmerge-order=unordered\n*.py forkmerge-order=ordered\n")
    folder = fork / ".forkmerge" / "grammars"
    folder.mkdir(parents=True)
    text = (SCHEMAS.parents[2] / "grammars" / "python.toml").read_text()
    (folder / "snek.toml").write_text(text.replace('"python"', '"snek"', 1).replace('".py"', '".snek"'))
    assert merged("names.lst", *words) == (0, "z\nx\ny\n")
    assert merged("tool.snek", *code) == (0, "import a\nimport b\nimport c\n")
    assert merged("tool.py", *code)[0] == 1
    (fork / ".gitattributes").write_text("*.lst forkmerge-language=python\n")
    assert merged("names.lst", *code)[0] == 0


def test_doctor_looks_at_every_part_and_names_mends(fork, forkmerge_run) -> None:
    done = forkmerge_run("doctor", "--json", cwd=fork)
    data = document(done, "doctor")
    assert {check["group"] for check in data["checks"]} >= {"git", "python", "grammars", "sandbox", "repository"}
    missing = [check for check in data["checks"] if check["state"] == "missing"]
    assert done.returncode == (4 if missing else 0)
    assert all(check["mend"] for check in data["checks"] if check["state"] in ("missing", "limited"))


def test_doctor_without_git_is_exit_code_4(tmp_path, forkmerge_run) -> None:
    done = forkmerge_run("doctor", "--json", PATH=str(tmp_path))
    assert done.returncode == 4
    git = next(check for check in json.loads(done.stdout)["checks"] if check["group"] == "git")
    assert (git["state"], bool(git["mend"])) == ("missing", True)


@pytest.fixture
def kept(fork, git) -> Proposals:
    """A run with one proposal: the fork's tree with upstream's rename in it."""
    text = (fork / "calc.py").read_text()
    (fork / "calc.py").write_text(text.replace("perimeter", "circumference"))
    git("add", "-A", cwd=fork, check=True)
    tree = git("write-tree", cwd=fork, check=True).stdout.decode().strip()
    git("reset", "-q", "--hard", cwd=fork, check=True)
    with Repository.open(fork) as repo:
        run = Proposals(
            scenario=resolve(repo, "HEAD", "upstream"),
            suites=(),
            parents=(),
            git=GitReport(clean=False, conflicts=("calc.py",)),
            proposals=(Proposal(1, tree, Origin.OFFSPRING, Verdict.GOOD, (OwnerTests(Owner.OURS, 2, 2),), 1.0, 0.5),),
            evaluations=3,
            suite_equivalents=3.0,
            cached=0,
            seconds=1.0,
            sandbox=SandboxReport("bubblewrap", "full"),
            created=1_700_000_000,
        )
        return store.save(repo, run)


def test_show_tells_what_is_kept(kept, fork, forkmerge_run) -> None:
    data = document(forkmerge_run("show", "--json", cwd=fork), "show")
    assert data["proposal"]["tree"] == kept.proposals[0].tree
    assert data["run"] == "runs/1"
    text = forkmerge_run("show", "1", cwd=fork).stdout.decode()
    assert "Verdict: good" in text
    assert "2 of 2 required kept" in text


def test_show_writes_the_page_on_demand(kept, fork, forkmerge_run, tmp_path) -> None:
    done = forkmerge_run("show", "--html", str(tmp_path / "run.html"), cwd=fork)
    assert done.returncode == 0
    assert (tmp_path / "run.html").read_text().startswith("<!doctype html>")


def test_show_of_nothing_says_how_to_get_something(fork, forkmerge_run) -> None:
    done = forkmerge_run("show", cwd=fork)
    assert done.returncode == 3
    assert b"forkmerge propose" in done.stderr


def test_diff_is_gits_between_the_trees(kept, fork, forkmerge_run, git) -> None:
    for against, ref in (("fork", "fork"), ("upstream", "upstream"), ("base", "main")):
        expected = git("diff", "--no-color", "--no-ext-diff", "--full-index", ref, "refs/forkmerge/latest/1", cwd=fork)
        done = forkmerge_run("diff", "--against", against, cwd=fork)
        kept_lines = [line for line in done.stdout.splitlines() if not line.startswith(b"index ")]
        assert kept_lines == [line for line in expected.stdout.splitlines() if not line.startswith(b"index ")]
    assert b"\x1b[" in forkmerge_run("--color=always", "diff", cwd=fork).stdout


def test_diff_against_a_merge_that_git_has_no_tree_of_is_told(kept, fork, forkmerge_run) -> None:
    assert forkmerge_run("diff", "--against", "git", cwd=fork).returncode == 3


def test_diff_runs_no_program_that_the_repository_names(kept, fork, forkmerge_run, git, tmp_path) -> None:
    (fork / ".gitattributes").write_text("*.py diff=evil\n")
    git("config", "diff.evil.textconv", f"touch {tmp_path}/ran; cat", cwd=fork, check=True)
    git("config", "diff.evil.command", f"touch {tmp_path}/ran", cwd=fork, check=True)
    assert b"circumference" in forkmerge_run("diff", cwd=fork).stdout
    assert not (tmp_path / "ran").exists()


def test_apply_makes_a_merge_commit_with_both_parents_and_trailers(kept, fork, forkmerge_run, git) -> None:
    done = forkmerge_run("apply", "-m", "Bring upstream in", cwd=fork)
    assert done.returncode == 0, done.stderr
    head = git("rev-parse", "fork", cwd=fork).stdout
    assert done.stdout == head
    parents = git("log", "-1", "--format=%P", "fork", cwd=fork).stdout.decode().split()
    assert parents == [kept.scenario.ours.commit, kept.scenario.theirs.commit]
    assert git("rev-parse", "fork^{tree}", cwd=fork).stdout.decode().strip() == kept.proposals[0].tree
    assert git("status", "--porcelain", cwd=fork).stdout == b""
    message = git("log", "-1", "--format=%B", cwd=fork).stdout.decode()
    assert message.startswith("Bring upstream in\n\n")
    trailers = git(
        "log", "-1", "--format=%(trailers:unfold,key=Forkmerge-Proposal,key=Forkmerge-Tests)", cwd=fork
    ).stdout
    assert b"Forkmerge-Proposal: runs/1/1" in trailers
    assert b"Forkmerge-Tests: ours 2/2 kept" in trailers


def test_apply_to_a_branch_leaves_everything_else(kept, fork, forkmerge_run, git) -> None:
    before = git("rev-parse", "HEAD", cwd=fork).stdout
    assert forkmerge_run("apply", "--branch", "merged", cwd=fork).returncode == 0
    assert git("rev-parse", "HEAD", cwd=fork).stdout == before
    assert git("rev-parse", "merged^{tree}", cwd=fork).stdout.decode().strip() == kept.proposals[0].tree


def test_apply_without_commit_leaves_a_merge_in_progress(kept, fork, forkmerge_run, git) -> None:
    done = forkmerge_run("apply", "--no-commit", cwd=fork)
    assert done.returncode == 0, done.stderr
    assert git("rev-parse", "MERGE_HEAD", cwd=fork).stdout == git("rev-parse", "upstream", cwd=fork).stdout
    assert git("write-tree", cwd=fork).stdout.decode().strip() == kept.proposals[0].tree


def test_apply_never_overwrites_the_users_changes(kept, fork, forkmerge_run, git) -> None:
    (fork / "calc.py").write_text("mine\n")
    done = forkmerge_run("apply", cwd=fork)
    assert done.returncode == 3
    assert b"calc.py" in done.stderr
    assert (fork / "calc.py").read_text() == "mine\n"


def test_branch_and_no_commit_exclude_each_other(kept, fork, forkmerge_run) -> None:
    assert forkmerge_run("apply", "--branch", "x", "--no-commit", cwd=fork).returncode == 2


def test_the_demo_lists_its_forks_and_knows_no_others(forkmerge_run) -> None:
    assert {line.split("\t")[0] for line in forkmerge_run("demo", "--list").stdout.decode().splitlines()} >= {
        "seedbook",
        "tidetable",
    }
    done = forkmerge_run("demo", "nothing")
    assert done.returncode == 2
    assert b"seedbook" in done.stderr
