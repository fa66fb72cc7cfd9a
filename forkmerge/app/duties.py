"""What the tests of both sides oblige an offspring to: the parents' runs, and what each side did to its tests."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from forkmerge.app.removed import without_removed
from forkmerge.app.testpaths import asked_in_merged, is_test, tests_of
from forkmerge.fitness.observed import uncollected_files
from forkmerge.fitness.parents import tests_seen
from forkmerge.fitness.required import Duty, Required, Waiver, changes_of, required
from forkmerge.model.outcome import RunStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forkmerge.app.testpaths import Asked
    from forkmerge.fitness.required import Owner, TestChanges
    from forkmerge.model.outcome import SuiteRun, TestId
    from forkmerge.model.source import Tree

Runs = tuple["SuiteRun", ...]


@dataclass(frozen=True, slots=True)
class Parents:
    """The trees of base, ours and theirs, and the runs of each parent's suite on itself."""

    base: Tree
    ours: Tree
    theirs: Tree
    ours_runs: Runs
    theirs_runs: Runs

    def tree(self, side: str) -> Tree:
        """Return the tree of ``base``, ``ours`` or ``theirs``."""
        return {"base": self.base, "ours": self.ours, "theirs": self.theirs}[side]


def duties(parents: Parents, read: Callable[[str], bytes], given: tuple[str, ...]) -> tuple[Required, TestChanges]:
    """Return what is required, and what each side did to each test since the base."""
    source = _Definitions(parents, read, given)
    tests = tests_seen(parents.ours_runs, parents.theirs_runs)

    def support_changed(owner: Owner) -> bool:
        return tests_of(parents.tree(owner), given) != tests_of(parents.base, given)

    read_as = cache(_read_as)

    def definition(side: str, test: TestId) -> bytes | None:
        text = source.definition(side, test)
        return text if text is None or not test.file.endswith(".py") else read_as(text)

    changes = changes_of(sorted(tests), definition, support_changed)
    known = without_removed(
        required(parents.ours_runs, parents.theirs_runs, changes),
        changes,
        parents,
        lambda duty: source.definition(duty.owner, duty.test) or b"",
        read=read,
        given=given,
        units=source.index,
    )
    return known, changes


def texts(parents: Parents, read: Callable[[str], bytes], given: tuple[str, ...]) -> Callable[[Duty], bytes]:
    """Return what tells the text of a duty's test on its owner's side, with what it uses of its file."""
    source = _Definitions(parents, read, given)
    return lambda duty: source.definition(duty.owner, duty.test) or b""


def outdated(
    known: Required, changes: TestChanges, failing: dict[Owner, frozenset[str]], merged: Asked = frozenset()
) -> Required:
    """Return ``known`` without the duties that the other side's own test files have made outdated.

    ``failing`` are the keys of duties that fail on the *other* parent as it is.  Such a test stands word for word in
    both parents and passes in both, each with its own test files; it fails only where one side's old test files meet
    the other side's code.  So what it needs besides its own text (data, helpers, constants) was changed together with
    that code, and the newer copy of the test, which stays required, supersedes it.  What is asked as ``merged`` meets
    no old test files: it stays.  (Where code is built, one test that can't be keeps all beside it from running.)
    """
    both = {d.test for d in known.duties if d.owner == "ours"} & {d.test for d in known.duties if d.owner == "theirs"}
    kept: list[Duty] = []
    waived = list(known.waived)
    for duty in known.duties:
        other: Owner = "theirs" if duty.owner == "ours" else "ours"
        alike = changes.of("ours", duty.test) == changes.of("theirs", duty.test) == "unchanged"
        as_merged = asked_in_merged(merged, duty.owner, duty.test.file)
        if (
            not as_merged
            and duty.test in both
            and alike
            and str(duty) in failing[duty.owner]
            and other in changes.support_changed
        ):
            waived.append(
                Waiver(duty, f"what it shares with other tests was changed by {other} together with the code")
            )
        else:
            kept.append(duty)
    return replace(known, duties=tuple(kept), waived=tuple(waived))


def in_merged(known: Required, asked: Asked, merged: SuiteRun) -> Required:
    """Return ``known`` without the ``asked`` duties whose test is not in ``merged``, a run of the merged tests.

    A test whose file is there and can't be collected is not gone but broken: it stays asked, and so do all of them
    where the merge can't even be built.
    """
    listed = {r.test for r in merged.results}
    unread = uncollected_files(merged)
    nothing = merged.status is RunStatus.UNCOLLECTED
    kept: list[Duty] = []
    waived = list(known.waived)
    for duty in known.duties:
        there = duty.test in listed or duty.test.file in unread or nothing
        if there or not asked_in_merged(asked, duty.owner, duty.test.file):
            kept.append(duty)
        else:
            waived.append(
                Waiver(duty, "its test files can't be collected on the other side's code, nor is it in the merge")
            )
    return replace(known, duties=tuple(kept), waived=tuple(waived))


_WORD = re.compile(rb"[^\W\d]\w*")


def with_uses(units: Mapping[tuple[str, ...], bytes], test: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """Return the scopes of ``test`` and of the constants, helpers and fixtures of its file that it mentions.

    ``units`` are the texts of the units of the file by their scopes and names.
    """
    used = {test}
    waiting = [test]
    while waiting:
        scope = waiting.pop()
        words = {w.decode("utf-8", "replace") for w in _WORD.findall(units[scope])}
        near = [found for w in words for found in ((w,), (*test[:-1], w)) if found in units and found not in used]
        near = [found for found in near if not found[-1].startswith(("test", "Test"))]
        used.update(near)
        waiting += near
    return frozenset(used)


def _with_uses(units: Mapping[tuple[str, ...], bytes], test: tuple[str, ...]) -> bytes:
    """Return the text of ``test`` with what it uses of its file.

    A list of cases that the other side edited is an edit of every test that is made from it.
    """
    used = with_uses(units, test)
    return b"\0".join((units[test], *(units[scope] for scope in sorted(used - {test}))))


def _read_as(text: bytes) -> bytes:
    """Return what Python reads in ``text``, units apart from each other by NUL; what it can't read as it is.

    A test that a formatter laid out anew is the same test: it gives way where the other side edited it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return b"\0".join(_tree_of(part) for part in text.split(b"\0"))


def _tree_of(text: bytes) -> bytes:
    try:
        return ast.dump(ast.parse(textwrap.dedent(text.decode("utf-8")))).encode("utf-8", "backslashreplace")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text


def _scopes(test: TestId) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    """Return the units that may be a test itself, and those that stand around it, the closest first.

    A subtest, or a test that a loop made, is no unit of its own: its text is that of the test or the suite around it.
    """
    name = test.name.split("[", 1)[0]
    exact = tuple(part for part in test.suite.split("::") if part)
    dotted = tuple(part for part in test.suite.replace("::", ".").split(".") if part)
    around = tuple(exact[:length] for length in range(len(exact), 0, -1))
    return ((*exact, name), (*dotted, name)), around


class _Definitions:
    """Finds the source of tests in the trees of the three versions."""

    def __init__(self, parents: Parents, read: Callable[[str], bytes], given: tuple[str, ...]) -> None:
        self._parents = parents
        self._read = read
        self._given = given
        self._named: dict[str, dict[str, bytes]] = {}
        self._units: dict[str, dict[tuple[str, ...], bytes]] = {}

    def definition(self, side: str, test: TestId) -> bytes | None:
        """Return the text of ``test`` with what it uses of its file; the whole file where the test isn't found in it.

        None without the file.
        """
        if not test.file:
            return self._by_name(side, test.name)
        tree = self._parents.tree(side)
        entry = tree.get(test.file)
        if entry is None:
            return None
        known = self._known(test.file, entry.oid)
        sides = (t.get(test.file) for t in (self._parents.base, self._parents.ours, self._parents.theirs))
        versions = [self._known(test.file, e.oid) for e in sides if e is not None]
        own, around = _scopes(test)
        if any(scope in units for scope in own for units in versions):
            found = next((scope for scope in own if scope in known), None)
            if found is None:
                return None
        else:
            found = next((scope for scope in around if scope in known), None)
            if found is None:
                return self._read(entry.oid)
        if test.file.endswith(".rs") and not is_test(test.file, self._given):
            return known[found]  # a unit test beside the code: what it uses is what it tests
        return _with_uses(known, found)

    def _known(self, path: str, oid: str) -> Mapping[tuple[str, ...], bytes]:
        if oid not in self._units:
            self._units[oid] = self.index(path, self._read(oid))
        return self._units[oid]

    def _by_name(self, side: str, name: str) -> bytes | None:
        """Return the text of the test called ``name`` in any test file: some runners don't tell the file."""
        texts = self._named.get(side)
        if texts is None:
            texts = {}
            for path, entry in tests_of(self._parents.tree(side), self._given).items():
                for scope, text in self.index(path, self._read(entry.oid)).items():
                    texts.setdefault(scope[-1], text)
            self._named[side] = texts
        return texts.get(name)

    @staticmethod
    def index(path: str, data: bytes) -> dict[tuple[str, ...], bytes]:
        """Return the units of a file by their scopes and names; none of what is not understood."""
        from forkmerge.errors import ForkmergeError  # noqa: PLC0415 - loaded when tests are looked into
        from forkmerge.syntax.profiles import for_path  # noqa: PLC0415 - the same
        from forkmerge.syntax.units import units, walk  # noqa: PLC0415 - the same

        profile = for_path(path, data)
        if profile is None:
            return {}
        try:
            found = units(profile, data)
        except ForkmergeError:
            return {}
        return {(*u.scope, u.name): u.span.of(data) for u in walk(found) if u.name}
