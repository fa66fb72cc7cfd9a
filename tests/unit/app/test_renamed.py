"""Which packages count as renamed, and what of a test file is read with the new name."""

from __future__ import annotations

import pytest

from forkmerge.app.renamed import read_anew, renamed_packages, tops

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
