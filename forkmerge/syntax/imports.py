"""Imports of languages other than Python, read off the statement's tree.

Exact for JavaScript and TypeScript; for Java, Go, Rust and C as far as the statement itself tells: what a wildcard or
an include brings in is ``*``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.model.span import Span
from forkmerge.syntax.names import Import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tree_sitter import Node


def imports_of(node: Node) -> Iterator[Import]:
    """Yield the names that an import-like statement brings in; nothing for one that no reader knows."""
    reader = _READERS.get(node.type)
    if reader is not None:
        yield from reader(node)


def _ecma(node: Node) -> Iterator[Import]:
    source = node.child_by_field_name("source")
    module = _text(source).strip("\"'") if source is not None else ""
    clauses = [c for c in node.named_children if c.type == "import_clause"]
    for part in (c for clause in clauses for c in clause.named_children):
        if part.type == "identifier":
            yield Import(module, "default", _text(part), _span(part))
        elif part.type == "namespace_import":
            # ``* as all``: one name is bound, so this is not an import of everything.
            yield Import(module, "", _text(part.named_children[-1]), _span(part))
        elif part.type == "named_imports":
            yield from _specifiers(part, module)
    for part in node.named_children:
        if part.type == "import_require_clause":
            target = part.child_by_field_name("source")
            module = _text(target).strip("\"'") if target is not None else ""
            yield Import(module, "", _text(part.named_children[0]), _span(part))
    if not node.named_children or (source is not None and not clauses):
        yield Import(module, "", "", _span(node))


def _specifiers(node: Node, module: str) -> Iterator[Import]:
    for part in node.named_children:
        if part.type == "import_specifier":
            name, alias = part.child_by_field_name("name"), part.child_by_field_name("alias")
            text = _text(name) if name is not None else ""
            yield Import(module, text, _text(alias) if alias is not None else text, _span(part))


def _alias(node: Node) -> Iterator[Import]:
    """``import A = B.C``."""
    named = node.named_children
    if len(named) > 1:
        yield Import(_text(named[1]), "", _text(named[0]), _span(node))


def _java(node: Node) -> Iterator[Import]:
    target = next((c for c in node.named_children if c.type in ("scoped_identifier", "identifier")), None)
    if target is None:
        return
    module, _, name = _text(target).rpartition(".")
    if any(c.type == "asterisk" for c in node.named_children):
        yield Import(_text(target), "*", "", _span(node))
    else:
        yield Import(module, name, name, _span(node))


def _go(node: Node) -> Iterator[Import]:
    specs = [c for c in node.named_children if c.type == "import_spec"]
    for group in (c for c in node.named_children if c.type == "import_spec_list"):
        specs += [c for c in group.named_children if c.type == "import_spec"]
    for spec in specs:
        path, name = spec.child_by_field_name("path"), spec.child_by_field_name("name")
        module = _text(path).strip('"`') if path is not None else ""
        alias = _text(name) if name is not None else _go_package(module)
        if alias == ".":
            yield Import(module, "*", "", _span(spec))
        else:
            yield Import(module, "", "" if alias == "_" else alias, _span(spec))


def _go_package(module: str) -> str:
    """Return the name that a Go package most likely has: the last part of its path that is no version."""
    parts = module.split("/")
    if len(parts) > 1 and parts[-1][:1] == "v" and parts[-1][1:].isdigit():
        parts.pop()
    return parts[-1].partition(".v")[0].removeprefix("go-").replace("-", "_")


def _rust(node: Node) -> Iterator[Import]:
    argument = node.child_by_field_name("argument")
    stack: list[tuple[Node, str]] = [(argument, "")] if argument is not None else []
    while stack:
        top, prefix = stack.pop()
        if top.type == "use_as_clause":
            path, alias = top.child_by_field_name("path"), top.child_by_field_name("alias")
            full = _join(prefix, _text(path) if path is not None else "")
            yield _rust_import(full, _text(alias) if alias is not None else "", top)
        elif top.type == "scoped_use_list":
            path, group = top.child_by_field_name("path"), top.child_by_field_name("list")
            inner = _join(prefix, _text(path) if path is not None else "")
            stack.extend((c, inner) for c in reversed(group.named_children if group is not None else []))
        elif top.type == "use_list":
            stack.extend((c, prefix) for c in reversed(top.named_children))
        elif top.type == "use_wildcard":
            yield Import(_join(prefix, _text(top).removesuffix("::*")), "*", "", _span(top))
        elif top.type == "self":
            yield Import(prefix, "", prefix.rpartition("::")[2], _span(top))
        elif not top.is_extra:
            full = _join(prefix, _text(top))
            yield _rust_import(full, full.rpartition("::")[2], top)


def _rust_import(full: str, alias: str, node: Node) -> Import:
    module, _, name = full.rpartition("::")
    return Import(module, name, "" if alias == "_" else alias, _span(node))


def _rust_crate(node: Node) -> Iterator[Import]:
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    module = _text(name) if name is not None else ""
    yield Import(module, "", _text(alias) if alias is not None else module, _span(node))


def _include(node: Node) -> Iterator[Import]:
    path = node.child_by_field_name("path")
    yield Import(_text(path).strip('<>"') if path is not None else "", "*", "", _span(node))


_READERS: dict[str, Callable[[Node], Iterable[Import]]] = {
    "extern_crate_declaration": _rust_crate,
    "import_alias": _alias,
    "import_declaration": lambda node: (*_java(node), *_go(node)),  # one name in two grammars, no child in common
    "import_statement": _ecma,
    "preproc_include": _include,
    "use_declaration": _rust,
}


def _join(prefix: str, rest: str) -> str:
    return f"{prefix}::{rest}" if prefix and rest else prefix or rest


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _span(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte)
