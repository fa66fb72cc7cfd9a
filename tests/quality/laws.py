"""The laws of the file merge, on as many generated edits as wanted, and on files of real merges.

    python -m quality.laws --examples 100000 [--shard 1/5] [--lang python,go]
    python -m quality.laws CASES [--shard 1/5] [--kind conflict] [--lang python] [--sample 500]

(with ``tests`` on the path.)  The first draws edits of programs and of fixture files with Hypothesis; the second takes
the files of real merges (docs/how-to/measure-on-real-merges.md), and a second process, in which strings hash
otherwise, merges them too, to the same bytes.  An example is a scenario that is put to all laws of ``support.laws``.
The shards of one number of examples, or of one corpus, share nothing and make up the whole.  What breaks a law is
listed, with what makes it again (``--again programs:go:17``); the command ends with 1 then.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from quality.file_merges import Case, load
from support import edited_files, programs
from support.laws import LOOK, broken, line_merge, merge, one_side_changes_nothing

from forkmerge.merge.markers import render

if TYPE_CHECKING:
    from collections.abc import Iterator

Source: TypeAlias = tuple[str, str]
SOURCES: tuple[Source, ...] = (
    *(("programs", language) for language in programs.PATHS),
    *(("files", language) for language in edited_files.LANGUAGES),
)
PROGRAMS = 0.75
"""The share of the examples that are edits of programs; the other languages have few fixtures each."""


class Tally:
    """Counts of examples by source and outcome, and what broke a law."""

    def __init__(self) -> None:
        self.rows: dict[str, Counter[str]] = {}
        self.broken: list[str] = []

    def add(
        self, row: str, name: str, path: str, three: tuple[bytes, bytes, bytes], more: tuple[str, ...] = ()
    ) -> None:
        """Put one scenario to all laws."""
        laws = (*broken(path, *three), *more)
        try:
            found = merge(path, *three)
            outcome = "git" if found.git_clean and found.clean else "solved" if found.clean else "conflict"
        except Exception:  # noqa: BLE001 - ``broken`` has named it
            outcome = "crash"
        self.rows.setdefault(row, Counter()).update((outcome,))
        for law in laws:
            self.broken.append(f"{name} {law}")
            print(f"BROKEN {name} {law}", flush=True)

    def table(self) -> str:
        """Return the counts as a table."""
        head = ("", "examples", "git", "solved", "conflict", "crash")
        rows = [(name, counts.total(), *(counts[w] for w in head[2:])) for name, counts in sorted(self.rows.items())]
        sums = [sum(column) for column in list(zip(*rows, strict=True))[1:]] if rows else [0] * 5
        lines = [f"{a:<24}" + "".join(f"{x:>10}" for x in rest) for a, *rest in (head, *rows, ("all", *sums))]
        return "\n".join((*lines, f"{sums[0]} examples, {len(self.broken)} laws broken"))


def scenario(source: Source, number: int) -> tuple[str, bytes, bytes, bytes]:
    """Return path, base, ours and theirs."""
    kind, language = source
    if kind == "files":
        return edited_files.versions(language, number)
    return programs.PATHS[language], *programs.versions(language, number)


def generated(examples: int, shard: int, shards: int, languages: set[str]) -> Tally:
    """Return what came of the shard's part of ``examples``, each source's share of them drawn by Hypothesis."""
    tally = Tally()
    sources = [s for s in SOURCES if not languages or s[1] in languages]
    for source in sources:
        kind = [s for s in sources if s[0] == source[0]]
        whole = len(kind) == len(sources)
        share = 1.0 if whole else PROGRAMS if source[0] == "programs" else 1 - PROGRAMS
        count = _part(round(examples * share), kind.index(source), len(kind))
        count = _part(count, (shard - 1 + kind.index(source)) % shards, shards)
        if count:
            print(f"{time.strftime('%H:%M:%S')} {count} of {' '.join(source)}", flush=True)
            _draw(tally, source, count, shard)
    return tally


def _part(count: int, index: int, parts: int) -> int:
    return count * (index + 1) // parts - count * index // parts


def _draw(tally: Tally, source: Source, count: int, shard: int) -> None:
    row = " ".join(source)

    @seed(f"{shard} {row}")
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(number=st.integers(0, 2**48))
    def run(number: int) -> None:
        path, *three = scenario(source, number)
        base, ours, theirs = three
        tally.add(row, f"{':'.join(source)}:{number}", path, (base, ours, theirs))

    run()


def digest(case: Case) -> str:
    """Return a hash of all that the merge of a case says."""
    three = tuple(case.read(version) for version in ("base", "ours", "theirs"))
    found = merge(case.path, *three)
    text, conflicts = render(found, line_merge, versions=three, **LOOK)
    said = repr((conflicts, [(h.rule, h.reason, h.merged) for h in found.hunks], found.findings))
    return hashlib.sha256(text + said.encode()).hexdigest()


def real(cases: list[Case], corpus: Path) -> Tally:
    """Return what came of the cases: all laws on base, ours and theirs, identity on each two of their versions."""
    tally = Tally()
    with _other(corpus) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        for number, case in enumerate(cases):
            other.stdin.write(case.folder.relative_to(corpus).as_posix() + "\n")
            other.stdin.flush()
            base, ours, theirs, people = (case.read(v) for v in ("base", "ours", "theirs", "expected"))
            more = []
            for three in combinations((base, ours, theirs, people), 3):
                try:
                    one_side_changes_nothing(case.path, *three)
                except AssertionError as error:
                    more.append(f"one_side_changes_nothing: {error}")
            if other.stdout.readline().strip() != digest(case):
                more.append("another process merges it otherwise")
            tally.add(f"{case.lang} {case.kind}", case.name, case.path, (base, ours, theirs), tuple(more))
            if not number % 200:
                print(f"{time.strftime('%H:%M:%S')} {number} of {len(cases)}", flush=True)
        other.stdin.close()
    return tally


def _other(corpus: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONHASHSEED": str(random.SystemRandom().randrange(1, 2**32))}
    command = [sys.executable, "-m", "quality.laws", "--serve", str(corpus)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)


def _serve(corpus: Path) -> Iterator[str]:
    """Yield the hash of each case that is named on stdin."""
    known = {case.folder: case for case in load(corpus, set(), set())}
    for line in iter(sys.stdin.readline, ""):
        yield digest(known[corpus / line.strip()])


def _words(text: str) -> set[str]:
    return set(filter(None, text.split(",")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", type=Path)
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--shard", default="1/1", metavar="K/N")
    parser.add_argument("--lang", default="")
    parser.add_argument("--kind", default="")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--again", default="", metavar="SOURCE:LANGUAGE:NUMBER")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given_ = parser.parse_args()
    if given_.serve:
        for said in _serve(given_.cases):
            print(said, flush=True)
        return 0
    if given_.again:
        kind, language, number = given_.again.split(":")
        path, *texts = scenario((kind, language), int(number))
        for name, text in zip(("base", "ours", "theirs"), texts, strict=True):
            Path(f"{name}{Path(path).suffix}").write_bytes(text)
        print("\n".join(broken(path, *texts)))
        return 0
    shard, shards = map(int, given_.shard.split("/"))
    start = time.monotonic()
    if given_.cases is None:
        tally = generated(given_.examples, shard, shards, _words(given_.lang))
    else:
        cases = load(given_.cases, _words(given_.kind), _words(given_.lang))
        random.Random(0).shuffle(cases)
        cases = cases[: given_.sample or None]
        tally = real(cases[shard - 1 :: shards], given_.cases)
    print(tally.table())
    print(f"{time.monotonic() - start:.0f} s")
    return int(bool(tally.broken))


if __name__ == "__main__":
    sys.exit(main())
