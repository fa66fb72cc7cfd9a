"""Repositories for merge tests: a base, our branch ``main`` (checked out) and their branch ``theirs``."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - the field of a dataclass

Files = dict[str, "bytes | str | None"]


@dataclass(frozen=True)
class Done:
    code: int
    out: bytes
    err: bytes


@dataclass(frozen=True)
class Scene:
    """A repository with a work tree."""

    folder: Path

    def run(self, *args: str | bytes, stdin: bytes | None = None, cwd: str = "", **env: str) -> Done:
        done = subprocess.run(
            ["git", *args],
            cwd=self.folder / cwd,
            input=stdin,
            capture_output=True,
            env={**os.environ, **env},
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def git(self, *args: str | bytes, **more: str) -> str:
        done = self.run(*args, **more)
        if done.code:
            raise AssertionError((args, done.out, done.err))
        return done.out.decode("utf-8", "surrogateescape").strip()

    def write(self, files: Files) -> None:
        for name, content in files.items():
            place = self.folder / name
            if place.is_symlink() or (content is None and place.is_file()):
                place.unlink()
            if content is None:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Files, message: str = "change") -> str:
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def fork(self, base: Files, ours: Files, theirs: Files) -> Scene:
        """Commit the base and both sides; a None deletes a file."""
        self.commit(base, "base")
        self.git("switch", "-q", "-c", "theirs")
        self.commit(theirs, "theirs")
        self.git("switch", "-q", "main")
        self.commit(ours, "ours")
        return self

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def copy(self, to: Path) -> Scene:
        shutil.copytree(self.folder, to, symlinks=True)
        made = Scene(to)
        made.run("update-index", "-q", "--refresh")
        return made

    def state(self) -> dict[str, object]:
        """Return all that git and the work tree say: what a merge may have changed."""
        notes = ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "ORIG_HEAD")
        return {
            "index": self.git("ls-files", "--stage"),
            "status": self.git("status", "--porcelain=v2", "--untracked-files=all"),
            "head": self.git("rev-parse", "HEAD^{tree}"),
            "parents": self.git("log", "-1", "--format=%P%n%B"),
            "notes": {n: (self.folder / ".git" / n).read_bytes() for n in notes if (self.folder / ".git" / n).exists()},
            "files": self.files(),
        }

    def files(self) -> dict[str, tuple[str, bytes]]:
        found = {}
        for place in sorted(self.folder.rglob("*")):
            inside = place.relative_to(self.folder)
            if inside.parts[0] == ".git":
                continue
            if place.is_symlink():
                found[inside.as_posix()] = ("link", os.fsencode(place.readlink()))
            elif place.is_file():
                kind = "program" if os.access(place, os.X_OK) else "file"
                found[inside.as_posix()] = (kind, place.read_bytes())
        return found


LINES = "".join(f"line {n}\n" for n in range(1, 13))


def _text(scene: Scene) -> None:
    scene.fork({"t": LINES}, {"t": LINES.replace("5", "five")}, {"t": LINES.replace("5", "V")})


def _clean(scene: Scene) -> None:
    scene.fork({"t": LINES, "gone": "x\n"}, {"t": "0\n" + LINES}, {"t": LINES + "13\n", "gone": None, "d/new": "n\n"})


def _renamed(scene: Scene) -> None:
    scene.fork({"t": LINES}, {"t": None, "moved": LINES}, {"t": LINES.replace("5", "V")})


def _renamed_in_conflict(scene: Scene) -> None:
    scene.fork({"t": LINES}, {"t": None, "m": LINES.replace("5", "five")}, {"t": LINES.replace("5", "V")})


def _directory_renamed(scene: Scene) -> None:
    base = {f"old/{n}": LINES + n for n in "abc"}
    ours: Files = {**dict.fromkeys(base), **{f"new/{n}": LINES + n for n in "abc"}}
    scene.fork(dict(base), ours, {"old/d": "added\n" + LINES, "old/a": "0\n" + LINES + "a"})


def _renamed_twice(scene: Scene) -> None:
    scene.fork({"t": LINES}, {"t": None, "a": LINES}, {"t": None, "b": LINES})


def _two_renamed_to_one(scene: Scene) -> None:
    other = LINES.replace("line", "row")
    scene.fork({"a": LINES, "b": other}, {"a": None, "c": LINES}, {"b": None, "c": other})


def _renamed_and_deleted(scene: Scene) -> None:
    scene.fork({"t": LINES}, {"t": None, "a": LINES}, {"t": None})


def _added_twice(scene: Scene) -> None:
    scene.fork({"x": "x\n"}, {"a.py": "import os\n\n\nx = 1\n"}, {"a.py": "import re\n\n\nx = 2\n"})


def _deleted_and_changed(scene: Scene) -> None:
    scene.fork({"t": LINES, "u": LINES}, {"t": None, "u": LINES + "more\n"}, {"t": LINES + "more\n", "u": None})


def _file_and_folder(scene: Scene) -> None:
    scene.fork({"x": "x\n"}, {"p": "a file\n"}, {"p/q": "in a folder\n"})


def _links(scene: Scene) -> None:
    scene.commit({"x": "x\n", "f": LINES})
    (scene.folder / "l").symlink_to("x")
    scene.commit({})
    scene.git("switch", "-q", "-c", "theirs")
    (scene.folder / "l").unlink()
    (scene.folder / "l").symlink_to("theirs")
    scene.commit({"f": LINES + "more\n"})
    scene.git("switch", "-q", "main")
    (scene.folder / "l").unlink()
    (scene.folder / "l").symlink_to("ours")
    (scene.folder / "f").unlink()
    (scene.folder / "f").symlink_to("x")
    scene.commit({})


def _modes(scene: Scene) -> None:
    scene.commit({"a": LINES, "b": LINES, "c": LINES})
    scene.git("switch", "-q", "-c", "theirs")
    (scene.folder / "a").chmod(0o755)
    scene.commit({"b": LINES.replace("5", "V")})
    (scene.folder / "c").chmod(0o755)
    scene.commit({})
    scene.git("switch", "-q", "main")
    scene.write({"a": LINES.replace("5", "five"), "b": LINES.replace("5", "five")})
    (scene.folder / "c").chmod(0o755)
    scene.commit({})


def _submodules(scene: Scene) -> None:
    other = Scene(scene.folder.parent / "other")
    other.folder.mkdir()
    other.git("init", "-q")
    commits = [other.commit({"x": str(n)}) for n in range(2)]
    other.git("switch", "-q", "-c", "side", commits[0])
    commits.append(other.commit({"y": "y"}))
    scene.git("submodule", "--quiet", "add", str(other.folder), "sub")
    scene.git("-C", "sub", "checkout", "-q", commits[0])
    scene.commit({"t": LINES})
    scene.git("switch", "-q", "-c", "theirs")
    scene.git("-C", "sub", "checkout", "-q", commits[1])
    scene.commit({"t": LINES + "theirs\n"})
    scene.git("switch", "-q", "main")
    scene.git("-C", "sub", "checkout", "-q", commits[2])
    scene.commit({"t": "ours\n" + LINES})


def _binary(scene: Scene) -> None:
    scene.fork({"b": b"\0base"}, {"b": b"\0ours"}, {"b": b"\0theirs"})


def _criss_cross(scene: Scene) -> None:
    scene.fork({"t": LINES}, {"t": LINES.replace("5", "five")}, {"t": LINES.replace("5", "V")})
    ours, theirs = scene.git("rev-parse", "main", "theirs").split()
    for branch, other in (("main", theirs), ("theirs", ours)):
        scene.git("switch", "-q", branch)
        scene.run("merge", "-q", other)
        scene.commit({"t": LINES.replace("5", f"both on {branch}")}, "merged")
    scene.git("switch", "-q", "main")


def _unrelated(scene: Scene) -> None:
    scene.commit({"a": "a\n", "t": LINES})
    scene.git("switch", "-q", "--orphan", "theirs")
    scene.commit({"b": "b\n", "t": LINES.replace("5", "V")})
    scene.git("switch", "-q", "main")


def _line_ends(scene: Scene) -> None:
    crlf = LINES.replace("\n", "\r\n")
    scene.fork({"t": crlf}, {"t": crlf.replace("5", "five")}, {"t": crlf.replace("5", "V").removesuffix("\r\n")})


def _odd_names(scene: Scene) -> None:
    names = ["a b", 'q"uote', "tab\there", "naïve", "sub dir/ü\\x"]
    scene.fork(
        dict.fromkeys(names, LINES),
        dict.fromkeys(names, LINES.replace("5", "five")),
        dict.fromkeys(names, LINES.replace("5", "V")),
    )


def _attributes(scene: Scene) -> None:
    given = "union merge=union\nours -merge\nlong conflict-marker-size=12\nown merge=mine\n"
    names = ("union", "ours", "long", "own")
    scene.fork(
        {".gitattributes": given, **dict.fromkeys(names, LINES)},
        dict.fromkeys(names, LINES.replace("5", "five")),
        dict.fromkeys(names, LINES.replace("5", "V")),
    )


def _bases_shown(scene: Scene) -> None:
    scene.git("config", "merge.conflictStyle", "zdiff3")
    _text(scene)


SCENES = {
    "text": _text, "clean": _clean, "renamed": _renamed, "renamed-in-conflict": _renamed_in_conflict,
    "directory-renamed": _directory_renamed, "renamed-twice": _renamed_twice, "two-renamed-to-one": _two_renamed_to_one,
    "renamed-and-deleted": _renamed_and_deleted, "added-twice": _added_twice,
    "deleted-and-changed": _deleted_and_changed, "file-and-folder": _file_and_folder, "links": _links, "modes": _modes,
    "submodules": _submodules, "binary": _binary, "criss-cross": _criss_cross, "unrelated": _unrelated,
    "line-ends": _line_ends, "odd-names": _odd_names, "attributes": _attributes, "bases-shown": _bases_shown,
}  # fmt: skip
"""Name -> what makes a merge that is awkward in one way."""
