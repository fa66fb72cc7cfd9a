"""Whether a data file loads, by the strict rules of its format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forkmerge.syntax.parsing import error_nodes, parse

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

    from forkmerge.syntax.profile import Profile


class _DuplicateKeyError(ValueError):
    pass


def load_error(profile: Profile, data: bytes) -> str:
    """Return why a JSON, TOML or YAML file does not load, "" if it does or if it is no data file.

    A key given twice is an error in all three.  JSON is held to the standard: comments, as some tools allow them, are
    an error too, so compare with what the inputs say.
    """
    if profile.data == "json":
        return _json(data)
    if profile.data == "toml":
        return _toml(data)
    if profile.data == "yaml":
        return _yaml(parse(profile, data))
    return ""


def loaded(profile: Profile, data: bytes) -> object:
    """Return what a JSON or TOML file says, None if it does not load or is none."""
    try:
        if profile.data == "json":
            import json  # noqa: PLC0415 - only data files need it

            return json.loads(data.decode("utf-8-sig"))
        if profile.data == "toml":
            import tomllib  # noqa: PLC0415 - the same

            return tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return None


def _json(data: bytes) -> str:
    import json  # noqa: PLC0415 - only data files need it

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        table = dict(found)
        if len(table) < len(found):
            keys = [key for key, _ in found]
            twice = next(key for position, key in enumerate(keys) if key in keys[:position])
            raise _DuplicateKeyError(f"the key {twice!r} is given twice")
        return table

    try:
        json.loads(data.decode("utf-8-sig"), object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        return str(error) or type(error).__name__
    return ""


def _toml(data: bytes) -> str:
    import tomllib  # noqa: PLC0415 - only data files need it

    try:
        tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return str(error) or type(error).__name__
    return ""


def _yaml(tree: Tree) -> str:
    wrong = next(error_nodes(tree), None)
    if wrong is not None:
        return f"line {wrong.start_point[0] + 1} is not YAML"
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.type in ("block_mapping", "flow_mapping"):
            twice = _twice(node)
            if twice is not None:
                return f"the key {_key(twice)!r} is given twice (line {twice.start_point[0] + 1})"
        stack.extend(node.named_children)
    return ""


def _twice(mapping: Node) -> Node | None:
    seen: set[str] = set()
    for pair in mapping.named_children:
        key = pair.child_by_field_name("key")
        if key is None or (text := _key(key)) == "<<":
            continue
        if text in seen:
            return key
        seen.add(text)
    return None


def _key(node: Node) -> str:
    text = (node.text or b"").decode("utf-8", "replace").strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
