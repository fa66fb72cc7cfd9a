from __future__ import annotations

import os
import sys
from pathlib import Path

from forkmerge.fitness.keys import environment_key, installed_fingerprint, program_identity, selection_key
from forkmerge.model.outcome import TestId

BASE = {
    "runner": "pytest",
    "env": (("A", "1"), ("B", "2")),
    "program": "p",
    "installed": "i",
    "sandbox": "bubblewrap",
    "policy": "1",
}


def test_every_part_changes_the_environment_key_and_order_does_not():
    keys = {environment_key(**BASE)}
    keys |= {environment_key(**{**BASE, name: "other"}) for name in BASE if name != "env"}
    keys.add(environment_key(**{**BASE, "env": (("A", "1"), ("B", "3"))}))
    assert len(keys) == 7
    assert environment_key(**{**BASE, "env": (("B", "2"), ("A", "1"))}) == environment_key(**BASE)


def test_selection_key_is_that_of_a_set():
    tests = tuple(TestId("r", "f", "", n) for n in "ab")
    assert selection_key(None) == ""
    assert selection_key(tests) == selection_key(reversed(tests)) != selection_key(tests[:1]) != selection_key(())


def test_installing_a_package_changes_the_fingerprint(tmp_path):
    packages = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    before = installed_fingerprint(("python",), {}, str(tmp_path))
    (packages / "thing.py").write_text("")
    assert installed_fingerprint(("python",), {}, str(tmp_path)) == before
    info = packages / "thing-1.0.dist-info"
    info.mkdir()
    without = installed_fingerprint(("python",), {}, str(tmp_path))
    assert without != before
    (info / "RECORD").write_text("thing.py,sha256=abc,0\n")
    assert installed_fingerprint(("python",), {}, str(tmp_path)) not in (before, without)


def test_what_was_installed_counts_and_not_when(tmp_path):
    packages = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    record, link = packages / "thing-1.0.dist-info" / "RECORD", packages / "other.pth"
    record.parent.mkdir(parents=True)
    record.write_text("thing.py,sha256=abc,0\n")
    link.write_text("/code\n")

    def found() -> str:
        return installed_fingerprint(("python",), {}, str(tmp_path))

    before = found()
    for path in (record, record.parent, link):
        os.utime(path, (1, 1))
    assert found() == before
    record.write_text("thing.py,sha256=abd,0\n")
    changed = found()
    assert changed != before
    link.write_text("/home\n")
    assert found() not in (before, changed)


def test_program_is_told_by_its_content(tmp_path):
    program = tmp_path / "run"
    for size in (10, 3 << 20):
        program.write_bytes(b"a" * size)
        program.chmod(0o755)
        before = program_identity(("./run",), {"PATH": ""}, str(tmp_path))
        os.utime(program, (1, 1))
        assert program_identity(("./run",), {"PATH": ""}, str(tmp_path)) == before != ""
        program.write_bytes(b"a" * (size - 1) + b"b")
        assert program_identity(("./run",), {"PATH": ""}, str(tmp_path)) != before


def test_program_is_found_on_the_path_that_the_tests_will_have(tmp_path):
    folder = str(Path(sys.executable).parent)
    name = Path(sys.executable).name
    assert program_identity((name,), {"PATH": folder}, str(tmp_path)).startswith(sys.executable)
    assert program_identity(("no-such-program",), {"PATH": folder}, str(tmp_path)) == ""
