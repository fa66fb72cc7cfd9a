"""Cuts the merges of repositories into cases for ``file_merges``: a folder for each file that both sides changed.

    python -m quality.mine_merges REPOSITORY... --out CASES [--most 200]

(with ``tests`` on the path.)  Only merge commits of two parents with one merge base count, and files that stand under
the same path in all four trees.  The kind is what ``git merge-file`` makes of a case: ``conflict``, ``clean`` (its
result is what people committed) or ``cleandiff`` (it is not).  The same four contents are written once.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from quality.prepared import blob, files, git

from forkmerge.git.linemerge import line_merge
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = ("base", "ours", "theirs", "expected")
MOST_BYTES = 1_000_000
BINARY_PROBE = 8000


def merges(repository: Path) -> Iterator[tuple[str, tuple[str, str, str, str]]]:
    """Yield merge commits, newest first, with the trees of base, ours, theirs and the merge itself."""
    listed = (
        git(repository, "rev-list", "--all", "--min-parents=2", "--max-parents=2", "--parents").decode().split("\n")
    )
    for merge, ours, theirs in (line.split() for line in listed if line):
        bases = git(repository, "merge-base", "--all", ours, theirs, fail=False).decode().split()
        if len(bases) == 1 and bases[0] not in (ours, theirs):
            yield merge, (bases[0], ours, theirs, merge)


def changed(repository: Path, commits: tuple[str, str, str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield path and blobs of the files that both sides changed, each in another way."""
    trees = [files(repository, commit) for commit in commits]
    for path in sorted(set.intersection(*map(set, trees))):
        blobs = tuple(tree[path] for tree in trees)
        if len(set(blobs[:3])) == 3:
            yield path, blobs


def write(repository: Path, out: Path, name: str, path: str, blobs: tuple[str, ...]) -> bool:
    """Write the case unless it is binary or too large; return whether it was written."""
    data = [blob(repository, oid) for oid in blobs]
    if any(b"\0" in each[:BINARY_PROBE] or len(each) > MOST_BYTES for each in data):
        return False
    merged, conflicts = line_merge(*data[:3])
    kind = "conflict" if conflicts else "clean" if merged == data[3] else "cleandiff"
    profile = for_path(path, data[3])
    ext = PurePosixPath(path).suffix
    lang = profile.name if profile else ext.removeprefix(".").lower() or "other"
    folder = out / lang / kind / f"{name}__{path.replace('/', '-')}"
    folder.mkdir(parents=True, exist_ok=True)
    for version, each in zip(VERSIONS, data, strict=True):
        folder.joinpath(version + ext).write_bytes(each)
    meta = {"path": path, "lang": lang, "kind": kind, "ext": ext}
    folder.joinpath("meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    return True


def mine(repository: Path, out: Path, most: int) -> int:
    """Write at most ``most`` cases of one repository; return their number."""
    seen: set[tuple[str, ...]] = set()
    written = 0
    for merge, commits in merges(repository):
        for path, blobs in changed(repository, commits):
            if written >= most:
                return written
            if blobs not in seen:
                seen.add(blobs)
                name = f"{repository.resolve().name.removesuffix('.git')}__{merge[:8]}"
                written += write(repository, out, name, path, blobs)
    return written


def main() -> int:
    """Mine each repository and print how many cases it gave."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=200, help="cases of one repository")
    given = parser.parse_args()
    for repository in given.repositories:
        print(f"{repository.name}: {mine(repository, given.out, given.most)} cases", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
