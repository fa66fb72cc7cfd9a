"""``dataclass`` and ``replace`` for the start-up path: the standard library's meaning, a tenth of its cost.

Idea: ``dataclasses`` compiles six methods for each class when the class is made (half a millisecond), and imports
``inspect`` itself (10 ms).  The merge driver makes some thirty such classes and uses each of a few.  Here the methods
are closures over the names of the fields, and ``__init__`` is compiled only for a class of which many values are made.

Invariants: only ``@dataclass(frozen=True, slots=True)``, with ``order=True`` or not, on a class with no bases, no
``field()`` and no method of its own that a dataclass would make is done here; everything else goes to the standard
library.  What is made here is a dataclass to the standard library's ``fields``, ``replace`` and ``asdict``.
"""

from __future__ import annotations

import sys
from _operator import attrgetter, ge, gt, le, lt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, TypeVar

    T = TypeVar("T")

_OPTIONS = {"frozen", "slots", "order"}
_MADE = {
    *("__init__", "__repr__", "__eq__", "__hash__", "__lt__", "__le__", "__gt__", "__ge__", "__slots__", "__reduce__"),
    *("__setattr__", "__delattr__", "__getstate__", "__setstate__", "__match_args__"),
}
_OFTEN = 16
"""Values of a class after which compiling its ``__init__`` pays."""
_SPECIAL = ("ClassVar", "InitVar", "KW_ONLY")


def dataclass(cls: type | None = None, /, **options: bool) -> Any:
    """Return ``cls`` made a dataclass, or a decorator that does so, as ``dataclasses.dataclass`` does."""
    if cls is None:
        return lambda decorated: dataclass(decorated, **options)
    if not _simple(cls, options):
        return _standard().dataclass(cls, **options)
    return _made(cls, order=options.get("order", False))


def replace(value: T, /, **changes: Any) -> T:
    """Return ``value`` with ``changes``, as ``dataclasses.replace`` does."""
    cls = value.__class__
    if not isinstance(cls.__dict__.get("__dataclass_fields__"), _Fields):
        changed: T = _standard().replace(value, **changes)
        return changed
    for name in cls.__match_args__:  # type: ignore[attr-defined]
        if name not in changes:
            changes[name] = getattr(value, name)
    return cls(**changes)


class _Fields:
    """Stands for ``__dataclass_fields__`` and ``__dataclass_params__``, which the standard library makes when asked.

    PERF: it compiles six methods for them, so they are made once for a class and not for each value that is written.
    """

    __slots__ = ("annotations", "answer", "defaults", "name")

    def __init__(self, name: str, annotations: dict[str, Any], defaults: dict[str, Any]) -> None:
        self.name = name
        self.annotations = annotations
        self.defaults = defaults
        self.answer: Any = None

    def __get__(self, value: object, cls: type) -> Any:
        if self.answer is None:
            namespace = {"__annotations__": self.annotations, "__doc__": "", "__module__": cls.__module__}
            twin = _standard().dataclass(frozen=True)(type(cls.__name__, (), namespace | self.defaults))
            self.answer = getattr(twin, self.name)
        return self.answer


def _standard() -> ModuleType:
    """Return the real ``dataclasses``."""
    stand_in = sys.modules.get("dataclasses")
    if stand_in is None or getattr(stand_in, "dataclass", None) is dataclass:
        sys.modules.pop("dataclasses", None)
    return __import__("dataclasses")


def _simple(cls: type, options: dict[str, bool]) -> bool:
    annotations = cls.__annotations__
    return (
        options.keys() <= _OPTIONS
        and options.get("frozen", False)
        and options.get("slots", False)
        and cls.__bases__ == (object,)
        and _MADE.isdisjoint(cls.__dict__)
        and all(isinstance(a, str) and not any(word in a for word in _SPECIAL) for a in annotations.values())
        and all(_plain(cls.__dict__[name]) for name in annotations if name in cls.__dict__)
    )


def _plain(default: object) -> bool:
    kind = default.__class__
    return kind.__module__ != "dataclasses" and kind.__hash__ is not None


def _made(cls: type, *, order: bool) -> type:
    annotations = cls.__annotations__
    names = tuple(annotations)
    namespace = {name: value for name, value in cls.__dict__.items() if name not in ("__dict__", "__weakref__")}
    defaults = {name: namespace.pop(name) for name in names if name in namespace}
    namespace |= _methods(names, order=order)
    namespace["__slots__"] = namespace["__match_args__"] = names
    for name in ("__dataclass_fields__", "__dataclass_params__"):
        namespace[name] = _Fields(name, annotations, defaults)

    count = 0
    setters: dict[str, Callable[[Any, Any], None]] = {}

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - the method's name
        nonlocal count
        count += 1
        fields = defaults | dict(zip(names, args, strict=False)) | kwargs
        twice = len(args) > len(names) or not kwargs.keys().isdisjoint(names[: len(args)])
        if count > _OFTEN or twice or fields.keys() != setters.keys():
            made.__init__ = init = _init(made, setters, defaults)  # type: ignore[misc]
            init(self, *args, **kwargs)
            return
        for name, value in fields.items():
            setters[name](self, value)
        if checked:
            self.__post_init__()

    namespace["__init__"] = __init__
    made = type(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    checked = hasattr(made, "__post_init__")
    setters |= {name: made.__dict__[name].__set__ for name in names}

    def __setstate__(self: Any, state: Any) -> None:  # noqa: N807 - the same
        for name, value in zip(names, state, strict=True):
            setters[name](self, value)

    made.__setstate__ = __setstate__  # type: ignore[attr-defined]  # for one that the standard library's class pickled
    return made


def _init(made: type, setters: dict[str, Callable[[Any, Any], None]], defaults: dict[str, Any]) -> Callable[..., None]:
    """Return the ``__init__`` of ``made``, compiled; the fields are set through their slots, as nothing else can."""
    known: dict[str, Any] = {f"_set_{name}": put for name, put in setters.items()}
    known |= {f"_default_{name}": value for name, value in defaults.items()}
    parameters = "".join(f", {name}=_default_{name}" if name in defaults else f", {name}" for name in setters)
    body = [f"_set_{name}(self, {name})" for name in setters]
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    lines = "\n ".join(body or ["pass"])
    exec(f"def __init__(self{parameters}):\n {lines}\n", known)  # noqa: S102 - of names that stand in our own classes
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init


def _methods(names: tuple[str, ...], *, order: bool) -> dict[str, Any]:
    values = _values(names)

    def __eq__(self: Any, other: object) -> Any:  # noqa: N807 - the method's name
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807 - the same
        return hash(values(self))

    def __repr__(self: Any) -> str:  # noqa: N807 - the same
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({inside})"

    def __reduce__(self: Any) -> Any:  # noqa: N807 - the same
        return self.__class__, values(self)

    methods = {"__eq__": __eq__, "__hash__": __hash__, "__repr__": __repr__, "__reduce__": __reduce__}
    methods |= {"__setattr__": _frozen, "__delattr__": _frozen}
    if order:
        methods |= {f"__{compare.__name__}__": _ordered(compare, values) for compare in (lt, le, gt, ge)}
    return methods


def _values(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that gives the values of the fields ``names``."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _ordered(compare: Callable[[Any, Any], Any], values: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: object) -> Any:
        return compare(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented

    return method


def _frozen(_: Any, name: str, *_value: Any) -> None:
    raise _standard().FrozenInstanceError(f"cannot change field {name!r}")
