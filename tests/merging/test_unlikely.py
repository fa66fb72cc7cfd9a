"""A file whose merge as a whole is unlikely: people are asked by ``merge``, and the tests by ``propose``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app.scene import scene as seen
from forkmerge.git.repository import Repository
from forkmerge.git.scenario import resolve
from forkmerge.merge.odds import MUCH, UNLIKELY

if TYPE_CHECKING:
    from support.scenes import Scene

    from .conftest import Forkmerge

HEAD = "import codes\n\n\ndef first(reply):\n    return codes.first(reply)\n"


def _added(name: str) -> str:
    steps = "".join(f"    reply = codes.{name}_{i}(reply)\n" for i in range(2 * MUCH))
    return f"{HEAD}\n\ndef {name}(reply):\n{steps}    return reply\n"


def test_merge_leaves_it_and_says_why(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": HEAD}, {"a.py": _added("opened")}, {"a.py": _added("closed")})
    assert forkmerge("merge", "theirs").code == 1
    assert scene.read("a.py").count(b"<<<<<<<") == 1
    assert UNLIKELY in " ".join(forkmerge("explain", "a.py").out.split())


def test_propose_goes_on_from_it(scene: Scene) -> None:
    scene.fork({"a.py": HEAD}, {"a.py": _added("opened")}, {"a.py": _added("closed")})
    with Repository.open(str(scene.folder)) as repo:
        merged = seen(repo, resolve(repo, "main", "theirs")).merge
    assert all(path.clean for path in merged.paths)


def test_with_every_rule_it_is_merged(scene: Scene, forkmerge: Forkmerge) -> None:
    scene.fork({"a.py": HEAD}, {"a.py": _added("opened")}, {"a.py": _added("closed")})
    scene.git("config", "forkmerge.risk", "eager")
    assert forkmerge("merge", "theirs").code == 0
