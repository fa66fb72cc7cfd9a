"""Real Python code as planted collisions need it: where functions, calls and names stand, and edits of the text.

A ``Program`` is the Python files of one commit.  Edits are spans of bytes with what comes in their place; whatever else
stands in a file stays as it is, so that an edit reads like one that people made.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
Span: TypeAlias = "tuple[int, int, bytes]"


@dataclass(frozen=True, slots=True)
class Defined:
    """A function or method: its file, its name with the class before it, its node and that of its class."""

    path: str
    name: str
    node: ast.FunctionDef
    owner: ast.ClassDef | None

    @property
    def short(self) -> str:
        """Return the name without the class."""
        return self.node.name


@dataclass(slots=True)
class Program:
    """The Python files of a tree by path; ``package`` is the folder of the code, all else are tests and tools."""

    files: Mapping[str, bytes]
    package: str
    _trees: dict[str, ast.Module] = field(default_factory=dict)
    _starts: dict[str, list[int]] = field(default_factory=dict)
    _words: dict[str, int] = field(default_factory=dict)

    def code(self) -> list[str]:
        """Return the paths of the code, without its tests."""
        inside = (p for p in self.files if p.startswith(f"{self.package}/") and "/tests/" not in p)
        return sorted(p for p in inside if p.rpartition("/")[2] != "conftest.py")

    def tree(self, path: str) -> ast.Module:
        """Return the parsed file; raises SyntaxError."""
        if path not in self._trees:
            self._trees[path] = ast.parse(self.files[path])
        return self._trees[path]

    def at(self, path: str, line: int, column: int) -> int:
        """Return the offset of a line and column as ``ast`` counts them."""
        if path not in self._starts:
            self._starts[path] = [0]
            for text in self.files[path].splitlines(keepends=True):
                self._starts[path].append(self._starts[path][-1] + len(text))
        return self._starts[path][line - 1] + column

    def span(self, path: str, node: ast.AST) -> tuple[int, int]:
        """Return where a node begins and ends."""
        line, end = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        return (
            self.at(path, line, getattr(node, "col_offset", 0)),
            self.at(path, end, getattr(node, "end_col_offset", 0)),
        )

    def text(self, path: str, node: ast.AST) -> bytes:
        """Return the source of a node."""
        start, end = self.span(path, node)
        return self.files[path][start:end]

    def lines(self, path: str, node: ast.AST) -> tuple[int, int]:
        """Return the span of the whole lines of a node."""
        line, end = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        return self.at(path, line, 0), self.at(path, end + 1, 0)

    def functions(self) -> Iterator[Defined]:
        """Yield the functions of modules and the methods of their classes."""
        for path in self.code():
            for node in self.tree(path).body:
                if isinstance(node, ast.FunctionDef):
                    yield Defined(path, node.name, node, None)
                elif isinstance(node, ast.ClassDef):
                    for item in node.body:
                        if isinstance(item, ast.FunctionDef):
                            yield Defined(path, f"{node.name}.{item.name}", item, node)

    def count(self, word: str) -> int:
        """Return how often ``word`` stands in all files."""
        if not self._words:
            for data in self.files.values():
                for found in re.findall(rb"\w+", data):
                    key = found.decode("utf-8", "replace")
                    self._words[key] = self._words.get(key, 0) + 1
        return self._words.get(word, 0)

    def definitions(self, name: str) -> int:
        """Return in how many places ``name`` is bound in all files: as function, class, argument or variable."""
        pattern = re.compile(
            rb"\b(?:def|class)\s+%b\b|\b%b\s*(?::[^=\n()]*)?=(?!=)|\bas\s+%b\b|\b%b\s*:" % ((name.encode(),) * 4)
        )
        return sum(len(pattern.findall(data)) for data in self.files.values() if name.encode() in data)

    def calls(self, name: str) -> Iterator[tuple[str, ast.Call]]:
        """Yield the calls of ``name``, as a function or as a method."""
        for path, data in self.files.items():
            if name.encode() not in data:
                continue
            try:
                tree = self.tree(path)
            except SyntaxError:
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and called(node) == name:
                    yield path, node

    def renamed(self, old: str, new: str) -> dict[str, bytes]:
        """Return the files with one word in place of another, everywhere."""
        word = re.compile(rb"\b%b\b" % old.encode())
        return {p: word.sub(new.encode(), d) for p, d in self.files.items() if word.search(d)}

    def signature(self, path: str, node: Function) -> tuple[int, int]:
        """Return the span of the parameters of a function, without the parentheses."""
        line = node.body[0].lineno
        start = self.at(path, node.lineno, node.col_offset)
        end = self.at(path, line + 1, 0) if line >= node.lineno else start
        tokens = tokenize.tokenize(io.BytesIO(self.files[path][start:end]).readline)
        lines = self.files[path][start:end].splitlines(keepends=True)
        depth, opened = 0, -1
        try:
            for token in tokens:
                offset = sum(map(len, lines[: token.start[0] - 1])) + len(token.line[: token.start[1]].encode())
                if token.string in "([{" and token.type == tokenize.OP:
                    depth += 1
                    opened = start + offset + 1 if opened < 0 else opened
                elif token.string in ")]}" and token.type == tokenize.OP:
                    depth -= 1
                    if not depth:
                        return opened, start + offset
        except (tokenize.TokenError, IndentationError):
            pass
        raise ValueError(f"no signature in {path}:{node.lineno}")


def called(node: ast.Call) -> str:
    """Return the last name of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def replaced(data: bytes, spans: Iterable[Span]) -> bytes:
    """Return ``data`` with each span replaced; of spans within each other only the inner one."""
    out, upto = [], len(data)
    for start, end, new in sorted(spans, reverse=True):
        if end <= upto:
            out += [data[end:upto], new]
            upto = start
    return b"".join(reversed([*out, data[:upto]]))


def edited(program: Program, spans: Iterable[tuple[str, Span]]) -> dict[str, bytes]:
    """Return the files that spans change, by path."""
    by: dict[str, list[Span]] = {}
    for path, span in spans:
        by.setdefault(path, []).append(span)
    return {path: replaced(program.files[path], found) for path, found in by.items()}


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function without those of functions and classes in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from own_nodes(child)


def returns(node: Function) -> list[ast.Return]:
    """Return the return statements with a value, none where the function is a generator."""
    inner = list(own_nodes(node))
    if any(isinstance(n, ast.Yield | ast.YieldFrom) for n in inner):
        return []
    return [n for n in inner if isinstance(n, ast.Return) and n.value is not None]


def with_argument(program: Program, path: str, call: ast.Call, argument: str) -> tuple[str, Span]:
    """Return the edit that gives a call one more argument, before ``**`` if there is one."""
    start, end = program.span(path, call)
    text = program.files[path][start:end]
    inner = text[:-1].rstrip()
    comma = b"" if inner.endswith((b"(", b",")) else b","
    blank = b"" if inner.endswith(b"(") else b" "
    at = start + len(inner)
    return path, (at, at, comma + blank + argument.encode())


def indent_of(program: Program, path: str, node: ast.AST) -> bytes:
    """Return the blanks before a statement."""
    return b" " * int(getattr(node, "col_offset", 0))


def boundaries(program: Program, path: str) -> list[int]:
    """Return the offsets behind the functions and classes of a module: where another one may stand."""
    body = program.tree(path).body
    kept = [n for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    return [program.at(path, n.end_lineno or n.lineno, 0) + _line(program, path, n) for n in kept]


def _line(program: Program, path: str, node: ast.AST) -> int:
    start = program.at(path, getattr(node, "end_lineno", 1), 0)
    end = program.files[path].find(b"\n", start)
    return (end + 1 if end >= 0 else len(program.files[path])) - start
