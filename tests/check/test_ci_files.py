"""The files for CI systems: the action as a runner runs it, the GitLab job, the hooks, and what linters say of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.proposing import CHEAP_COMMAND, ROOT, cheap
from support.runner import Job, run_action

if TYPE_CHECKING:
    from support.proposing import Sandbox

ACTION = ROOT / "action.yml"
EXAMPLES = ROOT / "examples" / "ci"
WORKFLOWS = sorted(EXAMPLES.glob("github-*.yml"))
HOOKS = ROOT / ".pre-commit-hooks.yaml"
LIB = "RATE = 20\n\n\ndef f():\n    return RATE\n\n\ndef g():\n    return 2\n"


def shims(box: Sandbox) -> str:
    """Return a PATH on which ``forkmerge`` is this one."""
    folder = box.home / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "forkmerge").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m forkmerge.cli "$@"\n')
    (folder / "forkmerge").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """A fork that calls what its upstream renamed; ``fine`` merges well."""
    made = cheap(
        tmp_path,
        {"lib.py": LIB, "checks/base.py": "import lib\n\n\ndef check_g():\n    assert lib.g() == 2\n"},
        {"use.py": "from lib import f\n\nX = f()\n"},
        {"lib.py": LIB.replace("def f", "def f1")},
    )
    made.git("checkout", "-qb", "fine", "main")
    made.commit("fine", {"more.py": "X = 1\n"})
    made.git("checkout", "-q", "fork")
    return made


def runs(box: Sandbox, event: dict[str, Any], **given: str) -> Job:
    env = box.environment() | {"PATH": shims(box)}
    inputs = {"install": "false", **{name.replace("_", "-"): value for name, value in given.items()}}
    return run_action(ACTION, box.folder, box.home / "temp", {"event": event}, inputs, env)


def pull_request(box: Sandbox, base: str, head: str = "fork") -> dict[str, Any]:
    shas = {name: box.git("rev-parse", name).strip() for name in (base, head)}
    return {"pull_request": {"base": {"sha": shas[base]}, "head": {"sha": shas[head]}}}


def test_the_action_fails_a_pull_request_that_breaks_a_call_and_says_where(box: Sandbox) -> None:
    job = runs(box, pull_request(box, "upstream"))
    assert job.code == 1
    assert job.ran == ["Check the merge"]
    assert "::error file=use.py,line=1,title=forkmerge dangling-import::" in job.log
    assert job.summary.startswith("### ❌ forkmerge check")
    assert job.outputs["verdict"] == "failed"
    assert json.loads(Path(job.outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert json.loads(Path(job.outputs["json"]).read_text())["findings"][0]["path"] == "use.py"


@pytest.mark.parametrize(
    ("given", "code", "level"),
    [({"advisory": "true"}, 0, "notice"), ({"args": "--exit-zero\n\n--risk\nstrict\n"}, 0, "error")],
)
def test_the_action_s_inputs_are_options(box: Sandbox, given: dict[str, str], code: int, level: str) -> None:
    job = runs(box, pull_request(box, "upstream"), **given)
    assert (job.code, job.outputs["verdict"]) == (code, "failed")
    assert f"::{level} file=use.py" in job.log


def test_the_action_passes_a_merge_group_that_is_fine_with_tests_and_keeps_the_ledger(box: Sandbox) -> None:
    box.git("checkout", "-q", "fine")
    box.git("merge", "-q", "--no-ff", "--no-edit", "fork")
    group = {name: box.git("rev-parse", rev).strip() for name, rev in (("base_sha", "HEAD^1"), ("head_sha", "HEAD"))}
    args = "--results\nresults.xml\n--test-paths\nchecks\n--runs\n1"
    job = runs(box, {"merge_group": group}, test=CHEAP_COMMAND, time="5m", args=args)
    assert job.code == 0, job.log
    assert "1 of 1 tests hold" in job.log or "2 of 2 tests hold" in job.log, job.log
    assert job.outputs["verdict"] == "passed"
    assert job.ran == ["Get the ledger of earlier runs", "Check the merge", "Keep the ledger"]
    restored, saved = (job.used[f"actions/cache/{what}"] for what in ("restore", "save"))
    assert saved == {"path": ".git/forkmerge/ledger.sqlite3", "key": "forkmerge-ledger-Linux-X64-7-1"}
    assert saved["key"].startswith(restored["restore-keys"])
    assert (box.folder / saved["path"]).is_file()


def test_the_action_without_a_target_says_so(box: Sandbox) -> None:
    job = runs(box, {})
    assert job.code == 2
    assert "::error title=forkmerge::name the target" in job.log
    assert job.outputs == {"verdict": "", "json": "", "sarif": ""}


def test_what_a_stranger_names_is_never_a_command(box: Sandbox) -> None:
    job = runs(box, {}, target="$(touch pwned); `touch pwned`", head="--output=pwned")
    assert job.code not in (0, 1)
    assert not (box.folder / "pwned").exists()


def test_the_gitlab_job_writes_the_reports_that_it_names(box: Sandbox, tmp_path: Path) -> None:
    job = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text())["forkmerge"]
    box.git("branch", "-q", "copy", "upstream")
    box.git("clone", "-q", "--branch", "fork", str(box.folder), str(tmp_path / "clone"))
    fetch = [line for line in job["before_script"] if line.startswith("git fetch")]
    env = box.environment() | {
        "PATH": shims(box),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "copy",
        "CI_COMMIT_SHA": box.git("rev-parse", "fork").strip(),
        "TEST": "",
    }
    script = "\n".join(("set -e", *fetch, *job["script"]))
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path / "clone", env=env, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert "[dangling-import]" in done.stdout
    reports = job["artifacts"]["reports"]
    assert json.loads((tmp_path / "clone" / reports["codequality"]).read_text())[0]["location"]["path"] == "use.py"
    assert "<testsuites" in (tmp_path / "clone" / reports["junit"]).read_text()


def test_the_hooks_stand_at_the_stages_that_they_are_for(box: Sandbox, tmp_path: Path) -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text())}
    assert {name: hook["stages"] for name, hook in hooks.items()} == {
        "forkmerge-push": ["pre-push"], "forkmerge-merge": ["pre-merge-commit"],
    }  # fmt: skip
    env = box.environment() | {"PATH": shims(box)}
    for hook in hooks.values():
        (stage,) = hook["stages"]
        assert (hook["always_run"], hook["pass_filenames"]) == (True, False)
        path = box.folder / ".git" / "hooks" / stage
        path.write_text("#!/bin/sh\nexec " + " ".join((hook["entry"], *hook.get("args", ()))) + "\n")
        path.chmod(0o755)

    def git(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *args], cwd=box.folder, env=env, check=False, capture_output=True, text=True)

    assert "[dangling-import]" in git("merge", "--no-edit", "upstream").stderr
    git("merge", "--abort")
    assert git("merge", "--no-edit", "fine").returncode == 0
    box.git("clone", "-q", "--bare", str(box.folder), str(tmp_path / "hub.git"))
    hub = str(tmp_path / "hub.git")
    box.git("remote", "add", "origin", hub)
    box.git("symbolic-ref", "HEAD", "refs/heads/upstream", cwd=tmp_path / "hub.git")
    box.git("fetch", "-q", "origin")
    box.git("remote", "set-head", "origin", "-a")
    stopped = git("push", "-q", "origin", "fork:topic")
    assert stopped.returncode != 0
    assert "[dangling-import]" in stopped.stdout
    box.git("remote", "set-head", "origin", "fine")
    assert git("push", "-q", "origin", "fork:topic").returncode == 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_workflows_handle_both_events_with_the_least_rights(path: Path) -> None:
    told = yaml.safe_load(path.read_text())
    assert set(told[True]) == {"pull_request", "merge_group"}, "yaml 1.1 reads on as true"
    assert told["permissions"] == {}
    rights = {"contents": "read"} | ({"security-events": "write"} if "scanning" in path.stem else {})
    for job in told["jobs"].values():
        assert job["permissions"] == rights
        assert job["timeout-minutes"] <= 60
        checkout = job["steps"][0]
        assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
        assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in job["steps"] if "uses" in step)


def lint(*command: str) -> None:
    program = Path(sys.executable).parent / command[0]
    found = str(program) if program.exists() else shutil.which(command[0])
    if not found:
        pytest.skip(f"{command[0]} is not installed (make setup installs it)")
    done = subprocess.run([found, *command[1:]], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing_to_mend() -> None:
    lint("zizmor", "--offline", "--no-progress", "--persona=pedantic", str(ACTION), *map(str, WORKFLOWS))


@pytest.mark.parametrize(
    ("schema", "paths", "more"),
    [
        ("vendor.github-actions", [ACTION], []),
        ("vendor.github-workflows", WORKFLOWS, []),
        ("vendor.gitlab-ci", [EXAMPLES / "gitlab-ci.yml"], ["--data-transform", "gitlab-ci"]),
    ],
)
def test_files_hold_to_their_schemas(schema: str, paths: list[Path], more: list[str]) -> None:
    lint("check-jsonschema", "--builtin-schema", schema, *more, *map(str, paths))
