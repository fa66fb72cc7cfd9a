"""Imports follow what was moved to another module; everything else of a file stays."""

from __future__ import annotations

import pytest
from unit.recombination.merges import mine, text_merge, tree_merge, yours

from forkmerge.recombination.adapt import Rename, adapted
from forkmerge.recombination.genome import default
from forkmerge.recombination.loci import loci
from forkmerge.recombination.moving import Move, follows, moved_imports
from forkmerge.recombination.offspring import texts
from forkmerge.syntax.profiles import for_path

WHOLE = Move("app/util.py", "app/text/squash.py", "theirs")
SOME = Move("app/util.py", "app/text.py", "theirs", frozenset({"squash"}))


def after(text: str, move: Move, path: str = "main.py") -> str:
    profile = for_path(path, b"")
    assert profile is not None
    data = text.encode()
    return follows(data, moved_imports(profile, data, move, path)).decode()


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("from app.util import squash\n", "from app.text.squash import squash\n"),
        (
            "from app.util import (\n    squash,\n    other,\n)\n",
            "from app.text.squash import (\n    squash,\n    other,\n)\n",
        ),
        ("from app.util import *\n", "from app.text.squash import *\n"),
        ("from app import util\nutil.squash()\n", "from app.text import squash as util\nutil.squash()\n"),
        ("from app import util as u\n", "from app.text import squash as u\n"),
        (
            "def f():\n    from app import lib, util\n",
            "def f():\n    from app import lib\n    from app.text import squash as util\n",
        ),
        (
            "import app.util\napp.util.squash(app.utils)\n",
            "import app.text.squash\napp.text.squash.squash(app.utils)\n",
        ),
        ("import app.util as u\nu.squash()\n", "import app.text.squash as u\nu.squash()\n"),
        ("from app.utils import squash\n", "from app.utils import squash\n"),
        ("from other.util import squash\n", "from other.util import squash\n"),
        ('print("from app.util import squash")\n', 'print("from app.util import squash")\n'),
    ],
)
def test_a_module_is_imported_from_where_it_is_now(before: str, wanted: str) -> None:
    assert after(before, WHOLE) == wanted


@pytest.mark.parametrize(
    ("path", "before", "wanted"),
    [
        ("app/name.py", "from .util import squash\n", "from .text.squash import squash\n"),
        ("app/name.py", "from . import util\n", "from .text import squash as util\n"),
        ("app/sub/name.py", "from ..util import squash\n", "from ..text.squash import squash\n"),
        ("app/sub/name.py", "from .util import squash\n", "from .util import squash\n"),
        ("name.py", "from ..util import squash\n", "from ..util import squash\n"),
    ],
)
def test_relative_imports_follow_too(path: str, before: str, wanted: str) -> None:
    assert after(before, WHOLE, path) == wanted


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("from app.util import squash\n", "from app.text import squash\n"),
        ("from app.util import squash as s\n", "from app.text import squash as s\n"),
        ("from app.util import a, squash, b\n", "from app.util import a, b\nfrom app.text import squash\n"),
        ("from app.util import a\n", "from app.util import a\n"),
        ("from app.util import (a,  # why\n    squash)\n", "from app.util import (a,  # why\n    squash)\n"),
        ("import app.util\napp.util.squash()\n", "import app.util\napp.util.squash()\n"),
    ],
)
def test_of_a_module_that_lives_on_only_what_went_is_imported_from_elsewhere(before: str, wanted: str) -> None:
    assert after(before, SOME) == wanted


def test_folders_that_are_no_packages_are_not_named() -> None:
    move = Move("src/app/util.py", "src/app/text.py", "ours", roots=(0, 1))
    assert after("from app.util import x\n", move) == "from app.text import x\n"
    assert (
        after("from app.util import x\n", Move("src/app/util.py", "src/app/text.py", "ours"))
        == "from app.util import x\n"
    )


def test_one_new_file_follows_a_rename_and_a_move_at_once() -> None:
    home = text_merge(mine(b"def area(a):\n    return a\n", b"def surface(a):\n    return a\n"))
    new = b"from app.util import squash\nfrom mod import area\n\nprint(area(squash(1)))\n"
    user = text_merge(b"x = 1\n", yours(b"", new), path="use.py")
    found = adapted(
        loci(tree_merge(home, user), profile_for=for_path),
        profile_for=for_path,
        renames=(Rename("area", "surface", "ours", "function", "mod.py"),),
        moves=(Move("app/util.py", "app/text.py", "ours"),),
    )
    wanted = b"x = 1\nfrom app.text import squash\nfrom mod import surface\n\nprint(surface(squash(1)))\n"
    assert texts(found, default(found))["use.py"] == wanted
