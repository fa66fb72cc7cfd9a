"""What a side reworded, and the other side's tests read with the new words: ``recombination.rewording`` over trees.

A text counts as reworded by a side when its code says another one in the same place, says the old one nowhere any
more, and its tests, which asked for the old one, all ask for the new one.  Then a test of the other side that asks for
the old words can pass on no offspring that says the new ones: where an offspring has these alone, it is read with them.

That is no longer the test as its side wrote it: every report of such a run says so.

Invariant: what the other side did not touch since the base is not read anew, and nothing is where an offspring says
the old words still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app.testpaths import is_test
from forkmerge.model.source import EXECUTABLE, REGULAR
from forkmerge.recombination.rewording import Rewording, exchanged, likely, said_anew, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from forkmerge.model.hunk import Side
    from forkmerge.model.source import Entry, Tree
    from forkmerge.syntax.profile import Profile

_LARGEST = 1_000_000


def rewordings(
    base: Tree,
    ours: Tree,
    theirs: Tree,
    *,
    read: Callable[[str], bytes],
    given: tuple[str, ...],
    profile_for: Callable[[str], Profile | None],
) -> tuple[Rewording, ...]:
    """Return what a side reworded, where tests that the other side brings or edits say the old words."""
    looked = _Looked(base, read, given, profile_for)
    out: list[Rewording] = []
    sides: tuple[tuple[Side, Tree, Tree], ...] = (("ours", ours, theirs), ("theirs", theirs, ours))
    for side, mine, other in sides:
        out += looked.reworded(side, mine, other)
    return tuple(out)


def touched(tests: Tree, base: Tree) -> Iterator[tuple[str, Entry]]:
    """Yield those of ``tests`` that are not as in ``base``."""
    for path, entry in tests.items():
        if base.get(path) != entry:
            yield path, entry


def asks(text: bytes, rewording: Rewording) -> bool:
    """Return whether the text of a test has the old words."""
    return any(rewording.old in part for part in text.split(rewording.new))


def says(data: bytes, rewording: Rewording) -> bool:
    """Return whether the file of ``rewording`` says the new words alone."""
    from forkmerge.syntax.profiles import for_path  # noqa: PLC0415 - most merges reword nothing

    profile = for_path(rewording.path, data)
    if profile is None or rewording.new not in data:
        return False
    old, new = times(profile, data, rewording)
    return new > 0 and old == 0


def with_new_words(path: str, data: bytes, words: Iterable[Rewording]) -> bytes:
    """Return the text of a test file with the new words in its strings."""
    from forkmerge.syntax.profiles import for_path  # noqa: PLC0415 - as above

    profile = for_path(path, data)
    return data if profile is None else said_anew(profile, data, words)


class _Looked:
    """Looks for rewordings in the trees of a merge."""

    def __init__(
        self,
        base: Tree,
        read: Callable[[str], bytes],
        given: tuple[str, ...],
        profile_for: Callable[[str], Profile | None],
    ) -> None:
        self._base = base
        self._read = read
        self._given = given
        self._profile_for = profile_for

    def reworded(self, side: Side, mine: Tree, other: Tree) -> Iterator[Rewording]:
        """Yield what the side with the tree ``mine`` reworded and tests of ``other`` still say."""
        theirs = dict(self._files(dict(touched(other, self._base)), tests=True))
        asking = [data for _, data in self._texts(theirs.items())]
        if not asking:
            return
        for path, entry in sorted(self._files(mine, tests=False)):
            before = self._base.get(path)
            if before is None or before == entry:
                continue
            old, new = self._read(before.oid), self._read(entry.oid)
            texts = {text for text in likely(old, new) if any(text in data for data in asking)}
            profile = self._profile_for(path) if texts else None
            if profile is None:
                continue
            for one, two in exchanged(profile, old, new).items():
                found = Rewording(one, two, side, path)
                if one in texts and self._everywhere(found, mine) and self._said(found, theirs.items())[0]:
                    yield found

    def _everywhere(self, found: Rewording, mine: Tree) -> bool:
        """Return whether neither code nor tests of ``mine`` say the old words, and the tests followed."""
        asked, early = self._said(found, self._files(self._base, tests=True))
        left, now = self._said(found, self._files(mine, tests=True))
        return asked > 0 and left == 0 and now > early and not self._said(found, self._files(mine, tests=False))[0]

    def _said(self, found: Rewording, files: Iterable[tuple[str, Entry]]) -> tuple[int, int]:
        """Return how often ``files`` say the old and the new words."""
        old = new = 0
        for path, data in self._texts(files):
            profile = self._profile_for(path) if found.old in data or found.new in data else None
            if profile is not None:
                more = times(profile, data, found)
                old, new = old + more[0], new + more[1]
        return old, new

    def _files(self, tree: Tree, *, tests: bool) -> Iterator[tuple[str, Entry]]:
        for path, entry in tree.items():
            profile = self._profile_for(path) if entry.mode in (REGULAR, EXECUTABLE) else None
            if profile is not None and not profile.data and is_test(path, self._given) == tests:
                yield path, entry

    def _texts(self, files: Iterable[tuple[str, Entry]]) -> Iterator[tuple[str, bytes]]:
        for path, entry in files:
            data = self._read(entry.oid)
            if len(data) <= _LARGEST:
                yield path, data
