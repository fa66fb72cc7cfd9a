"""Merges files of real three-way merges and compares the results with what people committed.

    python -m quality.file_merges CASES [--sample 1000] [--seed 1] [--kind conflict] [--lang python,go]
        [--tool forkmerge|git|mergiraf|'COMMAND with {base} {ours} {theirs} {out} {path}'] [--jobs 1] [--json OUT]
    python -m quality.file_merges --compare A.json B.json

(with ``tests`` on the path; see docs/how-to/measure-on-real-merges.md for the cases and the words of the table.)
The tool is run as users run it: a process for each file, in a folder with copies of the three versions.  ``git
merge-file`` runs on each case right after it, so that the columns stand beside each other and times can be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from quality.merge_tables import comparison, lists, table
from quality.sameness import markers, parses, sameness, strays

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file

COMMANDS = {
    "forkmerge": "{forkmerge} merge-file -p --path {path} {ours} {base} {theirs}",
    "git": "git merge-file -p -q {ours} {base} {theirs}",
    "mergiraf": "mergiraf merge {base} {ours} {theirs} -o {out} --path-name {path}",
}
MOST_CONFLICTS = 127
FELL_BACK = "the structured one failed"


@dataclass(frozen=True, slots=True)
class Case:
    """A folder with ``base``, ``ours``, ``theirs`` and ``expected`` of one file."""

    folder: Path
    name: str
    path: str
    ext: str
    lang: str
    kind: str

    def read(self, version: str) -> bytes:
        """Return the bytes of one version."""
        return self.folder.joinpath(version + self.ext).read_bytes()


@dataclass(frozen=True, slots=True)
class Result:
    """What the tool and git made of a case; ``hunks`` are the conflicts left, ``same`` that the bytes are git's.

    ``strays`` are definitions in scopes where neither side has them.
    """

    case: str
    lang: str
    kind: str
    verdict: str
    milliseconds: float
    hunks: int
    git_verdict: str
    git_milliseconds: float
    git_hunks: int
    same: bool
    note: str = ""
    strays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    code: int | None
    data: bytes
    said: str
    milliseconds: float


def load(corpus: Path, kinds: set[str], langs: set[str]) -> list[Case]:
    """Return the cases below ``corpus``, those of the wanted kinds and languages (no word: all), in order of names."""
    cases = []
    for meta in sorted(corpus.rglob("meta.json")):
        said = json.loads(meta.read_text(encoding="utf-8"))
        if (not kinds or said["kind"] in kinds) and (not langs or said["lang"] in langs):
            name = meta.parent.relative_to(corpus).as_posix()
            cases.append(Case(meta.parent, name, said["path"], said["ext"], said["lang"], said["kind"]))
    return cases


def measure(case: Case, command: str, *, timeout: float, scratch: Path) -> Result:
    """Return what ``command`` and git make of ``case``."""
    git = _run(COMMANDS["git"], case, timeout, scratch)
    mine = git if command == COMMANDS["git"] else _run(command, case, timeout, scratch)
    verdict = _verdict(case, mine)
    note = ""
    if verdict == "error" or FELL_BACK in mine.said:
        note = mine.said.strip()[-300:]
    elif case.kind == "clean" and mine.data != git.data:
        note = _reason(case)
    lost = verdict in ("order", "other") and strays(case.path, mine.data, [case.read("ours"), case.read("theirs")])
    return Result(
        case.name,
        case.lang,
        case.kind,
        verdict,
        mine.milliseconds,
        markers(mine.data),
        _verdict(case, git),
        git.milliseconds,
        markers(git.data),
        mine.data == git.data,
        note,
        lost or (),
    )


def _verdict(case: Case, answer: _Answer) -> str:
    if answer.code is None:
        return "timeout"
    if not 0 <= answer.code <= MOST_CONFLICTS:
        return "error"
    inputs = [case.read(version) for version in ("base", "ours", "theirs")]
    if answer.code:
        return "conflict"  # git tells their number, other tools 1
    marked = markers(answer.data) > max(map(markers, inputs))
    if marked or (parses(case.path, answer.data) is False and all(parses(case.path, i) for i in inputs)):
        return "invalid"
    return sameness(case.path, answer.data, case.read("expected"))


def _reason(case: Case) -> str:
    """Return why forkmerge does not take git's clean merge."""
    inputs = [case.read(version) for version in ("base", "ours", "theirs")]
    found = merge_file(case.path, *inputs, line_merge=line_merge)
    return "; ".join(f.message for f in found.findings) or "no reason"


def _run(command: str, case: Case, timeout: float, scratch: Path) -> _Answer:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        for version in ("base", "ours", "theirs"):
            shutil.copyfile(case.folder / (version + case.ext), Path(folder, version + case.ext))
        names = {version: version + case.ext for version in ("base", "ours", "theirs")}
        words = {**names, "out": "merged" + case.ext, "path": case.path, "forkmerge": _installed()}
        filled = [word.format(**words) for word in command.split()]
        start = time.perf_counter()
        try:
            done = subprocess.run(
                filled,
                check=False,
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            return _Answer(None, b"", "", timeout * 1000)
        spent = round((time.perf_counter() - start) * 1000, 1)
        out = Path(folder, words["out"])
        data = out.read_bytes() if out.exists() else done.stdout
        return _Answer(done.returncode, data, done.stderr.decode("utf-8", "replace"), spent)


def _environment() -> dict[str, str]:
    """Return the environment without what would lead Python or git elsewhere."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "GIT_", "FORKMERGE_"))}


def _installed() -> str:
    """Return the console command that belongs to this Python, else the one on PATH."""
    beside = Path(sys.executable).with_name("forkmerge")
    return str(beside) if beside.exists() else shutil.which("forkmerge") or "forkmerge"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", type=Path, help="the folder with the cases, at any depth")
    parser.add_argument("--sample", type=int, default=0, help="take so many by chance (0: all)")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--kind", default="", help="conflict, clean or cleandiff; several with commas")
    parser.add_argument("--lang", default="", help="languages with commas")
    parser.add_argument("--tool", default="forkmerge", help="forkmerge, git, mergiraf or a command")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=20, help="seconds for a file")
    parser.add_argument("--scratch", type=Path, help="where the copies are made")
    parser.add_argument("--no-times", action="store_true", help="leave the columns out that depend on the machine")
    parser.add_argument("--json", type=Path, help="write the results here")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A.json", "B.json"))
    return parser


def main() -> int:
    """Print the table and the lists; return 1 if a file was merged wrongly beyond doubt (invalid, error, timeout)."""
    parser = _arguments()
    given = parser.parse_args()
    if given.compare:
        print(comparison(*(json.loads(file.read_text(encoding="utf-8")) for file in given.compare)))
        return 0
    if given.cases is None:
        parser.error("name the folder with the cases, or --compare two results")
    kinds, langs = ({word for word in text.split(",") if word} for text in (given.kind, given.lang))
    cases = load(given.cases, kinds, langs)
    if given.sample and given.sample < len(cases):
        cases = random.Random(given.seed).sample(cases, given.sample)
    command = COMMANDS.get(given.tool, given.tool)
    with ThreadPoolExecutor(given.jobs) as pool:
        found = pool.map(lambda c: measure(c, command, timeout=given.timeout, scratch=given.scratch), cases)
        results = [asdict(result) for result in found]
    if given.json:
        document = {"tool": given.tool, "seed": given.seed, "results": results}
        given.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(table(results, times=not given.no_times))
    print(lists(results))
    return int(any(r["verdict"] in ("invalid", "error", "timeout") for r in results))


if __name__ == "__main__":
    sys.exit(main())
