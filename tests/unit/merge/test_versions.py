from __future__ import annotations

import pytest

from forkmerge.git.linemerge import line_merge
from forkmerge.merge.file import merge_file
from forkmerge.merge.pieces import Conflict
from forkmerge.merge.rules import allowed_for
from forkmerge.merge.versions import decided

NEW, OLD = "4dc6199c7b1a012772edbd06daecab0f50c9053c", "44694675825211faa026b3c33043df3e48a5fa00"
HIGHER = [
    ('version = "1.2.0"\n', 'version = "1.10.0"\n', 'version = "1.9.3"\n'),
    ('version = "1.2"\n', 'version = "1.3"\n', 'version = "1.3rc2"\n'),
    ('__version__ = "2.0"\n', '__version__ = "2.1.dev0"\n', '__version__ = "2.0.1"\n'),
    ("__version__ = (0, 1, 1)\n", "__version__ = (0, 9, 4)\n", "__version__ = (0, 9, 1)\n"),
    ("    rev: v0.5.6\n", "    rev: v0.6.2\n", "    rev: v0.6.0\n"),
    ("rev: 21.5b1\n", "rev: 23.9.1\n", "rev: 22.1.0\n"),
    ("- uses: actions/setup-go@v3\n", "- uses: actions/setup-go@v5\n", "- uses: actions/setup-go@v4\n"),
    ("", "requests==2.32.4\n", "requests==2.31\n"),
    (f"uses: a/b@{'1' * 40} # v1.0\n", f"uses: a/b@{NEW} # v6.1.0\n", f"uses: a/b@{OLD} # v6.0.0\n"),
    ("<version>1.0-SNAPSHOT</version>\n", "<version>1.1</version>\n", "<version>1.1-SNAPSHOT</version>\n"),
]
OPEN = [
    ("delay = 1.5\n", "delay = 2.5\n", "delay = 3.5\n"),
    ("version = 'a'\n", "version = 'b'\n", "version = 'c'\n"),
    ("rev: v1.0\n", "rev: v1.1\n", "tag: v1.2\n"),
    ("old: 1\n", "rev: v1.1\n", "rev: v1.2\n"),
    ("version: 1.0-jre\n", "version: 1.1-jre\n", "version: 1.2-android\n"),
    (f"uses: a/b@{'1' * 40}\n", f"uses: a/b@{NEW}\n", f"uses: a/b@{OLD}\n"),
    ("host = 10.0.0.1\n", "host = 10.0.0.2\n", "host = 10.0.0.3\n"),
]


def conflict(base: str, ours: str, theirs: str) -> Conflict:
    return Conflict(base.encode(), ours.encode(), theirs.encode())


@pytest.mark.parametrize(("base", "high", "low"), HIGHER)
def test_the_higher_of_two_versions_holds_whichever_side_has_it(base: str, high: str, low: str) -> None:
    assert decided(conflict(base, high, low), "higher") == high.encode()
    assert decided(conflict(base, low, high), "higher") == high.encode()
    assert decided(conflict(base, low, high), "ours") == low.encode()
    assert decided(conflict(base, low, high), "theirs") == high.encode()


@pytest.mark.parametrize(("base", "ours", "theirs"), OPEN)
def test_what_is_no_version_or_has_no_order_stays_in_conflict(base: str, ours: str, theirs: str) -> None:
    assert decided(conflict(base, ours, theirs), "higher") is None


def test_each_place_gets_its_own_higher_version() -> None:
    base = "a==1.0.0\nb==1.0.0\n"
    found = decided(conflict(base, "a==1.2.0\nb==1.1.0\n", "a==1.1.0\nb==1.3.0\n"), "higher")
    assert found == b"a==1.2.0\nb==1.3.0\n"


@pytest.mark.parametrize(("policy", "version"), [("higher", "2.1"), ("ours", "2.0.1"), ("theirs", "2.1")])
@pytest.mark.parametrize(("path", "line"), [("a.py", '__version__ = "{}"\n'), ("a.toml", 'version = "{}"\n'),
                                            ("a.yaml", "version: {}\n"), ("VERSION", "version {}\n")])  # fmt: skip
def test_the_policy_decides_in_every_kind_of_file_and_only_where_there_is_one(
    path: str, line: str, policy: str, version: str
) -> None:
    texts = [line.format(v).encode() for v in ("2.0", "2.0.1", "2.1")]
    assert not merge_file(path, *texts, line_merge=line_merge).clean
    assert not merge_file(path, *texts, line_merge=line_merge, allowed=allowed_for("", "conflict")).clean
    found = merge_file(path, *texts, line_merge=line_merge, allowed=allowed_for("", policy))
    assert (found.merged(), {h.rule for h in found.hunks}) == (line.format(version).encode(), {"versions"})


def test_a_policy_that_there_is_not_is_an_error() -> None:
    with pytest.raises(ValueError, match="for versions"):
        allowed_for("", "newest")
