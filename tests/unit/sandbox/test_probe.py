"""The probe runs what it recommends, and never gives less than was asked."""

from __future__ import annotations

import pytest

from forkmerge.errors import ExitCode, MissingTool, UsageError
from forkmerge.sandbox import bubblewrap, probe
from forkmerge.sandbox.bubblewrap import Bubblewrap
from forkmerge.sandbox.reduced import Plain, Reduced


def broken(backend):
    return "it did not work"


def test_auto_takes_bubblewrap_first(monkeypatch):
    monkeypatch.setattr(bubblewrap, "find", lambda: "/usr/bin/bwrap")
    monkeypatch.setattr(probe, "try_out", lambda backend: "")
    assert isinstance(probe.choose("auto"), Bubblewrap)


def test_auto_takes_reduced_when_bubblewrap_fails(monkeypatch):
    monkeypatch.setattr(probe, "try_out", lambda backend: "no" if isinstance(backend, Bubblewrap) else "")
    assert isinstance(probe.choose("auto"), Reduced)


def test_auto_never_takes_none(monkeypatch):
    monkeypatch.setattr(probe, "try_out", broken)
    with pytest.raises(MissingTool) as caught:
        probe.choose("auto")
    assert caught.value.exit_code == ExitCode.MISSING
    assert "bubblewrap" in caught.value.message
    assert "reduced" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("wanted", ["bubblewrap", "reduced"])
def test_what_was_asked_by_name_is_never_replaced(monkeypatch, wanted):
    works = Reduced if wanted == "bubblewrap" else Bubblewrap
    monkeypatch.setattr(probe, "try_out", lambda backend: "" if isinstance(backend, works) else "no")
    with pytest.raises(MissingTool):
        probe.choose(wanted)


def test_none_is_given_by_word_only():
    assert isinstance(probe.choose("none"), Plain)


def test_unknown_name_is_a_usage_error():
    with pytest.raises(UsageError):
        probe.choose("docker")  # type: ignore[arg-type]


def test_missing_bubblewrap_names_its_package(monkeypatch):
    monkeypatch.setattr(bubblewrap, "find", lambda: None)
    with pytest.raises(MissingTool) as caught:
        probe.choose("bubblewrap")
    assert "bubblewrap" in caught.value.hint


def test_mend_recognises_the_restriction_of_ubuntu(monkeypatch):
    monkeypatch.setattr(probe, "_setting", lambda path: "1" if "apparmor" in path else "")
    monkeypatch.setattr(probe.os, "geteuid", lambda: 1000)
    assert "apparmor_restrict_unprivileged_userns" in probe.mend("setting up uid map: Permission denied")


def test_diagnose_names_every_backend():
    assert [d.name for d in probe.diagnose()] == ["bubblewrap", "reduced", "none"]
    assert all(d.detail for d in probe.diagnose())
    assert all(d.ok or d.mend for d in probe.diagnose())


@pytest.mark.sandbox
def test_try_out_says_why_it_fails():
    assert "no-such-bwrap" in probe.try_out(Bubblewrap("/no-such-bwrap"))
