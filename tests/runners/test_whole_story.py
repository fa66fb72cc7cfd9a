"""One story, told with each test tool: both sides' tests pass, git merges cleanly, and the fork's test breaks.

The upstream changes the unit of ``rate``; the fork has a new ``receipt`` that is reckoned from it, and a test of that.
What has to come out: the one test that breaks, by its name, and the edit of each side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import runners

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.sandbox
def test_go(tmp_path: Path) -> None:
    runners.needs("go")
    data = runners.check(runners.fork("go", tmp_path, **runners.go_cache()), test="go test ./...")
    (finding,) = runners.broken(data)
    assert finding["tests"] == ["receipt_test.go::TestReceipt"]
    assert [(p["side"], p["path"], p["unit"]) for p in finding["places"]] == [
        ("head", "receipt.go", ""), ("target", "toll.go", "Rate"),
    ]  # fmt: skip
    assert (data["tests"]["required"], data["tests"]["holds"], data["tests"]["broken"]) == (6, 5, 1)
