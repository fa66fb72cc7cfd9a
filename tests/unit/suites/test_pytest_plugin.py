from __future__ import annotations

import ast
import sys

from forkmerge.suites.pytest_runner import plugin_source

# what the plugin may import: it travels alone, into environments that know nothing of this project
ALLOWED = {*sys.stdlib_module_names, "pytest", "__future__"}


def test_plugin_is_python_3_7_and_stands_alone():
    tree = ast.parse(plugin_source(), feature_version=(3, 7))
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert "pytest" in imported
    assert imported <= ALLOWED
