"""What the tests of both backends share: a machine with a home, a checkout and a candidate, and ways to run code."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forkmerge.errors import MissingTool
from forkmerge.sandbox.command import Command, Completed, Limits, Mount
from forkmerge.sandbox.probe import choose

if TYPE_CHECKING:
    from forkmerge.sandbox.backend import Backend

PYTHON = os.path.realpath(sys.executable)


@dataclass
class Machine:
    """A make-believe user: home with a secret, checkout, and the candidate that an attack runs in."""

    backend: Backend
    root: Path
    limits: Limits = field(default_factory=lambda: Limits(wall=20))
    extra: tuple[Mount, ...] = ()
    events: str | None = None

    def __post_init__(self) -> None:
        self.home = self.root / "home"
        self.checkout = self.home / "project"
        self.candidate = self.root / "work" / "c"
        for folder in (self.checkout, self.candidate):
            folder.mkdir(parents=True)
        (self.home / "secret").write_text("the secret of the home")
        (self.checkout / "mine").write_text("the user's own work")
        (self.candidate / "tracked").write_text("a file of the tree")

    @property
    def place(self) -> Path:
        return Path(self.backend.place(self.command("true")))

    def command(self, *argv: str) -> Command:
        base = sys.base_prefix
        mounts = () if base == "/usr" else (Mount(base, base),)
        return Command(
            argv,
            str(self.candidate),
            str(self.checkout),
            env=(("PATH", "/usr/local/bin:/usr/bin:/bin"),),
            limits=self.limits,
            readonly=(*mounts, *self.extra),
            events=self.events,
            hidden=(str(self.home), str(self.checkout)),
        )

    def sh(self, script: str) -> Completed:
        return self.backend.run(self.command("/bin/sh", "-c", script))

    def python(self, code: str, **limits: object) -> Completed:
        command = self.command(PYTHON, "-I", "-S", "-c", code)
        return self.backend.run(replace(command, limits=replace(command.limits, **limits)))


def backend_named(name: str) -> Backend:
    try:
        return choose(name)  # type: ignore[arg-type]
    except MissingTool as error:
        pytest.skip(f"this machine can't do {name}: {error.message}")


@pytest.fixture(params=["bubblewrap", "reduced"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """A machine whose attacks run in one of the real sandboxes."""
    return Machine(backend_named(request.param), tmp_path)


@pytest.fixture(params=["bubblewrap", "reduced", "none"])
def any_machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """A machine with any backend, also without isolation."""
    return Machine(backend_named(request.param), tmp_path)
