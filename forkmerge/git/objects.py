"""Reading and writing objects: through libgit2 where it can, through ``git cat-file`` where it can't.

Idea: objects are content; no configuration, reference or work tree is needed for them.  Libgit2 is given nothing but
the folder of the objects, git nothing but a sterile git directory (``git.sterile``) that borrows it.  So a hostile
repository has no say, and whatever libgit2 does not know (SHA-256, reftable, extensions) does not matter to it, or
makes ``open_store`` choose git.

Invariant: both stores give the same bytes for the same id; what libgit2 does not find is asked of git before it is
called missing.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from forkmerge.errors import UnusableInput
from forkmerge.git import command

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from forkmerge.git.sterile import Sterile

_AT_ONCE = 50
"""Objects that git is told of at once: with names of 64 letters they fit into the smallest pipe there is."""
KINDS = ("commit", "tree", "blob", "tag")
"""Object kinds by libgit2's number, less one."""


class Store(Protocol):
    """A reader and writer of objects; ids are hex."""

    def read(self, oid: str) -> tuple[str, bytes] | None:
        """Return kind and content, None when the object is missing."""

    def read_many(self, oids: Sequence[str]) -> list[tuple[str, bytes] | None]:
        """Return what ``read`` does for each of ``oids``."""

    def header(self, oid: str) -> tuple[str, int] | None:
        """Return kind and size in bytes, None when the object is missing."""

    def write(self, kind: str, data: bytes) -> str:
        """Write an object and return its id."""

    def close(self) -> None:
        """Release processes and files."""


def open_store(sterile: Sterile, *, reader: str | None = None) -> Store:
    """Return libgit2's store if it can read these objects, git's otherwise; ``reader`` (pygit2, git) insists on one."""
    git = GitStore(sterile)
    if reader == "git" or sterile.object_format != "sha1" or sterile.shared:
        return git
    try:
        return OdbStore(str(sterile.objects), git)
    except Exception:  # whatever is wrong with libgit2 here, git itself is there
        if reader == "pygit2":
            raise
        return git


class OdbStore:
    """Objects through libgit2's object database."""

    def __init__(self, objects: str, fallback: Store) -> None:
        import pygit2  # noqa: PLC0415 - heavy; only where objects are read

        self._pygit2: Any = pygit2
        self._odb: Any = pygit2.Odb(objects)
        self._fallback = fallback

    def read(self, oid: str) -> tuple[str, bytes] | None:
        """Return kind and content, None when the object is missing."""
        try:
            kind, data = self._odb.read(self._pygit2.Oid(hex=oid))
        except (KeyError, ValueError, self._pygit2.GitError):
            return self._fallback.read(oid)
        return KINDS[int(kind) - 1], data

    def read_many(self, oids: Sequence[str]) -> list[tuple[str, bytes] | None]:
        """Return what ``read`` does for each of ``oids``."""
        return [self.read(oid) for oid in oids]

    def header(self, oid: str) -> tuple[str, int] | None:
        """Return kind and size in bytes, None when the object is missing."""
        try:
            kind, size = self._odb.read_header(self._pygit2.Oid(hex=oid))
        except (AttributeError, KeyError, ValueError, self._pygit2.GitError):
            return self._fallback.header(oid)
        return KINDS[int(kind) - 1], int(size)

    def write(self, kind: str, data: bytes) -> str:
        """Write an object and return its id."""
        try:
            return str(self._odb.write(KINDS.index(kind) + 1, data))
        except (OSError, self._pygit2.GitError) as error:
            raise UnusableInput(f"the object could not be written: {error}") from error

    def close(self) -> None:
        """Release processes and files."""
        self._odb = None
        self._fallback.close()


class GitStore:
    """Objects through one ``git cat-file --batch-command`` process, started when first needed."""

    def __init__(self, sterile: Sterile) -> None:
        self._sterile = sterile
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, oid: str) -> tuple[str, bytes] | None:
        """Return kind and content, None when the object is missing."""
        return self.read_many((oid,))[0]

    def read_many(self, oids: Sequence[str]) -> list[tuple[str, bytes] | None]:
        """Return what ``read`` does for each of ``oids``.

        PERF: git is told of many before the first is read, and goes on while that is done; of no more than fit into a
        pipe, or both would wait for each other.
        """
        out: list[tuple[str, bytes] | None] = []
        with self._lock:
            while len(out) < len(oids):
                some = oids[len(out) : len(out) + _AT_ONCE]
                try:
                    self._tell(b"contents", some)
                    out += self._answers(len(some))
                except BaseException:
                    self._drop()  # interrupted half-way: what it still says would be taken for the answer to something
                    raise
        return out

    def _answers(self, count: int) -> list[tuple[str, bytes] | None]:
        out: list[tuple[str, bytes] | None] = []
        process = self._process
        while len(out) < count and self._process is process:  # where git ended, the others have to be asked for again
            header = self._answer()
            out.append(None if header is None else (header[0], self._read(header[1] + 1)[:-1]))
        return out

    def header(self, oid: str) -> tuple[str, int] | None:
        """Return kind and size in bytes, None when the object is missing."""
        with self._lock:
            self._tell(b"info", (oid,))
            return self._answer()

    def write(self, kind: str, data: bytes) -> str:
        """Write an object and return its id."""
        args = ["hash-object", "-t", kind, "-w", "--stdin", "--no-filters"]
        return self._sterile.run(args, stdin=data).stdout.decode().strip()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()

    def _tell(self, verb: bytes, oids: Sequence[str]) -> None:
        process = self._started()
        assert process.stdin is not None  # noqa: S101 - for the type checker: opened with pipes
        try:
            process.stdin.write(b"".join(b"%s %s\n" % (verb, oid.encode()) for oid in oids))
            process.stdin.flush()
        except OSError:
            return  # git has ended, which is told by its answer
        except BaseException:
            self._drop()  # interrupted half-way: the pipe is out of step
            raise

    def _answer(self) -> tuple[str, int] | None:
        process = self._started()
        assert process.stdout is not None  # noqa: S101 - for the type checker: opened with pipes
        try:
            answer = process.stdout.readline()
        except OSError:
            answer = b""
        except BaseException:
            self._drop()
            raise
        words = answer.split()
        if len(words) == 3 and words[1] != b"missing":
            return words[1].decode(), int(words[2])
        if not answer:
            self._drop()  # git ends when an object is corrupt
        return None

    def _read(self, count: int) -> bytes:
        process = self._started()
        assert process.stdout is not None  # noqa: S101 - for the type checker: opened with pipes
        try:
            data = process.stdout.read(count)
        except BaseException:
            self._drop()
            raise
        if len(data) != count:
            self._drop()
            raise UnusableInput("git cat-file ended in the middle of an object", hint="git fsck tells more")
        return data

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = command.open_process(
                ["cat-file", "--batch-command"], env=self._sterile.environment(), stdin=True, apart=True, mute=True
            )
        return self._process

    def _drop(self) -> None:
        process = self._process
        if process is not None:
            process.kill()
            self.close()
