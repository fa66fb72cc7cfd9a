"""Names as values: what a file binds, reads and imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forkmerge.model.span import Span


@dataclass(frozen=True, slots=True)
class Name:
    """A name at a place.

    Of a definition, ``kind`` is ``function``, ``method``, ``class``, ``type``, ``variable``, ``parameter``, ``import``
    or ``declaration`` (may be repeated: a prototype, an interface that is merged, a namespace); of a use it is
    ``name``, ``attribute`` or ``export``.  ``scope`` names what is around it; blocks without a name are numbered
    within theirs.  ``signature`` is set only where the language tells functions of one name apart by it.
    ``conditional`` says that another definition of the same name may rightly stand beside it: it stands in a branch,
    or is an overload, a property's setter and the like; ``decorators`` are the texts of what decorates it.
    """

    text: str
    kind: str
    scope: tuple[str, ...]
    span: Span
    signature: str = ""
    conditional: bool = False
    decorators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: ``import a.b as c`` is ``("a.b", "", "c")``, ``from m import n`` is ``("m", "n", "n")``.

    ``alias`` is the name that it binds in the file, "" for none; ``name`` is ``*`` when everything is taken, which may
    bind any name.
    """

    module: str
    name: str
    alias: str
    span: Span


@dataclass(frozen=True, slots=True)
class Names:
    """All the names of a file, each in the order of the text."""

    definitions: tuple[Name, ...]
    uses: tuple[Name, ...]
    imports: tuple[Import, ...]
