"""Laws of the syntax floor, for sound files, for mutilated ones and for garbage."""

from __future__ import annotations

import builtins
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forkmerge.errors import UnusableInput
from forkmerge.syntax import data as loaders
from forkmerge.syntax import parsing, profiles, references
from forkmerge.syntax.tokens import tokens
from forkmerge.syntax.units import Unit, tile, units, walk

SAMPLES = {
    "python": b"# c\n@d\ndef f(a, *b):\n    return {a: 1}\n\nclass A(B):\n    # e\n    def m(self): pass\n",
    "javascript": b"// c\nimport {a} from 'b';\nclass A { x = 1; m(a) { `${a}`; } }\nconst f = (x) => <b>{x}</b>;\n",
    "typescript": b"interface A { a: string }\nexport function f(a: A): void;\nnamespace N { const x = 1 }\n",
    "tsx": b"type A = B<C>;\nexport const f = (x: A) => <b>{x}</b>;\n",
    "java": b"package a;\nimport b.C;\n/** d */\n@E\nclass A<T> { int x = 1; A() {} void m(int... a) throws B { } }\n",
    "go": b'package a\n\nimport (\n\t"b"\n)\n\n// c\nfunc (a *A) M() error { return nil }\ntype A struct { b int }\n',
    "rust": b"use a::{b, c};\n/// d\n#[e]\npub fn f<T>(a: &T) -> U { b!(c) }\nimpl A for B { fn m(&self) {} }\n",
    "c": b"#include <a.h>\n#ifdef A\nint f(int *a) { return a[0]; }\n#else\nstruct s { int a; };\n#endif\n",
    "cpp": b"template <typename T> class A : B { public: A(); ~A(); T m() const { return x; } };\nvoid A::b() {}\n",
    "json": b'{\n  "a": [1, {"b": null}],\n  "c": {"d": "e"}\n}\n',
    "yaml": b"# c\na: 1\nb:\n  - c: {d: e}\n    f: |\n      text\n  # g\nh: *x\n",
    "toml": b"a = 1\n[b.c] # d\ne = [1, {f = 2}]\n# g\n[[h]]\ni = 'j'\n",
}
SEEDS = st.integers(0, 2**32)
SIGNS = [
    b"\n",
    b"{",
    b"}",
    b"(",
    b")",
    b'"',
    b"'",
    b"/*",
    b"#",
    b"\0",
    b"\xe9",
    b"\r",
    b"  ",
    b"//x\n",
    b":",
    b",",
    b"`",
    b"<",
]


def mutilated(language: str, seed: int) -> bytes:
    """Return the sample with a few bytes removed, doubled or put in."""
    rng = random.Random(seed)
    data = SAMPLES[language]
    if rng.random() < 0.3:
        data = data.replace(b"\n", b"\r\n")
    if rng.random() < 0.2:
        data = b"\xef\xbb\xbf" + data
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(data) + 1)
        other = rng.randrange(len(data) + 1)
        head, tail = data[:at], data[at:]
        data = rng.choice(
            (head + tail[rng.randrange(20) :], head + rng.choice(SIGNS) + tail, head + data[other : other + 30] + tail)
        )
    return data


def nested(level: tuple[Unit, ...], start: int, end: int) -> None:
    for unit in level:
        assert start <= unit.span.start <= unit.body.start <= unit.body.end <= unit.span.end <= end
        nested(unit.children, unit.span.start, unit.span.end)
        start = unit.span.end


def lawful(language: str, data: bytes) -> None:
    profile = profiles.load(language)
    try:
        tree = parsing.parse(profile, data)
    except UnusableInput:
        return
    found = units(profile, data, tree)
    assert b"".join((p.span if isinstance(p, Unit) else p).of(data) for p in tile(data, found)) == data
    nested(found, 0, len(data))
    keys = [(u.scope, u.kind, u.name, u.ordinal) for u in walk(found)]
    assert len(set(keys)) == len(keys)
    at = 0
    for token in tokens(profile, data, tree):
        assert token.start >= at
        assert data[token.start : token.end] == token.text != b""
        assert not data[at : token.start].strip()
        at = token.end
    assert not data[at:].strip()
    for name in (*references.definitions(profile, data, tree), *references.uses(profile, data, tree)):
        assert 0 <= name.span.start <= name.span.end <= len(data)
    assert (parsing.errors(tree) == 0) == parsing.sound(tree)
    loaders.load_error(profile, data)


@pytest.mark.parametrize("language", sorted(SAMPLES))
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_mutilated_file_keeps_the_laws(language: str, seed: int) -> None:
    lawful(language, mutilated(language, seed))


@pytest.mark.parametrize("language", sorted(SAMPLES))
@settings(max_examples=10, deadline=None)
@given(data=st.binary(max_size=80) | st.text(alphabet="(){}[]<>:;,.-?\"'`#/*=! \n\tab1", max_size=80).map(str.encode))
def test_garbage_keeps_the_laws(language: str, data: bytes) -> None:
    lawful(language, data)


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_every_language_has_a_sample_that_is_sound(language: str) -> None:
    profile = profiles.load(language)
    assert parsing.sound(parsing.parse(profile, SAMPLES[language]))
    lawful(language, SAMPLES[language])


@pytest.mark.parametrize("language", sorted(SAMPLES))
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"\n\n\n",
        b"# only\n",
        b"// only",
        b"\xef\xbb\xbf",
        b"\xff\xfe" * 9,
        *(s * 2000 for s in SIGNS if s.strip()),
    ],
    ids=lambda d: repr(d[:6]),
)
def test_odd_and_deep_files_keep_the_laws(language: str, data: bytes) -> None:
    lawful(language, data)


@pytest.mark.parametrize(
    "text", [b"if x {", b"function f(){", b"[a]: ", b'{"a":', b"<a>", b"else if(a){}", b"- ", b"a{"]
)
@pytest.mark.parametrize("language", ["javascript", "rust", "go", "json", "yaml", "tsx"])
def test_two_thousand_levels_keep_the_laws(language: str, text: bytes) -> None:
    lawful(language, text * 2000)


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "forkmerge").rglob("*.py"))[:40], ids=lambda p: p.name
)
def test_own_sources_keep_the_laws_and_bind_what_they_use(path: Path) -> None:
    data = path.read_bytes()
    lawful("python", data)
    profile = profiles.load("python")
    bound = {n.text for n in references.definitions(profile, data)} | set(dir(builtins)) | {"__file__"}
    assert {n.text for n in references.uses(profile, data)} <= bound
