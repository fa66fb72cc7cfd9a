from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("startup", Path(__file__).with_name("startup.py"))
assert spec is not None
assert spec.loader is not None
startup = importlib.util.module_from_spec(spec)
spec.loader.exec_module(startup)


@pytest.mark.slow
def test_git_is_not_kept_waiting() -> None:
    found = startup.measure(10)
    late = {key: found[key] for key, limit in startup.LIMITS.items() if found[key][1] > limit}
    assert not late
