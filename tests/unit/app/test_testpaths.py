from __future__ import annotations

import pytest

from forkmerge.app.testpaths import is_test


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py", "test_a.py", "pkg/a_test.go", "src/a.test.ts", "a.spec.mjs", "test.js", "lib/test-a.cjs",
        "b_test.js", "web/__tests__/a.js", "core/src/test/kotlin/A.kt", "x/FooTest.java", "x/FooSpec.groovy",
        "crate/tests/it.rs",
    ],
)  # fmt: skip
def test_tests_are_known_by_their_names_and_folders(path):
    assert is_test(path, ())


@pytest.mark.parametrize(
    "path", ["a.py", "contest.js", "src/latest.ts", "src/testing/a.py", "lib/tester.js", "x/Protest.kts", "src/lib.rs"]
)
def test_code_is_no_test(path):
    assert not is_test(path, ())
