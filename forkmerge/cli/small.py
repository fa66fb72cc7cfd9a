"""What a merge asks of ``enum``, ``functools``, ``collections`` and ``re``, without importing them.

PERF: together they are 27 of the 110 million instructions of a merge, most of them spent on classes that are made while
they are imported (``RegexFlag``, ``namedtuple``) and on patterns that a merge does not come to.  ``cli.later`` puts
these in their places for forkmerge's own modules; whoever else asks, or asks for more, gets the real ones.

Invariant: what is here answers as the standard library does (a test compares them), but for enumerations, whose members
are plain numbers and strings: nothing on the path asks more of them.
"""

from __future__ import annotations

import sys
from _collections import (  # type: ignore[import-not-found]
    OrderedDict,
    _count_elements,
    defaultdict,
    deque,
)
from _functools import _lru_cache_wrapper, partial, reduce  # type: ignore[import-not-found]
from _operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class IntEnum(int):
    """A class whose members are plain numbers; called with a name and members it makes one."""

    def __new__(cls, value: Any, members: Any = None) -> Any:
        """Return a number, or a class where ``members`` are given."""
        return int.__new__(cls, value) if members is None else type(value, (int,), dict(members))


class StrEnum(str):
    """A class whose members are plain strings."""

    __slots__ = ()


def lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
    """Return what ``functools.lru_cache`` does, without what it tells of the function."""
    if callable(maxsize):
        return _lru_cache_wrapper(maxsize, 128, typed, tuple)
    return lambda function: _lru_cache_wrapper(function, maxsize, typed, tuple)


def cache(function: Callable[..., Any]) -> Any:
    """Return what ``functools.cache`` does."""
    return _lru_cache_wrapper(function, None, False, tuple)


class Counter(dict):  # type: ignore[type-arg]
    """``collections.Counter``."""

    def __init__(self, iterable: Any = None, /, **counts: int) -> None:
        super().__init__()
        self.update(iterable, **counts)

    def __missing__(self, key: Any) -> int:
        return 0

    def __delitem__(self, key: Any) -> None:
        if key in self:
            super().__delitem__(key)

    def __reduce__(self) -> Any:
        return type(self), (dict(self),)

    def copy(self) -> Counter:
        """Return a shallow copy."""
        return type(self)(self)

    __copy__ = copy

    def update(self, iterable: Any = None, /, **counts: int) -> None:
        """Add counts."""
        if isinstance(iterable, dict):
            if self:
                for key, count in iterable.items():
                    self[key] = count + self.get(key, 0)
            else:
                super().update(iterable)
        elif iterable is not None:
            _count_elements(self, iterable)
        if counts:
            self.update(counts)

    def subtract(self, iterable: Any = None, /, **counts: int) -> None:
        """Take counts away."""
        for given in (iterable, counts):
            pairs = given.items() if isinstance(given, dict) else ((key, 1) for key in given or ())
            for key, count in pairs:
                self[key] = self[key] - count

    def total(self) -> int:
        """Return the sum of all counts."""
        return sum(self.values())

    def elements(self) -> Iterator[Any]:
        """Yield each element as often as it counts."""
        return (key for key, count in self.items() for _ in range(count))

    def most_common(self, n: int | None = None) -> list[tuple[Any, int]]:
        """Return the elements with the highest counts."""
        ordered = sorted(self.items(), key=itemgetter(1), reverse=True)
        return ordered if n is None else ordered[: max(n, 0)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Counter):
            return NotImplemented
        return all(self[key] == other[key] for counts in (self, other) for key in counts)

    def __ne__(self, other: object) -> bool:
        return NotImplemented if not isinstance(other, Counter) else not self == other

    __hash__ = None

    def __le__(self, other: Any) -> bool:
        return all(self[key] <= other[key] for counts in (self, other) for key in counts)

    def __lt__(self, other: Any) -> bool:
        return bool(self <= other and self != other)

    def __ge__(self, other: Any) -> bool:
        return all(self[key] >= other[key] for counts in (self, other) for key in counts)

    def __gt__(self, other: Any) -> bool:
        return bool(self >= other and self != other)

    def __add__(self, other: Any) -> Any:
        out = Counter()
        for key, count in self.items():
            if (new := count + other.get(key, 0)) > 0:
                out[key] = new
        for key, count in other.items():
            if count > 0 and key not in self:
                out[key] = count
        return out

    def __sub__(self, other: Any) -> Any:
        out = Counter()
        for key, count in self.items():
            if (new := count - other.get(key, 0)) > 0:
                out[key] = new
        for key, count in other.items():
            if count < 0 and key not in self:
                out[key] = -count
        return out

    def __or__(self, other: Any) -> Any:
        out = Counter()
        for key, count in self.items():
            if (new := max(count, other.get(key, 0))) > 0:
                out[key] = new
        for key, count in other.items():
            if count > 0 and key not in self:
                out[key] = count
        return out

    def __and__(self, other: Any) -> Any:
        out = Counter()
        for key, count in self.items():
            if (new := min(count, other.get(key, 0))) > 0:
                out[key] = new
        return out

    def __pos__(self) -> Any:
        return self + Counter()

    def __neg__(self) -> Any:
        return Counter() - self

    def __iadd__(self, other: Any) -> Any:
        return self._become(self + other)

    def __isub__(self, other: Any) -> Any:
        return self._become(self - other)

    def __ior__(self, other: Any) -> Any:
        return self._become(self | other)

    def __iand__(self, other: Any) -> Any:
        return self._become(self & other)

    def _become(self, other: Any) -> Counter:
        self.clear()
        self.update(other)
        return self


class _Pattern:
    """A pattern that is compiled when it is first used."""

    def __init__(self, pattern: Any, flags: int = 0) -> None:
        self._given = pattern, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = self.__dict__.get("_compiled")
        if compiled is None:
            compiled = self._compiled = _compiled(*self._given)
        found = self.__dict__[name] = getattr(compiled, name)
        return found


ready: dict[Any, Any] = {}
"""Patterns that were compiled before, with what ``_sre`` makes them of; those of this process are added."""


@cache  # modules have some patterns in common
def _compiled(pattern: Any, flags: int) -> Any:
    """Return what ``re.compile`` does, by its compiler alone, without what the package itself does."""
    from _sre import compile as made  # type: ignore[import-not-found]  # noqa: PLC0415 - most merges need no pattern

    known = ready.get((pattern, flags))
    if known is not None:
        return made(pattern, *known)
    for name in ("re._constants", "re._parser", "re._casefix", "re._compiler"):
        __import__(name)  # in this order: each finds the ones before it, and none asks the package
    compiler = sys.modules["re._compiler"]
    read = sys.modules["re._parser"].parse(pattern, flags)
    names = read.state.groupdict
    groups: list[Any] = [None] * read.state.groups
    for name, number in names.items():
        groups[number] = name
    code = [int(part) for part in compiler._code(read, flags)]
    ready[pattern, flags] = known = (int(flags | read.state.flags), code, len(groups) - 1, dict(names), tuple(groups))
    return made(pattern, *known)


def place(later: Callable[..., None], *, always: bool = False) -> None:
    """Put stand-ins for the four in their places by ``later``, where none of them is imported yet, or ``always``."""
    if not always and any(name in sys.modules for name in ("collections", "enum", "functools", "re")):
        return
    later("enum", {"IntEnum": IntEnum, "StrEnum": StrEnum})
    later("functools", {"cache": cache, "lru_cache": lru_cache, "partial": partial, "reduce": reduce})
    later("collections", {"Counter": Counter, "OrderedDict": OrderedDict, "defaultdict": defaultdict, "deque": deque})
    sys.modules["collections.abc"] = sys.modules["_collections_abc"]  # as `collections` does
    folder = getattr(sys, "_stdlib_dir", None)
    if folder is not None and sys.version_info[:2] in _KNOWN:
        # the flags' numbers are those of `_sre`, for ever: programs keep them
        flags = {"I": 2, "IGNORECASE": 2, "M": 8, "MULTILINE": 8, "S": 16, "DOTALL": 16, "X": 64, "VERBOSE": 64}
        later("re", {"compile": _Pattern}, **flags, __path__=[folder + "/re"])


_KNOWN = ((3, 11), (3, 12), (3, 13), (3, 14))
"""Versions of Python in which ``re`` is a package of these modules."""
