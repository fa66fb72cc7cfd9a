"""Values to and from plain JSON data, and the JSON Schema that describes them, all from the type annotations.

Idea: a report's dataclass is its only definition; the document, its reader and its schema can't drift apart.
Invariants: ``from_data(type, to_data(value)) == value`` for every value made of frozen dataclasses, tuples of one type,
string enums, optional values and JSON scalars.  A reader ignores keys that it does not know (a newer forkmerge wrote
them) and fills absent ones from the defaults.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from forkmerge.errors import UnusableInput

T = TypeVar("T")

_SCALARS: dict[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def to_data(value: object) -> Any:
    """Return ``value`` as dicts, lists and scalars that ``json.dumps`` takes; keys stand in the order of the fields."""
    kind = type(value)
    if "__dataclass_fields__" in kind.__dict__:
        names = kind.__match_args__  # type: ignore[attr-defined]  # asking for the fields takes longer
        return {_key(name): to_data(getattr(value, name)) for name in names}
    if isinstance(value, tuple | list):
        return [to_data(item) for item in value]
    if isinstance(value, StrEnum):
        return str(value)
    return value


def from_data(kind: type[T], data: object) -> T:
    """Return the value of type ``kind`` that ``data`` describes; raise UnusableInput when it does not describe one."""
    return cast("T", _decode(kind, data, kind.__name__))


def schema(kind: type, *, title: str, identifier: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the documents that ``to_data`` makes of ``kind``."""
    definitions: dict[str, Any] = {}
    root = _describe(kind, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": identifier,
        "title": title,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _key(name: str) -> str:
    return name.rstrip("_")


def _decode(kind: Any, data: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        if data is None:
            return None
        return _decode(next(a for a in get_args(kind) if a is not type(None)), data, where)
    if origin is tuple:
        if not isinstance(data, list):
            raise _unreadable(where, "a list")
        return tuple(_decode(get_args(kind)[0], item, where) for item in data)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _decode_dataclass(kind, data, where)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        try:
            return kind(data)
        except ValueError:
            raise _unreadable(where, f"one of {', '.join(kind)}") from None
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise _unreadable(where, f"a {_SCALARS.get(kind, kind)}")
    return data


def _decode_dataclass(kind: type, data: Any, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise _unreadable(where, "an object")
    hints = get_type_hints(kind)
    given: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if _key(field.name) in data:
            given[field.name] = _decode(hints[field.name], data[_key(field.name)], f"{where}.{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise _unreadable(f"{where}.{field.name}", "present")
    return kind(**given)


def _unreadable(where: str, expected: str) -> UnusableInput:
    return UnusableInput(f"this record can't be read: {where} is not {expected}")


def _describe(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_describe(a, definitions) for a in get_args(kind)]}
    if kind is type(None):
        return {"type": "null"}
    if origin is tuple:
        return {"type": "array", "items": _describe(get_args(kind)[0], definitions)}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [str(member) for member in kind], "description": _summary(kind)}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}
            definitions[kind.__name__] = _describe_dataclass(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return {"type": _SCALARS[kind]}


def _describe_dataclass(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    fields = dataclasses.fields(kind)
    return {
        "type": "object",
        "description": _summary(kind),
        "properties": {_key(field.name): _describe(hints[field.name], definitions) for field in fields},
        "required": [_key(field.name) for field in fields],
    }


def _summary(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split()).replace("``", "`")
