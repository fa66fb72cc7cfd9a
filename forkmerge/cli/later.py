"""Modules that are imported when something is first asked of them.

PERF: ``dataclasses`` imports ``inspect`` (with ``ast``, ``dis``, ``tokenize``) for the signature in the docstring of a
class that has none, which no class here is.  That is 8 of the 60 ms that ``merge-file`` may take.  The standard
library's ``LazyLoader`` does the same and costs more than it saves here, because of what it imports itself.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class _Later(ModuleType):
    """Stands for a module until the first attribute is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        module = __import__(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, name)


def later(name: str) -> None:
    """Let the top-level module ``name`` be imported at its first use, unless it is imported already."""
    if name not in sys.modules:
        sys.modules[name] = _Later(name)
