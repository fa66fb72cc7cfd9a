"""Finding the language of a file."""

from __future__ import annotations

import subprocess
import sys

import pytest

from forkmerge.errors import UnusableInput
from forkmerge.syntax import profiles


@pytest.mark.parametrize(
    ("path", "data", "name"),
    [
        ("a/b.py", b"", "python"),
        ("a/B.PY", b"", "python"),
        ("x.d/y.jsx", b"", "javascript"),
        ("x.ts", b"", "typescript"),
        ("x.tsx", b"", "tsx"),
        ("dir/Cargo.lock", b"", "toml"),
        (".clang-format", b"", "yaml"),
        ("x.h", b"int f(void);\n", "c"),
        ("x.h", b"#pragma once\nnamespace a {\n}\n", "cpp"),
        ("bin/tool", b"#!/usr/bin/env -S python3.11 -u\n", "python"),
        ("bin/tool", b"#!/usr/bin/python\n", "python"),
        ("bin/tool", b"#! /usr/bin/env node\n", "javascript"),
    ],
)
def test_language_is_found(path: str, data: bytes, name: str) -> None:
    found = profiles.for_path(path, data)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("path", "data"), [("x.unknown", b""), ("README", b""), ("tool", b"#!/bin/tcsh\n"), ("tool", b"#!\n"), ("", b"")]
)
def test_unknown_language_is_none(path: str, data: bytes) -> None:
    assert profiles.for_path(path, data) is None


@pytest.mark.parametrize("name", ["nothing", "../python", ""])
def test_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(UnusableInput):
        profiles.load(name)


def test_finding_and_parsing_imports_nothing_heavy() -> None:
    program = (
        "import sys; from forkmerge.syntax import parsing, profiles, units;"
        "units.units(profiles.for_path('a.py'), b'def f(): pass');"
        "print(sorted({'json', 'pathlib', 'tempfile', 'importlib.resources', 'click', 'pygit2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
