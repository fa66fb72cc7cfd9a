"""Which packages count as renamed, and what of a test file is read with the new name."""

from __future__ import annotations

import pytest

from forkmerge.app.renamed import holds, of_modules, read_anew, renamed_packages, tops, with_new_names
from forkmerge.recombination.adapt import Rename

BASE = ("old/__init__.py", "old/a.py", "old/sub/b.py", "tests/test_a.py", "setup.py", "README.md")


def moved(to: str) -> dict[str, str]:
    return {path: path.replace("old/", f"{to}/", 1) for path in BASE if path.startswith("old/")}


def side(to: str, *more: str) -> tuple[str, ...]:
    return tuple(moved(to).get(path, path) for path in BASE) + more


@pytest.mark.parametrize(
    ("paths", "moves", "names"),
    [
        pytest.param(side("new"), moved("new"), {"old": "new"}, id="renamed"),
        pytest.param(side("src/new"), moved("src/new"), {"old": "new"}, id="renamed and moved below src"),
        pytest.param(side("src/old"), moved("src/old"), {}, id="moved below src alone"),
        pytest.param(side("new", "old/kept.py"), moved("new"), {}, id="something of it is left"),
        pytest.param(side("new"), {"old/a.py": "new/other.py"}, {}, id="a file that went elsewhere by another name"),
        pytest.param(side("setup"), moved("setup"), {}, id="a name that the base has too"),
        pytest.param(BASE, {}, {}, id="nothing"),
    ],
)
def test_a_package_is_renamed_when_its_files_went_to_one_other(
    paths: tuple[str, ...], moves: dict[str, str], names: dict[str, str]
) -> None:
    assert renamed_packages(BASE, paths, moves, ()) == names


def test_a_module_that_became_a_package_has_its_name_still() -> None:
    assert renamed_packages(("m.py",), ("m/__init__.py",), {"m.py": "m/__init__.py"}, ()) == {}


def test_tests_are_no_packages() -> None:
    assert tops((*BASE, "conftest.py"), ()) == {"old", "setup"}
    assert renamed_packages(("tests/a.py",), ("spec/a.py",), {"tests/a.py": "spec/a.py"}, ()) == {}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("import old\nfrom old.a import b\n", "import new\nfrom new.a import b\n"),
        ("mock.patch('old.a.b')\n", "mock.patch('new.a.b')\n"),
        ("x.old = older + cold + old_name\n", "x.old = older + cold + old_name\n"),
        ("old\n", "new\n"),
    ],
)
def test_only_whole_names_are_read_anew(text: str, read: str) -> None:
    assert read_anew(text.encode(), {"old": "new"}) == read.encode()


FROM_ISO = Rename("from_iso", "from_iso_datetime", "ours", "function", "src/pkg/utils.py", "src/pkg/utils.py")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("from pkg import utils\nutils.from_iso(x)\n", "from pkg import utils\nutils.from_iso_datetime(x)\n"),
        ("mock.patch('pkg.utils.from_iso')\n", "mock.patch('pkg.utils.from_iso_datetime')\n"),
        (
            "from pkg.utils import from_iso\nfrom_iso(x)\n",
            "from pkg.utils import from_iso_datetime\nfrom_iso_datetime(x)\n",
        ),
        ("from_iso = 1\nutils.from_iso_time(other.from_iso)\n", "from_iso = 1\nutils.from_iso_time(other.from_iso)\n"),
        ("from pkg.utils import from_iso\ndef from_iso_datetime(): from_iso()\n",) * 2,
        ("from utils import from_iso\nx.from_iso\n", "from utils import from_iso_datetime\nx.from_iso\n"),
    ],
)
def test_a_test_says_the_new_name_of_what_it_takes_from_a_module(text: str, read: str) -> None:
    assert with_new_names(text.encode(), (FROM_ISO,)) == read.encode()


@pytest.mark.parametrize(
    ("text", "true"),
    [
        (b"def from_iso_datetime(x):\n    return x\n", True),
        (b"def from_iso_datetime(x):\n    return x\n\n\nfrom_iso = from_iso_datetime\n", False),
        (b"from old import from_iso\n\n\ndef from_iso_datetime(x):\n    return x\n", False),
        (b"def from_iso(x):\n    return x\n", False),
    ],
)
def test_it_does_so_where_the_module_has_the_new_name_alone(text: bytes, true: bool) -> None:
    assert holds(FROM_ISO, text) is true


def test_members_tests_and_modules_that_moved_are_left_alone() -> None:
    others = (
        Rename("m", "n", "ours", "method", "pkg/a.py", "pkg/a.py"),
        Rename("helper", "help", "ours", "function", "tests/base.py", "tests/base.py"),
        Rename("f", "g", "ours", "function", "pkg/a.py", "pkg/b.py"),
        Rename("f", "g", "ours", "function", "pkg/a.go", "pkg/a.go"),
    )
    assert of_modules((FROM_ISO, FROM_ISO, *others), ()) == (FROM_ISO,)
