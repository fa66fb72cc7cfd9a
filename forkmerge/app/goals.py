"""Goal tests: which tests of upstream are meant, where their definitions stand, and which commits made them.

A test comes along with what it uses of its own file (helpers, fixtures, lists of cases), by the names that it mentions.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from forkmerge.app.duties import with_uses
from forkmerge.app.testpaths import tests_of
from forkmerge.errors import ForkmergeError, UsageError
from forkmerge.model.span import Span
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forkmerge.git.repository import Repository
    from forkmerge.model.outcome import SuiteRun, TestId
    from forkmerge.model.source import Tree

Scope = tuple[str, ...]
_MOST_COMMITS = 300
"""How many commits that touched a test file are looked at for the one that made a test what it is."""


def named(names: Sequence[str], run: SuiteRun) -> tuple[TestId, ...]:
    """Return the tests of ``run`` that ``names`` mean; raise UsageError, with what is near, for one that means none.

    A name is that of a test with or without its parameters, of a class or file with all that is in it, the last part
    of any of these where it begins with no folder, or a pattern with ``*``.
    """
    tests = [r.test for r in run.results]
    found: dict[TestId, None] = {}
    for name in names:
        meant = [t for t in tests if _means(name, t)]
        if not meant:
            raise _unknown(name, tests)
        found |= dict.fromkeys(meant)
    return tuple(found)


def refuse_missing(names: Sequence[str], tree: Tree) -> None:
    """Raise UsageError for a name whose file is not in ``tree``, before anything is run."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for the hint

    for name in names:
        path = name.partition("::")[0]
        if "/" in path and "*" not in path and path not in tree:
            near = get_close_matches(path, list(tree), n=1)
            raise UsageError(f"upstream has no file {path}", hint=f"did you mean {near[0]}?" if near else "")


def _means(name: str, test: TestId) -> bool:
    whole = str(test)
    plain = whole.split("[", 1)[0]
    last = test.name.split("[", 1)[0]
    own = f"{test.suite}::{last}" if test.suite else last
    spelled = {
        whole,
        plain,
        test.file,
        own,
        own.replace("::", "."),
        last,
        test.name,
        test.suite,
        *test.suite.split("::"),
    }
    if (name and name in spelled) or plain.startswith(f"{name}::"):
        return True
    return "*" in name and any(fnmatchcase(s, name) for s in (whole, plain))


def _unknown(name: str, tests: Sequence[TestId]) -> UsageError:
    from difflib import get_close_matches  # noqa: PLC0415 - only for the hint

    known = {str(t).split("[", 1)[0]: None for t in tests} | {t.name.split("[", 1)[0]: None for t in tests}
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "name a test as the test run does, such as tests/test_x.py::test_y"
    return UsageError(f"upstream has no test {name}", hint=hint)


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a test is defined: its file, and its scopes and name in it."""

    path: str
    scope: Scope


def definition(test: TestId, tree: Tree, repo: Repository, given: tuple[str, ...]) -> Definition | None:
    """Return where ``test`` is defined in ``tree``, None where it can't be found (generated, another language)."""
    name = test.name.split("[", 1)[0]
    scope = (*(p for p in test.suite.replace("::", ".").split(".") if p), name)
    if test.file:
        entry = tree.get(test.file)
        known = unit_spans(test.file, repo.read(entry.oid)) if entry is not None else {}
        return Definition(test.file, scope) if scope in known else None
    for path, entry in sorted(tests_of(tree, given).items()):
        for at in unit_spans(path, repo.read(entry.oid)):
            if at[-1] == name and (path in test.suite or len(scope) == 1 or at == scope or not test.suite):
                return Definition(path, at)
    return None


def unit_spans(path: str, data: bytes) -> dict[Scope, Span]:
    """Return the spans of the named units of a file by scopes and name; {} for what can't be read."""
    from forkmerge.syntax.units import units, walk  # noqa: PLC0415 - loads the parser

    profile = for_path(path, data)
    if profile is None:
        return {}
    try:
        return {(*u.scope, u.name): u.span for u in walk(units(profile, data)) if u.name}
    except ForkmergeError:
        return {}


def spans(path: str, data: bytes, scopes: Iterable[Scope]) -> tuple[Span, ...]:
    """Return where tests stand in their file with what they use of it; all of the file where one is not found."""
    known = unit_spans(path, data)
    texts = {scope: span.of(data) for scope, span in known.items()}
    found: set[Span] = set()
    for scope in scopes:
        if scope not in known:
            return (Span(0, len(data)),)
        found |= {known[s] for s in with_uses(texts, scope)}
    return tuple(sorted(found))


def text(path: str, data: bytes, scope: Scope) -> bytes:
    """Return the text of a test with what it uses of its file; b"" where it is not there."""
    known = unit_spans(path, data)
    return b"\0".join(s.of(data) for s in spans(path, data, (scope,))) if scope in known else b""


def made_by(repo: Repository, wanted: Iterable[Definition], base: str, tip: str) -> dict[Definition, str]:
    """Return for each test the newest commit of ``base..tip`` that made it what it is, "" where none did."""
    found = dict.fromkeys(wanted, "")
    limits = [tip, f"^{base}"] if base else [tip]
    for path in sorted({at.path for at in found}):
        past = _Past(repo, path)
        left = {at: past.text(tip, at.scope) for at in found if at.path == path}
        args = ["log", f"-{_MOST_COMMITS}", "--topo-order", "--format=%H %P", *limits, "--", path]
        for row in repo.run(args, check=False).stdout.decode("ascii", "replace").splitlines():
            commit, *parents = row.split()
            for at, now in list(left.items()):
                if past.text(commit, at.scope) == now != b"" and all(past.text(p, at.scope) != now for p in parents):
                    found[at] = commit
                    del left[at]
            if not left:
                break
    return found


class _Past:
    """The tests of one file at the commits of its history, each version read once."""

    def __init__(self, repo: Repository, path: str) -> None:
        self._repo = repo
        self._path = path
        self._blobs: dict[str, str] = {}
        self._texts: dict[tuple[str, Scope], bytes] = {}

    def text(self, commit: str, scope: Scope) -> bytes:
        """Return the text of a test at ``commit``, b"" where it was not there."""
        if commit not in self._blobs:
            said = self._repo.run(["rev-parse", "--verify", "--quiet", f"{commit}:{self._path}"], check=False)
            self._blobs[commit] = said.stdout.decode("ascii", "replace").strip()
        blob = self._blobs[commit]
        if (blob, scope) not in self._texts:
            self._texts[blob, scope] = text(self._path, self._repo.read(blob), scope) if blob else b""
        return self._texts[blob, scope]
