"""A run as a small blob: zlib over JSON rows that share a table of strings; 5,000 tests take some tens of kilobytes.

Invariant: ``unpack(pack(run)) == run`` but for times, which are kept to a tenth of a millisecond.
"""

from __future__ import annotations

import json
import zlib

from forkmerge.model.outcome import RunStatus, Status, SuiteRun, TestId, TestResult
from forkmerge.model.reach import Reach

_VERSION = 1
_REACH = 2
"""The version of a record that also holds what the tests touched."""

_MAX_BYTES = 512 * 1024 * 1024


def pack(run: SuiteRun) -> bytes:
    """Return the run as bytes."""
    words: dict[str, int] = {}

    def word(text: str) -> int:
        return words.setdefault(text, len(words))

    rows = [
        [
            *(word(text) for text in (r.test.runner, r.test.file, r.test.suite, r.test.name, r.status.value)),
            r.test.ordinal,
            round(r.seconds * 10_000),
            word(r.message),
        ]
        for r in run.results
    ]
    head = [
        _VERSION if run.reach is None else _REACH,
        run.status.value,
        run.exit_code,
        run.seconds,
        run.tail,
        run.collected,
        *([run.machine] if run.machine else []),
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]  # alike beside alike packs better
    document: list[object] = [head, list(words), columns]
    if run.reach is not None:
        places = [[word(path), word(name)] for path, name in run.reach.places]
        masks = [
            [*(word(text) for text in (t.runner, t.file, t.suite, t.name)), t.ordinal, word(f"{mask:x}")]
            for t, mask in run.reach.tests.items()
        ]
        document = [head, list(words), columns, places, masks]
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode("ascii"), 6)


def unpack(blob: bytes, *, most: int = _MAX_BYTES) -> SuiteRun:
    """Return the run that ``blob`` holds; ValueError if damaged, unknown, or of more than ``most`` bytes."""
    try:
        stream = zlib.decompressobj()
        data = stream.decompress(blob, most)
        (version, status, exit_code, seconds, tail, collected, *other), words, columns, *touched = json.loads(data)
        if stream.unconsumed_tail or stream.unused_data:
            raise ValueError("more than it may hold")
        if version not in (_VERSION, _REACH):
            raise ValueError(f"unknown version {version!r}")
        results = tuple(
            TestResult(
                TestId(words[runner], words[file], words[suite], words[name], ordinal),
                Status(words[state]),
                time / 10_000,
                words[message],
            )
            for runner, file, suite, name, state, ordinal, time, message in zip(*columns, strict=True)
        )
        reach = None
        if touched:
            places, masks = touched
            reach = Reach(
                tuple((words[path], words[name]) for path, name in places),
                {
                    TestId(words[runner], words[file], words[suite], words[name], ordinal): int(words[mask], 16)
                    for runner, file, suite, name, ordinal, mask in masks
                },
            )
        machine = str(other[0]) if other else ""
        return SuiteRun(RunStatus(status), results, exit_code, seconds, tail, collected, reach, machine)
    except (zlib.error, TypeError, IndexError, KeyError, RecursionError) as error:
        raise ValueError(f"damaged record: {error}") from error
