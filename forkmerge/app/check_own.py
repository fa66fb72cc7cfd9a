"""The fork's own edits, unit by unit: what head did since the merge base, and what target has in its place.

Idea: the files that head changed are aligned in base, head and target, with those of target's changed files that share
names with them, so that what was renamed or moved is still the same thing.  A class is taken apart into its members,
a function is one piece; files without functions or classes (data, prose) are one piece each.
Invariant: what is the same but for its layout is no edit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from forkmerge.app.check_units import aligned, squeezed
from forkmerge.model.source import EXECUTABLE, REGULAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from forkmerge.alignment.located import Located
    from forkmerge.app.check_names import Trees
    from forkmerge.app.check_units import Three
    from forkmerge.model.source import Tree
    from forkmerge.model.span import Span
    from forkmerge.syntax.catalogue import Catalogue

WHOLE = ("function", "method", "test", "macro")
NAMED = frozenset(
    (*WHOLE, "class", "type", "constant", "field", "variable", "property", "declaration", "namespace", "impl")
)
OTHER = "(other code)"
_FILES = (REGULAR, EXECUTABLE)
MOST_BYTES = 4_000_000
_MOST_NEAR = 40
_LARGEST = 1_000_000
WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]{2,}")


@dataclass(frozen=True, slots=True)
class Own:
    """One edit of head: what it ``change``d, and the unit as base, head (``mine``) and target (``other``) have it.

    The texts are those of the piece alone, without its members; None where it is not there.  ``unit`` is "" for a whole
    file; ``split`` says that target took the unit apart or joined it with another, ``doubtful`` that target may
    have it in a file that was not looked at.
    """

    path: str
    unit: str
    line: int
    change: str
    base_text: bytes | None
    mine_text: bytes | None
    other_text: bytes | None
    kind: str = ""
    base: Located | None = None
    mine: Located | None = None
    other: Located | None = None
    split: bool = False
    doubtful: bool = False


@dataclass(slots=True)
class Words:
    """The words of contents, each content looked at once."""

    read: Callable[[str], bytes]
    _known: dict[str, frozenset[bytes]] = field(default_factory=dict)

    def of(self, tree: Tree, path: str) -> frozenset[bytes]:
        """Return the words of a file of ``tree``; none where there is no such file, or a very large one."""
        entry = tree.get(path)
        if entry is None or entry.mode not in _FILES:
            return frozenset()
        if entry.oid not in self._known:
            data = self.read(entry.oid)
            self._known[entry.oid] = frozenset(WORD.findall(data)) if len(data) <= _LARGEST else frozenset()
        return self._known[entry.oid]


def own_edits(
    trees: Trees,
    read: Callable[[str], bytes],
    languages: Catalogue,
    words: Words,
    *,
    moved: Mapping[str, str] | None = None,
    most: int = MOST_BYTES,
) -> tuple[tuple[Own, ...], str]:
    """Return what head did since the base, in the order of its paths, and a sentence on what was taken less apart.

    ``moved`` are the files that git finds renamed in target, old -> new; ``most`` bounds the bytes that are parsed.
    """
    changed = [p for p in sorted({*trees.base, *trees.ours}) if _changed(trees.base, trees.ours, p)]
    if not changed:
        return (), ""
    coded = [p for p in changed if has_units(languages, p)]
    taken, left = _within(coded, trees, read, most)
    found: list[Own] = []
    if taken:
        found += _units(taken, trees, read, languages, words, moved or {})
    files = [p for p in changed if p not in taken]
    gone = {trees.base[p].oid: p for p in changed if p in trees.base and p not in trees.ours}
    away = {gone[trees.ours[p].oid] for p in files if p not in trees.base and trees.ours[p].oid in gone}
    for path in files:
        if path not in away:
            found += _whole_file(path, trees, read, gone, (moved or {}).get(path, ""))
    note = f"single units in {left} files that head changed: they are taken as a whole" if left else ""
    return tuple(sorted(found, key=lambda o: (o.path, o.line, o.unit))), note


def has_units(languages: Catalogue, path: str) -> bool:
    """Return whether files like ``path`` are taken apart: programs are, data and prose are not."""
    profile = languages.for_path(path)
    return profile is not None and not profile.data and any(r.kind in (*WHOLE, "class", "type") for r in profile.units)


def own_text(located: Located) -> bytes:
    """Return the text of a unit without that of its members."""
    unit = located.unit
    if unit.kind in WHOLE or not unit.children:
        return located.text
    out, at = [], unit.span.start
    for child in unit.children:
        out.append(located.data[at : child.span.start])
        at = child.span.end
    out.append(located.data[at : unit.span.end])
    return b"".join(out)


def _changed(base: Tree, side: Tree, path: str) -> bool:
    one, other = base.get(path), side.get(path)
    if one == other or (one is not None and other is not None and one.oid == other.oid):
        return False
    return all(e is None or e.mode in _FILES for e in (one, other))


def _within(paths: list[str], trees: Trees, read: Callable[[str], bytes], most: int) -> tuple[set[str], int]:
    """Return the paths that are taken apart, those that target changed too first, and how many are left."""
    taken: set[str] = set()
    size = 0
    for path in sorted(paths, key=lambda p: (trees.base.get(p) == trees.theirs.get(p), p)):
        oids = {e.oid for e in (t.get(path) for t in (trees.base, trees.ours, trees.theirs)) if e is not None}
        more = sum(len(read(oid)) for oid in oids)
        if more <= _LARGEST and size + more <= most:
            size += more
            taken.add(path)
    return taken, len(paths) - len(taken)


def _near(taken: set[str], trees: Trees, words: Words, moved: Mapping[str, str]) -> tuple[list[str], bool]:
    """Return other files of target that may hold what head changed, and whether these are all of them.

    They are what target renamed head's files to, and what gained words that head's edits have.
    """
    homes = {moved[p] for p in taken if p in moved} - taken
    wanted: set[bytes] = set()
    for path in taken:
        mine = words.of(trees.ours, path)
        wanted |= mine - words.of(trees.base, path)
        wanted |= mine & (words.of(trees.base, path) - words.of(trees.theirs, path))
    kinds = {p.rpartition(".")[2] for p in taken}
    found = []
    for path in trees.theirs:
        if (
            path in taken
            or path in homes
            or path.rpartition(".")[2] not in kinds
            or not _changed(trees.base, trees.theirs, path)
        ):
            continue
        shared = len((words.of(trees.theirs, path) - words.of(trees.base, path)) & wanted)
        if shared:
            found.append((-shared, path))
    return [*sorted(homes), *(path for _, path in sorted(found)[:_MOST_NEAR])], len(found) <= _MOST_NEAR


def _units(
    taken: set[str],
    trees: Trees,
    read: Callable[[str], bytes],
    languages: Catalogue,
    words: Words,
    moved: Mapping[str, str],
) -> Iterator[Own]:
    near, complete = _near(taken, trees, words, moved)
    found = aligned(sorted(taken), near, trees, read, languages)
    inside: dict[tuple[bool, str], list[Span]] = {}
    for three in found.threes:
        located = three.mine or three.base
        if located is None:
            continue
        around = inside.setdefault((three.mine is None, located.path), [])
        if any(span.covers(located.unit.span) for span in around):
            continue
        if three.base is None or three.mine is None or located.unit.kind in WHOLE:
            around.append(located.unit.span)
        one = _own(three, located)
        if one is not None:
            yield one if complete or one.other is not None else replace(one, doubtful=True)
    sides = (("base", trees.base), ("ours", trees.ours), ("theirs", trees.theirs))
    for path in sorted(taken):
        if all(path in tree and tree[path].mode in _FILES for _, tree in sides):
            base, mine, other = (
                _without(read(tree[path].oid), found.spans[name].get(path, ())) for name, tree in sides
            )
            if squeezed(base) != squeezed(mine):
                yield Own(path, OTHER, 0, "edited", base, mine, other)


def _own(three: Three, located: Located) -> Own | None:
    base, mine, other = three.base, three.mine, three.other
    unit = located.unit
    if not unit.name or unit.kind not in NAMED:
        return None
    texts = [own_text(u) if u is not None else None for u in (base, mine, other)]
    change = _change(base, mine, texts)
    if not change:
        return None
    return Own(
        path=located.path,
        unit=unit.qualified,
        line=located.line,
        change=change,
        base_text=texts[0],
        mine_text=texts[1],
        other_text=texts[2],
        kind=unit.kind,
        base=base,
        mine=mine,
        other=other,
        split=three.split,
    )


def _change(base: Located | None, mine: Located | None, texts: list[bytes | None]) -> str:
    if base is None:
        return "added"
    if mine is None:
        return "removed"
    if squeezed(texts[0] or b"") != squeezed(texts[1] or b""):
        return "renamed" if mine.unit.name != base.unit.name and _but_for_names(base, mine, texts) else "edited"
    if mine.path != base.path or mine.unit.scope != base.unit.scope:
        return "moved"
    return ""


def _but_for_names(base: Located, mine: Located, texts: list[bytes | None]) -> bool:
    old, new = base.unit.name.encode(), mine.unit.name.encode()
    return re.sub(rb"\b%b\b" % re.escape(old), new, texts[0] or b"").split() == (texts[1] or b"").split()


def _without(data: bytes, spans: Iterable[tuple[str, Span]]) -> bytes:
    """Return the text of a file without its named units and imports."""
    out, at = [], 0
    for span in sorted(span for kind, span in spans if kind in NAMED or kind == "imports"):
        if span.start > at:
            out.append(data[at : span.start])
        at = max(at, span.end)
    return b"".join((*out, data[at:]))


def other_code(path: str, data: bytes, languages: Catalogue) -> bytes:
    """Return what of a program stands in no named unit and is no import; raises MissingTool without the grammar."""
    from forkmerge.syntax.units import units, walk  # noqa: PLC0415 - only where both sides changed such code

    profile = languages.for_path(path, data)
    return _without(data, ((u.kind, u.span) for u in walk(units(profile, data)))) if profile is not None else b""


def _whole_file(
    path: str, trees: Trees, read: Callable[[str], bytes], gone: dict[str, str], home: str
) -> Iterator[Own]:
    entries = [t.get(path) for t in (trees.base, trees.ours, trees.theirs)]
    if entries[0] is None and entries[1] is not None and entries[1].oid in gone:
        old = gone[entries[1].oid]
        there = trees.theirs.get(path) or trees.theirs.get(old)
        text = read(entries[1].oid)
        yield Own(path, "", 0, "moved", text, text, read(there.oid) if there and there.mode in _FILES else None)
        return
    if entries[2] is None and entries[0] is not None:
        same = (p for p, e in trees.theirs.items() if e.oid == getattr(entries[0], "oid", "") and p not in trees.base)
        entries[2] = trees.theirs.get(home) or trees.theirs.get(next(same, ""))
    texts = [read(e.oid) if e is not None and e.mode in _FILES else None for e in entries]
    change = "added" if texts[0] is None else "removed" if texts[1] is None else "edited"
    if change == "edited" and squeezed(texts[0] or b"") == squeezed(texts[1] or b""):
        return
    yield Own(path, "", 0, change, texts[0], texts[1], texts[2])
