"""Measures alignment by hiding names: the truth is the name, and the alignment does not get to see it.

    python -m tests.quality.hidden_names GIT_DIR OLD NEW [--suffix .py] [--moved 0.2] [--uses] [--seed 1] [--json]

Two revisions of a repository are read; in the new one every definition gets a random name of its own, with ``--uses``
every use of it too (the harder task), and a share of the functions and methods is moved to other files.  What has the
same path, scope, kind and name in both revisions is known to be the same; it counts if its two bodies share at least
half of their tokens (Dice over the bag of tokens, own name left out).

*precision*: of the matches reported for units that count, how many are right; *recall*: of the units that count, how
many were found.  ``sure`` leaves out matches that call themselves doubtful, ``all`` takes them in.  ``changed`` looks
only at units whose body is not the same any more.  Two baselines stand beside it: the name alone, and GumTree's
similarity (Dice over tokens, unchanged ones first, then best first, at least 0.5).
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.alignment.align import match
from forkmerge.alignment.table import family
from forkmerge.model.source import SourceFile
from forkmerge.syntax import profiles
from forkmerge.syntax.parsing import parse
from forkmerge.syntax.tokens import tokens as leaves
from forkmerge.syntax.units import units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import tree_sitter

    from forkmerge.syntax.units import Unit

Key = tuple[str, tuple[str, ...], str, str, str]
"""Path, scope, family, name; and the signature and a number where several are alike in all of that."""
_TOKEN = re.compile(rb"[A-Za-z_$][\w$]*|\d[\w.]*|[^\s\w]")
_HIDDEN = ("callable", "type")
_NAME_FIELDS = ("name", "declarator", "property", "left", "key")


@dataclass(frozen=True)
class Definition:
    """One definition of a file: its key, its tokens without its own name, and where its name stands."""

    key: Key
    tokens: tuple[bytes, ...]
    at: int
    top: bool
    lines: tuple[int, int]
    home: Key | None
    ordinal: int


@dataclass(frozen=True)
class Score:
    """Counts of one method on one task."""

    method: str
    right: int
    wrong: int
    expected: int
    seconds: float

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.expected)

    def line(self) -> str:
        return (
            f"{self.method:28} precision {self.precision:7.2%}  recall {self.recall:7.2%}"
            f"  ({self.right} right, {self.wrong} wrong, {self.expected} expected, {self.seconds:.1f} s)"
        )


def read_revision(git_dir: str, revision: str, suffixes: tuple[str, ...]) -> tuple[SourceFile, ...]:
    """Return the files of ``revision`` whose path ends with one of ``suffixes`` and whose language is known."""
    git = ["git", "--git-dir", git_dir]
    listing = subprocess.run([*git, "ls-tree", "-r", "-z", revision], capture_output=True, check=True).stdout
    entries = [entry.split(b"\t", 1) for entry in listing.split(b"\0") if entry]
    wanted = [
        (path.decode("utf-8", "surrogateescape"), about.split()[2])
        for about, path in entries
        if about.split()[1] == b"blob" and about.split()[0] != b"120000"
    ]
    wanted = [(path, oid) for path, oid in wanted if path.endswith(suffixes) and profiles.for_path(path)]
    batch = subprocess.run(
        [*git, "cat-file", "--batch"],
        input=b"\n".join(oid for _, oid in wanted) + b"\n",
        capture_output=True,
        check=True,
    ).stdout
    files, at = [], 0
    for path, _ in wanted:
        end = batch.index(b"\n", at)
        size = int(batch[at:end].split()[2])
        files.append(SourceFile(path, batch[end + 1 : end + 1 + size]))
        at = end + 2 + size
    return tuple(files)


def definitions(source: SourceFile) -> list[Definition]:
    """Return the functions, methods and types of a file whose name can be pointed at."""
    profile = profiles.for_path(source.path, source.data)
    if profile is None:
        return []
    tree = parse(profile, source.data)
    keys = keys_of(source.path, units(profile, source.data))
    found: list[Definition] = []
    for unit, key, home, top in keys:
        at = _name_at(tree, source.data, unit) if key[2] in _HIDDEN else None
        if at is not None:
            own = unit.name.encode()
            tokens = tuple(t for t in _TOKEN.findall(unit.span.of(source.data)) if t != own)
            lines = (source.data.rfind(b"\n", 0, unit.span.start) + 1, _line_end(source.data, unit.span.end))
            found.append(Definition(key, tokens, at, top, lines, home, unit.ordinal))
    return found


def keys_of(path: str, members: Iterable[Unit]) -> list[tuple[Unit, Key, Key | None, bool]]:
    """Return every unit with its key, the key of the unit around it, and whether it stands at the top of the file."""
    flat: list[tuple[Unit, tuple[int, ...]]] = []

    def visit(some: Iterable[Unit], above: tuple[int, ...]) -> None:
        for unit in some:
            flat.append((unit, above))
            visit(unit.children, (*above, len(flat) - 1))

    visit(members, ())
    names = Counter((u.scope, family(u.kind), u.name) for u, _ in flat)
    seen: Counter[object] = Counter()
    keys: list[Key] = []
    for unit, _ in flat:
        start = unit.scope, family(unit.kind), unit.name
        mark = ""
        if names[start] > 1:
            seen[start, unit.signature] += 1
            mark = f"{unit.signature}#{seen[start, unit.signature]}"
        keys.append((path, *start, mark))
    return [(u, keys[i], keys[above[-1]] if above else None, not above) for i, (u, above) in enumerate(flat)]


def _line_end(data: bytes, at: int) -> int:
    if at and data[at - 1 : at] == b"\n":
        return at
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end + 1


def _name_at(tree: tree_sitter.Tree, data: bytes, unit: Unit) -> int | None:
    name = unit.name.encode()
    if not re.fullmatch(rb"[A-Za-z_$][\w$]*", name):
        return None
    for hit in re.finditer(rb"(?<![\w$])" + re.escape(name) + rb"(?![\w$])", data[unit.span.start : unit.span.end]):
        at = unit.span.start + hit.start()
        node = tree.root_node.descendant_for_byte_range(at, at + len(name))
        if (
            node is None
            or node.parent is None
            or node.parent.type == "keyword_argument"
            or node.end_byte - node.start_byte != len(name)
        ):
            continue
        if any(node.parent.child_by_field_name(field) == node for field in _NAME_FIELDS):
            return at
    return None


@dataclass(frozen=True)
class Hidden:
    """The new revision with its names hidden.

    ``of`` leads from a random name, the family and the ordinal (constructors share the name of their class) to the key.
    """

    files: tuple[SourceFile, ...]
    of: dict[tuple[str, str, int], Key]

    def key(self, unit: Unit) -> Key | None:
        """Return the key of a hidden unit; None for one whose name was not hidden."""
        kind = family(unit.kind)
        return self.of.get((unit.name, kind, unit.ordinal)) or self.of.get((unit.name, kind, 0))


def hide(files: tuple[SourceFile, ...], *, uses: bool, moved: float, rng: random.Random) -> Hidden:
    """Return ``files`` with random names, ``moved`` of the functions in other files."""
    found = {source.path: definitions(source) for source in files}
    of: dict[tuple[str, str, int], Key] = {}
    fresh: dict[Key, bytes] = {}
    for defs in found.values():
        for d in defs:
            constructor = d.home is not None and d.home[3] == d.key[3] and d.home in fresh
            name = fresh[d.home] if constructor and d.home else f"n{rng.getrandbits(44):011x}".encode()
            fresh[d.key] = name
            of[name.decode(), d.key[2], d.ordinal if constructor else 0] = d.key
    anywhere: dict[bytes, bytes] = {}
    for key, name in fresh.items():
        anywhere.setdefault(key[3].encode(), name)
    texts: dict[str, list[bytes]] = {}
    spans: dict[str, list[tuple[int, int]]] = {}
    for source in files:
        here = {d.key[3].encode(): fresh[d.key] for d in reversed(found[source.path])}
        at_names = {d.at: fresh[d.key] for d in found[source.path]}
        texts[source.path], spans[source.path] = _renamed(
            source, at_names, {**anywhere, **here} if uses else {}, found[source.path]
        )
    _move(texts, spans, found, moved, rng)
    return Hidden(tuple(replace(s, data=b"".join(texts[s.path])) for s in files), of)


def _renamed(
    source: SourceFile, at_names: dict[int, bytes], use_names: dict[bytes, bytes], defs: list[Definition]
) -> tuple[list[bytes], list[tuple[int, int]]]:
    """Return the renamed text cut at the lines of definitions, and for each definition its range of pieces."""
    data = source.data
    profile = profiles.for_path(source.path, data) if use_names else None
    changes: dict[int, bytes] = {}
    if profile is not None:
        changes = {t.start: use_names[t.text] for t in leaves(profile, data) if t.text in use_names}
    changes |= at_names
    cuts = sorted({0, len(data), *(cut for d in defs for cut in d.lines)})
    pieces = []
    for start, end in itertools.pairwise(cuts):
        out, last = [], start
        for hit in _TOKEN.finditer(data, start, end):
            new = changes.get(hit.start())
            if new is not None:
                out += [data[last : hit.start()], new]
                last = hit.end()
        pieces.append(b"".join([*out, data[last:end]]))
    return pieces, [(cuts.index(d.lines[0]), cuts.index(d.lines[1])) for d in defs]


def _move(
    texts: dict[str, list[bytes]],
    spans: dict[str, list[tuple[int, int]]],
    found: dict[str, list[Definition]],
    share: float,
    rng: random.Random,
) -> None:
    """Move ``share`` of the functions to the ends of other files, of the methods to the ends of other files' types."""
    ends: dict[tuple[str, bytes | None], list[tuple[str, int]]] = defaultdict(list)
    for path, defs in found.items():
        suffix = path.rpartition(".")[2]
        if texts[path]:
            ends[suffix, None].append((path, len(texts[path]) - 1))
        for d, (start, stop) in zip(defs, spans[path], strict=True):
            if d.home is not None and d.key[2] == "callable" and d.home[2] == "type":
                ends[suffix, _indent(texts[path][start])].append((path, stop - 1))
    arrivals: dict[tuple[str, int], list[bytes]] = defaultdict(list)
    for path, defs in sorted(found.items()):
        suffix = path.rpartition(".")[2]
        taken: set[int] = set()
        for d, (start, stop) in zip(defs, spans[path], strict=True):
            movable = d.top if d.home is None else d.home[2] == "type" and d.home[3] != d.key[3]
            if d.key[2] != "callable" or not movable or taken & set(range(start, stop)):
                continue
            places = [e for e in ends[suffix, _indent(texts[path][start]) if d.home else None] if e[0] != path]
            if not places or rng.random() >= share:
                continue
            taken |= set(range(start, stop))
            text = b"".join(texts[path][start:stop])
            arrivals[rng.choice(places)].append(b"\n\n" + text)
            texts[path][start:stop] = [b""] * (stop - start)
    for (path, piece), new in arrivals.items():
        texts[path][piece] += b"".join(new)


def _indent(text: bytes) -> bytes:
    line = text.lstrip(b"\r\n")
    return line[: len(line) - len(line.lstrip())]


def judge(method: str, pairs: Iterable[tuple[Key, Key]], expected: set[Key], seconds: float) -> Score:
    """Return the score of pairs (old key, new key) over the keys that are ``expected`` to meet themselves."""
    right = wrong = 0
    for old, new in pairs:
        if old == new and old in expected:
            right += 1
        elif old != new and (old in expected or new in expected):
            wrong += 1
    return Score(method, right, wrong, len(expected), seconds)


def dice(one: Counter[bytes], other: Counter[bytes]) -> float:
    """Return the share of tokens that two bags have in common."""
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def gumtree(old: dict[Key, tuple[bytes, ...]], new: dict[Key, tuple[bytes, ...]]) -> Iterator[tuple[Key, Key]]:
    """Yield pairs by GumTree's similarity: unchanged ones that are unique, then the best by Dice from 0.5 on."""
    by_text: dict[object, tuple[list[Key], list[Key]]] = defaultdict(lambda: ([], []))
    for side, some in enumerate((old, new)):
        for key, tokens in some.items():
            by_text[key[2], tokens][side].append(key)
    left, right = dict(old), dict(new)
    for mine, yours in by_text.values():
        if len(mine) == len(yours) == 1:
            yield mine[0], yours[0]
            del left[mine[0]], right[yours[0]]
    bags = {key: Counter(tokens) for key, tokens in right.items()}
    index: dict[object, list[Key]] = defaultdict(list)
    for key, tokens in right.items():
        for run in set(zip(tokens, tokens[1:], tokens[2:], strict=False)):
            index[key[2], run].append(key)
    ranked = []
    for key, tokens in left.items():
        bag = Counter(tokens)
        shared: Counter[Key] = Counter()
        for run in set(zip(tokens, tokens[1:], tokens[2:], strict=False)):
            holders = index.get((key[2], run), [])
            if len(holders) <= 200:
                shared.update(holders)
        ranked += [(-dice(bag, bags[other]), key, other) for other, _ in shared.most_common(20)]
    ranked.sort()
    for loss, key, other in ranked:
        if -loss >= 0.5 and key in left and other in right:
            yield key, other
            del left[key], right[other]


def measure(
    old: tuple[SourceFile, ...],
    new: tuple[SourceFile, ...],
    *,
    uses: bool,
    moved: float,
    seed: int,
    baselines: bool = True,
) -> tuple[list[Score], list[str]]:
    """Return the scores of all methods, and the wrong matches in words."""
    before = {d.key: d.tokens for source in old for d in definitions(source)}
    after = {d.key: d.tokens for source in new for d in definitions(source)}
    alike = {k: dice(Counter(before[k]), Counter(after[k])) for k in before.keys() & after.keys()}
    counted = {k for k, share in alike.items() if share >= 0.5}
    changed = {k for k in counted if before[k] != after[k]}
    hidden = hide(new, uses=uses, moved=moved, rng=random.Random(seed))
    began = time.perf_counter()
    matches = match(old, hidden.files)
    seconds = time.perf_counter() - began
    sure: list[tuple[Key, Key]] = []
    doubtful: list[tuple[Key, Key]] = []
    words: list[str] = []
    starts = _keys_by_start(old)
    for m in matches:
        if m.left is None or m.right is None or m.kind in ("split", "joined"):
            continue
        key = starts.get((m.left.path, m.left.unit.span.start, m.left.unit.name))
        other = hidden.key(m.right.unit)
        if key is None or other is None:
            continue
        (doubtful if m.doubtful else sure).append((key, other))
        if key != other and (key in counted or other in counted):
            doubt = " doubtful" if m.doubtful else ""
            words.append(f"{_say(key)} -> {_say(other)} {m.score:.2f} {m.evidence}{doubt}")
    scores = [
        judge("forkmerge, sure", sure, counted, seconds),
        judge("forkmerge, all", sure + doubtful, counted, seconds),
        judge("forkmerge, sure, changed", sure, changed, seconds),
        judge("forkmerge, all, changed", sure + doubtful, changed, seconds),
    ]
    if baselines:
        shown = {}
        for source in hidden.files:
            for d in definitions(source):
                key = hidden.of.get((d.key[3], d.key[2], d.ordinal)) or hidden.of.get((d.key[3], d.key[2], 0))
                if key is not None:
                    shown[key] = d.tokens
        began = time.perf_counter()
        pairs = list(gumtree(before, shown))
        scores.append(judge("GumTree's similarity", pairs, counted, time.perf_counter() - began))
        scores.append(judge("GumTree's, changed", pairs, changed, time.perf_counter() - began))
        names = {d.key for s in hidden.files for d in definitions(s)}
        scores.append(judge("name alone", ((k, k) for k in before if k in names), counted, 0.0))
    return scores, words


def _keys_by_start(files: tuple[SourceFile, ...]) -> dict[tuple[str, int, str], Key]:
    found = {}
    for source in files:
        profile = profiles.for_path(source.path, source.data)
        if profile is None:
            continue
        for unit, key, _, _ in keys_of(source.path, units(profile, source.data)):
            found[source.path, unit.span.start, unit.name] = key
    return found


def _say(key: Key) -> str:
    return f"{key[0]}:{'.'.join((*key[1], key[3]))}"


def main(arguments: list[str]) -> int:
    """Print the scores; return 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("git_dir")
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--suffix", action="append")
    parser.add_argument("--moved", type=float, default=0.0)
    parser.add_argument("--uses", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", type=int, default=0, help="show so many wrong matches")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-baselines", action="store_true")
    options = parser.parse_args(arguments)
    suffixes = tuple(options.suffix or (".py",))
    old = read_revision(options.git_dir, options.old, suffixes)
    new = read_revision(options.git_dir, options.new, suffixes)
    scores, wrong = measure(
        old, new, uses=options.uses, moved=options.moved, seed=options.seed, baselines=not options.no_baselines
    )
    for score in scores:
        print(json.dumps(asdict(score)) if options.json else score.line())
    for line in wrong[: options.list]:
        print("  wrong:", line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
