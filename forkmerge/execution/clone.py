"""Clones: a pristine folder that follows the trees, and throw-away candidates made of it to run tests in.

A ``Slot`` is only ever written here and never run in.  Switching it to another tree writes what differs.  A candidate
lies on top of it where the kernel can do that (``check``: the slot is what its tree says), else it is copied from it
file by file (``checkout``).  Either way each file was hashed: what a run gets has, bit for bit, the ids that its tree
says, or its result is nothing (``CloneError``), and the slot is thrown away, never repaired.

PERF: a file that was hashed before is not hashed again while the kernel says that nothing touched it: its inode, size,
mode, and the times of its last write and of its last change of any kind are the same (no program can set the latter).
As in git's index, a file that was touched just before it was hashed is hashed once more.  A folder is not listed again
while the kernel says the same of it.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.execution import places
from forkmerge.execution.treeid import ObjectFormat, object_hash
from forkmerge.model.source import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_CHUNK = 1 << 20
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_RACY = 50_000_000
"""Nanoseconds: times of files are no finer than the kernel's clock tick, some milliseconds."""
_UNSUPPORTED = frozenset((errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF))


class CloneError(ForkmergeError):
    """What is on disk is not the tree that it should be; the slot must not be used again."""


class Slot:
    """The pristine folder at ``root`` (made here, empty at first), which follows the trees it is switched to.

    ``owner`` is the user and group that everything in it belongs to (None: whoever runs this).  ``beat`` is called
    before each file, to tell that this goes on.
    """

    def __init__(
        self,
        root: str,
        form: ObjectFormat = "sha1",
        *,
        owner: tuple[int, int] | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.root = root
        self.owner = owner
        self.beat = beat
        self._form: ObjectFormat = form
        self._entries: dict[str, Entry] = {}
        self._hashed: dict[str, tuple[tuple[int, ...], str]] = {}
        """Path -> what the kernel said of the file when it was hashed, and its id."""
        self._listed: dict[str, tuple[tuple[int, ...], frozenset[str]]] = {}
        """Folder -> what the kernel said of it when it was listed, and the names in it."""
        self._names: tuple[Mapping[str, Entry] | None, dict[str, set[str]]] = (None, {})
        os.mkdir(root, 0o700)

    def switch(self, entries: Mapping[str, Entry], read: Callable[[str], bytes]) -> int:
        """Make the folder hold ``entries``, writing only what differs; return how many paths were written or deleted.

        ``read`` gives the bytes of a blob.  CloneError when the folder is not what it was left as; UnusableInput for a
        path that could lead out of it.
        """
        new = differing(entries, self._entries)
        gone = differing(self._entries, entries)
        split = {path: places.parts(path) for path in new}
        try:
            with places.folder(self.root) as root:
                for path in gone:
                    self.beat()
                    self._delete(root, path)
                for path in new:
                    self.beat()
                    _write(root, split[path], entries[path], read, self.owner)
                    self._entries[path] = entries[path]
        except OSError as error:
            raise CloneError(f"a clone could not be switched: {error}", where=self.root) from error
        return len({*gone, *new})

    def verify(self, entries: Mapping[str, Entry]) -> None:
        """Hash everything on disk; CloneError unless it is exactly ``entries``."""
        self._hashed.clear()
        self._compare(entries, None)

    def check(self, entries: Mapping[str, Entry]) -> None:
        """Look at everything on disk and hash what was touched; CloneError unless it is exactly ``entries``."""
        if self._names[0] is not entries:
            self._names = entries, _names(entries)
        try:
            for folder, expected in self._names[1].items():
                self._check_folder(folder, expected)
            for path, entry in entries.items():
                self._check_leaf(path, entry)
        except OSError as error:
            raise CloneError(f"a clone could not be read: {error}", where=self.root) from error

    def _check_folder(self, folder: str, expected: set[str]) -> None:
        place = os.path.join(self.root, folder) if folder else self.root
        told, known = _told(os.lstat(place)), self._listed.get(folder)
        if known is None or known[0] != told:
            if not stat.S_ISDIR(told[2]) or (folder and stat.S_IMODE(told[2]) != 0o755):
                raise CloneError("a path of a clone is of the wrong kind or mode", where=folder)
            known = told, frozenset(os.listdir(place))
            if told[-1] < time.time_ns() - _RACY:
                self._listed[folder] = known
        if known[1] != expected:
            odd = min(known[1] ^ expected)
            what = "holds a file that its tree does not have" if odd in known[1] else "lacks a file of its tree"
            raise CloneError(f"a clone {what}", where=f"{folder}/{odd}".lstrip("/"))

    def _check_leaf(self, path: str, entry: Entry) -> None:
        seen = os.lstat(f"{self.root}/{path}")
        known = self._hashed.get(path)
        if known is not None and known[0] == _told(seen) and known[1] == entry.oid:
            return
        if entry.mode == SUBMODULE:
            if not stat.S_ISDIR(seen.st_mode) or os.listdir(f"{self.root}/{path}"):
                raise CloneError("a path of a clone is of the wrong kind", where=path)
            return
        above, _, name = path.rpartition("/")
        with places.folder(self.root) as root, places.opened(root, tuple(above.split("/")) if above else ()) as folder:
            self._compare_leaf(path, folder, name, seen, entry, None)

    def checkout(self, target: str, entries: Mapping[str, Entry] | None = None) -> str:
        """Return ``target``, a new folder with a copy of the slot, hashed on the way; CloneError unless it matches."""
        _copy_folder(target)
        self._compare(self._entries if entries is None else entries, target)
        return target

    def _delete(self, root: int, path: str) -> None:
        *above, name = path.split("/")
        with places.opened(root, tuple(above)) as folder:
            if self._entries[path].mode == SUBMODULE:
                os.rmdir(name, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)
        del self._entries[path]
        while above:
            with places.opened(root, tuple(above[:-1])) as folder:
                try:
                    os.rmdir(above.pop(), dir_fd=folder)
                except OSError as error:
                    if error.errno != errno.ENOTEMPTY:
                        raise
                    return

    def _compare(self, entries: Mapping[str, Entry], target: str | None) -> None:
        seen: set[str] = set()
        try:
            with places.folder(self.root) as root:
                for path, folder, name, seen_as in _walk(root):
                    self.beat()
                    entry = entries.get(path)
                    mode = seen_as.st_mode
                    if entry is None and not stat.S_ISDIR(mode):
                        raise CloneError("a clone holds a file that its tree does not have", where=path)
                    copy = None if target is None else os.path.join(target, path)
                    if stat.S_ISDIR(mode):
                        _copy_folder(copy)
                        if entry is not None and entry.mode == SUBMODULE:
                            seen.add(path)
                    elif entry is not None:
                        self._compare_leaf(path, folder, name, seen_as, entry, copy)
                        seen.add(path)
        except OSError as error:
            raise CloneError(f"a clone could not be read: {error}", where=self.root) from error
        if missing := entries.keys() - seen:
            raise CloneError("a clone lacks a file of its tree", where=min(missing))

    def _compare_leaf(
        self, path: str, folder: int, name: str, seen: os.stat_result, entry: Entry, copy: str | None
    ) -> None:
        mode = seen.st_mode
        if stat.S_ISLNK(mode) and entry.mode == SYMLINK:
            link = os.readlink(os.fsencode(name), dir_fd=folder)
            found = object_hash("blob", len(link), (link,), self._form)
            if copy is not None:
                os.symlink(link, os.fsencode(copy))
        elif stat.S_ISREG(mode) and entry.mode in (REGULAR, EXECUTABLE):
            if bool(mode & 0o100) != (entry.mode == EXECUTABLE):
                raise CloneError("a file of a clone has the wrong mode", where=path)
            found = self._hash_file(path, folder, name, seen, copy)
        else:
            raise CloneError("a path of a clone is of the wrong kind", where=path)
        if found != entry.oid:
            raise CloneError("a file of a clone is not the one of its tree", where=path)

    def _hash_file(self, path: str, folder: int, name: str, seen: os.stat_result, copy: str | None) -> str:
        """Return the id of a file, copied to ``copy``."""
        told, known = _told(seen), self._hashed.get(path)
        untouched = known is not None and known[0] == told
        if known is not None and untouched and copy is None:
            return known[1]
        fd = os.open(name, _OLD, dir_fd=folder)
        try:
            if known is not None and untouched and copy is not None:
                _copy_file(fd, seen, copy)
                return known[1]
            seen = os.fstat(fd)
            found = self._read_file(fd, seen, copy)
            if _told(os.fstat(fd)) == _told(seen) and seen.st_ctime_ns < time.time_ns() - _RACY:
                self._hashed[path] = _told(seen), found
            return found
        finally:
            os.close(fd)

    def _read_file(self, fd: int, seen: os.stat_result, copy: str | None) -> str:
        chunks = iter(lambda: os.read(fd, _CHUNK), b"")
        if copy is None:
            return object_hash("blob", seen.st_size, chunks, self._form)
        out = _made(copy, seen)
        try:
            return object_hash("blob", seen.st_size, _written(chunks, out), self._form)
        finally:
            os.close(out)


def _told(seen: os.stat_result) -> tuple[int, ...]:
    return seen.st_dev, seen.st_ino, seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _made(copy: str, like: os.stat_result) -> int:
    """Return the descriptor of the new file ``copy`` with the mode of ``like``, whatever the umask is."""
    out = os.open(copy, _NEW, stat.S_IMODE(like.st_mode))
    os.fchmod(out, stat.S_IMODE(like.st_mode))
    return out


def _copy_file(fd: int, seen: os.stat_result, copy: str) -> None:
    """Copy a whole file within the kernel, which shares the blocks where the file system can."""
    out = _made(copy, seen)
    try:
        left = seen.st_size
        while left:
            done = _copied(fd, out, left)
            if not done:
                raise CloneError("a file of a clone got shorter while it was copied", where=copy)
            left -= done
    finally:
        os.close(out)


def _copied(fd: int, out: int, size: int) -> int:
    try:
        return os.copy_file_range(fd, out, size)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    data = os.read(fd, min(size, _CHUNK))
    return sum(map(len, _written((data,), out)))


def _names(entries: Mapping[str, Entry]) -> dict[str, set[str]]:
    """Return the names in each folder, by the folder's path; a folder stands after the one that it is in."""
    names: dict[str, set[str]] = {"": set()}
    for path in entries:
        folder, _, name = path.rpartition("/")
        new = []
        while folder not in names:
            new.append((folder, name))
            folder, _, name = folder.rpartition("/")
        names[folder].add(name)
        for folder, name in reversed(new):
            names[folder] = {name}
    return names


def differing(entries: Mapping[str, Entry], others: Mapping[str, Entry]) -> list[str]:
    """Return the paths of ``entries`` that ``others`` lacks or has otherwise."""
    # PERF: trees that were read one after the other share their entries, and "is" costs a tenth of "=="
    return [p for p, entry in entries.items() if (other := others.get(p)) is not entry and other != entry]


def _write(
    root: int, path: tuple[str, ...], entry: Entry, read: Callable[[str], bytes], owner: tuple[int, int] | None
) -> None:
    with places.opened(root, path[:-1], make=True, owner=owner) as folder:
        name = path[-1]
        if entry.mode == SUBMODULE:
            places.make_folder(name, folder)
        elif entry.mode == SYMLINK:
            os.symlink(read(entry.oid), os.fsencode(name), dir_fd=folder)
        else:
            fd = os.open(name, _NEW, 0o644, dir_fd=folder)
            try:
                os.fchmod(fd, 0o755 if entry.mode == EXECUTABLE else 0o644)
                for _ in _written((read(entry.oid),), fd):
                    pass
            finally:
                os.close(fd)
        if owner is not None:
            os.chown(name, *owner, dir_fd=folder, follow_symlinks=False)


def _written(chunks: Iterator[bytes] | tuple[bytes, ...], fd: int) -> Iterator[bytes]:
    """Yield ``chunks``, each written to ``fd``."""
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            view = view[os.write(fd, view) :]
        yield chunk


def _walk(root: int) -> Iterator[tuple[str, int, str, os.stat_result]]:
    """Yield path, descriptor of its folder, name and state of everything below ``root``, folders before contents."""
    todo: list[tuple[str, ...]] = [()]
    while todo:
        above = todo.pop()
        with places.opened(root, above) as folder:
            for name in sorted(os.listdir(folder)):
                seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
                yield "/".join((*above, name)), folder, name, seen
                if stat.S_ISDIR(seen.st_mode):
                    todo.append((*above, name))


def _copy_folder(copy: str | None) -> None:
    if copy is not None:
        os.mkdir(copy)
        os.chmod(copy, 0o755)  # noqa: S103 - whatever the umask is: a run sees the same modes everywhere
