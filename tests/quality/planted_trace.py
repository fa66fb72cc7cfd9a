"""A pytest plugin that notes which functions of a package are called with plain values: sites for planted collisions.

It runs inside the environment of the project that is looked at, so it imports nothing but the standard library.
``PLANTED_ROOT`` is the folder of the package, ``PLANTED_OUT`` the JSON file that is written: for each function (by file
and qualified name) some calls, each with its arguments as text and, for methods, those that made the object.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

ROOT = os.environ.get("PLANTED_ROOT", "\0")
MOST = 6
LONGEST = 160
_PLAIN = (str, int, bool, float, bytes, type(None), list, tuple, dict, set)
_made: dict[int, tuple[str, dict[str, str]]] = {}
_calls: dict[tuple[str, str], list[dict[str, Any]]] = {}
_seen: dict[tuple[str, str], int] = {}


def plain(value: object) -> str | None:
    """Return the text of a plain value, None for any other."""
    if type(value) not in _PLAIN:
        return None
    try:
        text = repr(value)
        if len(text) > LONGEST or "<" in text[:1] or ast.literal_eval(text) != value:
            return None
    except Exception:  # noqa: BLE001 - whatever a value does when it is shown, it is not plain then
        return None
    return text


def _trace(frame: FrameType, event: str, _arg: object) -> None:
    if event != "call":
        return
    code = frame.f_code
    if not code.co_filename.startswith(ROOT) or "<" in code.co_qualname:
        return
    key = (code.co_filename, code.co_qualname)
    _seen[key] = _seen.get(key, 0) + 1
    making = code.co_qualname.endswith(".__init__")
    if not making and (len(_calls.get(key, ())) >= MOST or _seen[key] > 400):
        return
    given = inspect.getargvalues(frame)
    names = list(given.args)
    owner, _, _ = code.co_qualname.rpartition(".")
    this = None
    if owner:
        if not names or names[0] != "self":
            return
        this = frame.f_locals.get("self")
        if type(this).__qualname__ != owner:
            return
        names = names[1:]
    if (given.varargs and frame.f_locals.get(given.varargs)) or (given.keywords and frame.f_locals.get(given.keywords)):
        return
    values = {name: plain(frame.f_locals.get(name)) for name in names}
    if making:
        _made.pop(id(this), None)
    if any(v is None for v in values.values()):
        return
    if making:
        _made[id(this)] = (owner, dict(values))
    elif owner and _made.get(id(this), ("",))[0] != owner:
        return
    found = _calls.setdefault(key, [])
    entry = {"args": values, "init": _made[id(this)][1] if owner and not making else None}
    if len(found) < MOST and entry not in found:
        found.append(entry)


def pytest_configure() -> None:
    """Begin to trace."""
    sys.setprofile(_trace)


def pytest_unconfigure() -> None:
    """Write what was seen."""
    sys.setprofile(None)
    rows = [{"file": f, "name": n, "calls": calls} for (f, n), calls in _calls.items() if calls]
    Path(os.environ["PLANTED_OUT"]).write_text(json.dumps(rows), encoding="utf-8")
