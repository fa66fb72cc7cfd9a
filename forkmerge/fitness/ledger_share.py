"""Segments: entries of a ledger as files that others can read, and the strict reading of those of others.

Idea: a segment is lines of JSON arrays, each a row or a checkpoint, and its name is the hash of its bytes.
Invariants: ``read`` takes only what ``write`` could have written: every line byte for byte, every hash right, every
value of its type and size, every body a run that unpacks within bounds and is the run that the row says it is.  Nothing
of it is executed, and what is refused is refused as a whole.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
from typing import TYPE_CHECKING, Any

from forkmerge.errors import UnusableInput
from forkmerge.fitness.ledger_chain import CHECKPOINT_FIELDS, ROW_FIELDS, START, Checkpoint, Row, digest
from forkmerge.fitness.packing import unpack
from forkmerge.model.outcome import RunStatus, SuiteRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEGMENT_BYTES = 32 * 1024 * 1024
"""The greatest segment that is read; written are segments of at most a quarter of it, or of one entry."""
_BODY_BYTES = 16 * 1024 * 1024
_UNPACKED_BYTES = 32 * 1024 * 1024
_TEXT = 10_000
SIGNER = 200
_MOST = 2**53
_HASH = re.compile(r"[0-9a-f]{64}")
_CHAIN = re.compile(r"[0-9a-f]{32}")
_TREE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
NAME = re.compile(r"[0-9a-f]{64}\.jsonl")


class Refused(UnusableInput):
    """What another ledger holds is not what a ledger can hold."""


def write(entries: Iterable[Row | Checkpoint]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of segments that hold ``entries``, in an order that depends on the entries alone."""
    lines: list[bytes] = []
    size = 0
    for entry in sorted(entries, key=lambda e: (e.chain, e.seq, e.hash)):
        line = _line(entry)
        if lines and size + len(line) > SEGMENT_BYTES // 4:
            yield _segment(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield _segment(lines)


def read(name: str, content: bytes) -> Iterator[Row | Checkpoint]:
    """Yield the entries of a segment; raise Refused, naming the segment and the line, for anything that is amiss."""
    if len(content) > SEGMENT_BYTES:
        raise Refused(f"a segment of {len(content)} bytes is too large", where=name)
    if name != f"{hashlib.sha256(content).hexdigest()}.jsonl":
        raise Refused("a segment does not have the name that its content asks for", where=name)
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        try:
            entry = _entry(line)
            problem = problem_of(entry)
        except (ValueError, TypeError, RecursionError, MemoryError, OverflowError) as error:
            problem = f"it can't be read ({type(error).__name__})"
        if problem:
            raise Refused(f"an entry of the other ledger is refused: {problem}", where=f"{name}:{number}")
        yield entry


def problem_of(entry: Row | Checkpoint) -> str:
    """Return what keeps ``entry`` from being shared, "" if nothing does."""
    if isinstance(entry, Row):
        return _place(entry, entry.prev) or _row(entry) or _body(entry)
    return _place(entry, entry.last) or _checkpoint(entry)


def _segment(lines: list[bytes]) -> tuple[str, bytes]:
    content = b"".join(lines)
    return f"{hashlib.sha256(content).hexdigest()}.jsonl", content


def _line(entry: Row | Checkpoint) -> bytes:
    if isinstance(entry, Row):
        values: list[Any] = ["run", *(getattr(entry, name) for name in ROW_FIELDS)]
        values[-2] = base64.b64encode(entry.body).decode("ascii")
    else:
        values = ["checkpoint", *(getattr(entry, name) for name in CHECKPOINT_FIELDS)]
    return json.dumps(values, separators=(",", ":")).encode("ascii") + b"\n"


def _entry(line: bytes) -> Row | Checkpoint:
    """Return the entry of a line; raise ValueError unless it is what this entry is written as."""
    values = json.loads(line.decode("ascii"))
    if not isinstance(values, list) or not values:
        raise ValueError("no entry")
    kind, *rest = values
    entry: Row | Checkpoint
    if kind == "run" and len(rest) == len(ROW_FIELDS) and isinstance(rest[-2], str):
        try:
            rest[-2] = base64.b64decode(rest[-2], validate=True)
        except binascii.Error as error:
            raise ValueError("no base64") from error
        entry = Row(*rest)
    elif kind == "checkpoint" and len(rest) == len(CHECKPOINT_FIELDS):
        entry = Checkpoint(*rest)
    else:
        raise ValueError("no entry")
    if _line(entry) != line:
        raise ValueError("written otherwise")
    return entry


def _place(entry: Row | Checkpoint, link: str) -> str:
    """Return what is wrong with the place of an entry and with its hash; ``link`` is the hash that it refers to."""
    first = isinstance(entry, Row) and entry.seq == 1
    if not _matches(_CHAIN, entry.chain):
        return "its chain has no proper name"
    if not _number(entry.seq, 1):
        return "its place in the chain is no number"
    if not (link == START if first else _matches(_HASH, link)):
        return "it does not refer to a hash"
    if not _matches(_HASH, entry.hash) or digest(entry) != entry.hash:
        return "its content does not fit its hash"
    if not _stored(entry.created):
        return "its time is no time"
    return ""


def _row(row: Row) -> str:
    texts = (row.command, row.environment, row.policy, row.selection)
    if not _matches(_TREE, row.tree):
        return "its tree is no object id"
    if not all(_text(text, _TEXT) for text in texts):
        return "its key is too long or no text"
    if row.final not in (0, 1) or type(row.final) is not int or not _number(row.tests, 0) or not _stored(row.seconds):
        return "a number of it is none"
    if not isinstance(row.status, str) or row.status not in tuple(RunStatus):
        return "its status is unknown"
    return "" if isinstance(row.body, bytes) and len(row.body) <= _BODY_BYTES else "its results are too large"


def _body(row: Row) -> str:
    run = unpack(row.body, most=_UNPACKED_BYTES)
    if not _sound(run):
        return "its results are not of the right kind"
    final = run.status in (RunStatus.COMPLETED, RunStatus.UNCOLLECTED)
    if (run.status.value, len(run.results), int(final)) != (row.status, row.tests, row.final):
        return "its results are not those that it tells of"
    return ""


def _sound(run: SuiteRun) -> bool:
    texts = all(
        isinstance(text, str)
        for r in run.results
        for text in (r.test.runner, r.test.file, r.test.suite, r.test.name, r.message)
    )
    numbers = all(_number(r.test.ordinal, 0) and _real(r.seconds) for r in run.results)
    code = run.exit_code is None or _number(run.exit_code, -_MOST)
    collected = run.collected is None or _number(run.collected, 0)
    return texts and numbers and code and collected and isinstance(run.tail, str) and _real(run.seconds)


def _checkpoint(checkpoint: Checkpoint) -> str:
    if not _number(checkpoint.pruned, 1):
        return "the number of entries that it stands for is none"
    if not _text(checkpoint.signer, SIGNER):
        return "who signed it is too long or no text"
    return ""


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _text(value: object, most: int) -> bool:
    """Return whether the database can hold ``value`` as a text, and as it is."""
    return isinstance(value, str) and len(value) <= most and not any("\ud800" <= c <= "\udfff" for c in value)


def _number(value: object, least: int) -> bool:
    return type(value) is int and least <= value <= _MOST


def _stored(value: object) -> bool:
    """Return whether the database can hold ``value`` as a time, and as it is: it knows no negative nought."""
    return type(value) is float and _real(value) and math.copysign(1, value) > 0


def _real(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and value >= 0  # type: ignore[arg-type, operator]
