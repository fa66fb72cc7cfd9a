"""Commands that go on thinking past their time, or that are given too little of it, at a place that the test names."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.proposing import Sandbox

_SCRIPT = """
import importlib, signal, sys
from forkmerge.cli.main import main

def think_for_ever(*_, **__):
    signal.setitimer(signal.ITIMER_REAL, 0.1)  # the time that was given is up
    while True:
        pass

def short(self, **__):
    self.short = True
    return False

instead, module, names = sys.argv.pop(1).split(":")
*owners, name = names.split(".")
owner = importlib.import_module(module)
for inner in owners:
    owner = getattr(owner, inner)
setattr(owner, name, globals()[instead])
sys.exit(main())
"""


def thinking(box: Sandbox, place: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run forkmerge with ``args``, where what stands at ``place`` (``module:name``) never comes to an end."""
    return _run(box, f"think_for_ever:{place}", *args)


def hurried(box: Sandbox, *args: str) -> subprocess.CompletedProcess[str]:
    """Run forkmerge with ``args``, always with so little time left that it only does for a confirmation."""
    return _run(box, "short:forkmerge.app.clock:Clock.leaves", *args)


def _run(box: Sandbox, instead: str, *args: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, instead, *args, "--time", "900"], cwd=box.folder, env=box.environment(),
        check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done
