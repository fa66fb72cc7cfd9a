"""The resolving rules, by name, and which of them an answer may use.

A rule is a reason for which a place that git leaves in conflict is resolved.  ``Allowed`` is the set that may decide by
itself; what the others would give becomes an ``Alternative`` for the tests to judge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SAME = "same-change"
"""Both sides made the same change, formatted differently at most."""
REFORMAT = "edit-over-reformat"
"""One side changed only the layout, the other the content: the content is carried."""
IMPORTS = "imports"
"""Import statements, or names in one of them, added by both sides."""
DEFINITIONS = "definitions"
"""Differently named definitions added by both sides at one place."""
CONSTANTS = "constants"
"""Differently named constants or fields, set without speaking of each other, added by both sides at one place."""
REGISTRATIONS = "registrations"
"""Calls of one function that registers something, added by both sides where there are such calls."""
MEMBERS = "members"
"""Differently keyed members of a construct whose order means nothing, added by both sides."""
NEIGHBOURS = "neighbouring-statements"
"""Each side changed other statements or members of one block."""
ELEMENTS = "list-elements"
"""Each side changed other elements of one list."""
DELETE_BESIDE = "delete-beside-change"
"""One side deleted what the other left alone and put something next to."""
BEHIND = "behind-a-deletion"
"""The same, where it was put right behind what is gone; mostly because of that, so never without tests."""
EXPRESSION = "expression"
"""Each side changed another part of one statement or expression."""
GRAFTED = "grafted"
"""One side wrote a statement anew and kept a part of it; the other changed that part alone: it is put there."""
ANEW = "written-anew"
"""The same, where several statements were written anew: a part of them stands in others now."""
WRAPPED = "wrapped"
"""One side put an expression, or statements, into something larger, the other changed them: they are changed there."""
CARRIED = "carried"
"""One side moved lines, the other edited them where they were: the edit is made where they stand now."""
RENAMED = "renamed"
"""One side gave something another name, the other edited what stands around it: the edit has the new name."""
EMBEDDED = "embedded"
"""A text of another language inside of the file was merged by that language, for the reasons told beside."""
BOTH = "both-orders"
"""Both sides added to a text without grammar at one place: one addition after the other, never without being asked."""
LINES = "neighbouring-lines"
"""Each side changed other lines of a text without grammar."""
TOUCHING = "touching-lines"
"""Each side changed other lines of code; they touch, and so git left them."""
WORDS = "words-apart"
"""Each side changed other words of one place (a docstring, a comment, one statement), with others in between."""
CONTAINED = "contained-change"
"""One side made the other side's change, and more."""
VERSIONS = "versions"
"""Both sides say another version at one place, and the user's policy says which one holds; never without a policy."""
WHITESPACE = "whitespace"
"""One side changed only blanks at line ends or blank lines."""

ALL = frozenset(
    (
        SAME,
        REFORMAT,
        IMPORTS,
        DEFINITIONS,
        CONSTANTS,
        REGISTRATIONS,
        MEMBERS,
        NEIGHBOURS,
        ELEMENTS,
        DELETE_BESIDE,
        BEHIND,
        EXPRESSION,
        GRAFTED,
        ANEW,
        WRAPPED,
        CARRIED,
        RENAMED,
        EMBEDDED,
        CONTAINED,
        LINES,
        TOUCHING,
        WORDS,
        WHITESPACE,
    )
)

BALANCED = ALL - {LINES, BEHIND, ANEW}
READ = frozenset((CARRIED,))
"""Rules that serve though people mostly decided otherwise, since what was read of their merges lost nothing."""

SURE = frozenset((SAME, REFORMAT, WHITESPACE, IMPORTS))
"""Rules that join imports, layouts or the same change, never what one side wrote with what the other wrote."""
_AROUND = SURE | {NEIGHBOURS}


@dataclass(frozen=True, slots=True)
class Allowed:
    """The rules that may decide without tests; in a ``doubtful`` file none that put code of both sides together.

    ``versions`` is the policy for two versions at one place: "higher", "ours", "theirs", or "" for a conflict;
    ``least`` is how often a whole file has to be right by ``merge.odds``.
    """

    rules: frozenset[str] = BALANCED
    doubtful: bool = False
    versions: str = ""
    least: float = 0.6

    def permits(self, rules: Iterable[str]) -> bool:
        """Return whether all of ``rules`` may be used."""
        if self.doubtful and not SURE.issuperset(rules) and (IMPORTS not in rules or not _AROUND.issuperset(rules)):
            return False
        return self.rules.issuperset(rules)

    def mirrored(self) -> Allowed:
        """Return what has to be allowed for the same answer with the sides swapped."""
        return replace(self, versions=_MIRRORED.get(self.versions, self.versions))


JOINING = frozenset((IMPORTS, DEFINITIONS, CONSTANTS, REGISTRATIONS, MEMBERS))
"""The rules that put additions of both sides side by side."""

RISKS = {"strict": 9.0, "balanced": 1.0, "eager": 0.0}
"""Words for how many conflicts left one wrong merge is worth."""


_MIRRORED = {"ours": "theirs", "theirs": "ours"}
POLICIES = ("conflict", "higher", "ours", "theirs")
"""What becomes of two versions at one place."""


def allowed_for(risk: str, versions: str = "") -> Allowed:
    """Return the rules for ``risk``, a word of ``RISKS`` or the number k, and the policy for ``versions``.

    Raise ValueError for anything else.
    """
    if versions not in ("", *POLICIES):
        raise ValueError(f"expected one of {', '.join(POLICIES)} for versions, not {versions!r}")
    policy = "" if versions == POLICIES[0] else versions
    return replace(_rules_for(risk), versions=policy)


def _rules_for(risk: str) -> Allowed:
    if risk in ("", "balanced"):
        return Allowed()
    try:
        k = RISKS[risk] if risk in RISKS else float(risk)
    except ValueError:
        k = -1.0
    if not 0 <= k < float("inf"):
        raise ValueError(f"expected {', '.join(RISKS)} or a number from 0 on, not {risk!r}")
    return precise(k)


def precise(k: float) -> Allowed:
    """Return the rules to use where one wrong merge is worth ``k`` conflicts left: right at least k times in k + 1.

    A rule that was seen too seldom to tell is held to be as good as all rules together; one that was seen ``ENOUGH``
    times, and was wrong oftener than that, does not serve for what others are worth.
    """
    from forkmerge.merge.precision import MEASURED  # noqa: PLC0415 - read where the risk was chosen

    pairs = {rule: MEASURED.get(rule, (0, 0)) for rule in ALL}
    right, total = (sum(x) for x in zip(*((good, good + bad) for good, bad in pairs.values()), strict=True))
    prior = right / total if total else 1.0

    def precision(rule: str) -> float:
        good, bad = pairs[rule]
        credited = (good + PRIOR * prior) / (good + bad + PRIOR)
        return min(credited, good / (good + bad)) if good + bad >= ENOUGH else credited

    mark = k / (k + 1)
    return Allowed(frozenset(rule for rule in ALL if precision(rule) >= mark), least=mark)


PRIOR = 4
"""How many files of average precision each rule is credited with, so that a few files decide nothing."""

ENOUGH = 10
"""How many files tell enough of a rule for it not to be held better than it was."""

EAGER = Allowed(ALL, least=0.0)
"""Every rule: what is resolved with it has to be judged by tests."""
