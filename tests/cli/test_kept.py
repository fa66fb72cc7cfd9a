from __future__ import annotations

import marshal
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.cli import small
from forkmerge.cli.kept import Kept

ROOT = Path(small.__file__).parents[2]
SCRIPT = "import sys; from forkmerge.cli.main import main; sys.exit(main())"
DRIVER = ("driver", "--conflict-code=77", "base.py", "ours.py", "theirs.py", "7", "x.py")
BASE = "import os\nimport sys\n\n\ndef f(a):\n    return a\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    path.mkdir()
    return path


def merge(folder: Path, home: Path, **env: str) -> tuple[set[str], str]:
    """The modules that a merge imports, and what it merges."""
    for name, text in (("base.py", BASE), ("ours.py", BASE.replace("os\n", "os\nimport re\n", 1))):
        (folder / name).write_text(text)
    (folder / "theirs.py").write_text(BASE.replace("os\n", "os\nimport io\n", 1))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", SCRIPT, *DRIVER],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), "HOME": str(home), **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}, (folder / "ours.py").read_text()


def files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def test_the_second_merge_compiles_no_pattern_and_gives_the_same(tmp_path: Path, home: Path) -> None:
    first, merged = merge(tmp_path, home)
    (file,) = files(home)
    assert file.parent == home / ".cache" / "forkmerge"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    second, again = merge(tmp_path, home)
    assert merged == again == BASE.replace("os\n", "os\nimport re\nimport io\n", 1)
    assert "re._compiler" in first
    assert "re._compiler" not in second
    assert {n for n in first if n.startswith("forkmerge")} == {n for n in second if n.startswith("forkmerge")}
    before = file.stat()
    merge(tmp_path, home)
    assert file.stat() == before or file.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("damage", [b"", b"no file of ours", marshal.dumps(7), marshal.dumps(({}, {}, {}))])
def test_a_damaged_file_is_made_anew(tmp_path: Path, home: Path, damage: bytes) -> None:
    _, merged = merge(tmp_path, home)
    (file,) = files(home)
    file.write_bytes(damage)
    again, text = merge(tmp_path, home)
    assert text == merged
    assert "re._compiler" in again
    assert "re._compiler" not in merge(tmp_path, home)[0]


def test_nothing_is_kept_where_python_may_keep_nothing(tmp_path: Path, home: Path) -> None:
    merge(tmp_path, home, PYTHONDONTWRITEBYTECODE="1")
    merge(tmp_path, home, HOME="")
    assert files(home) == []


def test_where_nothing_can_be_written_the_merge_is_the_same(tmp_path: Path, home: Path) -> None:
    (home / ".cache").write_text("in the way")
    _, merged = merge(tmp_path, home)
    assert "import re\nimport io\n" in merged
    assert files(home) == [home / ".cache"]


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "forkmerge_kept_module.py"
    path.write_text("VALUE = 1\n")
    return path


def written(path: Path, module: Path, time: int) -> Kept:
    code = marshal.dumps(compile("VALUE = 'kept'\n", str(module), "exec"))
    entry = (str(module), time, module.stat().st_size, False, code)
    path.write_bytes(marshal.dumps(({module.stem: entry}, {})))
    path.chmod(0o600)
    return Kept(str(path))


def load(kept: Kept, name: str) -> object:
    spec = kept.find_spec(name)
    if spec is None:
        return None
    loaded = type(sys)(name)
    assert spec.loader is not None
    spec.loader.exec_module(loaded)
    assert Path(loaded.__file__ or "").name == f"{name}.py"
    return loaded.VALUE


def test_a_module_is_taken_only_while_its_source_is_as_it_was(tmp_path: Path, module: Path) -> None:
    kept = written(tmp_path / "kept", module, module.stat().st_mtime_ns)
    assert load(kept, module.stem) == "kept"
    assert kept.find_spec("another") is None
    module.write_text("VALUE = 22\n")
    assert load(kept, module.stem) is None
    kept = written(tmp_path / "kept", module, module.stat().st_mtime_ns - 1)
    assert load(kept, module.stem) is None
    module.unlink()
    module.write_text("VALUE = 22\n")
    kept = written(tmp_path / "kept", module, module.stat().st_mtime_ns)
    module.unlink()
    assert load(kept, module.stem) is None


def test_a_file_that_others_may_write_is_not_read(tmp_path: Path, module: Path) -> None:
    time = module.stat().st_mtime_ns
    assert load(written(tmp_path / "kept", module, time), module.stem) == "kept"
    (tmp_path / "kept").chmod(0o620)
    assert load(Kept(str(tmp_path / "kept")), module.stem) is None


def test_a_file_of_another_user_is_not_read(tmp_path: Path, module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "kept", module, module.stat().st_mtime_ns)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert load(Kept(str(tmp_path / "kept")), module.stem) is None


PATTERNS = (rb"(?P<a>\w+)|[^\W\d]\s*+(x{2,3})", r"(?m)^a|(?i:b)$", r"[a-zäöü]+(?=c)(?<!d)", rb"(?:^ab\n){2,}+")


@given(st.sampled_from(PATTERNS), st.sampled_from([0, int(re.IGNORECASE)]), st.text("abcdxy12 \n", max_size=20))
def test_a_pattern_that_was_kept_finds_what_it_found(pattern: bytes | str, flags: int, text: str) -> None:
    small.ready.pop((pattern, flags), None)
    small._compiled.cache_clear()
    made = small._compiled(pattern, flags)
    small.ready = marshal.loads(marshal.dumps(small.ready))
    small._compiled.cache_clear()
    kept = small._compiled(pattern, flags)
    data = text.encode() if isinstance(pattern, bytes) else text
    found = [[(m.span(), m.groups(), m.groupdict()) for m in p.finditer(data)] for p in (made, kept)]
    expected = [(m.span(), m.groups(), m.groupdict()) for m in re.compile(pattern, flags).finditer(data)]
    assert found == [expected, expected]
