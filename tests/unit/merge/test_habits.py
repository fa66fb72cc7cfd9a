"""What one side rewrote in a place, and the other went on with."""

from __future__ import annotations

import pytest

from forkmerge.merge.habits import broken

BASE = b"check(one, size, 3)\nclose(one)\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "answer"),
    [
        (b"expect(size(one), 3)\nclose(one)\n", BASE, False),
        (b"check(one, len(size), 3)\nclose(one)\n", BASE + b"check(two, size, 3)\n", True),
        (b"check(one, len(size), 3)\nclose(one)\n", BASE + b"check(two, len(size), 3)\n", False),
        (b"check(one, len(size), 3)\nclose(one)\n", BASE + b"write(to, file, 'end', 12)\n", False),
        (b"check(\n    one, size, 3\n)\nclose(one)\n", BASE + b"check(two, size, 3)\n", False),
    ],
    ids=["only one side", "like the line as it was", "like the line as it is", "another line", "only laid out anew"],
)
def test_a_line_put_next_to_one_that_the_other_side_edited(ours: bytes, theirs: bytes, answer: bool) -> None:
    assert broken(BASE, ours, theirs) is answer
    assert broken(BASE, theirs, ours) is answer


def test_a_name_that_is_gone_from_the_place_and_used_more() -> None:
    base = b"if not host:\n    host = find()\n"
    ours = b"if not value:\n    value = find()\n"
    assert broken(base, ours, base + b"host = cut(host)\n")
    assert not broken(base, ours, base + b"done = True\n")


def test_a_version_that_one_side_raised_everywhere_and_the_other_wrote_once_more() -> None:
    base = b"python: [3.9, 3.10-beta.3]\nfails: version == 3.10-beta.3\n"
    ours = base.replace(b"beta.3", b"beta.4")
    theirs = base.replace(b"fails", b"without:\n- 3.10-beta.3\nfails")
    assert broken(base, ours, theirs)
    assert broken(base, theirs, ours)


def test_numbers_of_two_versions_are_no_habit() -> None:
    base = b"archive: 9.2.2\nformat: 8.1.0\n"
    assert not broken(base, base.replace(b"8.1.0", b"8.2.0"), base.replace(b"9.2.2", b"9.3.1"))


def test_imports_stand_for_themselves() -> None:
    base = b"import { Query } from './parts/query'\n"
    ours = b"import type { Query } from './parts/query'\n"
    assert not broken(base, ours, base + b"import { Table } from './parts/table'\n")


@pytest.mark.parametrize(
    ("asked", "added", "answer"),
    [
        ('(has.get("%s"), "a word"),', '(has.new, "more words"),', True),
        ('(has.get("%s"), "a word"),', '(has.get("new"), "more words"),', False),
        ('(has.%s, "a word"),  # known', '(has.new, "more words"),', False),
        ('(has.get("%s"), "a word"),', "other(has.new)", False),
    ],
    ids=["the shape that was", "the new shape", "remarks alone", "another shape"],
)
def test_a_line_of_the_shape_that_all_lines_had(asked: str, added: str, answer: bool) -> None:
    names = ("one", "two", "six")
    base = b"".join(b'(has.%s, "a word"),\n' % name.encode() for name in names)
    ours = "".join(asked % name + "\n" for name in names).encode()
    assert broken(base, ours, base + added.encode() + b"\n") is answer
    assert broken(base, base + added.encode() + b"\n", ours) is answer


def test_words_put_into_every_line_that_an_added_line_lacks() -> None:
    base = b"use flour::Rye;\nuse oven::Tray;\n"
    ours = b"use crate::flour::Rye;\nuse crate::oven::Tray;\n"
    assert broken(base, ours, b"use flour::Rye;\nuse glaze::Egg;\nuse oven::Tray;\n")
    assert broken(base, b"use flour::Rye;\nuse glaze::Egg;\nuse oven::Tray;\n", ours)
    assert not broken(base, ours, b"use flour::Rye;\nuse crate::glaze::Egg;\nuse oven::Tray;\n")
    assert not broken(base, ours, b"use flour::Rye;\nmod glaze;\nuse oven::Tray;\n")
    assert not broken(base, ours, b"use flour::{Rye, Wheat};\nuse oven::Tray;\n")
    assert not broken(base, b"use crate::flour::Rye;\nuse oven::Tray;\n", base + b"use glaze::Egg;\n")


def test_a_part_put_into_a_path_that_an_added_line_lacks() -> None:
    base = b'"harbour.example/tide/level/table"\n'
    ours, theirs = base.replace(b"tide", b"tide/v2"), b'"harbour.example/tide/level"\n' + base
    assert broken(base, ours, theirs)
    assert broken(base, theirs, ours)
    assert not broken(base, ours, theirs.replace(b"tide", b"tide/v2", 1))


def test_a_heading_beside_headings_that_are_at_another_depth_now() -> None:
    base = b"## Writing\n"
    ours, theirs = b"### Writing ##\n", b"## Cleaning\n\nOnce a year.\n\n## Writing\n"
    assert broken(base, ours, theirs)
    assert broken(base, theirs, ours)
    assert not broken(base, ours, b"## Writing\n\nOnce a year.\n")


def test_a_line_that_was_broken_into_several_is_not_put_in() -> None:
    base = b"export { read, readAll } from './reader';\nexport type { Options } from './reader';\n"
    ours = base.replace(b"{ read, readAll }", b"{\n  read,\n  readAll,\n  readBack,\n}")
    theirs = base.replace(b"./reader", b"./reader.js")
    assert not broken(base, ours, theirs)
    assert broken(base, base + b"export { write } from './reader';\n", theirs)
