"""Texts of another language inside of a file (blocks of code in Markdown, scripts and styles), merged by that language.

    blocks of base, ours, theirs --> the three of one block --> merged as a file of its language --clean--> in all three
                                                                                                               |
    the merge of the whole: blocks whole in it, all gates <-- the file merged as ever <-- three texts that agree on it

Three blocks are one where the lines that open and close them are matched by the lines of the files, and either the line
above, which stands once in each file, or half of what is in them is.  So what one side added, took away or moved as a
block is left to git.

Invariants: what a gate of either language objects to is not resolved, by whatever rule; a block that was merged stands
in the result as one block, byte for byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forkmerge.errors import ForkmergeError
from forkmerge.merge.diff import common
from forkmerge.merge.followed import tiled
from forkmerge.merge.objected import objections
from forkmerge.merge.pieces import lines_of
from forkmerge.merge.rules import CARRIED, EMBEDDED, Allowed
from forkmerge.syntax.catalogue import Choice
from forkmerge.syntax.parsing import language, parse
from forkmerge.syntax.spoken import named, word_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from tree_sitter import Node

    from forkmerge.model.hunk import FileMerge
    from forkmerge.syntax.catalogue import Catalogue
    from forkmerge.syntax.profile import Embedded, Profile

_MOST = 20_000
"""Lines of a file past which nothing is looked for."""
_HALF = 2
_NO_BLANK = re.compile(rb"[^\s>]")


@dataclass(frozen=True, slots=True)
class Block:
    """A text of another language: the word for that, its first and last line (those around it), and where it stands.

    ``prefix`` is what stands before each of its lines: the indentation of a list, the signs of a quotation.
    """

    word: str
    head: int
    tail: int
    start: int
    end: int
    prefix: bytes


@dataclass(frozen=True, slots=True)
class _Triple:
    """One block in base, ours and theirs: what it is in, and its texts without the prefixes, which may differ."""

    language: str
    blocks: tuple[Block, Block, Block]
    texts: tuple[bytes, bytes, bytes]
    blank: bool
    """Whether the prefix stands whole before empty lines, too."""

    def put(self, text: bytes, version: int) -> bytes:
        return _with(self.blocks[version].prefix, text, self.blank)


Three: TypeAlias = "tuple[bytes, bytes, bytes]"


def embedded(
    profile: Profile,
    path: str,
    inputs: Three,
    languages: Catalogue,
    whole: Callable[..., FileMerge],
    inside: Callable[..., FileMerge],
) -> FileMerge | None:
    """Return the merge in which blocks that both sides edited are merged by their own language, None without such.

    ``whole`` merges three texts as the file is merged, but looks into no blocks; ``inside`` as ``languages`` say.
    """
    try:
        triples = tuple(_triples(profile, inputs, languages))
    except ForkmergeError:
        return None

    def alone(triple: _Triple) -> FileMerge:
        return inside(*triple.texts, languages=_choosing(languages, path, triple.language))

    done, names = _relocated(triples, languages, alone)
    kept = {triple.blocks[0].head for triple, _ in done}
    left = []
    for triple in triples:
        if triple.blocks[0].head in kept or not _edited(triple.texts):
            continue
        merged = alone(triple)
        text = merged.merged()
        if merged.clean and text is not None:
            done.append((triple, text))
            names |= {h.rule for h in merged.hunks}
        else:
            left.append(triple)
    if not done and not left:
        return None
    done.sort(key=lambda pair: pair[0].blocks[0].head)
    merged = whole(*_rewritten(inputs, done))
    if done and not _kept(profile, merged, done):
        return None
    if merged.clean and _objected(profile, path, inputs, languages, merged.merged() or b"", left, bool(done)):
        return whole(*inputs, allowed=Allowed(frozenset()))
    return tiled(path, inputs, merged, "+".join(sorted({EMBEDDED, *names}))) if done else merged


def _relocated(
    triples: Sequence[_Triple], languages: Catalogue, merge: Callable[[_Triple], FileMerge]
) -> tuple[list[tuple[_Triple, bytes]], set[str]]:
    """Return the merged blocks of data between which one side moved what the other edited, and the rules for them."""
    done: list[tuple[_Triple, bytes]] = []
    names: set[str] = set()
    edited = {t.language for t in triples if _edited(t.texts)}
    for name in sorted(edited):
        known = [t for t in triples if t.language == name]
        own = _choosing(languages, "", name).for_path("")
        if own is None or not own.data or len(known) == 1:
            continue
        from forkmerge.merge.relocated import relocated  # noqa: PLC0415 - seldom needed

        texts = relocated([t.texts for t in known])
        if texts is None:
            continue
        changed = [replace(t, texts=new) for t, new in zip(known, texts, strict=True) if t.texts != new]
        found = [merge(t) for t in changed]
        merged = [text for m in found if m.clean and (text := m.merged()) is not None]
        if len(merged) == len(changed):
            done += zip(changed, merged, strict=True)
            names |= {CARRIED, *(h.rule for m in found for h in m.hunks)}
    return done, names


def blocks_of(profile: Profile, data: bytes) -> tuple[Block, ...]:
    """Return the texts of other languages in ``data``, in their order; those that are not closed are left out."""
    rows = {kind: row for row in profile.embedded for kind in row.nodes}
    out = []
    stack = [parse(profile, data).root_node]
    while stack:
        node = stack.pop()
        row = rows.get(node.type)
        if row is None:
            stack.extend(reversed(node.named_children))
        elif (block := _block(row, node, data)) is not None:
            out.append(block)
    return tuple(out)


def _block(row: Embedded, node: Node, data: bytes) -> Block | None:
    told = next((c for c in node.children if c.type == row.told), None)
    content = next((c for c in node.children if c.type == row.content), None)
    if content is None:
        return None
    closing = next((c for c in node.children if c.type == row.closed and c.start_byte >= content.end_byte), None)
    if closing is None:
        return None
    word = word_of(told.text.decode("utf-8", "replace")) if told is not None and told.text else ""
    start, end = (_line_start(data, at) for at in (content.start_byte, content.end_byte))
    begin = node.end_byte - len(
        data[node.start_byte : node.end_byte].lstrip()
    )  # blanks before a fence belong to its node
    above = data[data.rfind(b"\n", 0, begin) + 1 : begin]
    prefix = _NO_BLANK.sub(b" ", above) if not start or data[start - 1 : start] == b"\n" else b""
    return Block(word or row.language, node.start_point[0], closing.start_point[0], start, end, prefix)


def _line_start(data: bytes, at: int) -> int:
    """Return the start of the line of ``at`` if only what stands before lines of a block is before it, else ``at``."""
    line = data.rfind(b"\n", 0, at) + 1
    return at if data[line:at].strip(b" \t>") else line


def _triples(profile: Profile, inputs: Three, languages: Catalogue) -> Iterator[_Triple]:
    """Yield the blocks that all three versions have and whose language is known."""
    lines = [[line.strip() for line in lines_of(text)] for text in inputs]
    if max(map(len, lines)) > _MOST:
        return
    base, ours, theirs = (blocks_of(profile, text) for text in inputs)
    in_ours = _matched(lines[0], base, lines[1], ours) if base else {}
    in_theirs = _matched(lines[0], base, lines[2], theirs) if in_ours else {}
    for number, block in enumerate(base):
        if number not in in_ours or number not in in_theirs:
            continue
        three = (block, in_ours[number], in_theirs[number])
        name = named(languages, block.word) if block.word and len({b.word for b in three}) == 1 else ""
        if name and _readable(languages, name):
            yield _triple(name, three, inputs)


def _readable(languages: Catalogue, name: str) -> bool:
    """Return whether a text of the language can be read: its grammar is installed, or it needs none."""
    own = _choosing(languages, "", name).for_path("")
    if own is not None:
        try:
            language(own)
        except ForkmergeError:
            return False
    return True


def _matched(
    before: Sequence[bytes], old: Sequence[Block], after: Sequence[bytes], new: Sequence[Block]
) -> dict[int, Block]:
    """Return the blocks of ``after`` by the numbers of those that they are in ``before``."""
    pairs = dict(common(before, after))
    by_head = {block.head: block for block in new}
    out = {}
    for number, block in enumerate(old):
        other = by_head.get(pairs.get(block.head, -1))
        if other is None or pairs.get(block.tail) != other.tail:
            continue
        if _below_the_same(before, block, after, other, pairs) or _alike(before, block, after, other, pairs):
            out[number] = other
    return out


def _below_the_same(
    before: Sequence[bytes], block: Block, after: Sequence[bytes], other: Block, pairs: Mapping[int, int]
) -> bool:
    """Return whether the line above both blocks is the same and no other line of either file."""
    above = next((i for i in range(block.head - 1, -1, -1) if before[i]), -1)
    there = next((i for i in range(other.head - 1, -1, -1) if after[i]), -1)
    if above < 0 or there < 0:
        return above == there
    return pairs.get(above) == there and before.count(before[above]) == after.count(after[there]) == 1


def _alike(
    before: Sequence[bytes], block: Block, after: Sequence[bytes], other: Block, pairs: Mapping[int, int]
) -> bool:
    """Return whether at least half of the lines of one block stand in the other."""
    inside = [i for i in range(block.head + 1, block.tail) if before[i]]
    there = sum(1 for j in range(other.head + 1, other.tail) if after[j])
    same = sum(1 for i in inside if other.head < pairs.get(i, -1) < other.tail)
    return 0 < min(len(inside), there) <= _HALF * same


def _triple(language: str, blocks: tuple[Block, Block, Block], inputs: Three) -> _Triple:
    texts = [data[block.start : block.end] for block, data in zip(blocks, inputs, strict=True)]
    for blank in (False, True):
        cut = [_without(block.prefix, text) for block, text in zip(blocks, texts, strict=True)]
        again = [_with(block.prefix, text, blank) for block, text in zip(blocks, cut, strict=True)]
        if again == texts:
            return _Triple(language, blocks, (cut[0], cut[1], cut[2]), blank)
    base, ours, theirs = (replace(block, prefix=b"") for block in blocks)
    return _Triple(language, (base, ours, theirs), (texts[0], texts[1], texts[2]), blank=False)


def _without(prefix: bytes, text: bytes) -> bytes:
    if not prefix:
        return text
    short = prefix.rstrip()
    return b"".join(
        line[len(prefix) :]
        if line.startswith(prefix)
        else line[len(short) :]
        if line.strip() == short.strip()
        else line
        for line in lines_of(text)
    )


def _with(prefix: bytes, text: bytes, blank: bool) -> bytes:
    if not prefix:
        return text
    bare = prefix if blank else prefix.rstrip()
    return b"".join((prefix if line.strip() else bare) + line for line in lines_of(text))


def _edited(texts: Three) -> bool:
    return len(set(texts)) == len(texts)


def _choosing(languages: Catalogue, path: str, name: str) -> Catalogue:
    """Return ``languages`` in which ``path`` is a file in the language ``name``."""
    order = "ordered" if languages.ordered(path) else ""
    return replace(languages, choices={path: Choice(name, order)})


def _rewritten(inputs: Three, done: Sequence[tuple[_Triple, bytes]]) -> Three:
    """Return the three texts with each of the merged blocks in all of them."""
    out = []
    for version, data in enumerate(inputs):
        parts, last = [], 0
        for triple, text in done:
            block = triple.blocks[version]
            parts += [data[last : block.start], triple.put(text, version)]
            last = block.end
        out.append(b"".join([*parts, data[last:]]))
    return out[0], out[1], out[2]


def _kept(profile: Profile, merged: FileMerge, done: Sequence[tuple[_Triple, bytes]]) -> bool:
    """Return whether each merged block stands in the merge as one block, conflicts read as either side."""
    for side in ("ours", "theirs"):
        text = b"".join(
            s if isinstance(s, bytes) else s.merged if s.merged is not None else getattr(s, side)
            for s in merged.segments
        )
        rest = iter(blocks_of(profile, text))
        for triple, block in done:
            wanted = {triple.put(block, version) for version in range(3)}
            if not any(text[b.start : b.end] in wanted for b in rest):
                return False
    return True


def _objected(
    profile: Profile,
    path: str,
    inputs: Three,
    languages: Catalogue,
    result: bytes,
    left: Sequence[_Triple],
    joined: bool,
) -> bool:
    """Return whether a gate objects to the whole, or one of its language to a block that was left to other rules."""
    if joined and objections(profile, path, inputs, result, joined=True):
        return True
    if not left:
        return False
    lines = [[line.strip() for line in lines_of(text)] for text in (inputs[0], result)]
    base = blocks_of(profile, inputs[0])
    there = _matched(lines[0], base, lines[1], blocks_of(profile, result))
    for triple in left:
        block = next((there[n] for n, b in enumerate(base) if b.head == triple.blocks[0].head and n in there), None)
        if block is None:
            continue
        text = result[block.start : block.end]
        own = _choosing(languages, path, triple.language).for_path(path)
        if triple.blocks[0].prefix:
            text = _without(block.prefix, text)
        if objections(own, path, triple.texts, text, joined=True):
            return True
    return False
