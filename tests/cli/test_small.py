"""The stand-ins for enum, functools, collections and re answer as the standard library does, and give way to it."""

from __future__ import annotations

import collections
import re
import subprocess
import sys
from operator import add, and_, eq, ge, gt, iadd, iand, ior, isub, le, lt, ne, or_, sub

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forkmerge.cli import small

COUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(-3, 3), max_size=4)


@pytest.mark.parametrize("work", [add, and_, eq, ge, gt, iadd, iand, ior, isub, le, lt, ne, or_, sub])
@given(one=COUNTS, other=COUNTS)
def test_counters_reckon_as_those_of_the_standard_library(work, one, other) -> None:
    mine, its = (work(kind(one), kind(other)) for kind in (small.Counter, collections.Counter))
    assert (dict(mine) if isinstance(mine, dict) else mine) == (dict(its) if isinstance(its, dict) else its)


@given(one=COUNTS, text=st.text("abcd", max_size=9))
def test_counters_count_as_those_of_the_standard_library(one, text) -> None:
    mine, its = small.Counter(one), collections.Counter(one)
    for counter in (mine, its):
        counter.update(text)
        counter.update(one)
        counter.subtract(text[:3])
        del counter["d"]
    assert dict(mine) == dict(its)
    assert (mine.total(), mine.most_common(2), mine["x"]) == (its.total(), its.most_common(2), 0)
    assert sorted(mine.elements()) == sorted(its.elements())
    assert list((+mine).items()) == list((+its).items())
    assert list((mine | small.Counter(text)).items()) == list((its | collections.Counter(text)).items())


def test_a_function_is_worked_out_once() -> None:
    calls = []
    kept = small.cache(lambda x: calls.append(x) or x + 1)
    some = small.lru_cache(maxsize=1)(lambda x: calls.append(x) or x + 1)
    assert [kept(1), kept(1), some(2), some(2)] == [2, 2, 3, 3]
    assert calls == [1, 2]


def within(script: str) -> str:
    """What ``script`` prints in a process whose modules are spared."""
    whole = f"import sys; from forkmerge.cli.later import spare; spare()\n{script}"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_modules_of_others_get_the_real_ones() -> None:
    said = within(
        "import signal, inspect, json, subprocess, tempfile, enum, re, collections, functools\n"
        "assert isinstance(re.compile('a'), re.Pattern)\n"
        "assert inspect.signature(lambda a: a).parameters['a'].kind.name == 'POSITIONAL_OR_KEYWORD'\n"
        "assert collections.namedtuple('N', 'a')(1).a == 1 and functools.lru_cache(len).cache_info().hits == 0\n"
        "print(signal.SIGTERM.name, json.loads('[1]'), isinstance(signal.SIGTERM, enum.IntEnum))"
    )
    assert said == "SIGTERM [1] True"


def test_a_pattern_of_forkmerge_is_compiled_when_it_is_used() -> None:
    said = within(
        "import re; sys._getframe().f_globals['__name__'] = 'forkmerge.tried'\n"
        "pattern = re.compile(rb'(a+)\\n', re.MULTILINE)\n"
        "print('re._compiler' in sys.modules, pattern.findall(b'aa\\nb'), pattern.sub(b'', b'xa\\n'))"
    )
    assert said == r"False [b'aa'] b'x'"
    assert re.MULTILINE == 8


IMPORTED_BEFORE = """
import re
import sys

real = re
from forkmerge.cli.later import spare

spare(all_ours=True)
made = {"__name__": "forkmerge.tried"}
exec("import re; pattern = re.compile(b'a+', re.MULTILINE)", made)
assert type(made["pattern"]).__name__ == "_Pattern", type(made["pattern"])
assert made["pattern"].findall(b"caat") == [b"aa"]
import re

assert re.sub is real.sub
assert re.compile("a") is real.compile("a")
assert sys.modules["re"] is real
import collections, enum, functools

assert collections.namedtuple and enum.Flag and functools.wraps
"""


def test_what_the_console_script_imported_is_no_reason_to_compile_every_pattern() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED_BEFORE], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
