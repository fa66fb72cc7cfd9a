from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.cli import values


class Point:
    """Two numbers and more."""

    x: int
    y: int = 2
    marks: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.x + self.y


class Alone:
    only: int


class Nothing:
    pass


class Checked:
    x: int

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("below zero")


def fresh(cls: type) -> type:
    """A class of its own, because the standard library changes the class that it is given."""
    return type(cls.__name__, (), {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")})


def both(cls: type, **options: bool) -> tuple[Any, Any]:
    options |= {"frozen": True, "slots": True}
    return values.dataclass(fresh(cls), **options), dataclasses.dataclass(fresh(cls), **options)


POINTS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.lists(st.sampled_from("ab"), max_size=2).map(tuple))


@given(POINTS, POINTS)
def test_values_behave_as_those_of_the_standard_library(one: tuple, two: tuple) -> None:
    answers = []
    for made in both(Point, order=True):
        a, b = made(*one), made(**dict(zip(("x", "y", "marks"), two, strict=True)))
        order = a == b, a != b, a < b, a <= b, a > b, a >= b, a == one, copy.copy(a) == a, hash(a) == hash(b)
        looks = repr(a), hash(a), a.total, repr(made(1)), made.__match_args__, made.__doc__, made.__name__
        answers.append((*order, *looks, made.__module__, made.__slots__, hasattr(a, "__dict__")))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("cls", [Point, Alone, Nothing])
def test_one_field_and_none_are_values_too(cls: type) -> None:
    ours, theirs = both(cls)
    fields = (7,) if dataclasses.fields(theirs) else ()
    assert repr(ours(*fields)) == repr(theirs(*fields))
    assert hash(ours(*fields)) == hash(theirs(*fields))
    assert ours(*fields) == ours(*fields) != theirs(*fields)


@pytest.mark.parametrize("often", [0, 100])
@pytest.mark.parametrize(
    ("args", "more"), [((), {}), ((1,), {"z": 2}), ((1,), {"x": 1}), ((1, 2, (), 3), {}), ((), {"z": 1})]
)
def test_wrong_arguments_are_refused(often: int, args: tuple, more: dict) -> None:
    made = both(Point)[0]
    for _ in range(often):
        made(1)
    with pytest.raises(TypeError, match="__init__"):
        made(*args, **more)
    assert made(1) == made(x=1) == made(1, 2) == made(y=2, x=1, marks=())


def test_values_made_early_are_those_made_late() -> None:
    made = both(Checked)[0]
    assert len({made(n % 7) for n in range(100)}) == 7
    with pytest.raises(ValueError, match="below zero"):
        made(-1)


def test_values_are_frozen_and_checked() -> None:
    point = both(Point)[0](1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    with pytest.raises(TypeError):
        both(Point)[0]()
    with pytest.raises(TypeError):
        both(Point)[0](1, z=2)
    with pytest.raises(ValueError, match="below zero"):
        both(Checked)[0](-1)
    with pytest.raises(TypeError):
        sorted((point, point))


def test_replace_changes_what_it_is_told() -> None:
    made = both(Checked)[0]
    point = both(Point)[0](1, 5)
    assert values.replace(point, y=3) == type(point)(1, 3)
    assert dataclasses.replace(point, y=3) == type(point)(1, 3)
    assert values.replace(both(Point)[1](1), y=3).y == 3
    with pytest.raises(ValueError, match="below zero"):
        values.replace(made(1), x=-1)
    with pytest.raises(TypeError):
        values.replace(point, z=3)


def test_the_standard_library_knows_them() -> None:
    ours, theirs = both(Point)
    assert dataclasses.is_dataclass(ours)
    assert [f.name for f in dataclasses.fields(ours)] == [f.name for f in dataclasses.fields(theirs)]
    assert [f.default for f in dataclasses.fields(ours(1))] == [f.default for f in dataclasses.fields(theirs)]
    assert dataclasses.asdict(ours(1)) == dataclasses.asdict(theirs(1))


def test_its_fields_are_worked_out_once_for_a_class(monkeypatch) -> None:
    ours, _ = both(Point)
    made = []
    real = dataclasses.dataclass
    monkeypatch.setattr(dataclasses, "dataclass", lambda *args, **kwargs: made.append(1) or real(*args, **kwargs))
    for number in range(3):
        assert dataclasses.asdict(ours(number))["x"] == number
    assert len(made) == 1


class Base:
    z: int


def fielded() -> type:
    class Fielded:
        x: list = dataclasses.field(default_factory=list)

    return Fielded


def classed() -> type:
    class Classed:
        x: ClassVar[int] = 1
        y: int

    return Classed


def derived() -> type:
    class Derived(Base):
        x: int

    return Derived


def own() -> type:
    class Own:
        x: int

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 1

    return Own


@pytest.mark.parametrize("make", [fielded, classed, derived, own])
def test_everything_else_goes_to_the_standard_library(make) -> None:
    made = values.dataclass(frozen=True, slots=True)(make())
    assert isinstance(made.__dict__["__dataclass_fields__"], dict)


@pytest.mark.parametrize(
    "options", [{}, {"frozen": True}, {"slots": True}, {"frozen": True, "slots": True, "eq": False}]
)
def test_other_options_go_to_the_standard_library(options) -> None:
    class Plain:
        x: int

    assert isinstance(values.dataclass(Plain, **options).__dict__["__dataclass_fields__"], dict)


SCRIPT = """
from forkmerge.cli.later import spare
spare()
import pickle
from forkmerge.merge.structured import resolve
from forkmerge.merge.pieces import Conflict
from forkmerge.syntax.names import Name
import sys
print([n for n in ("dataclasses", "typing") if type(sys.modules[n]).__name__ != "_Later"])
print(pickle.loads(pickle.dumps(Conflict(b"", b"a", b"b"))))
import dataclasses, typing
print(dataclasses.fields(Conflict)[0].name, typing.get_type_hints(resolve.__class__), typing.Protocol.__module__)
import inspect, libcst, rich.table
from forkmerge.app import propose
"""


def test_a_process_that_spared_them_can_still_have_them(env) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, check=False, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "[]",
        "Conflict(base=b'', ours=b'a', theirs=b'b', reason='', alternatives=())",
        "base {} typing",
    ]


def test_pickle_keeps_them() -> None:
    assert pickle.loads(pickle.dumps(PICKLED(1, 2))) == PICKLED(1, 2)


PICKLED = values.dataclass(fresh(Point), frozen=True, slots=True)
PICKLED.__qualname__ = "PICKLED"


def test_the_state_of_the_standard_librarys_value_is_taken() -> None:
    """A child process may have made the class by the real ``dataclasses``, and sends its values."""
    ours, theirs = both(Point)
    given = theirs(1, marks=("a",))
    taken = ours.__new__(ours)
    taken.__setstate__(given.__getstate__())
    assert taken == ours(1, marks=("a",))
