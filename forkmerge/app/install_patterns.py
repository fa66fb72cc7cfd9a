"""The lines of git attributes that send files to the merge driver.

Invariant: a path for which the project's own ``.gitattributes`` decide how it is merged keeps that: where the written
lines outrank them (``info/attributes``), the project's decisions are repeated after the patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forkmerge.report.documents import Language

_BUILT_IN = {"binary": "-merge"}
"""Macros of git's own that say how to merge."""


def patterns(languages: Iterable[Language]) -> tuple[str, ...]:
    """Return the pattern of each extension and file name of the languages that can be parsed here, sorted."""
    found: set[str] = set()
    for language in languages:
        if language.available:
            found |= {f"*{extension}" for extension in (*language.extensions, *language.by_content)}
            found |= {_literal(name) for name in language.file_names}
    return tuple(sorted(found))


def attribute_lines(found: Iterable[str], kept: Iterable[str] = ()) -> bytes:
    """Return a line for each pattern and, after them, the lines ``kept``."""
    lines = [f"{pattern} merge=forkmerge" for pattern in found]
    own = list(kept)
    if own:
        lines += ["# what the project's own .gitattributes say when this was installed", *own]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def decisions(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return what the ``.gitattributes`` in ``files`` (path -> content) say about merging, as lines for the top.

    Files of folders nearer to the top come first, as git ranks them lower.
    """
    macros = dict(_BUILT_IN)
    out: list[str] = []
    for path in sorted(files, key=lambda p: (p.count("/"), p)):
        folder = path.rpartition("/")[0]
        for line in files[path].decode("utf-8", "surrogateescape").removeprefix("\ufeff").splitlines():
            pattern, attributes = _split(line.strip())
            if not pattern or pattern.startswith(("#", "!")):
                continue
            said = _said(attributes, macros)
            if pattern.startswith("[attr]"):
                if said and not folder:
                    macros[pattern.removeprefix("[attr]")] = said
            elif said:
                out.append(f"{_from_top(folder, pattern)} {said}")
    return tuple(out)


def _split(line: str) -> tuple[str, list[str]]:
    """Return the pattern, which may be in quotes, and the attributes of a line."""
    if line.startswith('"'):
        end = 1
        while end < len(line) and line[end] != '"':
            end += 2 if line[end] == "\\" else 1
        return line[: end + 1], line[end + 1 :].split()
    pattern, *attributes = line.split() or [""]
    return pattern, attributes


def _said(attributes: list[str], macros: Mapping[str, str]) -> str:
    """Return the last of ``attributes`` that is about merging, in its plain form, "" for none."""
    said = ""
    for attribute in attributes:
        if attribute in ("merge", "-merge", "!merge") or attribute.startswith("merge="):
            said = attribute
        elif attribute in macros:
            said = macros[attribute]
    return "" if said == "!merge" else said


def _from_top(folder: str, pattern: str) -> str:
    """Return ``pattern`` of the ``.gitattributes`` in ``folder`` as it is written at the top."""
    if not folder:
        return pattern
    quote = pattern.startswith('"') or any(c in folder for c in ' "\\\t')
    inner = pattern[1:-1] if pattern.startswith('"') else pattern.replace("\\", "\\\\").replace('"', '\\"')
    inner = inner if quote else pattern
    before = _literal(folder, quote=False) if not quote else _escaped(_literal(folder, quote=False))
    joined = f"/{before}/{inner.lstrip('/')}" if "/" in inner.rstrip("/") else f"/{before}/**/{inner}"
    return f'"{joined}"' if quote else joined


def _literal(name: str, *, quote: bool = True) -> str:
    """Return the pattern that fits ``name`` alone."""
    pattern = "".join(f"\\{c}" if c in "*?[\\" else c for c in name)
    pattern = "\\" + pattern if name.startswith("!") else pattern
    special = name.startswith(("#", "[attr]")) or any(c in name for c in ' "\t')
    return f'"{_escaped(pattern)}"' if quote and special else pattern


def _escaped(pattern: str) -> str:
    return pattern.replace("\\", "\\\\").replace('"', '\\"')
