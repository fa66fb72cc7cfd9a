"""Many blobs written by one git process.

Idea: ``git fast-import`` takes any number of blobs and tells the id of each.  It makes no commit and no reference here,
so that what it leaves are objects that nothing refers to yet, as ``git hash-object -w`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.errors import UnusableInput
from forkmerge.git.trees import write_blob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forkmerge.git.repository import Repository

_FEW = 2
"""Blobs that are written one by one."""


def write_blobs(repo: Repository, contents: Sequence[bytes]) -> list[str]:
    """Return the ids of blobs with these contents, in their order; raise UnusableInput when they can't be written."""
    if len(contents) <= _FEW:
        return [write_blob(repo, data) for data in contents]
    stream = bytearray()
    for number, data in enumerate(contents, 1):
        stream += b"blob\nmark :%d\ndata %d\n%b\nget-mark :%d\n" % (number, len(data), data, number)
    done = repo.run_apart(["fast-import", "--quiet", "--force"], stdin=bytes(stream))
    oids = done.stdout.decode("ascii").split()
    if len(oids) != len(contents):
        raise UnusableInput("git fast-import did not tell all it wrote", where=str(repo.git_dir))
    return oids
