"""The repositories that the tests of ``propose`` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.proposing import build, cheap

if TYPE_CHECKING:
    from pathlib import Path

    from support.proposing import Sandbox

PRICES = '''"""Prices."""


def net(price, discount=0):
    return price - discount


def label(name, price):
    return name + ": " + str(price)


def total(prices):
    return sum(prices)
'''
_COMMON = (
    ("net", "assert prices.net(10, 3) == 7"),
    ("label", 'assert prices.label("a", 1) == "a: 1"'),
    ("total", "assert prices.total([1, 2]) == 3"),
)
_FORK = (
    ("stripped", 'assert prices.label(" a ", 1) == "a: 1"'),
    ("extra", "assert prices.total([1], extra=2) == 3"),
    ("receipt", 'assert prices.receipt([("a", 1)]) == ["a: 1"]'),
)
_UPSTREAM = (
    ("whole", 'assert prices.label("a", 1.0) == "a: 1"'),
    ("nothing", "assert prices.total(None) == 0"),
)


def changed(text: str, *changes: tuple[str, str], more: str = "") -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text + more


def _tests(word: str, tests: tuple[tuple[str, str], ...], sleep: float) -> str:
    made = "".join(f"\n\ndef {word}_{name}():\n    time.sleep({sleep})\n    {body}\n" for name, body in tests)
    return f"import time\n\nimport prices\n{made}"


def prices(where: Path, *, pytest: bool = False, sleep: float = 0.0, **env: str) -> Sandbox:
    """Return a repository with two text conflicts and a rename that a new caller does not know of.

    git's own merge conflicts; with each conflict resolved to a side it loses tests; the structured merge with the new
    caller adapted to the rename keeps them all.
    """
    folder, word, file = ("tests", "test", "tests/test_{}.py") if pytest else ("checks", "check", "checks/{}.py")
    assert file.startswith(folder)
    renamed = tuple((name, body.replace("prices.net", "prices.after_discount")) for name, body in _COMMON)
    base = {"prices.py": PRICES, file.format("prices"): _tests(word, _COMMON, sleep)}
    fork = {
        "prices.py": changed(
            PRICES,
            ("return name +", "return name.strip() +"),
            ("total(prices)", "total(prices, extra=0)"),
            ("sum(prices)", "sum(prices) + extra"),
            more="\n\ndef receipt(items):\n    return [label(name, net(price)) for name, price in items]\n",
        ),
        file.format("fork"): _tests(word, _FORK, sleep),
    }
    upstream = {
        "prices.py": changed(
            PRICES,
            ("+ str(price)", '+ format(price, "g")'),
            ("def net(", "def after_discount("),
            ("sum(prices)", "sum(prices or ())"),
        ),
        file.format("prices"): _tests(word, renamed, sleep),
        file.format("upstream"): _tests(word, _UPSTREAM, sleep),
    }
    if pytest:
        return build(where, {"pytest.ini": "[pytest]\npythonpath = .\n", **base}, fork, upstream, **env)
    return cheap(where, base, fork, upstream, **env)


def inseparable(where: Path) -> Sandbox:
    """Return a repository whose sides change one returned value, and test it."""
    base = "def two():\n    return 2\n\n\ndef three():\n    return 3\n"
    check = "import m\n\n\ndef check_{0}():\n    assert m.two() == {1}\n"
    return cheap(
        where,
        {"m.py": base, "checks/m.py": "import m\n\n\ndef check_three():\n    assert m.three() == 3\n"},
        {"m.py": base.replace("return 2", "return 20"), "checks/fork.py": check.format("fork", 20)},
        {"m.py": base.replace("return 2", "return 200"), "checks/up.py": check.format("up", 200)},
    )
