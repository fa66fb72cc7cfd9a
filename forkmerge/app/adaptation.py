"""Alleles in which one side's new code follows the other side: a rename, a move, a rewording, a parameter's value."""

from __future__ import annotations

import ast
import textwrap
from io import IOBase
from pathlib import PurePath
from typing import TYPE_CHECKING

from forkmerge.app.testpaths import is_test
from forkmerge.recombination.adapt import DefaultChange, Rename
from forkmerge.recombination.adapt import adapted as with_adapted
from forkmerge.recombination.adapt import reworded as with_reworded
from forkmerge.recombination.calls import CONSTRUCTOR, obvious
from forkmerge.recombination.loci import linked
from forkmerge.syntax.profiles import for_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from forkmerge.alignment.located import Homology, Located, Match
    from forkmerge.model.source import Entry
    from forkmerge.recombination.moving import Move
    from forkmerge.recombination.rewording import Rewording
    from forkmerge.recombination.values import LocusMap

_RENAMED = frozenset(("renamed", "moved+renamed", "moved-file+renamed"))
_MEMBERS = frozenset(("method", "field"))
_COMMON = frozenset(name for kind in (str, bytes, list, dict, set, int, float, IOBase, PurePath) for name in dir(kind))
_NAMED = frozenset(("function", "method", "class", "constant", "type", "field", "variable"))


def adapted(
    found: LocusMap,
    homologies: tuple[Homology, ...],
    read: Callable[[Entry], bytes],
    reworded: tuple[Rewording, ...] = (),
    given: tuple[str, ...] = (),
    moves: tuple[Move, ...] = (),
) -> LocusMap:
    """Return the loci with adapted alleles beside those that a rename, a move or a parameter leaves behind.

    So do those in tests (by ``given``, see ``testpaths``) that ask for words that the other side reworded.
    """
    renames = renames_of(homologies)
    defaults = tuple(d for h in homologies for d in _defaults(h))
    defaults += required(homologies, given)
    if not renames and not defaults and not reworded and not moves:
        return found
    found = with_adapted(found, profile_for=for_path, renames=renames, defaults=defaults, moves=moves)
    found = with_reworded(found, reworded, profile_for=for_path, where=lambda path: is_test(path, given))
    return linked(found, read)


def renames_of(homologies: tuple[Homology, ...]) -> tuple[Rename, ...]:
    """Return what one side gave another name, where the old one means nothing else there any more."""
    kept = _still_there(homologies)
    return tuple(r for h in homologies for r in _renames(h) if not _ambiguous(r, kept))


def _sides(h: Homology) -> Iterator[tuple[Literal["ours", "theirs"], Located, Match]]:
    if h.ours is not None and h.ours_match is not None:
        yield "ours", h.ours, h.ours_match
    if h.theirs is not None and h.theirs_match is not None:
        yield "theirs", h.theirs, h.theirs_match


def _renames(h: Homology) -> Iterator[Rename]:
    """Yield the renames of a unit that one side made, where that side's match is beyond doubt."""
    if h.base is None or h.base.unit.kind not in _NAMED:
        return
    for side, unit, match in _sides(h):
        if str(match.kind) in _RENAMED and not match.doubtful and unit.unit.name != h.base.unit.name:
            yield Rename(h.base.unit.name, unit.unit.name, side, h.base.unit.kind, h.base.path, unit.path)


def _still_there(homologies: tuple[Homology, ...]) -> frozenset[tuple[str, str, str]]:
    """Return (side, path, name) of what a side defines still, or anew; members stand for every path, as ""."""
    return frozenset(
        (side, "" if unit.unit.kind in _MEMBERS else unit.path, unit.unit.name)
        for h in homologies
        for side, unit in (("ours", h.ours), ("theirs", h.theirs))
        if unit is not None and unit.unit.kind in _NAMED
    )


def _ambiguous(rename: Rename, kept: frozenset[tuple[str, str, str]]) -> bool:
    """Return whether the old name still means something: whose method ``x.name`` calls can't be told from the text."""
    return (rename.side, "" if rename.kind in _MEMBERS else rename.path, rename.old) in kept


def _defaults(h: Homology) -> Iterator[DefaultChange]:
    """Yield the defaults of parameters that one side alone changed, in Python."""
    if h.base is None or h.ours is None or h.theirs is None or not h.base.path.endswith(".py"):
        return
    if h.base.unit.kind not in ("function", "method"):
        return
    if h.base.unit.signature == h.ours.unit.signature == h.theirs.unit.signature:
        return
    base, ours, theirs = (_parameters(x) for x in (h.base, h.ours, h.theirs))
    method = bool(h.base.unit.scope)
    for name, (position, old) in base.items():
        mine, other = ours.get(name), theirs.get(name)
        if old is None or mine is None or other is None or mine[1] is None or other[1] is None:
            continue
        if mine[1] != old and other[1] == old:
            yield DefaultChange(h.base.unit.name, name, position, old, "ours", h.base.path, method)
        elif other[1] != old and mine[1] == old:
            yield DefaultChange(h.base.unit.name, name, position, old, "theirs", h.base.path, method)


def required(homologies: tuple[Homology, ...], given: tuple[str, ...]) -> tuple[DefaultChange, ...]:
    """Return the parameters that one side alone added without a default, where all of its own calls give one value.

    A method counts where no other function, and nothing that Python brings along, has its name.
    """
    out = []
    files: dict[str, dict[str, bytes]] = {"ours": {}, "theirs": {}}
    homes: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for h in homologies:
        for side, unit in (("ours", h.ours), ("theirs", h.theirs)):
            if unit is not None and unit.path.endswith(".py"):
                files[side][unit.path] = unit.data
        for one in (h.base, h.ours, h.theirs):
            if one is not None and one.unit.kind in ("function", "method"):
                homes.setdefault(one.unit.name, set()).add((one.path, tuple(one.unit.scope)))
    for h in homologies:
        for side, name, position, function, method in _added(h):
            assert h.base is not None  # noqa: S101 - as it was yielded
            if method and (function in _COMMON or len(homes[function]) > 1):
                continue
            here = files[side]
            code = {path: data for path, data in here.items() if not is_test(path, given)}
            path = next(u.path for u in (h.ours if side == "ours" else h.theirs,) if u is not None)
            values = (obvious(f, function, path, name, position, method=method) for f in (code, here))
            value = next((v for v in values if v), "")
            if value:
                out.append(DefaultChange(function, name, position, value, side, h.base.path, method))
    return tuple(out)


def _added(h: Homology) -> Iterator[tuple[Literal["ours", "theirs"], str, int, str, bool]]:
    """Yield (side, parameter, its place in a call, what is called, whether on an object) of new ones to be given."""
    if h.base is None or h.ours is None or h.theirs is None or not h.base.path.endswith(".py"):
        return
    if h.base.unit.kind not in ("function", "method"):
        return
    base, ours, theirs = (_parameters(x) for x in (h.base, h.ours, h.theirs))
    name, scope = h.base.unit.name, h.base.unit.scope
    if name == CONSTRUCTOR and not scope:
        return
    sides: tuple[tuple[Literal["ours", "theirs"], dict[str, tuple[int, str | None]], object], ...] = (
        ("ours", ours, theirs), ("theirs", theirs, ours)
    )  # fmt: skip
    for side, mine, other in sides:
        if other != base or any(mine.get(p, (None,))[0] != at for p, (at, default) in base.items() if default is None):
            continue
        for parameter, (position, default) in mine.items():
            if default is None and parameter not in base:
                made = name == CONSTRUCTOR
                yield side, parameter, position, scope[-1] if made else name, bool(scope) and not made


def _parameters(located: Located) -> dict[str, tuple[int, str | None]]:
    """Return parameter -> (its place in a call, its default as source text or None); {} for what can't be read."""
    text = located.unit.span.of(located.data).decode("utf-8", "replace")
    try:
        tree = ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return _of(node, method=located.unit.kind == "method" or bool(located.unit.scope))
    return {}


def _of(node: ast.FunctionDef | ast.AsyncFunctionDef, *, method: bool) -> dict[str, tuple[int, str | None]]:
    arguments = [*node.args.posonlyargs, *node.args.args]
    bare = len(arguments) - len(node.args.defaults)
    shift = int(method and bool(arguments) and arguments[0].arg in ("self", "cls"))
    out: dict[str, tuple[int, str | None]] = {}
    for index, argument in enumerate(arguments):
        default = node.args.defaults[index - bare] if index >= bare else None
        out[argument.arg] = (index - shift, ast.unparse(default) if default is not None else None)
    for argument, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        out[argument.arg] = (len(arguments), ast.unparse(value) if value is not None else None)
    return out
