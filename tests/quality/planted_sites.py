"""Where collisions can be planted: functions of a project that are called with plain values, and what they answer.

The project's own tests run once under ``planted_trace``; the calls that they made are made again in the same
environment, each by itself, and those count that answer plainly, or with an exception, the same twice.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quality.planted_trace import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quality.planted_code import Defined, Program

_ASK = """
import json, os, sys
asked = json.load(sys.stdin)
told = os.fdopen(os.dup(1), "w")
sys.stdout = sys.stderr = open(os.devnull, "w")
out = []
for setup, expression in asked:
    answers = []
    for _ in range(2):
        scope = {}
        try:
            exec(setup, scope)
            value = eval(expression, scope)
            answers.append(["value", repr(value), type(value).__name__])
        except BaseException as error:
            answers.append(["raises", type(error).__name__, type(error).__module__])
    out.append(answers[0] if answers[0] == answers[1] else ["differs", "", ""])
json.dump(out, told)
told.close()
os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A project: its clone, commit, package folder (``src/click``), root on the path, environment and tests."""

    name: str
    mirror: str
    commit: str
    package: str
    root: str
    python: Path
    tests: tuple[str, ...]

    @property
    def command(self) -> str:
        """Return the command that runs the tests."""
        return self.with_tests(self.tests)

    def with_tests(self, tests: Sequence[str]) -> str:
        """Return the command that runs some tests."""
        return f"python -m pytest -q --no-header -W default -p no:cacheprovider {' '.join(tests)}"

    def environment(self, tree: Path) -> dict[str, str]:
        """Return the environment in which a checkout at ``tree`` runs."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GIT_", "PYTEST", "FORKMERGE_"))}
        env["PATH"] = os.pathsep.join([str(self.python / "bin"), env.get("PATH", os.defpath)])
        env["PYTHONPATH"] = os.path.normpath(tree / self.root)
        env |= {"VIRTUAL_ENV": str(self.python), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        return {**env, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "SETUPTOOLS_SCM_PRETEND_VERSION": "99.0"}

    def module(self, path: str) -> str:
        """Return the dotted name of the module at ``path``."""
        inner = path.removeprefix(f"{self.root}/") if self.root != "." else path
        return inner.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expression gave: ``kind`` is ``value`` (then ``text`` is its repr), ``raises`` (its name) or other."""

    kind: str
    text: str
    type: str

    @property
    def plain(self) -> bool:
        """Return whether it is a value that a test can write down."""
        if self.kind != "value":
            return False
        try:
            return plain(ast.literal_eval(self.text)) == self.text
        except (ValueError, SyntaxError):
            return False


@dataclass(frozen=True, slots=True)
class Site:
    """A function and one call of it: arguments by name as text, those that make its object, and the answer."""

    defined: Defined
    args: Mapping[str, str]
    init: Mapping[str, str] | None
    answer: Answer

    def call(self, program: Program, *, name: str = "", leave: Sequence[str] = (), more: str = "") -> str:
        """Return the call as an expression; ``name`` in place of the function's, ``leave`` out, ``more`` arguments."""
        inner = arguments(self.defined.node, self.args, leave, bound=self.defined.owner is not None)
        inner = ", ".join(part for part in (inner, more) if part)
        if self.defined.owner is None:
            return f"{name or self.defined.short}({inner})"
        return f"{self.made(program)}.{name or self.defined.short}({inner})"

    def made(self, program: Program) -> str:
        """Return the expression that makes the object."""
        owner = self.defined.owner
        if owner is None:
            return ""
        return f"{owner.name}({initial(program, owner, self.init or {})})"

    @property
    def top(self) -> str:
        """Return the name that is imported from the module to make the call."""
        return self.defined.owner.name if self.defined.owner is not None else self.defined.short


def initial(program: Program, owner: ast.ClassDef, args: Mapping[str, str]) -> str:
    """Return the arguments that make an object of a class."""
    init = next((n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if init is None:
        return ", ".join(f"{k}={v}" for k, v in args.items())
    return arguments(init, args, (), bound=True)


def arguments(node: ast.FunctionDef, args: Mapping[str, str], leave: Sequence[str], *, bound: bool) -> str:
    """Return the arguments of a call as people write them: what is the default is left out."""
    positional = [*node.args.posonlyargs, *node.args.args][int(bound) :]
    defaults: dict[str, str] = {}
    for arg, default in zip(reversed(positional), reversed(node.args.defaults), strict=False):
        defaults[arg.arg] = ast.unparse(default)
    for arg, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if value is not None:
            defaults[arg.arg] = ast.unparse(value)
    only = {a.arg for a in node.args.posonlyargs}
    out, skipped = [], False
    for arg in positional:
        value = args.get(arg.arg)
        if value is None or arg.arg in leave or (value == defaults.get(arg.arg) and arg.arg not in only):
            skipped = True
        else:
            out.append(f"{arg.arg}={value}" if skipped and arg.arg not in only else value)
    for arg in node.args.kwonlyargs:
        value = args.get(arg.arg)
        if value is not None and arg.arg not in leave and value != defaults.get(arg.arg):
            out.append(f"{arg.arg}={value}")
    return ", ".join(out)


def ask(place: Place, tree: Path, expressions: Sequence[tuple[str, str]], seconds: float = 60) -> list[Answer]:
    """Return what each expression gives after its setup, in a fresh process on a checkout; none where it fails."""
    done = subprocess.run(
        [str(place.python / "bin" / "python"), "-c", _ASK],
        input=json.dumps(list(expressions)),
        cwd=tree,
        env=place.environment(tree),
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    try:
        return [Answer(*row) for row in json.loads(done.stdout[done.stdout.index("[[") :])]
    except ValueError:
        return [Answer("failed", done.stderr[-300:], "")] * len(expressions)


def sites(place: Place, program: Program, tree: Path) -> list[Site]:
    """Return the sites of a project whose checkout is at ``tree``, in the order of its files."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "calls.json")
        env = place.environment(tree) | {"PLANTED_ROOT": str(tree / place.package) + "/", "PLANTED_OUT": str(out)}
        env["PYTHONPATH"] += os.pathsep + str(Path(__file__).parent)
        command = f"{place.command} -p planted_trace"
        subprocess.run(["bash", "-c", command], cwd=tree, env=env, check=False, capture_output=True, timeout=900)
        rows = json.loads(out.read_text(encoding="utf-8"))
    known = {(str(tree / d.path), d.name): d for d in program.functions()}
    found = []
    for row in rows:
        defined = known.get((row["file"], row["name"]))
        if (defined is not None and not defined.short.startswith("__")) or (defined and defined.short == "__init__"):
            found += [Site(defined, c["args"], c["init"], Answer("", "", "")) for c in row["calls"]]
    asked = [(setup(place, s), s.call(program) if s.defined.short != "__init__" else _made(program, s)) for s in found]
    answers = ask(place, tree, asked, 600)
    done = [Site(s.defined, s.args, s.init, a) for s, a in zip(found, answers, strict=True)]
    done.sort(key=lambda s: (s.defined.path, s.defined.node.lineno, sorted(s.args.items())))
    return [s for s in done if s.answer.kind in ("value", "raises")]


def setup(place: Place, site: Site) -> str:
    """Return the import that a call of the site needs."""
    return f"from {place.module(site.defined.path)} import {site.top}"


def _made(program: Program, site: Site) -> str:
    owner = site.defined.owner
    return f"{owner.name}({initial(program, owner, site.args)}) and None" if owner is not None else "None"
