"""A merged file as text, with conflict markers as git writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.merge.pieces import LineMerge, Style, lines_of

if TYPE_CHECKING:
    from forkmerge.model.hunk import FileMerge, Hunk


def render(
    merged: FileMerge,
    line_merge: LineMerge,
    *,
    style: Style = "merge",
    labels: tuple[str, str, str] = ("ours", "base", "theirs"),
    marker_size: int = 7,
    versions: tuple[bytes, bytes, bytes] | None = None,
) -> tuple[bytes, int]:
    """Return the text of ``merged`` and its number of conflicts.

    Where nothing but git's own conflicts is left and the whole ``versions`` (base, ours, theirs) are told, git writes
    the file.  Else every conflict is handed to git once more, alone, so that what is written between its markers, and
    how far they reach, is what git would write there.
    """
    if merged.as_git and versions is not None:
        return line_merge(*versions, style=style, labels=labels, marker_size=marker_size)
    out: list[bytes] = []
    count = 0
    newline = _newline(merged)
    for segment in merged.segments:
        if isinstance(segment, bytes):
            out.append(segment)
        elif segment.merged is not None:
            out.append(segment.merged)
        else:
            text, number = line_merge(
                segment.base, segment.ours, segment.theirs, style=style, labels=labels, marker_size=marker_size
            )
            if not number:
                text, number = _whole(segment, style, labels, marker_size, newline), 1
            out.append(text)
            count += number
    return b"".join(out), count


def _newline(merged: FileMerge) -> bytes:
    first = next((s if isinstance(s, bytes) else s.ours for s in merged.segments), b"")
    return b"\r\n" if b"\r\n" in first[:4096] else b"\n"


def _whole(hunk: Hunk, style: Style, labels: tuple[str, str, str], size: int, newline: bytes) -> bytes:
    """Return the conflict with all of its lines between markers, where git by itself sees none (a gate objected)."""

    def part(mark: bytes, label: str, text: bytes) -> bytes:
        head = mark * size + (b" " + label.encode("utf-8", "surrogateescape") if label else b"") + newline
        body = b"".join(lines_of(text))
        return head + body + (newline if body and not body.endswith(b"\n") else b"")

    out = part(b"<", labels[0], hunk.ours)
    if style != "merge":
        out += part(b"|", labels[1], hunk.base)
    return (
        out
        + part(b"=", "", hunk.theirs)
        + (b">" * size + b" " + labels[2].encode("utf-8", "surrogateescape") + newline)
    )
