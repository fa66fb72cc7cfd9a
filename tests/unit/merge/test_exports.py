from __future__ import annotations

import pytest

from forkmerge.merge.exports import objections

BASE = b"import { a } from './a';\nexport { b } from './b';\n"


@pytest.mark.parametrize(
    ("added", "again", "message"),
    [
        (b"export { c } from './c';\n", b"export { c } from './c.js';\n", "c is exported twice"),
        (b"export { d as c };\n", b"export {\n  e, // both\n  c,\n};\n", "c is exported twice"),
        (b"import type { c } from './c';\n", b"import c from './d';\n", "c is imported twice"),
        (b"import * as c from './c';\n", b"import { d as c } from './d';\n", "c is imported twice"),
        (b"export { c } from './c';\n", b"import { c } from './c';\n", ""),
        (b"use a::b;\n", b"pub use  a::b;\n", "a::b is imported twice"),
        (b"use A\\B as C;\n", b"use A\\B as C;\n", "A\\B as C is imported twice"),
        (b"use a::*;\n", b"use a::*;\n", ""),
        (b"use A as _;\n", b"use A as _;\n", ""),
        (b"#[cfg(unix)]\nuse a::b;\n", b"#[cfg(windows)]\nuse a::b;\n", ""),
        (b'import (\n\t"os"\n)\n', b'import (\n\t"io"\n\t"os"\n)\n', '"os" is imported twice'),
        (b'import (\n\t_ "os"\n)\n', b'import (\n\t_ "os"\n)\n', ""),
        (b'import (\n\ta "os"\n)\n', b'import (\n\tb "os"\n)\n', ""),
        (b"export default { c, d };\n", b"export const { c } = { c: 1 };\n", ""),
    ],
)
def test_a_name_is_imported_and_exported_once(added: bytes, again: bytes, message: str) -> None:
    found = objections("a.ts", (BASE, BASE + added, again + BASE), again + BASE + added)
    assert [f.message for f in found] == ([message] if message else [])


def test_what_a_side_has_twice_is_not_held_against_the_merge() -> None:
    twice = BASE + b"export { b } from './c';\n"
    assert not objections("a.ts", (BASE, twice, BASE), b"import d from './d';\n" + twice)
