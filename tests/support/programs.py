"""Small programs and edits of them, drawn from a seeded generator: what the merge laws are tried on."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from support.written import WRITERS

NAMES = ("load", "save", "total", "width", "parse", "emit", "node", "left", "right", "queue", "limit", "label")
PATHS = {
    "python": "case.py",
    "javascript": "case.js",
    "typescript": "case.ts",
    "java": "Case.java",
    "go": "case.go",
    "rust": "case.rs",
    "c": "case.c",
    "json": "case.json",
    "yaml": "case.yaml",
    "toml": "case.toml",
    "text": "case.txt",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A definition, or a member: its name, its parameters, its statements (texts without indentation)."""

    name: str
    parameters: tuple[str, ...]
    statements: tuple[str, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """Imports, a list of names and parts, written out by ``text`` in any of the languages."""

    imports: tuple[str, ...]
    parts: tuple[Part, ...]
    entries: tuple[str, ...] = ()
    indent: str = "    "
    broken: bool = False

    def text(self, language: str) -> bytes:
        return WRITERS[language](self).encode()


def program(rng: random.Random) -> Program:
    """Return a program of two to six parts with different names."""
    names = rng.sample(NAMES, rng.randint(2, 6))
    imports = tuple(sorted(rng.sample(("os", "re", "sys", "json", "math"), rng.randint(0, 3))))
    parts = tuple(Part(n, ("a", "b")[: rng.randint(0, 2)], _statements(rng), _doc(rng)) for n in names)
    return Program(imports, parts, tuple(names[: rng.randint(0, 4)]))


def _doc(rng: random.Random) -> str:
    return f"what a {rng.choice(NAMES)} of {rng.randrange(9)} is" if rng.random() < 0.3 else ""


def _statements(rng: random.Random) -> tuple[str, ...]:
    return tuple(_statement(rng) for _ in range(rng.randint(1, 5)))


def _statement(rng: random.Random) -> str:
    left, right = rng.sample(NAMES, 2)
    test = f"if {right} > {rng.randrange(9)}: " if rng.random() < 0.2 else ""
    return test + rng.choice(
        (
            f"{left} = {right} + {rng.randrange(9)}",
            f"{left}({right}, {rng.randrange(9)})",
            f"{left}.{right}(a[{rng.randrange(9)}])",
        )
    )


def edited(rng: random.Random, start: Program, edits: int) -> Program:
    """Return ``start`` after so many edits: statements, parameters, imports, names, moves, layout."""
    for _ in range(edits):
        start = rng.choice(_EDITS)(rng, start)
    return start


def _with_part(start: Program, index: int, part: Part) -> Program:
    return replace(start, parts=(*start.parts[:index], part, *start.parts[index + 1 :]))


def _add_statement(rng: random.Random, start: Program) -> Program:
    index = rng.randrange(len(start.parts))
    statements = list(start.parts[index].statements)
    statements.insert(rng.randint(0, len(statements)), _statement(rng))
    return _with_part(start, index, replace(start.parts[index], statements=tuple(statements)))


def _drop_statement(rng: random.Random, start: Program) -> Program:
    index = rng.randrange(len(start.parts))
    statements = list(start.parts[index].statements)
    if len(statements) > 1:
        del statements[rng.randrange(len(statements))]
    return _with_part(start, index, replace(start.parts[index], statements=tuple(statements)))


def _change_statement(rng: random.Random, start: Program) -> Program:
    index = rng.randrange(len(start.parts))
    statements = list(start.parts[index].statements)
    at = rng.randrange(len(statements))
    statements[at] = re.sub(r"\d", str(rng.randrange(10, 99)), statements[at])
    return _with_part(start, index, replace(start.parts[index], statements=tuple(statements)))


def _wrap_statement(rng: random.Random, start: Program) -> Program:
    index = rng.randrange(len(start.parts))
    statements = list(start.parts[index].statements)
    at = rng.randrange(len(statements))
    test, colon, rest = statements[at].rpartition(": ")
    left, equals, right = rest.rpartition(" = ")
    statements[at] = f"{test}{colon}{left}{equals}checked({right})"
    return _with_part(start, index, replace(start.parts[index], statements=tuple(statements)))


def _add_parameter(rng: random.Random, start: Program) -> Program:
    index = rng.randrange(len(start.parts))
    part = start.parts[index]
    name = f"p{rng.randrange(99)}"
    if name in part.parameters:
        return start
    return _with_part(start, index, replace(part, parameters=(*part.parameters, name)))


def _add_import(rng: random.Random, start: Program) -> Program:
    name = rng.choice(("ast", "abc", "csv", "time", "uuid", "zlib"))
    return replace(start, imports=tuple(sorted({*start.imports, name})))


def _add_entry(rng: random.Random, start: Program) -> Program:
    entries = list(start.entries)
    entries.insert(rng.randint(0, len(entries)), f"{rng.choice(NAMES)}{rng.randrange(100, 999)}")
    return replace(start, entries=tuple(entries))


def _drop_entry(rng: random.Random, start: Program) -> Program:
    entries = list(start.entries)
    if entries:
        del entries[rng.randrange(len(entries))]
    return replace(start, entries=tuple(entries))


def _change_doc(rng: random.Random, start: Program) -> Program:
    index = rng.randrange(len(start.parts))
    return _with_part(start, index, replace(start.parts[index], doc=_doc(rng)))


def _take_out(rng: random.Random, start: Program) -> Program:
    """Make some statements of a part a part of its own, and call it there."""
    index = rng.randrange(len(start.parts))
    part = start.parts[index]
    first = rng.randrange(len(part.statements))
    last = rng.randint(first + 1, len(part.statements))
    name = f"{rng.choice(NAMES)}{rng.randrange(100, 999)}"
    call = (*part.statements[:first], f"{name}()", *part.statements[last:])
    new = Part(name, (), part.statements[first:last])
    return replace(start, parts=(*start.parts[:index], replace(part, statements=call), new, *start.parts[index + 1 :]))


def _rename(rng: random.Random, start: Program) -> Program:
    index = rng.randrange(len(start.parts))
    old, new = start.parts[index].name, f"{start.parts[index].name}_{rng.randrange(99)}"

    def named(text: str) -> str:
        return re.sub(rf"\b{old}\b", new, text)

    parts = tuple(replace(p, name=named(p.name), statements=tuple(map(named, p.statements))) for p in start.parts)
    return replace(start, parts=parts, entries=tuple(map(named, start.entries)))


def _move(rng: random.Random, start: Program) -> Program:
    parts = list(start.parts)
    part = parts.pop(rng.randrange(len(parts)))
    parts.insert(rng.randint(0, len(parts)), part)
    return replace(start, parts=tuple(parts))


def _add_part(rng: random.Random, start: Program) -> Program:
    parts = list(start.parts)
    name = f"{rng.choice(NAMES)}{rng.randrange(100, 999)}"
    parts.insert(rng.randint(0, len(parts)), Part(name, (), _statements(rng)))
    return replace(start, parts=tuple(parts))


def _drop_part(rng: random.Random, start: Program) -> Program:
    parts = list(start.parts)
    if len(parts) > 2:
        del parts[rng.randrange(len(parts))]
    return replace(start, parts=tuple(parts))


def _indent(rng: random.Random, start: Program) -> Program:
    return replace(start, indent=rng.choice(("  ", "    ", "\t")))


def _break(_: random.Random, start: Program) -> Program:
    return replace(start, broken=not start.broken)


_EDITS = (
    *(_add_statement,) * 3, *(_change_statement,) * 3, *(_drop_statement,) * 2, *(_wrap_statement,) * 2,
    *(_add_parameter,) * 2, *(_add_import,) * 2, _rename, _move, *(_add_part,) * 2, _drop_part, _indent, _break,
    *(_add_entry,) * 2, _drop_entry, _change_doc, _take_out,
)  # fmt: skip


_SIGNS = (b"\n", b"{", b")", b"'", b"\r", b"\xe9", b"\xef\xbb\xbf", b"<<<<<<< a\n", b"=======\n", b" ")


def noise(rng: random.Random, data: bytes) -> bytes:
    """Return ``data`` with a few bytes dropped, doubled or put in, its line ends or its last one changed."""
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(data) + 1)
        head, tail = data[:at], data[at:]
        sign = rng.choice(_SIGNS)
        data = rng.choice((head + tail[rng.randrange(12) :], head + sign + tail, head + data[-20:] + tail))
    if rng.random() < 0.15:
        data = data.replace(b"\n", b"\r\n")
    return data.removesuffix(b"\n") if rng.random() < 0.2 else data


def versions(language: str, seed: int) -> tuple[bytes, bytes, bytes]:
    """Return base, ours and theirs of one small scenario; one in four is disturbed by noise."""
    rng = random.Random(seed)
    start = program(rng)
    mine, other = edited(rng, start, rng.randint(1, 4)), edited(rng, start, rng.randint(1, 4))
    texts = start.text(language), mine.text(language), other.text(language)
    if rng.random() < 0.25:
        base = noise(rng, texts[0])
        return base, noise(rng, texts[1]), noise(rng, texts[2])
    return texts
