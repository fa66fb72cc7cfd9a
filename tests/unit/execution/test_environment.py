"""What the tests get to see of the user's machine: enough to run, no more."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from forkmerge.errors import MissingTool
from forkmerge.execution import toolchains
from forkmerge.execution.environment import Environment, discover, moved, variables
from forkmerge.execution.pool import Job, Pool
from forkmerge.execution.provisions import Provision, provisions, put
from forkmerge.execution.suite import Suite, run_suite
from forkmerge.execution.treeid import tree_id
from forkmerge.model.outcome import RunStatus, Status
from forkmerge.sandbox.command import Limits
from forkmerge.sandbox.probe import choose
from forkmerge.sandbox.reduced import Plain
from forkmerge.suites.exitcode import ExitCodeRunner
from forkmerge.suites.pytest_runner import PytestRunner
from forkmerge.suites.runner import TestCommand, TestLimits


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git checkout with environments, generated files, caches and secrets."""
    root = tmp_path / "home" / "project"
    write(
        root / ".gitignore",
        "*.pyc\n_version.py\n.venv/\nnode_modules/\nbuild/\n*.so\n__pycache__/\n.env\nsecrets.json\n*.egg-info/\nlogs/\nlocal.json\n",
    )
    write(root / "src/pkg/__init__.py")
    write(root / "src/pkg/_version.py", "version = '1'\n")
    write(root / "src/pkg/fast.so", "binary")
    write(root / "src/pkg/__pycache__/x.pyc", "cache")
    write(root / "src/pkg.egg-info/PKG-INFO", "Name: pkg\n")
    write(root / ".venv/pyvenv.cfg", "home = /opt/py/bin\n")
    write(root / ".venv/lib/python3.11/site-packages/x.py")
    write(root / "web/node_modules/left/index.js")
    write(root / "build/out.py")
    write(root / "logs/a.json")
    write(root / ".env", "PASSWORD=1")
    write(root / "secrets.json", "{}")
    write(root / "local.json", "{}")
    write(root / "untracked.py", "mine")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", ".gitignore", "src/pkg/__init__.py"], cwd=root, check=True)
    return root


def test_provisions_are_environments_and_small_ignored_files(checkout):
    found = {(each.path, each.kind) for each in provisions(str(checkout))}
    assert found == {
        (".venv", "environment"),
        ("web/node_modules", "environment"),
        ("src/pkg/_version.py", "file"),
        ("src/pkg/fast.so", "file"),
        ("src/pkg.egg-info/PKG-INFO", "file"),
        ("local.json", "file"),
    }


def test_environment_that_git_does_not_ignore_is_found_too(checkout):
    write(checkout / "myenv/pyvenv.cfg", "home = /usr/bin\n")
    assert Provision("myenv", str(checkout / "myenv"), "environment") in provisions(str(checkout))


def test_provisions_without_git_are_the_usual_folders(tmp_path):
    write(tmp_path / "venv/pyvenv.cfg")
    write(tmp_path / "x.py")
    assert [each.path for each in provisions(str(tmp_path))] == ["venv"]


def test_big_files_are_left_out(checkout, monkeypatch):
    monkeypatch.setattr("forkmerge.execution.provisions.MAX_FILE", 5)
    assert "src/pkg/fast.so" not in {each.path for each in provisions(str(checkout))}


def test_what_cargo_built_is_named_to_the_run_and_stands_in_no_candidate(tmp_path):
    checkout, candidate = tmp_path / "home" / "p", tmp_path / "c"
    write(checkout / "target/debug/.fingerprint/x-1/lib-x", "f")
    write(checkout / ".gitignore", "target\n")
    subprocess.run(["git", "init", "-q"], cwd=checkout, check=True)
    environment = discover(str(checkout), {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]})
    assert [(each.path, each.kind) for each in environment.found] == [("target", "build")]
    candidate.mkdir()
    for backend in (choose("none"), choose("auto")):
        environment.prepare(str(candidate), backend)
        command = environment.command(("true",), candidate=str(candidate), backend=backend)
        named = dict(command.env)["FORKMERGE_CARGO_TARGET"]
        assert any(mount.target == named and mount.source == str(checkout / "target") for mount in command.readonly)
    assert list(candidate.iterdir()) == []


def test_caches_of_go_and_stores_of_java_are_named_where_the_project_asks_for_them(tmp_path):
    home, checkout = tmp_path / "home", tmp_path / "p"
    for folder in (".cache/go-build", "go/pkg/mod", ".m2/repository", ".gradle/caches"):
        (home / folder).mkdir(parents=True)
    write(checkout / "server/go.mod")
    environ = {"HOME": str(home), "PATH": "/bin"}
    named = toolchains.homes(environ, str(checkout))
    assert named["GOCACHE"] == str(home / ".cache/go-build")
    assert named["GOMODCACHE"] == str(home / "go/pkg/mod")
    assert not {"FORKMERGE_MAVEN_REPOSITORY", "GRADLE_RO_DEP_CACHE"} & named.keys()
    shown = toolchains.outside(toolchains.prefixes("go", environ, str(checkout)), str(home), str(checkout))
    assert {str(home / ".cache/go-build"), str(home / "go/pkg/mod")} <= set(shown)
    assert str(home / ".m2/repository") not in shown
    write(checkout / "pom.xml")
    write(checkout / "app/build.gradle.kts")
    named = toolchains.homes(environ, str(checkout))
    assert named["FORKMERGE_MAVEN_REPOSITORY"] == str(home / ".m2/repository")
    assert named["GRADLE_RO_DEP_CACHE"] == str(home / ".gradle/caches")


def test_put_keeps_what_the_tree_has_and_follows_no_symlink(tmp_path):
    source = write(tmp_path / "user/f", "generated")
    outside = tmp_path / "outside"
    outside.mkdir()
    candidate = tmp_path / "c"
    write(candidate / "has/f", "of the tree")
    (candidate / "link").symlink_to(outside)
    (candidate / "dangling").symlink_to(outside / "made")
    found = tuple(Provision(path, str(source), "file") for path in ("has/f", "new/deep/f", "link/f", "dangling"))
    put(str(candidate), found, {})
    assert (candidate / "has/f").read_text() == "of the tree"
    assert (candidate / "new/deep/f").read_text() == "generated"
    assert list(outside.iterdir()) == []


def test_variables_are_few_and_fixed(checkout):
    environ = {"PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "x", "LC_TIME": "C", "HOME": "/h", "MINE": "1", "TERM": "xterm"}
    got = variables(environ, str(checkout), ("MINE",))
    assert "AWS_SECRET_ACCESS_KEY" not in got
    assert "HOME" not in got
    assert got["MINE"] == "1"
    assert (got["TERM"], got["PYTHONHASHSEED"], got["PYTHONDONTWRITEBYTECODE"], got["NO_COLOR"]) == (
        "dumb",
        "0",
        "1",
        "1",
    )
    assert got["LC_TIME"] == "C"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/h/p/bin:/usr/bin:/h/p", "/c/bin:/usr/bin:/c"),
        ("/h/pp/bin:/x/h/p/bin", "/h/pp/bin:/x/h/p/bin"),
        ("-I/h/p/include -L/h/p", "-I/c/include -L/c"),
        ("a='/h/p/x'", "a='/c/x'"),
        ("nothing", "nothing"),
    ],
)
def test_moved_changes_whole_paths_only(value, expected):
    assert moved(value, "/h/p", "/c") == expected


def test_editable_installs_are_found(checkout):
    site = checkout / ".venv/lib/python3.11/site-packages"
    write(site / "__editable__.pkg.pth", f"{checkout}/src\n")
    mapping = f"MAPPING: dict[str, str] = {{'web': '{checkout}/web/web'}}\n"
    write(site / "__editable___web_1_0_finder.py", mapping)
    write(site / "other.pth", "/somewhere/else\nimport sys\n")
    (checkout / "web/web").mkdir()
    environment = discover(str(checkout), {"PATH": "/usr/bin", "HOME": str(checkout.parent)})
    assert sorted(environment.editable) == ["src", "web"]


def test_editable_installs_lead_to_the_candidate_where_paths_are_not_mapped(tmp_path):
    environment = Environment("/h/p", (("PYTHONPATH", "/h/p/lib"), ("PATH", "/h/p/.venv/bin:/bin")), editable=("src",))
    command = environment.command(
        ("/h/p/.venv/bin/python",), candidate=str(tmp_path), backend=Plain(), env=(("PYTHONPATH", "/support"),)
    )
    env = dict(command.env)
    assert env["PYTHONPATH"] == f"/support:{tmp_path}/src:{tmp_path}/lib"
    assert env["PATH"] == f"{tmp_path}/.venv/bin:/bin"
    assert command.argv == (f"{tmp_path}/.venv/bin/python",)


def test_interpreters_are_followed_to_their_prefix(tmp_path):
    home = tmp_path / "home"
    real = write(home / ".uv/python/cpython-3.12/bin/python3.12")
    real.chmod(0o755)
    venv = home / "envs/v"
    write(venv / "pyvenv.cfg", f"home = {real.parent}\n")
    (venv / "bin").mkdir()
    (venv / "bin/python").symlink_to(real)
    tool = write(home / "bin/pytest", f"#!{venv}/bin/python\n")
    tool.chmod(0o755)
    environ = {"PATH": f"{home}/bin:/usr/bin", "HOME": str(home)}
    shown = toolchains.outside(toolchains.prefixes("pytest", environ, "/x/project"), str(home), "/x/project")
    assert str(home) not in shown
    assert {str(venv), str(home / ".uv/python/cpython-3.12"), str(home / "bin")} <= set(shown)


def test_homes_and_what_holds_the_checkout_are_never_shown(tmp_path):
    home = tmp_path / "home"
    project = home / "tools/bin/project"
    project.mkdir(parents=True)
    (home / ".ssh").mkdir()
    paths = [
        str(home),
        "/",
        str(tmp_path),
        str(home / "tools"),
        str(home / ".ssh"),
        str(project),
        "/usr/lib",
        "relative",
    ]
    assert toolchains.outside(paths, str(home), str(project)) == ()


@pytest.fixture(params=["bubblewrap", "reduced", "none"])
def backend(request):
    """Each backend that works here."""
    try:
        return choose(request.param)
    except MissingTool as error:
        pytest.skip(f"this machine can't do {request.param}: {error.message}")


def project(tmp_path: Path) -> Path:
    """Return a checkout with a virtual environment in it and an editable install of itself."""
    root = tmp_path / "home" / "project"
    write(root / "src/pkg.py", "from pkg_version import version\ndef f(): return 'of the checkout'\n")
    write(root / "pkg_version.py", "version = 1\n")
    write(root / ".gitignore", ".venv\npkg_version.py\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    site = next((root / ".venv/lib").glob("python3*/site-packages"))
    write(site / "_pkg.pth", f"{root}/src\n{root}\n")
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py.py"):
        for source in (Path(folder, name) for folder in sys.path):
            if source.is_dir():
                shutil.copytree(source, site / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.is_file():
                shutil.copy(source, site / name)
            else:
                continue
            break
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


@pytest.mark.sandbox
def test_suite_runs_in_the_environment_of_the_checkout(tmp_path, blobs, backend):
    root = project(tmp_path)
    test = """
import os, pkg, pytest, sys
def test_imports_the_candidate():
    assert pkg.f() == "of the candidate"
    assert pkg.version == 1
def test_prefix_is_the_virtual_environment():
    assert sys.prefix.endswith(".venv")
def test_fails():
    assert os.environ["PYTHONHASHSEED"] == "1"
@pytest.mark.skip
def test_skipped(): pass
"""
    entries = {
        "src/pkg.py": blobs.entry("from pkg_version import version\ndef f(): return 'of the candidate'\n"),
        "tests/test_it.py": blobs.entry(test),
    }
    command = TestCommand(f"{root}/.venv/bin/python -m pytest -q -p no:cacheprovider")
    environ = {**os.environ, "HOME": str(tmp_path / "home")}
    environment = discover(str(root), environ, argv=command.argv)
    suite = Suite(PytestRunner(), command, environment, backend, test_limits=TestLimits(30, 120))
    with Pool(1, base=str(tmp_path / "base"), read=blobs.read, run_job=run_suite) as pool:
        run = pool.submit(Job("k", tree_id(entries, "sha1"), entries, suite)).result()
    assert run.status == RunStatus.COMPLETED, run.tail
    assert {r.test.name: r.status for r in run.results} == {
        "test_imports_the_candidate": Status.PASSED,
        "test_prefix_is_the_virtual_environment": Status.PASSED,
        "test_fails": Status.FAILED,
        "test_skipped": Status.SKIPPED,
    }, run.tail


@pytest.mark.sandbox
def test_pool_kills_running_sandboxes_when_it_is_cancelled(tmp_path, blobs, backend):
    entries = {"a": blobs.entry("")}
    suite = Suite(
        ExitCodeRunner("sleep 60"), TestCommand("sleep 60"), Environment(str(tmp_path / "at")), backend,
        limits=Limits(wall=60),
    )  # fmt: skip
    pool = Pool(1, base=str(tmp_path / "base"), read=blobs.read, run_job=run_suite)
    future = pool.submit(Job("k", tree_id(entries, "sha1"), entries, suite))
    pool_folder = next(p for p in (tmp_path / "base").iterdir() if p.is_dir())
    while not any(pool_folder.glob("*/c")) and not future.done():
        pass
    pool.close(cancel=True)
    assert future.cancelled() or future.exception() is not None
    assert not pool_folder.exists()


@pytest.mark.sandbox
def test_sandbox_that_does_not_start_is_unverified(tmp_path, blobs):
    entries = {"a": blobs.entry("")}
    backend = choose("auto")
    suite = Suite(
        ExitCodeRunner("true"), TestCommand("true", directory="no/such/folder"), Environment("/fm/at"), backend
    )  # fmt: skip
    with Pool(1, base=str(tmp_path / "base"), read=blobs.read, run_job=run_suite) as pool:
        run = pool.submit(Job("k", tree_id(entries, "sha1"), entries, suite)).result()
    assert run.status == RunStatus.UNVERIFIED
