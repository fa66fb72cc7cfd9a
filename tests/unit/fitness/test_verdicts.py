from __future__ import annotations

from forkmerge.fitness.evaluator import Evaluation
from forkmerge.fitness.verdicts import gist, search_verdict

IMPORT = """importlib/__init__.py:126: in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
tests/test_{}.py:1: in <module>
    import pkg
pkg/__init__.py:1: in <module>
    from pkg.b import {}
E   ImportError: cannot import name '{}' from 'pkg.b'"""


def test_files_that_one_import_keeps_from_being_collected_fail_for_one_reason_and_others_for_another() -> None:
    messages = (
        ("ours:tests/test_a.py::one", IMPORT.format("a", "gone", "gone")),
        ("ours:tests/test_a.py::two", IMPORT.format("a", "gone", "gone")),
        ("ours:tests/test_b.py::one", IMPORT.format("b", "gone", "gone")),
        ("theirs:tests/test_c.py::one", IMPORT.format("c", "lost", "lost")),
    )
    evaluation = Evaluation("ok", failed=frozenset(key for key, _ in messages), messages=messages)
    reasons = search_verdict(evaluation).reasons
    assert len({reasons[key] for key, _ in messages[:3]}) == 1
    assert reasons[messages[3][0]] != reasons[messages[0][0]]


def test_the_gist_of_a_message_is_the_error_that_it_ends_with_or_its_first_line() -> None:
    assert gist(IMPORT.format("a", "gone", "gone")) == "ImportError: cannot import name 'gone' from 'pkg.b'"
    assert gist("AssertionError: 1 != 2\nmore of it") == "AssertionError: 1 != 2"
    syntax = '    import pkg\nE     File "pkg/b.py", line 6\nE       def f(:\nE             ^\nE   SyntaxError: invalid'
    assert gist(syntax) == 'File "pkg/b.py", line 6 def f(: ^ SyntaxError: invalid'
    assert gist("") == ""
