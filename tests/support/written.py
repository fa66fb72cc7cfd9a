"""Programs of ``support.programs`` written out in each language.

A statement is ``left = right + 1``, ``left(right, 1)`` or ``left.right(a[1])``, each maybe after ``if left > 1: ``:
what all of the languages can say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from support.programs import Part, Program


def python(program: Program) -> str:
    out = "".join(f"import {name}\n" for name in program.imports) + "\n\n"
    if program.entries:
        out += "__all__ = [\n" + _rows(program, '"{}",') + "]\n\n\n"
    return out + "\n\n".join(
        f"{_doc(p, '#')}def {p.name}({_listed(program, p.parameters)}):\n"
        + "".join(_indented(s, program.indent) for s in p.statements)
        for p in program.parts
    )


def _indented(statement: str, indent: str) -> str:
    test, colon, rest = statement.rpartition(": ")
    return f"{indent}{test}:\n{indent * 2}{rest}\n" if colon else f"{indent}{statement}\n"


def javascript(program: Program) -> str:
    out = "".join(f"import {name} from '{name}';\n" for name in program.imports) + "\n"
    if program.entries:
        out += "export const all = [\n" + _rows(program, "'{}',") + "];\n\n"
    return out + _functions(program, "function {name}({listed}) {{", "{}")


def typescript(program: Program) -> str:
    out = "".join(f"import {{ {name} }} from '{name}';\n" for name in program.imports) + "\n"
    if program.entries:
        out += "export interface All {\n" + _rows(program, "{}: string;") + "}\n\n"
    return out + _functions(program, "export function {name}({listed}): void {{", "{}: number")


def java(program: Program) -> str:
    out = "package cases;\n\n" + "".join(f"import cases.{name};\n" for name in program.imports)
    out += "\nclass Case {\n"
    if program.entries:
        out += f"{program.indent}enum All {{\n" + _rows(program, "{},", 2) + f"{program.indent}}}\n\n"
    return out + _functions(program, "void {name}({listed}) {{", "int {}", level=1) + "}\n"


def go(program: Program) -> str:
    out = "package cases\n\n"
    if program.imports:
        out += "import (\n" + "".join(f'{program.indent}"{name}"\n' for name in program.imports) + ")\n\n"
    if program.entries:
        out += "type All struct {\n" + _rows(program, "{} string") + "}\n\n"
    return out + _functions(program, "func {name}({listed}) {{", "{} int", end="", test="if {} {{")


def rust(program: Program) -> str:
    out = "".join(f"use {name}::Value;\n" for name in program.imports) + "\n"
    if program.entries:
        out += "pub struct All {\n" + _rows(program, "{}: String,") + "}\n\n"
    return out + _functions(program, "pub fn {name}({listed}) {{", "{}: i64", test="if {} {{")


def c(program: Program) -> str:
    out = "".join(f"#include <{name}.h>\n" for name in program.imports) + "\n"
    if program.entries:
        out += "enum all {\n" + _rows(program, "{},") + "};\n\n"
    return out + _functions(program, "void {name}({listed}) {{", "int {}")


def json(program: Program) -> str:
    parts = [
        f'{program.indent}"{p.name}": {{\n'
        + ",\n".join(f'{program.indent * 2}"k{i}": "{s}"' for i, s in enumerate(p.statements))
        + f"\n{program.indent}}}"
        for p in program.parts
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def yaml(program: Program) -> str:
    out = "all:\n" + "".join(f"- {name}\n" for name in program.entries) if program.entries else ""
    return out + "".join(
        f"{_doc(p, '#')}{p.name}:\n" + "".join(f"  k{i}: '{s}'\n" for i, s in enumerate(p.statements))
        for p in program.parts
    )


def toml(program: Program) -> str:
    out = "all = [\n" + _rows(program, '"{}",') + "]\n\n" if program.entries else ""
    return out + "\n".join(
        f"{_doc(p, '#')}[{p.name}]\n" + "".join(f'k{i} = "{s}"\n' for i, s in enumerate(p.statements))
        for p in program.parts
    )


def text(program: Program) -> str:
    return "\n".join(f"{p.name} {' '.join(p.parameters)}\n" + "\n".join(p.statements) for p in program.parts) + "\n"


WRITERS: dict[str, Callable[[Program], str]] = {
    "python": python,
    "javascript": javascript,
    "typescript": typescript,
    "java": java,
    "go": go,
    "rust": rust,
    "c": c,
    "json": json,
    "yaml": yaml,
    "toml": toml,
    "text": text,
}


def _functions(
    program: Program, head: str, parameter: str, *, end: str = ";", test: str = "if ({}) {{", level: int = 0
) -> str:
    out = []
    for p in program.parts:
        listed = _listed(program, [parameter.format(name) for name in p.parameters], level)
        body = "".join(_braced(s, program.indent, level + 1, end, test) for s in p.statements)
        outer = program.indent * level
        doc = outer + _doc(p, "//") if p.doc else ""
        out.append(f"{doc}{outer}{head.format(name=p.name, listed=listed)}\n{body}{outer}}}\n")
    return "\n".join(out)


def _braced(statement: str, indent: str, level: int, end: str, test: str) -> str:
    outer = indent * level
    condition, colon, rest = statement.rpartition(": ")
    if not colon:
        return f"{outer}{statement}{end}\n"
    return f"{outer}{test.format(condition.removeprefix('if '))}\n{outer}{indent}{rest}{end}\n{outer}}}\n"


def _doc(part: Part, sign: str) -> str:
    return f"{sign} {part.doc}\n" if part.doc else ""


def _rows(program: Program, row: str, level: int = 1) -> str:
    return "".join(f"{program.indent * level}{row.format(name)}\n" for name in program.entries)


def _listed(program: Program, names: Sequence[str], level: int = 0) -> str:
    if not program.broken or not names:
        return ", ".join(names)
    indent = program.indent * (level + 2)
    return "\n" + "".join(f"{indent}{n},\n" for n in names)[:-2] + "\n" + program.indent * level
