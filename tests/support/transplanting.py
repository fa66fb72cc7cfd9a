"""A fork that lacks what upstream mended since, for the tests of ``transplant`` and ``radar``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.proposing import CHEAP_COMMAND, CHECK, cheap
from support.stories import changed

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from support.proposing import Done, Sandbox

SHOP = '''"""A shop."""

RATE = 7


def net(price, discount=0):
    return price - discount


def label(name, price):
    return name + ": " + str(price)


def total(prices):
    return sum(prices)


def tax(price):
    return price * RATE // 100
'''
CHECKS = """import shop


def check_net():
    assert shop.net(10, 3) == 7


def check_label():
    assert shop.label("a", 1) == "a: 1"


def check_tax():
    assert shop.tax(100) == 7
"""
HELPED = '\n\ndef tidy(text):\n    return " ".join(text.split())\n'
TIDY = """

def check_tidy_label():
    assert shop.label(" a  b ", 1) == "a b: 1"
"""
NOTHING = """

def check_total_of_nothing():
    assert shop.total(None) == 0


def check_total_of_something():
    assert shop.total([1, 2]) == 3
"""
DEEP = """import deep
import shop


def check_deep():
    assert deep.receipt([("a", 3)]) == "a: 3"
"""
FORK = """import shop


def check_loud():
    assert shop.label("a", 1, loud=True) == "A: 1"


def check_free():
    assert shop.tax(-100) <= 0
"""
STRICT = """import shop


def check_strict():
    try:
        shop.tax(-1)
    except ValueError:
        return
    assert False
"""
RECEIPT = """import shop


def receipt(items):
    return shop.joined(shop.label(name, shop.net(price)) for name, price in items)
"""


def shop(where: Path, *, sleep: float = 0.0) -> Sandbox:
    """Return a repository whose upstream has, one after the other (subjects of commits, newest last):

    "Help": a helper; "Tidy labels": a fix that uses it, its test, and a note; "Total of nothing": a fix with two tests,
    a note and a comment elsewhere; "Rate": another rate, with the test of it edited; "Strict": something that breaks a
    test of the fork's; and a merge, "Receipts", of a test and the module that it needs.  The fork labels in capitals
    where it is asked to, has renamed ``net`` to ``after``, and has a test of its own.
    """
    slow = f"import time\n\ntime.sleep({sleep})\n" if sleep else ""
    checks = CHECKS
    box = cheap(
        where,
        {"shop.py": SHOP, "checks/shop.py": checks, "NOTES": "notes\n"},
        {
            "shop.py": changed(
                SHOP,
                ("def net(", "def after("),
                (
                    "def label(name, price):\n",
                    "def label(name, price, loud=False):\n    name = name.upper() if loud else name\n",
                ),
            ),
            "checks/shop.py": changed(CHECKS, ("shop.net(", "shop.after(")),
            "checks/fork.py": slow + FORK,
        },
        {"NOTES": "notes\n\nUpstream went on.\n"},
    )
    box.git("checkout", "-q", "upstream")
    text = SHOP + HELPED
    box.commit("Help", {"shop.py": text})
    text = changed(text, ('return name + ": "', 'return tidy(name) + ": "'))
    checks += TIDY
    box.commit(
        "Tidy labels", {"shop.py": text, "checks/shop.py": checks, "NOTES": "notes\n\nUpstream went on.\nTidy.\n"}
    )
    text = changed(text, ("sum(prices)", "sum(prices or ())"), ("RATE = 7", "RATE = 7  # percent"))
    checks += NOTHING
    box.commit("Total of nothing", {"shop.py": text, "checks/shop.py": checks, "NOTES": "notes\n\nTidy.\nNothing.\n"})
    text = changed(text, ("RATE = 7", "RATE = 19"))
    checks = changed(checks, ("shop.tax(100) == 7", "shop.tax(100) == 19"))
    box.commit("Rate", {"shop.py": text, "checks/shop.py": checks})
    text = changed(
        text, ("    return price * RATE", "    if price < 0:\n        raise ValueError(price)\n    return price * RATE")
    )
    box.commit("Strict", {"shop.py": text, "checks/strict.py": STRICT})
    box.git("checkout", "-qb", "receipts")
    box.commit("Test receipts", {"checks/deep.py": DEEP})
    text += '\n\ndef joined(lines):\n    return "\\n".join(lines)\n'
    box.commit("Join", {"shop.py": text, "deep.py": RECEIPT})
    box.git("checkout", "-q", "upstream")
    box.git("merge", "-q", "--no-ff", "-m", "Receipts", "receipts")
    box.git("checkout", "-q", "fork")
    return box


def commit(box: Sandbox, subject: str) -> str:
    """Return the commit of upstream's with this subject."""
    return box.git("log", "--format=%H", "--fixed-strings", f"--grep={subject}", "upstream").split()[0]


def transplant(box: Sandbox, *args: str, json: bool = True, upstream: str = "upstream", **more: Any) -> Done:
    """Run ``transplant`` with the cheap runner."""
    asked = ("--test", CHEAP_COMMAND, "--runs", "1", *CHECK, *(("--json",) if json else ()))
    return box.run("transplant", upstream, *args, *asked, **more)


def goal(box: Sandbox, *names: str, time: str = "", **more: Any) -> Done:
    """Run ``transplant`` for the tests ``names``."""
    limit = ("--time", time) if time else ()
    return transplant(box, *(word for name in names for word in ("--goal", name)), *limit, **more)
