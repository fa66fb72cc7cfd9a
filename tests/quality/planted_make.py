"""Makes planted collisions of one project: sites are tried in a seeded order until both sides and the merge behave.

A case is a base, the changer's branch and the user's, each with a test of its own and some harmless edits elsewhere.
It is kept if git merges it cleanly, the changer's suite passes what the base passes, either's own test passes on its
own branch, and on git's merge one of the own tests fails (a collision), or everything passes (a decoy).
"""

from __future__ import annotations

import ast
import os
import random
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality.planted_code import Program, boundaries, edited, replaced, returns
from quality.planted_kinds import KINDS
from quality.planted_sites import Answer, Site, ask, sites

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from quality.planted_plants import Plant
    from quality.planted_sites import Place

HARMLESS = 3
"""Edits on either side that have nothing to do with the collision."""
MOST_TRIED = 25
IDENTITY = ("-c", "user.name=forkmerge", "-c", "user.email=forkmerge@example.invalid")
_LABELS = ("outline", "summary", "preview", "digest", "overview", "extract")


@dataclass(frozen=True, slots=True)
class Case:
    """One planted collision or decoy; ``units`` of changer and user as (side, path, unit), ``own`` their own tests."""

    name: str
    project: str
    kind: str
    decoy: bool
    seed: int
    units: tuple[tuple[str, str, str], ...]
    own: tuple[str, str]
    failing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Own:
    """A side's own test: its name, what it asks after which setup, and what its side answers."""

    name: str
    setup: str
    expression: str
    answer: Answer


@dataclass(slots=True)
class Maker:
    """Makes the cases of ``place`` in ``repository``, a clone with a work tree at the commit."""

    place: Place
    repository: Path
    program: Program
    found: Sequence[Site]
    passing: frozenset[str]

    @classmethod
    def of(cls, place: Place, mirror: Path, repository: Path) -> Maker:
        """Return the maker for a project, cloning it, running its tests and tracing their calls."""
        if not repository.exists():
            _run(["git", "clone", "-q", "--shared", "--no-checkout", str(mirror), str(repository)])
        git(repository, "checkout", "-qf", "--detach", place.commit)
        git(repository, "clean", "-qfdx")
        names = git(repository, "ls-files", "*.py").splitlines()
        files = {n: (repository / n).read_bytes() for n in names if (repository / n).is_file()}
        made = cls(place, repository, Program(files, place.package), (), frozenset())
        made.found = sites(place, made.program, repository)
        made.passing = made.passed(place.command) & made.passed(place.command)  # some names tell the time
        return made

    def cases(self, kind: str, count: int, seed: int, *, decoy: bool) -> Iterator[Case]:
        """Yield up to ``count`` cases of a kind."""
        rng = random.Random(f"{self.place.name} {kind} {decoy} {seed}")
        order = rng.sample(self.found, len(self.found))
        used: set[tuple[str, str]] = set()
        tried = 0
        for number, site in enumerate(order):
            if len(used) >= count or tried >= MOST_TRIED:
                return
            plant = self._planted(kind, site, rng, decoy)
            if plant is None or (plant.path, plant.unit) in used:
                continue
            tried += 1
            case = self._made(plant, site, rng, f"{self.place.name}-{kind}{'-decoy' if decoy else ''}-{seed}-{number}")
            if case is not None:
                used.add((plant.path, plant.unit))
                yield case

    def passed(self, command: str) -> frozenset[str]:
        """Return the tests that pass on what stands in the work tree."""
        done = subprocess.run(
            ["bash", "-c", f"{command} -rA --tb=no"],
            cwd=self.repository,
            env=self.place.environment(self.repository),
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return frozenset(re.findall(r"^PASSED (.+)$", done.stdout, re.MULTILINE))

    def _planted(self, kind: str, site: Site, rng: random.Random, decoy: bool) -> Plant | None:
        try:
            return KINDS[kind](self.program, site, rng, decoy)
        except (ValueError, SyntaxError, KeyError, StopIteration):
            return None

    def _made(self, plant: Plant, site: Site, rng: random.Random, name: str) -> Case | None:
        """Return the case of a plant if it turns out as it is meant to."""
        user = self._user(plant, site, rng)
        if user is None:
            return None
        path, unit, files, asked = user
        changed = dict(plant.files)
        sides = [changed, files]
        for mine in sides:
            self._harmless(mine, {*changed, *files}, rng)
        if not all(_parses(data) for mine in sides for p, data in mine.items() if p.endswith(".py")):
            return None
        homes = [self._home(sides, number) for number in (0, 1)]
        own: list[_Own] = []
        for (where, top, expression), mine, home in zip((plant.changer, asked), sides, homes, strict=True):
            test = self._test(mine, home, self.place.module(where), top, expression, len(own))
            if test is None:
                return None
            own.append(test)
        trees = [self._tree(mine) for mine in sides]
        commits = [self._commit(tree, "base") for tree in trees]
        merged = git(self.repository, "merge-tree", "--write-tree", *commits, fail=False).strip()
        if not re.fullmatch("[0-9a-f]{40}", merged):
            return None
        failing = self._judged(plant.decoy, own, trees, merged)
        if failing is None:
            return None
        heads = ["ours", "theirs"] if rng.random() < 0.5 else ["theirs", "ours"]
        for side, commit in zip(heads, commits, strict=True):
            git(self.repository, "branch", "-f", f"{name}/{side}", commit)
        git(self.repository, "branch", "-f", f"{name}/merge", self._commit(merged, *commits))
        label = {"ours": "head", "theirs": "target"}
        units = ((label[heads[0]], plant.path, plant.unit), (label[heads[1]], path, unit))
        return Case(name, self.place.name, plant.kind, plant.decoy, 0, units, (own[0].name, own[1].name), failing)

    def _judged(self, decoy: bool, own: Sequence[_Own], trees: Sequence[str], merged: str) -> tuple[str, ...] | None:
        """Return the own tests that fail in the merge, None where the case is not what it is meant to be."""
        with _checked_out(self.repository, merged):
            answers = ask(self.place, self.repository, [(o.setup, o.expression) for o in own])
        failing = tuple(o.name for o, answer in zip(own, answers, strict=True) if answer != o.answer)
        if bool(failing) == decoy:
            return None
        for number, tree in enumerate((*trees, *((merged,) if decoy else ()))):
            wanted = self.passing | ({own[number].name} if number < len(own) else {o.name for o in own})
            command = self.place.command
            if number == 1 and not decoy:
                wanted, command = frozenset({own[1].name}), self.place.with_tests((own[1].name,))
            with _checked_out(self.repository, tree):
                if not wanted <= self.passed(command):
                    return None
        return failing

    def _user(
        self, plant: Plant, site: Site, rng: random.Random
    ) -> tuple[str, str, dict[str, bytes], tuple[str, str, str]] | None:
        """Return the file, unit and files of the user's edit, and what its own test asks."""
        if plant.user_files is not None and plant.user is not None:
            return plant.user_path, plant.user_unit, dict(plant.user_files), plant.user
        label = f"{rng.choice(_LABELS)}_of_{site.defined.short.strip('_').lower()}"
        expression = f"{label}()"
        if "{name}" in plant.body:
            label = f"Other{site.top}"
            text = plant.body.replace("{name}", label)
            wanted = set(plant.added.partition("=")[2].split("|") if "=" in plant.added else plant.added.split("|"))
            near = [s for s in self.found if s.defined.owner is site.defined.owner and s.defined.short in wanted]
            near = [s for s in near if s.answer.plain]
            if not near:
                return None
            chosen = rng.choice(near)
            expression = chosen.call(self.program).replace(f"{site.top}(", f"{label}(", 1)
        elif plant.body.startswith("try:"):
            text = f'def {label}():\n    """Return what can be had."""\n    {plant.body}\n'
        else:
            text = f'def {label}():\n    """Return what the usual gives."""\n    return {plant.body}\n'
        where = rng.choice(("same", "new", "other"))
        folder, _, file = plant.path.rpartition("/")
        needed = f"from .{file.removesuffix('.py')} import {', '.join(plant.needs)}\n"
        near_by = [p for p in self.program.code() if p.rpartition("/")[0] == folder and p != plant.path]
        if file == "__init__.py":
            where = "same"
        if where == "other" and near_by and text.startswith("def"):
            path = rng.choice(near_by)
            head, _, rest = text.partition('"""\n')
            text = f'{head}"""\n    {needed}\n{rest}'
        elif where == "new" or (where == "other" and not text.startswith("def")):
            path = f"{folder}/{label.lower()}.py"
            return path, label, {path: f"{needed}\n\n{text}".encode()}, (path, label, expression)
        else:
            path = plant.path
        spots = boundaries(self.program, path)
        if not spots:
            return None
        at = rng.choice(spots)
        data = replaced(self.program.files[path], [(at, at, f"\n\n{text}".encode())])
        return path, label, {path: data}, (path, label, expression)

    def _harmless(self, mine: dict[str, bytes], taken: set[str], rng: random.Random) -> None:
        """Add edits to ``mine`` that change no behaviour, in files that nobody else edits."""
        defined = [d for d in self.program.functions() if d.path not in taken and d.node.body]
        for one in rng.sample(defined, min(len(defined), 40)):
            found = returns(one.node)
            if not found or one.path in taken:
                continue
            statement = found[-1]
            value = statement.value
            assert value is not None
            start, end = self.program.span(one.path, statement)
            blanks = self.program.files[one.path][self.program.at(one.path, statement.lineno, 0) : start]
            if blanks.strip() or isinstance(value, ast.Constant):
                continue
            text = self.program.text(one.path, value)
            new = b"outcome = (" + text + b")\n" + blanks + b"return outcome"
            mine |= edited(self.program, [(one.path, (start, end, new))])
            taken.add(one.path)
            if sum(p not in self.program.files or p in taken for p in mine) >= HARMLESS + 1:
                return

    def _home(self, sides: Sequence[dict[str, bytes]], number: int) -> str:
        """Return the test file that gets a side's own test."""
        names: list[str] = []
        for told in self.place.tests:
            names += [told] if told.endswith(".py") else [p for p in sorted(self.program.files) if _in(p, told)]
        return names[number]

    def _test(
        self, mine: dict[str, bytes], home: str, module: str, top: str, expression: str, number: int
    ) -> _Own | None:
        """Add a side's own test to its files and return it, None where there is no plain answer to assert."""
        setup = f"from {module} import {top}"
        with _written(self.repository, mine):
            (answer,) = ask(self.place, self.repository, [(setup, expression)])
        if answer.kind == "value" and answer.plain:
            check = f"assert ({expression}) == {answer.text}" if " and " in expression else ""
            check = check or f"assert {expression} == {answer.text}"
        elif answer.kind == "raises" and answer.type == "builtins":
            check = f"with pytest.raises({answer.text}):\n        {expression}"
        else:
            return None
        if answer.text == "False" and "len(set(" in expression:
            return None
        name = f"test_{'changed' if number == 0 else 'added'}_{re.sub(r'[^a-z0-9]+', '_', top.lower()).strip('_')}"
        needs = "    import pytest\n\n" if "pytest.raises" in check else ""
        text = f"\n\ndef {name}():\n{needs}    from {module} import {top}\n\n    {check}\n"
        data = mine.get(home, self.program.files[home])
        mine[home] = data.rstrip(b"\n") + b"\n" + text.encode()
        return _Own(f"{home}::{name}", setup, expression, answer)

    def _tree(self, files: dict[str, bytes]) -> str:
        env = {"GIT_INDEX_FILE": str(self.repository.parent / f"{self.repository.name}.index")}
        git(self.repository, "read-tree", self.place.commit, env=env)
        for path, data in files.items():
            oid = git(self.repository, "hash-object", "-w", "--stdin", data=data).strip()
            git(self.repository, "update-index", "--add", "--cacheinfo", f"100644,{oid},{path}", env=env)
        return git(self.repository, "write-tree", env=env).strip()

    def _commit(self, tree: str, *parents: str) -> str:
        known = [self.place.commit if p == "base" else p for p in parents]
        words = [w for p in known for w in ("-p", p)]
        return git(self.repository, *IDENTITY, "commit-tree", tree, *words, "-m", "planted").strip()


def git(
    repository: Path, *arguments: str, env: dict[str, str] | None = None, data: bytes = b"", fail: bool = True
) -> str:
    """Return what git prints; raises CalledProcessError when it fails, unless ``fail`` is off."""
    known = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | (env or {})
    done = subprocess.run(["git", "-C", repository, *arguments], env=known, check=fail, capture_output=True, input=data)
    return done.stdout.decode("utf-8", "surrogateescape")


class _written:  # noqa: N801 - a context
    """Files that stand in the work tree for a while."""

    def __init__(self, repository: Path, files: dict[str, bytes]) -> None:
        self.repository = repository
        self.files = files
        self.before: dict[str, bytes | None] = {}

    def __enter__(self) -> None:
        for path, data in self.files.items():
            file = self.repository / path
            self.before[path] = file.read_bytes() if file.exists() else None
            file.write_bytes(data)

    def __exit__(self, *_: object) -> None:
        for path, data in self.before.items():
            file = self.repository / path
            if data is None:
                file.unlink()
            else:
                file.write_bytes(data)


def _checked_out(repository: Path, tree: str) -> _written:
    """Return the context in which what ``tree`` changes stands in the work tree (nothing is ever removed)."""
    names = git(repository, "diff-tree", "-r", "-z", "--name-only", "HEAD", tree).split("\0")
    files = {}
    for name in filter(None, names):
        shown = subprocess.run(["git", "-C", repository, "show", f"{tree}:{name}"], check=True, capture_output=True)
        files[name] = shown.stdout
    return _written(repository, files)


def _in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") and path.rpartition("/")[2].startswith("test_")


def _parses(data: bytes) -> bool:
    try:
        ast.parse(data)
    except (SyntaxError, ValueError):
        return False
    return True


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def cleared(repository: Path) -> None:
    """Remove a repository of cases."""
    shutil.rmtree(repository, ignore_errors=True)
