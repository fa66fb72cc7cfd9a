"""Makes the repositories that ``real_merges`` runs on, from full clones of the projects.

    python -m quality.prepare_merges FILE.json --clones DIR --work DIR [--only SHA8,QUALITY]

(with ``tests`` on the path.)  ``--clones`` holds ``<owner>+<name>``, bare or not.  Each merge becomes a small
repository of four commits with the trees of base, ours, theirs and people's merge, and a virtual environment with the
packages that its tests need, which pip fetches.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from quality.prepared import SIDES, Entry, entries, git

PARENTS = {"base": (), "ours": ("base",), "theirs": ("base",), "human": ("ours", "theirs")}
IDENTITY = ("-c", "user.name=forkmerge", "-c", "user.email=forkmerge@example.invalid")


def repository(entry: Entry, clone: Path) -> None:
    """Make the repository of ``entry`` anew; ``clone`` holds its commits."""
    shutil.rmtree(entry.folder, ignore_errors=True)
    entry.repository.mkdir(parents=True)
    git(entry.repository, "init", "-q")
    made: dict[str, str] = {}
    for side in SIDES:
        url = clone.resolve().as_uri()
        git(entry.repository, "fetch", "-q", "--depth=1", "--no-tags", url, entry.commits[side])
        parents = [word for parent in PARENTS[side] for word in ("-p", made[parent])]
        command = [*IDENTITY, "commit-tree", "FETCH_HEAD^{tree}", *parents, "-m", side]
        made[side] = git(entry.repository, *command).decode().strip()
        git(entry.repository, "branch", "-f", side, made[side])
    (entry.repository / ".git" / "shallow").unlink(missing_ok=True)
    git(entry.repository, "checkout", "-qf", "ours")


def environment(entry: Entry) -> None:
    """Make the virtual environment of ``entry`` unless it is there with the same packages."""
    wanted = "\n".join(entry.requirements)
    done = entry.python / "prepared"
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(entry.python, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(entry.python)], check=True)
    pip = [str(entry.python / "bin" / "python"), "-m", "pip", "install", "-q", *entry.requirements]
    subprocess.run(pip, check=True, env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")})
    done.write_text(wanted, encoding="utf-8")


def main() -> int:
    """Prepare the merges that are asked for; return 1 if one could not be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the JSON file that lists the merges")
    parser.add_argument("--clones", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", default="", help="beginnings of merge ids, or qualities, with commas")
    given = parser.parse_args()
    failed = 0
    for entry in entries(given.file, given.work, [word for word in given.only.split(",") if word]):
        try:
            repository(entry, given.clones / entry.repo.replace("/", "+"))
            environment(entry)
            print(f"{entry.merge[:8]} {entry.repo}: {entry.repository}", flush=True)
        except subprocess.CalledProcessError as error:
            failed = 1
            said = (error.stderr or b"").decode("utf-8", "replace").strip()
            print(f"{entry.merge[:8]} {entry.repo}: failed: {said or error}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
