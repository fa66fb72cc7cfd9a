"""Trees as values, a reader of their blobs, and a backend to run in."""

from __future__ import annotations

import pytest

from forkmerge.execution.treeid import object_id
from forkmerge.model.source import REGULAR, Entry


class Blobs:
    """A store of blobs: ``entry`` puts one in, ``read`` gives it; remembers what was read."""

    def __init__(self, form: str = "sha1") -> None:
        self.form = form
        self.data: dict[str, bytes] = {}
        self.reads: list[str] = []

    def entry(self, data: bytes | str, mode: int = REGULAR) -> Entry:
        raw = data.encode() if isinstance(data, str) else data
        oid = object_id("blob", raw, self.form)
        self.data[oid] = raw
        return Entry(mode, oid)

    def read(self, oid: str) -> bytes:
        self.reads.append(oid)
        return self.data[oid]


@pytest.fixture
def blobs() -> Blobs:
    """An empty store of SHA-1 blobs."""
    return Blobs()
