"""``driver``: what git calls for each file that both sides changed.

Invariants: nothing but the file CURRENT is written, whole or not at all, and last; no side is ever dropped: when
neither the structured merge nor git can answer, the file holds both sides between markers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.app.guarded import guarded, watched
from forkmerge.app.merge_file import Failure, answer, binary, gits_answer, read, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

USUAL_SIZE = 7
"""Markers are longer in the merge of several merge bases into one, which is nobody's code, and where a user says so."""


def drive(
    files: Sequence[str],
    *,
    marker_size: int,
    path: str,
    labels: tuple[str, str, str],
    note: Callable[[str], None],
    alone: bool = True,
) -> bool:
    """Merge the files BASE, CURRENT and OTHER into CURRENT; return whether conflicts are left.

    ``path`` is the file's place in the repository and tells the language; ``labels`` are those of ours, base and
    theirs.  Binary files are left as they are, a conflict, as git's own driver for them does.  Not ``alone`` says that
    the caller lets git merge when this process dies.  Raise Failure when CURRENT is untouched because something can't
    be read or written.
    """
    base, ours, theirs = versions = (read(files[0]), read(files[1]), read(files[2]))
    if any(map(binary, versions)):
        note(f"{path}: binary, and changed on both sides: this is ours")
        return True
    size = marker_size if marker_size > 0 else USUAL_SIZE
    merged, conflicts = _merged(path, (base, ours, theirs), {"labels": labels, "marker_size": size}, note, alone=alone)
    write(files[1], merged)
    return conflicts > 0


def _merged(
    path: str,
    versions: tuple[bytes, bytes, bytes],
    look: dict[str, Any],
    note: Callable[[str], None],
    *,
    alone: bool,
) -> tuple[bytes, int]:
    try:
        if look["marker_size"] > USUAL_SIZE:
            return gits_answer(versions, look=look)
        return answer(path, versions, look=look, note=note, guard=guarded if alone else watched)
    except Failure as failure:
        note(f"{path}: git can't merge it either ({failure}): these are both sides, whole")
        return _both(versions, **look), 1


def _both(versions: tuple[bytes, bytes, bytes], *, labels: tuple[str, str, str], marker_size: int) -> bytes:
    """Return ours and theirs, whole, as one conflict."""
    _, ours, theirs = versions
    end = b"\r\n" if b"\r\n" in ours else b"\n"
    above, below = (b" " + label.encode("utf-8", "surrogateescape") for label in (labels[0], labels[2]))
    parts = (b"<" * marker_size + above, ours, b"=" * marker_size, theirs, b">" * marker_size + below)
    return b"".join(part if not part or part.endswith(b"\n") else part + end for part in parts)
