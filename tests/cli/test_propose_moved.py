"""``propose`` where upstream moved a module and has a new parameter, and the fork wrote new code for what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.proposing import best, cheap

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sandbox
TEXT = "def squash(text):\n    return text.replace(' ', '')\n"
NET = "def connect(host):\n    return (host,)\n"
LIMITED = "def connect(host, limit):\n    return (host, limit)\n"
ASKS = "from app.text import squash\n\n\ndef check_squash():\n    assert squash('a b') == 'ab'\n"
CLIENT = """from app.net import connect
from app.text import squash


def client(name):
    return connect(squash(name))
"""


def test_new_code_follows_a_moved_module_and_gives_a_new_parameter(tmp_path: Path) -> None:
    box = cheap(
        tmp_path,
        {"app/__init__.py": "", "app/text.py": TEXT, "app/net.py": NET, "checks/text.py": ASKS},
        {
            "app/client.py": CLIENT,
            "checks/client.py": (
                "from app.client import client\nfrom app.text import squash\n\n\n"
                "def check_client():\n    assert client('a b')[0] == squash('ab')\n"
            ),
        },
        {
            "app/text.py": None,
            "app/words/__init__.py": "",
            "app/words/plain.py": TEXT,
            "app/net.py": LIMITED + "\n\ndef local():\n    return connect('localhost', 30)\n",
            "checks/text.py": ASKS.replace("app.text", "app.words.plain"),
            "checks/net.py": "from app.net import local\n\n\ndef check_local():\n    assert local()[1] == 30\n",
        },
    )
    done = box.check()
    assert done.code == 0, done.err
    first = best(done.data)
    assert first["verdict"] == "good"
    text = box.blob(first["tree"], "app/client.py").decode()
    assert text == CLIENT.replace("app.text", "app.words.plain").replace("squash(name))", "squash(name), limit=30)")
    (locus,) = [x for x in first["loci"] if x["path"] == "app/client.py" and x["origin"] == "adapted"]
    assert locus["note"] == "new code: stands on neither side"
    assert any("app.text read as app.words.plain" in warning for warning in done.data["warnings"])


def test_a_new_module_goes_with_the_package_that_the_fork_renamed(tmp_path: Path) -> None:
    more = "from app.text import squash\n\n\ndef twice(text):\n    return squash(text) * 2\n"
    asks = "from app.more import twice\n\n\ndef check_twice():\n    assert twice('a b') == 'abab'\n"
    box = cheap(
        tmp_path,
        {"app/__init__.py": "", "app/text.py": TEXT, "checks/text.py": ASKS},
        {
            "app/__init__.py": None,
            "app/text.py": None,
            "forked/__init__.py": "",
            "forked/text.py": TEXT,
            "checks/text.py": ASKS.replace("app.text", "forked.text"),
        },
        {"app/more.py": more, "checks/more.py": asks},
    )
    done = box.check()
    assert done.code == 0, done.err
    first = best(done.data)
    assert first["verdict"] == "good"
    assert (first["kept_ours"], first["kept_theirs"]) == (1.0, 1.0)
    assert box.blob(first["tree"], "forked/more.py").decode() == more.replace("app.text", "forked.text")
