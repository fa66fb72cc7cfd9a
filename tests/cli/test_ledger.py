"""``forkmerge ledger`` on real clones of a real bare repository."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

import forkmerge
from forkmerge.app import ledger_remote
from forkmerge.fitness import ledger_share as share
from forkmerge.fitness.ledger import Key, Ledger, ledger_path
from forkmerge.fitness.ledger_chain import digest
from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult

SCHEMAS = Path(forkmerge.__file__).parent.parent / "docs" / "reference" / "schemas"
REF = "refs/forkmerge/ledger"
RESULTS = (
    TestResult(TestId("pytest", "t.py", "", "test_a"), Status.PASSED, 0.25),
    TestResult(TestId("pytest", "t.py", "", "test_\x1b[31mb"), Status.FAILED, 0.5, "assert 1 == 2"),
)
RUN = SuiteRun(RunStatus.COMPLETED, RESULTS, 1, 1.5, "1 failed", 2)


def key(number: int) -> Key:
    return Key(f"{number:040x}", "pytest -q", "e" * 32, "bubblewrap policy-1 network=no")


def fill(clone: Path, *numbers: int) -> None:
    ledger = Ledger.open(ledger_path(str(clone / ".git")))
    for number in numbers:
        ledger.put(key(number), RUN)
    assert ledger.notes == ()
    ledger.close()


def trees(clone: Path) -> list[int]:
    ledger = Ledger.open(ledger_path(str(clone / ".git")))
    found = sorted(int(row.tree, 16) for row in ledger.rows())
    assert ledger.findings() == ()
    ledger.close()
    return found


@pytest.fixture
def hub(tmp_path, git) -> Path:
    git("init", "-q", "--bare", "hub.git", check=True)
    return tmp_path / "hub.git"


@pytest.fixture
def clones(hub, tmp_path, git) -> tuple[Path, Path]:
    found = (tmp_path / "a", tmp_path / "b")
    for clone in found:
        git("clone", "-q", str(hub), str(clone), check=True)
    return found


@pytest.fixture
def ok(forkmerge_run):
    def run(clone: Path, *args: str) -> str:
        done = forkmerge_run("ledger", *args, cwd=clone)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run


def document(text: str | bytes, command: str):
    data = json.loads(text)
    jsonschema.validate(data, json.loads((SCHEMAS / f"ledger-{command}.json").read_text()))
    return data


def test_list_show_and_verify_tell_people_and_scripts_what_is_in_it(clones, ok) -> None:
    a, _ = clones
    fill(a, 1, 2, 3)
    assert ok(a) == ok(a, "list")
    lines = ok(a).splitlines()
    assert len(lines) == 4
    assert lines[-1] == "3 entries"
    assert ok(a, "list", "-n", "1").splitlines()[-1] == "the last 1 of 3 entries"
    data = document(ok(a, "list", "--json"), "list")
    assert [run["number"] for run in data["runs"]] == [1, 2, 3]
    name = data["runs"][1]["hash"]
    text = ok(a, "show", name[:8])
    assert text == ok(a, "show", "#2") == ok(a, "show", "2")
    assert "isolation    bubblewrap policy-1 network=no" in text
    assert "\x1b" not in text
    assert "test_\\x1b[31mb  assert 1 == 2" in text
    shown = document(ok(a, "show", "--json"), "show")
    assert shown["run"]["number"] == 3
    assert shown["run"]["before"] == name
    assert [result["status"] for result in shown["results"]] == ["passed", "failed"]
    assert ok(a, "verify") == "3 entries in 1 chain: nothing is wrong\n"
    assert document(ok(a, "verify", "--json"), "verify")["findings"] == []


def test_looking_makes_no_ledger(clones, ok, forkmerge_run) -> None:
    a, _ = clones
    assert ok(a, "list") == "the ledger is empty\n"
    assert ok(a, "verify") == "0 entries in 0 chains: nothing is wrong\n"
    assert ok(a, "prune", "--keep", "1") == "nothing to prune\n"
    assert ok(a, "push") == "origin has everything\n"
    assert ok(a, "fetch") == "origin has no ledger\n"
    assert forkmerge_run("ledger", "show", cwd=a).returncode == 3
    assert not (a / ".git" / "forkmerge").exists()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["show", "99"], 3), (["show", "zzzz"], 3), (["bogus"], 2), (["prune"], 2), (["prune", "--older", "soon"], 2),
        (["prune", "--keep", "-1"], 2), (["prune", "--max-size", "5 bananas"], 2), (["list", "-n", "0"], 2),
        (["fetch", "nowhere"], 3), (["push", "/no/such/place"], 3), (["fetch", "ext::sh -c true"], 2),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_with_its_exit_code(args, code, clones, forkmerge_run) -> None:
    fill(clones[0], 1)
    done = forkmerge_run("ledger", *args, cwd=clones[0])
    assert done.returncode == code
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr
    assert done.stderr


def test_verify_ends_in_1_and_names_the_entry(clones, ok, forkmerge_run) -> None:
    a, _ = clones
    fill(a, 1, 2, 3)
    with closing(sqlite3.connect(a / ".git/forkmerge/ledger.sqlite3")) as connection, connection:
        connection.execute("UPDATE runs SET status = 'timeout' WHERE id = 2")
    done = forkmerge_run("ledger", "verify", cwd=a)
    assert done.returncode == 1
    assert done.stdout.decode().startswith("changed: #2 (")
    (finding,) = document(forkmerge_run("ledger", "verify", "--json", cwd=a).stdout, "verify")["findings"]
    assert finding["kind"] == "changed"
    for args in (["push"], ["prune", "--keep", "1"]):
        done = forkmerge_run("ledger", *args, cwd=a)
        assert done.returncode == 3
        assert b"not as it was written" in done.stderr
        assert b"ledger verify" in done.stderr


def test_verify_finds_a_file_that_is_no_database(clones, forkmerge_run) -> None:
    a, _ = clones
    fill(a, 1)
    for suffix in ("-wal", "-shm"):
        (a / f".git/forkmerge/ledger.sqlite3{suffix}").unlink(missing_ok=True)
    (a / ".git/forkmerge/ledger.sqlite3").write_bytes(b"no database, but text" * 400)
    done = forkmerge_run("ledger", "verify", cwd=a)
    assert done.returncode == 1
    assert done.stdout.startswith(b"damaged: the file")
    assert list((a / ".git/forkmerge").glob("*.damaged-*"))


def test_two_clones_share_all_they_know_through_a_remote(clones, hub, ok, git) -> None:
    a, b = clones
    fill(a, 1, 2, 3)
    fill(b, 3, 4)
    assert ok(a, "push") == "pushed 3 entries to origin\n"
    assert ok(b, "push", "origin") == "pushed 2 entries to origin\n"
    assert ok(b, "fetch") == "fetched 3 entries from origin, 2 known already\n"
    assert ok(a, "fetch", str(hub)) == f"fetched 2 entries from {hub}, 3 known already\n"
    assert ok(a, "fetch") == "fetched 0 entries from origin, 5 known already\n"
    assert ok(a, "push") == ok(b, "push") == "origin has everything\n"
    assert trees(a) == trees(b) == [1, 2, 3, 3, 4]
    assert document(ok(a, "list", "--json"), "list")["foreign"] == 2
    assert ok(a, "list", "--foreign").count("another ledger") == 2
    assert ok(a, "list", "--foreign").splitlines()[-1] == "2 entries of other ledgers"
    assert ok(a, "list", "--foreign", "-n", "1").splitlines()[-1] == "the last 1 of 2 entries of other ledgers"
    assert "5 entries, 2 of other ledgers" in ok(a)
    assert git("fsck", "--strict", cwd=hub).returncode == 0
    assert git("log", "--format=%P", REF, cwd=hub).stdout.count(b"\n") == 2
    assert git("for-each-ref", "refs/heads", "refs/forkmerge/incoming", cwd=a).stdout == b""
    assert git("status", "--porcelain", cwd=a).stdout == b""


def test_what_was_pruned_stays_away_and_the_remote_keeps_it(clones, ok) -> None:
    a, b = clones
    fill(a, 1, 2, 3)
    ok(a, "push")
    assert ok(a, "prune", "--keep", "1").startswith("pruned 2 entries")
    assert "pruned: 2 entries up to" in ok(a)
    assert "by Maintainer <maintainer@example.org>" in ok(a)
    assert ok(a, "fetch").startswith("fetched 0 entries")
    fill(a, 4)
    assert ok(a, "push") == "pushed 1 entry to origin\n"
    ok(b, "fetch")
    assert trees(a) == [3, 4]
    assert trees(b) == [1, 2, 3, 4]


def test_older_and_larger_entries_go(clones, ok) -> None:
    a, _ = clones
    fill(a, 1, 2, 3)
    assert ok(a, "prune", "--older", "1d") == "nothing to prune\n"
    assert ok(a, "prune", "--max-size", "10M") == "nothing to prune\n"
    assert ok(a, "prune", "--max-size", "700").startswith("pruned 2 entries")
    assert ok(a, "prune", "--older", "0s").startswith("pruned 1 entry")
    assert trees(a) == []


def test_pushes_at_the_same_time_lose_nothing(hub, tmp_path, git, ok) -> None:
    clones = [tmp_path / f"c{number}" for number in range(3)]
    for number, clone in enumerate(clones):
        git("clone", "-q", str(hub), str(clone), check=True)
        fill(clone, 10 * number + 1, 10 * number + 2)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda clone: ok(clone, "push"), clones))
    ok(clones[0], "fetch")
    assert trees(clones[0]) == [1, 2, 11, 12, 21, 22]


def test_a_push_that_was_overtaken_fetches_merges_and_pushes_again(clones, monkeypatch) -> None:
    a, b = clones
    fill(a, 1)
    fill(b, 2)
    real, overtaken = ledger_remote._commit, []

    def slow(*args):
        commit = real(*args)
        if not overtaken:
            overtaken.append(True)
            ledger_remote.push(str(b))
        return commit

    monkeypatch.setattr(ledger_remote, "_commit", slow)
    assert ledger_remote.push(str(a)).entries == 1
    monkeypatch.undo()
    ledger_remote.fetch(str(a))
    assert trees(a) == [1, 2]


def test_what_a_killed_fetch_left_is_taken_away(clones, ok, git) -> None:
    a, _ = clones
    fill(a, 1)
    ok(a, "push")
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    commit = git("rev-parse", REF, cwd=a, check=True).stdout.decode().strip()
    git("update-ref", f"refs/forkmerge/incoming/{ended.pid}-00", commit, cwd=a, check=True)
    ok(a, "fetch")
    assert git("for-each-ref", "refs/forkmerge/incoming", cwd=a).stdout == b""


def test_many_small_segments_become_a_few(clones, ok, monkeypatch, git, hub) -> None:
    a, b = clones
    monkeypatch.setattr(ledger_remote, "_COMPACT", 3)
    for number in range(5):
        fill(a, number)
        ledger_remote.push(str(a))
    assert git("ls-tree", "-r", REF, cwd=hub).stdout.count(b"segments/") < 4
    ok(b, "fetch")
    assert trees(b) == [0, 1, 2, 3, 4]


def test_a_shared_ledger_has_bounds(clones, monkeypatch) -> None:
    fill(clones[0], 1)
    monkeypatch.setattr(ledger_remote, "MOST_BYTES", 100)
    with pytest.raises(ledger_remote.UnusableInput, match="larger"):
        ledger_remote.push(str(clones[0]))


# -- remotes that mean harm -------------------------------------------------------------------------------------------


def plant(hub: Path, git, files: dict[str, bytes], *, mode: str = "100644") -> None:
    """Let the ledger of the remote be a commit of these files."""
    lines = []
    for name, content in files.items():
        oid = subprocess.run(
            ["git", "hash-object", "-w", "--stdin"], cwd=hub, input=content, capture_output=True, check=True
        ).stdout.strip()
        lines.append(f"{mode} {oid.decode()}\t{name}")
    index = {"GIT_INDEX_FILE": str(hub / "planted"), "GIT_DIR": str(hub), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    (hub / "planted").unlink(missing_ok=True)
    subprocess.run(
        ["git", "update-index", "--add", "--index-info"], env=index, input="\n".join(lines).encode(), check=True
    )
    tree = subprocess.run(["git", "write-tree"], env=index, capture_output=True, check=True).stdout.decode().strip()
    commit = git("commit-tree", "-m", "x", tree, cwd=hub, check=True).stdout.decode().strip()
    git("update-ref", REF, commit, cwd=hub, check=True)


def segment(content: bytes) -> dict[str, bytes]:
    return {f"segments/{hashlib.sha256(content).hexdigest()}.jsonl": content}


def good_rows():
    ledger = Ledger(":memory:")
    ledger.put(key(7), RUN)
    ledger.put(key(8), RUN)
    return ledger.rows()


def forged(**changes) -> dict[str, bytes]:
    row = replace(good_rows()[0], **changes)
    return {f"segments/{name}": content for name, content in share.write([replace(row, hash=digest(row))])}


HOSTILE = {
    "no format": segment(b""),
    "another format": {"format": b"forkmerge ledger 2\n", **segment(b"")},
    "no segments": {"format": ledger_remote.FORMAT},
    "a file beside": {"format": ledger_remote.FORMAT, "hooks/post-checkout": b"#!/bin/sh\n", **segment(b"")},
    "a name that lies": {"format": ledger_remote.FORMAT, f"segments/{'0' * 64}.jsonl": b""},
    "a strange name": {"format": ledger_remote.FORMAT, "segments/x.py": b"import os"},
    "no entries": {"format": ledger_remote.FORMAT, **segment(b"import os\n")},
    "a wrong value": {"format": ledger_remote.FORMAT, **forged(tree="../../../etc/passwd")},
    "no predecessor": {"format": ledger_remote.FORMAT, **forged(seq=5, prev="f" * 64)},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_ledger_that_is_none_is_refused_as_a_whole(name, clones, hub, git, forkmerge_run) -> None:
    a, _ = clones
    fill(a, 1)
    plant(hub, git, HOSTILE[name])
    for command in ("fetch", "push"):
        done = forkmerge_run("ledger", command, cwd=a)
        assert done.returncode == 3
        assert b"Traceback" not in done.stderr
        assert b"should not have happened" not in done.stderr
        assert REF.encode() in done.stderr
    assert trees(a) == [1]
    assert git("for-each-ref", "refs/forkmerge", cwd=a).stdout == b""


@pytest.mark.parametrize("mode", ["120000", "100755", "160000"])
def test_segments_that_are_no_plain_files_are_refused(mode, clones, hub, git, forkmerge_run) -> None:
    plant(hub, git, {"format": ledger_remote.FORMAT, **forged()}, mode=mode)
    assert forkmerge_run("ledger", "fetch", cwd=clones[0]).returncode == 3


def test_a_reference_to_something_else_is_refused(clones, hub, git, forkmerge_run) -> None:
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=hub, input=b"x", capture_output=True, check=True
    ).stdout.decode()
    git("update-ref", REF, blob.strip(), cwd=hub, check=True)
    done = forkmerge_run("ledger", "fetch", cwd=clones[0])
    assert done.returncode == 3
    assert b"should not have happened" not in done.stderr


def test_what_is_planted_well_is_taken_and_marked(clones, hub, git, ok) -> None:
    plant(hub, git, {"format": ledger_remote.FORMAT, **forged()})
    assert ok(clones[0], "fetch").startswith("fetched 1 entry")
    assert "another ledger" in ok(clones[0])


def test_programs_that_the_repository_configures_are_not_run_by_push_and_fetch(clones, tmp_path, git, ok) -> None:
    a, _ = clones
    fill(a, 1)
    mark = tmp_path / "ran"
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    (a / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("pre-push", "reference-transaction", "post-checkout"):
        (a / ".git/hooks" / hook).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (a / ".git/hooks" / hook).chmod(0o755)
    for name in (
        "core.fsmonitor",
        "core.sshCommand",
        "credential.helper",
        "core.gitProxy",
        "core.alternateRefsCommand",
    ):
        git("config", name, str(script), cwd=a, check=True)
    ok(a, "push")
    ok(a, "fetch")
    assert not mark.exists()


@pytest.mark.parametrize("told_by", ["environment", "configuration"])
def test_a_remote_is_reached_by_the_user_s_own_ssh_command(told_by, clones, hub, tmp_path, git, forkmerge_run) -> None:
    a, _ = clones
    fill(a, 1)
    ssh = tmp_path / "own ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/asked"\nfor last; do :; done\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    more = {"GIT_SSH_COMMAND": f"'{ssh}'"} if told_by == "environment" else {}
    if not more:
        git("config", "--global", "core.sshCommand", f"'{ssh}'", check=True)
    for command in ("push", "fetch"):
        done = forkmerge_run("ledger", command, f"ssh://example.org{hub}", cwd=a, **more)
        assert done.returncode == 0, done.stderr.decode()
    asked = (tmp_path / "asked").read_text()
    assert "example.org git-receive-pack" in asked
    assert "example.org git-upload-pack" in asked


def test_the_commands_are_loaded_when_they_are_called(tmp_path, env) -> None:
    script = "import sys; from forkmerge.cli.group import run; run(['ledger', '--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, capture_output=True, check=True)
    loaded = set(done.stdout.decode().split("\n")[-2].split())
    assert "forkmerge.cli.ledger" in loaded
    assert not {"sqlite3", "rich", "pygit2", "forkmerge.app.ledger", "forkmerge.fitness.ledger"} & loaded
