"""What the tests of real sessions touched, with every Python that is found here."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from forkmerge.model.outcome import RunStatus
from forkmerge.model.reach import EVERYTHING, IMPORTED, SOUGHT, WHOLE
from forkmerge.suites.detect import runner_for
from forkmerge.suites.runner import Mode, TestLimits
from forkmerge.suites.tool import source

WATCHED = TestLimits(reach=True)
VERSIONS = ("", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
"""The Python that runs this, and those that may stand beside it."""

CODE = {
    "pkg/__init__.py": "from pkg.core import used\n",
    "pkg/core.py": (
        "import functools\n"
        "LIMIT = 3\n"
        "def at_import():\n    return 1\n"
        "VALUE = at_import()\n"
        "def used(x):\n    return inner(x)\n"
        "def inner(x):\n    return [y for y in range(x)]\n"
        "def never():\n    return 0\n"
        "class Thing:\n"
        "    def method(self):\n        def nested():\n            return 1\n        return nested()\n"
        "    @property\n    def prop(self):\n        return 2\n"
        "def deep(f):\n    @functools.wraps(f)\n    def wrapper():\n        return f()\n    return wrapper\n"
        "@deep\ndef wrapped():\n    return 5\n"
        "def reads():\n    return open('data.txt').read()\n"
        "def runs():\n    import subprocess, sys\n    return subprocess.check_call([sys.executable, '-c', ''])\n"
        "def lists():\n    import os\n    return os.listdir('pkg')\n"
        "def lazy():\n    import pkg.late\n    return pkg.late.here()\n"
        "def asks():\n"
        "    try:\n        import pkg.absent\n    except ImportError:\n        return None\n"
        "def threaded():\n"
        "    import threading\n    t = threading.Thread(target=never)\n    t.start()\n    t.join()\n"
        "def shared():\n    return 7\n"
        "def hides():\n    import sys\n    old = sys.gettrace()\n    sys.settrace(None)\n"
    ),
    "pkg/late.py": "def here():\n    return 1\n",
}


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The command of a Python that can import pytest."""
    if not request.param:
        return sys.executable
    found = shutil.which(f"python{request.param}")
    if found is None:
        pytest.skip(f"there is no Python {request.param} here")
    lent = tmp_path / "lent"
    lent.mkdir()
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            origin = origin.parent if spec.submodule_search_locations else origin
            (lent / origin.name).symlink_to(origin)
    said = b""
    for command in (found, f"env PYTHONPATH={lent}:$PYTHONPATH {found}"):
        tried = subprocess.run(["/bin/sh", "-c", f"{command} -c 'import pytest'"], check=False, capture_output=True)
        if not tried.returncode:
            return command
        said = tried.stderr
    pytest.skip(f"Python {request.param} can't use this pytest: {said.decode().strip().splitlines()[-1]}")


def written(project, **more: str) -> None:
    """Write the package, and the test files given by their names."""
    for path, text in {**CODE, **{f"{name}.py": text for name, text in more.items()}}.items():
        file = project.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)


def touched(run, name: str) -> set[tuple[str, str]]:
    """What one test touched of the project."""
    assert run.status is RunStatus.COMPLETED, run.tail
    assert run.reach is not None, run.tail
    (mask,) = [mask for test, mask in run.reach.tests.items() if test.name == name]
    return {place for number, place in enumerate(run.reach.places) if mask >> number & 1}


def functions(run, name: str, path: str = "pkg/core.py") -> set[str]:
    return {word for place, word in touched(run, name) if place == path and word not in (IMPORTED, WHOLE)}


def test_each_test_has_the_functions_that_it_runs(project, python):
    written(
        project,
        test_it=(
            "from pkg import core, used\n"
            "def test_used():\n    used(2)\n"
            "def test_method():\n    core.Thing().method()\n"
            "def test_prop():\n    core.Thing().prop\n"
            "def test_wrapped():\n    core.wrapped()\n"
            "def test_again():\n    used(1)\n"
            "def test_thread():\n    core.threaded()\n"
            "def test_nothing():\n    pass\n"
        ),
    )
    run = project.run(f"{python} -m pytest -q", limits=WATCHED)
    everywhere = {"at_import", "deep"}
    assert functions(run, "test_used") == everywhere | {"used", "inner"}
    assert functions(run, "test_again") == everywhere | {"used", "inner"}
    assert functions(run, "test_method") == everywhere | {"Thing.method", "Thing.method.nested"}
    assert functions(run, "test_prop") == everywhere | {"Thing.prop"}
    assert functions(run, "test_wrapped") == everywhere | {"deep.wrapper", "wrapped"}
    assert functions(run, "test_thread") == everywhere | {"threaded", "never"}
    assert functions(run, "test_nothing") == everywhere
    for name in ("test_used", "test_nothing"):
        assert ("pkg/core.py", IMPORTED) in touched(run, name)
        assert ("pkg/core.py", WHOLE) not in touched(run, name)
        assert EVERYTHING not in touched(run, name)


def test_what_is_no_function_is_told_too(project, python):
    written(
        project,
        test_it=(
            "import pytest\nfrom pkg import core\n"
            "def test_reads():\n    core.reads()\n"
            "def test_source():\n    import inspect\n    inspect.getsource(core.used)\n"
            "def test_runs():\n    core.runs()\n"
            "def test_lists():\n    core.lists()\n"
            "def test_lazy():\n    core.lazy()\n"
            "def test_asks():\n    core.asks()\n"
            "def test_traceback():\n    import traceback\n"
            "    try:\n        core.used(None)\n    except TypeError:\n        traceback.format_exc()\n"
            "def test_exec():\n    exec(compile('def made():\\n    return 1\\nmade()', core.__file__, 'exec'), {})\n"
            "def test_nothing():\n    pass\n"
        ),
    )
    (project.root / "data.txt").write_text("x")
    run = project.run(f"{python} -m pytest -q", limits=WATCHED)
    nothing = touched(run, "test_nothing")
    assert ("data.txt", WHOLE) in touched(run, "test_reads") - nothing
    assert ("pkg/core.py", WHOLE) in touched(run, "test_source") - nothing
    assert EVERYTHING in touched(run, "test_runs") - nothing
    assert ("pkg/", WHOLE) in touched(run, "test_lists") - nothing
    assert {("pkg/late.py", IMPORTED), ("pkg/late.py", "here")} <= touched(run, "test_lazy") - nothing
    assert ("absent", SOUGHT) in touched(run, "test_asks") - nothing
    assert ("pkg/core.py", WHOLE) not in touched(run, "test_traceback")
    assert ("pkg/core.py", "made") in touched(run, "test_exec")


def test_wider_fixtures_and_set_up_of_classes_belong_to_every_test(project, python):
    written(
        project,
        conftest=(
            "import pytest\nfrom pkg import core\n"
            "@pytest.fixture(scope='session')\ndef wide():\n    return core.shared()\n"
            "@pytest.fixture\ndef narrow():\n    return core.used(1)\n"
        ),
        test_it=(
            "import unittest\nfrom pkg import core\n"
            "def test_first(narrow, wide):\n    core.wrapped()\n    core.used(1)\n"
            "def test_second(wide):\n    pass\n"
            "class TestClass(unittest.TestCase):\n"
            "    @classmethod\n    def setUpClass(cls):\n        core.never()\n"
            "    def setUp(self):\n        core.inner(1)\n"
            "    def test_third(self):\n        pass\n"
        ),
    )
    run = project.run(f"{python} -m pytest -q", limits=WATCHED)
    for name in ("test_first", "test_second", "test_third"):
        assert {"shared", "never"} <= functions(run, name)
    assert "used" in functions(run, "test_first")
    assert "used" not in functions(run, "test_second")
    assert "inner" in functions(run, "test_third")


def test_parameters_are_tests_of_their_own_in_any_order(project, python):
    written(
        project,
        test_it=(
            "import pytest\nfrom pkg import core\n"
            "@pytest.mark.parametrize('call', ['used', 'never'])\n"
            "def test_one(call):\n    getattr(core, call)(*([1] if call == 'used' else []))\n"
        ),
    )
    for mode in (Mode.RUN, Mode.REVERSE):
        project.events.unlink(missing_ok=True)
        run = project.run(f"{python} -m pytest -q", limits=WATCHED, mode=mode)
        assert functions(run, "test_one[used]") - functions(run, "test_one[never]") == {"used", "inner"}
        assert functions(run, "test_one[never]") - functions(run, "test_one[used]") == {"never"}


def test_a_test_that_takes_the_trace_function_away_touches_everything(project, python):
    written(
        project,
        test_it=(
            "from pkg import core\ndef test_hides():\n    core.hides()\n    core.used(1)\n"
            "def test_after():\n    core.used(1)\n"
        ),
    )
    run = project.run(f"{python} -m pytest -q", limits=WATCHED)
    assert EVERYTHING in touched(run, "test_hides") or "used" in functions(run, "test_hides")
    assert "used" in functions(run, "test_after")
    assert EVERYTHING not in touched(run, "test_after")


def test_a_fork_touches_everything(project):
    written(
        project,
        test_it=(
            "import os\nfrom pkg import core\n"
            "def test_forks():\n    child = os.fork()\n    child or os._exit(0)\n    os.waitpid(child, 0)\n"
            "def test_not():\n    core.used(1)\n"
        ),
    )
    run = project.run(limits=WATCHED)
    assert EVERYTHING in touched(run, "test_forks")
    assert EVERYTHING not in touched(run, "test_not")


def test_workers_of_xdist_tell_theirs(project):
    pytest.importorskip("xdist")
    written(
        project,
        test_it="from pkg import core\n"
        + "".join(f"def test_{n}():\n    core.{n}({a})\n" for n, a in (("used", 1), ("never", ""), ("wrapped", ""))),
    )
    run = project.run(f"{sys.executable} -m pytest -q -p xdist -n 2", limits=WATCHED)
    assert functions(run, "test_used") == {"at_import", "deep", "used", "inner"}
    assert functions(run, "test_never") == {"at_import", "deep", "never"}
    assert ("pkg/core.py", WHOLE) not in touched(run, "test_never")


def test_nothing_is_told_unasked(project):
    written(project, test_it="from pkg import core\ndef test_it():\n    core.used(1)\n")
    run = project.run()
    assert run.reach is None
    assert not (project.support / "forkmerge_reach.py").exists()


def test_hook_is_python_3_7_and_stands_alone():
    tree = ast.parse(source("reach_hook.py"), feature_version=(3, 7))
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported <= {*sys.stdlib_module_names, "__future__"}


@pytest.mark.parametrize("version", VERSIONS)
def test_unittest_tells_the_same(project, version):
    found = shutil.which(f"python{version}") if version else sys.executable
    if found is None or subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode:
        pytest.skip(f"there is no Python {version} here")
    written(
        project,
        test_it=(
            "import unittest\nfrom pkg import core\n"
            "class TestClass(unittest.TestCase):\n"
            "    @classmethod\n    def setUpClass(cls):\n        core.shared()\n"
            "    def setUp(self):\n        core.inner(1)\n"
            "    def test_hides(self):\n        core.hides()\n"
            "    def test_never(self):\n        core.never()\n"
            "    def test_used(self):\n        core.used(1)\n"
            "    def test_fails(self):\n        self.assertEqual(core.Thing().prop, 1)\n"
        ),
    )
    line = f"{found} -m unittest"
    project.runner = runner_for(line)
    run = project.run(line, limits=WATCHED)
    everywhere = {"at_import", "deep", "shared", "inner"}
    assert functions(run, "test_used") == everywhere | {"used"}
    assert functions(run, "test_never") == everywhere | {"never"}
    assert functions(run, "test_fails") == everywhere | {"Thing.prop"}
    assert ("pkg/core.py", WHOLE) not in touched(run, "test_fails")
    assert EVERYTHING not in touched(run, "test_never")
