"""What forkmerge knows about one language, as values read from ``grammars/<language>.toml``.

Everything that tells one language from another stands in a ``Profile``; the code of this floor and of the merge knows
kinds of things (units, blocks, comma lists, sets), never languages.  Every node and field name in it exists in the
grammar: a test holds each file to that.

A *path* walks from a node to one of its descendants: steps joined by dots, each the name of a field, the index of a
named child (``0``, ``-1``), a node type after ``@`` (``@block``: the first child of that type, where a grammar gives no
field) or a name with a star (``declarator*``), which follows that field for as long as there is one.  A *template* is
text with paths in braces (``{trait} for {type}``); without braces, after ``=``, it is plain text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnitRule:
    """How units of one kind are found.

    A node whose type is in ``nodes`` is such a unit when every condition of ``where`` holds: the node at the path
    has one of the types, or one of the texts that are given as ``=text``.  The first rule that fits decides.  ``name``
    lists paths or templates, the first that leads somewhere names the unit; ``scope`` is the path of a type that owns
    it (a Go receiver); ``signature`` and ``body`` are paths, "" where there is none.
    """

    kind: str
    nodes: frozenset[str]
    name: tuple[str, ...]
    signature: str = ""
    body: str = ""
    scope: str = ""
    where: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Commutative:
    """Children of a node that are a set: their order means nothing, and additions of both sides are joined.

    A child that is not listed is a barrier: nothing moves across it.  ``separator`` stands between the children (""
    for a line end or nothing).  ``key`` says what makes two children the same: ``name`` (unit name and signature),
    ``text`` (all of it), ``first`` (its first named child: a key), ``word`` (the name that its text begins with: a
    requirement) or ``modifier`` (its text, of which one may say how visible something is and one how it is inherited).
    ``field`` restricts the children to those that the parent holds under that field; ``having`` to those with a child
    of one of these types; ``requires`` names the text of the left side of the assignment whose right side the parent
    must be (``__all__``); ``where`` are conditions on the child, as a unit rule has them, ``around`` on one of the four
    nodes around the parent.  ``unless`` are words with which the order counts after all, in an attribute before the
    declaration around, or before the child.
    """

    parents: frozenset[str]
    children: frozenset[str]
    separator: str = ""
    key: str = "text"
    field: str = ""
    having: frozenset[str] = frozenset()
    requires: str = ""
    where: tuple[tuple[str, frozenset[str]], ...] = ()
    around: tuple[tuple[str, frozenset[str]], ...] = ()
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Distinct:
    """Children of which no two below one parent may have the same name, in whatever order they stand.

    The texts at the paths of ``names`` together are the name; a child in which the first leads nowhere has none.
    Cases, fields and constants are such: git merges two of one name cleanly where they are some lines apart.  ``word``
    stands in every line that begins one, "" where no word does.  ``where`` and ``around`` are conditions on the child
    and on a node around the parent, as sets have them.
    """

    parents: frozenset[str]
    children: frozenset[str]
    names: tuple[str, ...]
    word: str = ""
    where: tuple[tuple[str, frozenset[str]], ...] = ()
    around: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Nodes that bind names: the first of ``names`` that leads somewhere is the identifier or pattern that is bound.

    ``scope`` is the path of a type that owns the name; ``signature`` is set where functions of one name are told apart
    by their parameters; ``unless`` lists children (``get``, ``static``) with which a second one of the name is right.
    """

    kind: str
    nodes: frozenset[str]
    names: tuple[str, ...]
    scope: str = ""
    signature: str = ""
    unless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Embedded:
    """Nodes that hold a text of another language: the first child of the type ``content``, with ``closed`` behind it.

    The child of the type ``told`` names the language: the first word of an info string, ``lang`` or ``type`` of a tag;
    where it names none, it is ``language``.  A file without any of the texts ``begins`` has no such node.
    """

    nodes: frozenset[str]
    content: str
    told: str
    closed: str
    begins: tuple[str, ...]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One language.

    ``sniff``: texts of which one must be in the file where its extension (``.h?``) is not enough.  ``indentation``:
    indentation has a meaning; ``max_indents``: so many columns deep the grammar can be trusted (0: any).  ``ended``:
    the grammar takes a last line without an end for an error.  ``data``: the format a loader can check, "" for code.

    Nodes: ``comments``; ``atomic`` ones are never merged inside (strings, templates, numbers, and every comment);
    ``imports`` are import-like statements; ``blocks`` have statements or members as their named children, in order;
    ``lists`` are comma lists; ``chains`` are those of them that stand in each other, one for each sign (``a | b | c``),
    and are read as one; ``statements`` are one statement or member; ``wrappers`` wrap a unit (a decorated
    definition, an export); ``attached`` are siblings that belong to what follows them (attributes), ``described`` pairs
    ``what.by`` of which a statement that is only the second, right below one that is only the first, belongs to it
    (attribute docstrings); ``transparent`` ones are looked through for units; ``branches`` make what is defined in them
    conditional.

    Names: ``identifiers`` are the leaves that are names; ``qualified`` nodes are names with their scope written before
    them; ``members`` are ``node.field`` places where an identifier is looked up in an object and not in a scope, and
    nodes in which nothing is a name; ``scopes`` are nodes that open a scope; ``repeatable`` are names that may be
    defined again and again; ``identifying`` are attributes of which one tells elements side by side of one name apart.
    ``bindings`` say what binds names, unless ``binder`` names a language ("python") that has rules of its own.
    ``distinct`` says what stands once beside its like, ``embedded`` where texts of other languages stand.
    """

    name: str
    extensions: tuple[str, ...]
    filenames: tuple[str, ...]
    shebangs: tuple[str, ...]
    package: str
    function: str
    sniff: tuple[str, ...]
    indentation: bool
    max_indents: int
    line_comment: str
    data: str
    binder: str
    comments: frozenset[str]
    atomic: frozenset[str]
    imports: frozenset[str]
    blocks: frozenset[str]
    lists: frozenset[str]
    chains: frozenset[str]
    statements: frozenset[str]
    wrappers: frozenset[str]
    attached: frozenset[str]
    described: frozenset[str]
    transparent: frozenset[str]
    branches: frozenset[str]
    qualified: frozenset[str]
    identifiers: frozenset[str]
    members: frozenset[str]
    scopes: frozenset[str]
    repeatable: frozenset[str]
    identifying: frozenset[str]
    units: tuple[UnitRule, ...]
    commutative: tuple[Commutative, ...]
    bindings: tuple[Binding, ...]
    embedded: tuple[Embedded, ...] = ()
    distinct: tuple[Distinct, ...] = ()
    ended: bool = False
