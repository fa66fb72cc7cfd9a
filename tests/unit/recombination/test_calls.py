"""Whose function a call means, and the value that all calls give to a parameter."""

from __future__ import annotations

import pytest

from forkmerge.recombination.calls import calls_of, obvious
from forkmerge.syntax.profiles import for_path


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("from net import connect\nconnect(1)\n", 1),
        ("from pkg.net import connect\nconnect(1)\n", 1),
        ("from pkg import connect\nconnect(1)\n", 1),
        ("import net\nnet.connect(1)\n", 1),
        ("from pkg import net\nnet.connect(connect)\n", 1),
        ("import pkg.net as n\nn.connect(1)\n", 1),
        ("import pkg.other as n\nn.connect(1)\n", 0),
        ("import sqlite3\nsqlite3.connect(1)\n", 0),
        ("from sqlite3 import connect\nconnect(1)\n", 0),
        ("def connect(a):\n    pass\n\n\nconnect(1)\n", 0),
        ("client.connect(1)\n", 0),
    ],
)
def test_a_call_of_another_function_of_that_name_does_not_count(text: str, count: int) -> None:
    profile = for_path("use.py", b"")
    assert profile is not None
    assert len(calls_of(profile, text.encode(), "connect", "pkg/net.py", "use.py")) == count


@pytest.mark.parametrize(
    ("calls", "value"),
    [
        (["connect('a', 30)", "connect('b', timeout=30)"], "30"),
        (["connect('a', 30)", "connect('b', 60)"], ""),
        (["connect('a', limit)"], ""),
        (["connect('a', f'{limit}')"], ""),
        (["connect('a', -1)"], "-1"),
        (["connect('a', None)"], "None"),
        (["connect('a', [])"], "[]"),
        (["connect(*given)"], ""),
        (["connect('a', 30)", "connect('b')"], ""),
        ([], ""),
    ],
)
def test_a_value_is_obvious_where_every_call_gives_it_word_for_word(calls: list[str], value: str) -> None:
    text = "from net import connect\n" + "".join(f"{call}\n" for call in calls)
    assert obvious({"use.py": text.encode()}, "connect", "net.py", "timeout", 1) == value


@pytest.mark.parametrize(
    ("text", "count"),
    [("client.connect(1)\n", 1), ("import sqlite3\nsqlite3.connect(1)\n", 0), ("connect(1)\n", 0)],
)
def test_a_method_is_called_on_anything_but_a_module(text: str, count: int) -> None:
    profile = for_path("use.py", b"")
    assert profile is not None
    assert len(calls_of(profile, text.encode(), "connect", "pkg/net.py", "use.py", method=True)) == count
