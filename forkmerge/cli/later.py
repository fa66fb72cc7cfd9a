"""Modules that are imported when something is first asked of them that is not given beforehand.

PERF: on the path of ``merge-file``, ``typing`` is asked for ``TYPE_CHECKING`` alone and ``dataclasses`` for what
``cli.values`` does too.  Together, with what they import, they are 40 of 120 ms.  The standard library's ``LazyLoader``
does the like and costs more than it saves here, because of what it imports itself.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)  # what ``types`` does too


class _Later(ModuleType):
    """Stands for a module until an attribute is asked for that was not given."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        own = self.__dict__.get("__own__", {})
        if name in own and _ours():
            return own[name]
        known = self.__dict__.get("__known__")
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
            if known is not None:
                sys.modules[self.__name__] = known
        module = known or __import__(self.__name__)
        within = self.__name__ + "."
        for part in [known for known in sys.modules if known.startswith(within)]:  # imported, or placed, before it was
            setattr(module, part.removeprefix(within), sys.modules[part])
        own.clear()
        self.__dict__.update(module.__dict__)
        return getattr(module, name)


def _ours() -> bool:
    """Return whether forkmerge asks, or an extension that it is loading, and not a module of somebody else."""
    frame = sys._getframe(2)
    while frame.f_back is not None and "importlib" in frame.f_globals.get("__name__", ""):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")).startswith("forkmerge.")


def later(name: str, own: dict[str, Any] | None = None, **given: Any) -> None:
    """Let the top-level module ``name`` be imported when more than what is ``given`` is asked of it.

    What is its ``own`` is given to forkmerge alone.  A module that is imported already stays as it is.
    """
    if name not in sys.modules:
        instead(name, own, **given)


def instead(name: str, own: dict[str, Any] | None = None, **given: Any) -> None:
    """Do what ``later`` does, for a module that is imported, too: that one is asked for what is not given."""
    known = sys.modules.get(name)
    if not isinstance(known, _Later):
        sys.modules[name] = stand_in = _Later(name)
        stand_in.__dict__.update(given, __own__=own or {}, __known__=known)


def spare(*, all_ours: bool = False) -> None:
    """Spare this process the modules that only the building of classes and the checking of types ask for.

    Where the process is ``all_ours``, those that the console script imported are no reason to compile every pattern:
    what older versions of pip write imports ``re``.
    """
    from forkmerge.cli.small import place  # noqa: PLC0415 - loaded when it is needed

    place(instead if all_ours else later, always=all_ours)
    later("typing", TYPE_CHECKING=False, TypeAlias=None)
    spare_classes()


def spare_classes() -> None:
    """Spare this process the compiling of its dataclasses' methods, and what ``dataclasses`` imports to do it."""
    if "dataclasses" not in sys.modules:
        from forkmerge.cli.values import dataclass, replace  # noqa: PLC0415 - loaded when it is needed

        later("dataclasses", dataclass=dataclass, replace=replace)
