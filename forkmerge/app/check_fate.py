"""The fate of each of head's own edits: needed, upstreamed, superseded or orphaned.

Idea: an edit is upstreamed when merging it into target's version gives target's version, superseded when it does not
fit into it, orphaned when what it edits, or a definition that it uses, is gone in target; else it is needed.
Invariant: doubt is ``needed``.  A name is gone only if the base defined it in a file that target changed and no program
of that language in target has the word any more.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from forkmerge.app.check_own import NAMED, OTHER, WORD, other_code, own_edits
from forkmerge.app.check_units import squeezed
from forkmerge.errors import ForkmergeError
from forkmerge.model.finding import Severity
from forkmerge.report.check import Place, finding
from forkmerge.report.patches import Patch, PatchFate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from forkmerge.app.check_history import Fate, History
    from forkmerge.app.check_names import Trees
    from forkmerge.app.check_own import Own, Words
    from forkmerge.report.check import CheckFinding
    from forkmerge.syntax.catalogue import Catalogue

_GONE = ("dangling-import", "dangling-attribute", "orphaned-override")
_TOKEN = re.compile(rb"\w+|[^\w\s]")
_REMOVED = "target removed what it changes"
_MOST_NAMES = 5
_MOST_HOOKS = 400
"""Files of target that are searched for names that are gone."""


def fates(
    trees: Trees,
    read: Callable[[str], bytes],
    languages: Catalogue,
    words: Words,
    history: History,
    findings: Sequence[CheckFinding],
    moved: Mapping[str, str],
) -> tuple[tuple[Patch, ...], tuple[CheckFinding, ...], str]:
    """Return the patches of head, warnings for the orphaned ones that no error names, and what was left out.

    ``moved`` are the files that git finds renamed in target, old -> new.
    """
    own, note = own_edits(trees, read, languages, words, moved=moved)
    joined = _Joined(trees, read, languages) if own else None
    hooks = _Hooks(trees, read, languages, words, history) if own else None
    patches: list[Patch] = []
    warnings: list[CheckFinding] = []
    for one in own:
        fate, reason = _fate(one)
        if fate is PatchFate.SUPERSEDED and joined is not None and joined.keeps(one):
            fate, reason = PatchFate.NEEDED, ""
        place: Place | None = None
        if fate is PatchFate.NEEDED and one.change in ("added", "edited") and hooks is not None:
            told = _told(one, findings)
            lost = hooks.lost(one) if not told else None
            if told or lost:
                fate, reason = PatchFate.ORPHANED, told or (lost.words if lost else "")
                place = lost.place if lost else None
        patches.append(Patch(one.path, one.unit, one.line, one.change, fate, reason))
        if fate is PatchFate.ORPHANED and not _covered(one, findings):
            warnings.append(_warning(one, reason, place))
    return tuple(patches), tuple(_by_file(warnings)), note


def _by_file(warnings: Sequence[CheckFinding]) -> Iterator[CheckFinding]:
    """Yield ``warnings``, one for all of a file whose units target removed."""
    gone: dict[str, list[CheckFinding]] = {}
    for one in warnings:
        if not one.message.endswith(_REMOVED):
            yield one
        else:
            gone.setdefault(one.path, []).append(one)
    for path, found in gone.items():
        if len(found) == 1:
            yield found[0]
            continue
        names = ", ".join(f.places[0].unit for f in found[:_MOST_NAMES])
        more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
        message = f"{len(found)} edits of head in {path} are orphaned ({names}{more}): target removed what they change"
        places = tuple(f.places[0] for f in found[:_MOST_NAMES])
        yield finding("orphaned-patch", Severity.WARNING, message, path, found[0].line, places=places, subject="file")


def _fate(one: Own) -> tuple[PatchFate, str]:
    base, mine, other = one.base_text, one.mine_text, one.other_text
    if base is None:
        if other is None:
            return PatchFate.NEEDED, ""
        if squeezed(mine or b"") == squeezed(other):
            return PatchFate.UPSTREAMED, f"target has the same{_at(one)}"
        if _same_place(one):
            return PatchFate.SUPERSEDED, f"target added its own{_at(one)}"
        return PatchFate.NEEDED, ""
    if other is None:
        if mine is None:
            return PatchFate.UPSTREAMED, "target removed it too"
        if one.split:
            return PatchFate.SUPERSEDED, "target took it apart or joined it with another"
        if one.unit == OTHER:
            return PatchFate.NEEDED, ""
        if one.change in ("renamed", "moved"):
            return PatchFate.SUPERSEDED, "target removed it"
        if one.doubtful:
            return PatchFate.NEEDED, ""
        return PatchFate.ORPHANED, _REMOVED
    if mine is None:
        if squeezed(other) == squeezed(base):
            return PatchFate.NEEDED, ""
        return PatchFate.SUPERSEDED, f"target changed what head removed{_at(one)}"
    if one.change in ("renamed", "moved"):
        return _gone_along(one)
    return _edited(base, mine, other, _at(one))


def _edited(base: bytes, mine: bytes, other: bytes, at: str) -> tuple[PatchFate, str]:
    if squeezed(other) == squeezed(base):
        return PatchFate.NEEDED, ""
    if squeezed(other) == squeezed(mine):
        return PatchFate.UPSTREAMED, f"target has the same change{at}"
    merged, conflicts = _joined(base, mine, other)
    if not conflicts and squeezed(merged) == squeezed(other):
        return PatchFate.UPSTREAMED, f"target has the same change and more{at}"
    if not conflicts:
        return PatchFate.NEEDED, ""
    return PatchFate.SUPERSEDED, f"target changed the same lines in another way{at}"


def _joined(base: bytes, mine: bytes, other: bytes) -> tuple[bytes, int]:
    from forkmerge.errors import UnusableInput  # noqa: PLC0415 - only where both sides edited a unit
    from forkmerge.git.linemerge import line_merge  # noqa: PLC0415 - the same

    try:
        return line_merge(base, mine, other)
    except UnusableInput:  # binary
        return b"", 1


def _gone_along(one: Own) -> tuple[PatchFate, str]:
    if one.mine is None or one.other is None or one.base is None:
        return PatchFate.NEEDED, ""
    mine, other, base = ((u.path, u.unit.scope, u.unit.name) for u in (one.mine, one.other, one.base))
    if mine == other:
        return PatchFate.UPSTREAMED, f"target {one.change} it alike{_at(one)}"
    if other != base:
        return PatchFate.SUPERSEDED, f"target renamed or moved it otherwise{_at(one)}"
    return PatchFate.NEEDED, ""


def _same_place(one: Own) -> bool:
    if one.mine is None or one.other is None:
        return one.unit == "" and one.other_text is not None
    return one.mine.unit.name == one.other.unit.name and one.mine.path == one.other.path


def _at(one: Own) -> str:
    if one.other is None:
        return ""
    name = one.other.unit.qualified
    return f" ({one.other.path}:{one.other.line}{f' {name}' if name != one.unit else ''})"


def _home(one: Own) -> tuple[str, str]:
    return (one.base.path, one.base.unit.qualified) if one.base is not None else ("", "")


def _told(one: Own, findings: Sequence[CheckFinding]) -> str:
    """Return what a finding says of a use in this unit whose definition is gone, "" where there is none."""
    for f in findings:
        if f.rule in _GONE and any(_in(one, p) for p in f.places):
            return f.message
    return ""


def _covered(one: Own, findings: Sequence[CheckFinding]) -> bool:
    """Return whether an error says it already: in this unit, in an import above it, or of the whole file."""
    return any(
        (
            f.severity is Severity.ERROR
            and any(_in(one, p) or (p.side == "head" and p.path == one.path and not p.unit) for p in f.places)
        )
        or (f.rule == "conflict" and f.path == one.path)
        for f in findings
    )


def _in(one: Own, place: Place) -> bool:
    if place.side != "head" or place.path != one.path:
        return False
    return place.unit == one.unit or place.unit.startswith(f"{one.unit}.") or one.unit.startswith(f"{place.unit}.")


def _warning(one: Own, reason: str, place: Place | None) -> CheckFinding:
    name = one.unit or one.path
    mine = Place("head", one.path, one.line, one.unit, one.change)
    message = f"{name} of head is orphaned: {reason}"
    places = (mine, place) if place is not None else (mine,)
    return finding("orphaned-patch", Severity.WARNING, message, one.path, one.line, places=places, subject=reason)


class _Joined:
    """The merge, where it joined both sides' edits of one place: such an edit of head is needed still."""

    def __init__(self, trees: Trees, read: Callable[[str], bytes], languages: Catalogue) -> None:
        self._trees = trees
        self._read = read
        self._languages = languages
        self._known: dict[str, dict[str, bytes]] = {}

    def keeps(self, one: Own) -> bool:
        """Return whether the merge has every word that head's edit brought to the unit."""
        if one.base_text is None or one.mine_text is None:
            return False
        text = self._text(one)
        if text is None or b"<<<<<<< " in text:
            return False
        old, new, now = (Counter(_TOKEN.findall(t)) for t in (one.base_text, one.mine_text, text))
        return bool(new - old) and not (new - old) - (now - (old & new))

    def _text(self, one: Own) -> bytes | None:
        """Return what the merge has for ``one``."""
        if one.mine is not None:
            home = one.other.path if one.other is not None else one.mine.path
            return self._texts(home).get(one.mine.unit.qualified)
        entry = self._trees.merged.get(one.path)
        data = self._read(entry.oid) if entry is not None and entry.mode & 0o170000 == 0o100000 else None
        if data is None or one.unit != OTHER or b"<<<<<<< " in data:
            return data
        return other_code(one.path, data, self._languages)

    def _texts(self, path: str) -> dict[str, bytes]:
        from forkmerge.syntax.units import units, walk  # noqa: PLC0415 - only where both sides changed a unit

        if path not in self._known:
            entry = self._trees.merged.get(path)
            data = self._read(entry.oid) if entry is not None and entry.mode & 0o170000 == 0o100000 else b""
            profile = self._languages.for_path(path, data)
            try:
                found = walk(units(profile, data)) if profile is not None else ()
                self._known[path] = {u.qualified: u.span.of(data) for u in found if u.name}
            except ForkmergeError:
                self._known[path] = {}
        return self._known[path]


class _Hooks:
    """Definitions of the base that target has no more, by their names."""

    def __init__(
        self,
        trees: Trees,
        read: Callable[[str], bytes],
        languages: Catalogue,
        words: Words,
        history: History,
    ) -> None:
        self._trees = trees
        self._read = read
        self._languages = languages
        self._words = words
        self._history = history
        self._changed = [
            p for p, e in trees.base.items() if trees.theirs.get(p) != e and languages.for_path(p) is not None
        ][:_MOST_HOOKS]
        self._gone: dict[str, set[bytes]] = {}
        self._alive: dict[str, frozenset[bytes]] = {}
        self._homes: dict[str, dict[str, str]] = {}

    def lost(self, one: Own) -> Fate | None:
        """Return what became of a definition that ``one`` newly uses and target lacks; None where all is there."""
        if one.mine is None or one.mine_text is None:
            return None
        before = frozenset((one.base_text or b"").split(b"\n"))
        added = b"\n".join(line for line in one.mine_text.split(b"\n") if line not in before)
        wanted = frozenset(WORD.findall(added))
        profile = self._languages.for_path(one.path)
        if profile is None or not wanted:
            return None
        for path in self._changed:
            same = self._languages.for_path(path)
            if same is None or same.name != profile.name:
                continue
            gone = wanted & self._gone_in(path)
            for word in sorted(gone - self._there(profile.name)) if gone else ():
                home = self._home(path, word)
                if home is None or home == _home(one) or not self._used(one, word):
                    continue
                fate = self._history.fate("theirs", *home)
                if fate is not None and not fate.words.startswith("edited"):
                    words = f"it uses {home[1]} of {home[0]}, but target {fate.words}"
                    return type(fate)(words, fate.place)
        return None

    def _gone_in(self, path: str) -> set[bytes]:
        if path not in self._gone:
            self._gone[path] = set(self._words.of(self._trees.base, path) - self._words.of(self._trees.theirs, path))
        return self._gone[path]

    def _home(self, path: str, word: bytes) -> tuple[str, str] | None:
        """Return the base's path and unit that define ``word`` in ``path``, if it does."""
        from forkmerge.syntax.units import units, walk  # noqa: PLC0415 - only where a word is gone

        if path not in self._homes:
            data = self._read(self._trees.base[path].oid)
            profile = self._languages.for_path(path, data)
            try:
                found = walk(units(profile, data)) if profile is not None and not profile.data else ()
                self._homes[path] = {u.name: u.qualified for u in found if u.kind in NAMED}
            except ForkmergeError:
                self._homes[path] = {}
        unit = self._homes[path].get(word.decode("utf-8", "surrogateescape"))
        return (path, unit) if unit else None

    def _there(self, language: str) -> frozenset[bytes]:
        """Return the words of all programs of target in a language."""
        if language not in self._alive:
            programs = (p for p in self._trees.theirs if getattr(self._languages.for_path(p), "name", "") == language)
            self._alive[language] = frozenset().union(*(self._words.of(self._trees.theirs, p) for p in programs))
        return self._alive[language]

    def _used(self, one: Own, word: bytes) -> bool:
        """Return whether the unit has the word as a name, and head defines it nowhere by itself."""
        from forkmerge.syntax.tokens import tokens  # noqa: PLC0415 - only where a word is gone

        if one.mine is None:
            return False
        data, span = one.mine.data, one.mine.unit.span
        profile = self._languages.for_path(one.path, data)
        if profile is None:
            return False
        try:
            found = tokens(profile, data, start=span.start, end=span.end)
        except ForkmergeError:
            return False
        if not any(t.text == word and "identifier" in t.kind for t in found):
            return False
        binds = re.compile(
            rb"\b(?:def|class|func|fn|function|var|let|const|type|struct|enum|interface)\s+%b\b|"
            rb"(?<![\w.])%b\s*:?=(?!=)|\b%b\s*:\s" % ((re.escape(word),) * 3)
        )
        return not any(
            word in self._words.of(self._trees.ours, p) and binds.search(self._read(self._trees.ours[p].oid))
            for p in self._trees.ours
            if self._trees.ours[p] != self._trees.base.get(p) and word in self._words.of(self._trees.ours, p)
        )
