"""pytest and unittest as parts of a command line; both tell our events through plugins of our own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forkmerge.suites import streamed
from forkmerge.suites.pytest_runner import REACH, PytestRunner, identity, node_id
from forkmerge.suites.runner import Mode, TestCommand
from forkmerge.suites.tool import Call, source

if TYPE_CHECKING:
    from forkmerge.model.outcome import TestId
    from forkmerge.suites.runner import Ended
    from forkmerge.suites.tool import Files, Order, Reading, Session

PLUGIN = "forkmerge_unittest_plugin"
MODULE = re.compile(r"(?<=\s)-m\s*unittest(?=\s|$)")


@dataclass(frozen=True, slots=True)
class PytestTool:
    """pytest beside other tools; alone it is ``PytestRunner``."""

    name: str = "pytest"
    selects: bool = True

    def call(self, text: str, order: Order) -> Call:
        """Return the command unchanged, with the plugin in its environment."""
        made = PytestRunner().prepare(
            TestCommand(text), support=order.support, events=order.events, tests=order.tests, limits=order.limits,
            mode=order.mode, root=order.root,
        )  # fmt: skip
        return Call(text, made.env, made.files)

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:  # noqa: ARG002 - the protocol's
        """Return what the events say."""
        return streamed.reading(sessions, ended, identity)

    def finished(self, data: bytes) -> tuple[int, str]:
        """Return how many tests ended, and which last."""
        return streamed.finished(data)


@dataclass(frozen=True, slots=True)
class UnittestTool:
    """``python -m unittest``, with our module in its place."""

    name: str = "unittest"
    selects: bool = True

    def call(self, text: str, order: Order) -> Call:
        """Return the command with our module, which takes unittest's own arguments."""
        env = {"PYTHONPATH": order.support}
        if order.limits.per_test is not None:
            env["FORKMERGE_TEST_LIMIT"] = f"{order.limits.per_test:g}"
            env["FORKMERGE_TEST_GRACE"] = f"{order.limits.grace:g}"
        if order.mode is Mode.REVERSE:
            env["FORKMERGE_ORDER"] = "reverse"
        if order.mode is Mode.COLLECT:
            env["FORKMERGE_COLLECT"] = "1"
        files = [(f"{PLUGIN}.py", source("unittest_plugin.py"))]
        if order.limits.reach and order.mode is not Mode.COLLECT:
            files.append((f"{REACH}.py", source("reach_hook.py")))
            env["FORKMERGE_REACH"] = "1"
        if order.tests is not None:
            lines = "".join(json.dumps(node_id(test)) + "\n" for test in order.tests)
            files.append(("unittest.jsonl", lines.encode("ascii")))
            env["FORKMERGE_TESTS"] = f"{order.support}/unittest.jsonl"
        return Call(MODULE.sub(f"-m {PLUGIN}", text, count=1), tuple(env.items()), tuple(files))

    def read(self, sessions: tuple[Session, ...], files: Files, ended: Ended) -> Reading:  # noqa: ARG002 - the protocol's
        """Return what the events say."""
        return streamed.reading(sessions, ended, _identity)

    def finished(self, data: bytes) -> tuple[int, str]:
        """Return how many tests ended, and which last."""
        return streamed.finished(data)


def _identity(nodeid: str, ordinal: int) -> TestId:
    return streamed.identity("unittest", nodeid, ordinal)
