"""What counts as a declaration of a function where a macro hides it, and what does not."""

from __future__ import annotations

import pytest

from forkmerge.merge.pieces import Conflict
from forkmerge.merge.prototypes import joined
from forkmerge.syntax.profiles import load

OPEN = b"LIB_API int lib_open(const char *name,\n                     int how);\n"
CLOSE = b"/* Ends it; (really). */\nLIB_API void lib_close(int id);\n"


@pytest.mark.parametrize(
    "theirs",
    [
        CLOSE,
        b"LIB_EXTERN(int) lib_close(int id);\n",
        b"LIB_API int (*lib_close)(int id, void *data) LIB_ATTR;\n",
        b"LIB_API const char *lib_name(int id);\nLIB_API int lib_size(void);\n",
    ],
)
def test_declarations_of_both_sides_stand_one_behind_the_other(theirs: bytes) -> None:
    assert joined(load("c"), Conflict(b"", OPEN, theirs)) == OPEN + theirs
    assert joined(load("c"), Conflict(b"\n", theirs, OPEN)) == theirs + OPEN


@pytest.mark.parametrize(
    "theirs",
    [
        b"LIB_API int lib_open(const char *name);\n",
        b"LIB_API int lib_limit = limit(4);\n",
        b"#define LIB_CLOSE(id) lib_close(id);\n",
        b"typedef void (*lib_close)(int id);\n",
        b"\tlib_close(id);\n",
        b"lib_close(id);\n",
        b"LIB_API int lib_close(int id) { return id; }\n",
        b"LIB_API int lib_close(int id)\n",
        b"LIB_API int lib_close(int id));\n",
        b"return (lib_close(id));\n",
        b"/* nothing */\n",
        b"\n" + CLOSE,
        CLOSE.replace(b"*/", b"*"),
    ],
)
def test_nothing_else_is_joined(theirs: bytes) -> None:
    assert joined(load("c"), Conflict(b"", OPEN, theirs)) is None
    assert joined(load("c"), Conflict(b"", theirs, OPEN)) is None


def test_what_was_there_before_is_for_others_to_say() -> None:
    assert joined(load("c"), Conflict(b"LIB_API int lib_id(void);\n", OPEN, CLOSE)) is None


def test_other_languages_are_left_alone() -> None:
    assert joined(load("javascript"), Conflict(b"", OPEN, CLOSE)) is None
