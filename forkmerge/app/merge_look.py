"""How conflicts of a file look: labels, style and size of the markers, as git would write them at this moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.git.repository import Repository
    from forkmerge.merge.pieces import Style
    from forkmerge.model.hunk import FileMerge, Hunk

_STYLES: tuple[Style, ...] = ("merge", "diff3", "zdiff3")


@dataclass(frozen=True, slots=True)
class Look:
    """``labels`` are those of ours, base and theirs."""

    labels: tuple[str, str, str] = ("ours", "base", "theirs")
    style: Style = "merge"
    marker_size: int = 7


def marked(merge: FileMerge, look: Look) -> tuple[bytes, int]:
    """Return the text of ``merge`` with what is left in conflict between markers, and the number of conflicts."""
    from forkmerge.git.linemerge import line_merge  # noqa: PLC0415 - only where conflicts are left
    from forkmerge.merge.markers import render  # noqa: PLC0415 - the same

    return render(merge, line_merge, style=look.style, labels=look.labels, marker_size=look.marker_size)


def marked_hunk(hunk: Hunk, look: Look) -> bytes:
    """Return one hunk as the conflict that it was."""
    from dataclasses import replace  # noqa: PLC0415 - only where conflicts are left

    from forkmerge.model.hunk import FileMerge  # noqa: PLC0415 - the same

    return marked(FileMerge("", (replace(hunk, merged=None),)), look)[0]


def labels_in(text: bytes, size: int) -> tuple[str, str, str] | None:
    """Return the labels of the first markers of ``size`` in ``text``, "" for one that is missing; None without any."""
    found = [
        re.search(rb"^" + re.escape(mark * size) + rb"(?: ([^\r\n]*))?\r?$", text, re.MULTILINE)
        for mark in (b"<", b"|", b">")
    ]
    if found[0] is None or found[2] is None:
        return None
    ours, base, theirs = ((m[1] or b"").decode("utf-8", "surrogateescape") if m else "" for m in found)
    return ours, base, theirs


def configured_style(repo: Repository) -> Style:
    """Return ``merge.conflictStyle``; what git does not know counts as its default."""
    said = repo.setting("merge.conflictStyle")
    return next((style for style in _STYLES if style == said), "merge")
