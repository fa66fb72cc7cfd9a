"""Units of JSON, YAML and TOML files."""

from __future__ import annotations

from support.outline import outline, pieces


def test_json_keys_are_nested() -> None:
    text = '{\n  "name": "x",\n  "scripts": {\n    "a": "b",\n    "c": {"d": 1}\n  },\n  "list": [1, 2]\n}\n'
    assert outline("json", text) == [
        "key name",
        "key scripts",
        "  key scripts.a",
        "  key scripts.c",
        "    key scripts.c.d",
        "key list",
    ]
    assert pieces("json", text)["scripts.a"] == '    "a": "b",\n'


def test_yaml_keys_are_nested_and_keep_their_own_comments() -> None:
    text = """
        # Copyright
        name: CI
        # on what
        on:
          push:
            branches: [a]
          pull_request:
        jobs:
          build:
            steps:
              - uses: a
                with: {x: 1}
        # tail
        "quoted key": 1
    """
    assert outline("yaml", text) == [
        "key name",
        "key on",
        "  key on.push",
        "    key on.push.branches",
        "  key on.pull_request",
        "key jobs",
        "  key jobs.build",
        "    key jobs.build.steps",
        "key quoted key",
    ]
    found = pieces("yaml", text)
    assert found["name"] == "name: CI\n"
    assert found["on"].startswith("# on what\non:")
    assert found["on.push"] == "  push:\n    branches: [a]\n"
    assert found["quoted key"] == '# tail\n"quoted key": 1\n'
    assert found["jobs"].endswith("with: {x: 1}\n")


def test_toml_tables_are_sections_of_keys() -> None:
    text = """
        # top
        title = "x"

        [tool.ruff]
        line-length = 1 # t
        # about
        select = ["E"]

        [[items]]
        a.b = 1
        [[items]]
        a.b = 2
    """
    assert outline("toml", text) == [
        "key title",
        "section tool.ruff",
        "  key tool.ruff.line-length",
        "  key tool.ruff.select",
        "section items",
        "  key items.a.b",
        "section items#1",
        "  key items.a.b#1",
    ]
    found = pieces("toml", text)
    assert found["tool.ruff.line-length"] == "line-length = 1 # t\n"
    assert found["tool.ruff.select"] == '# about\nselect = ["E"]\n'
    assert found["title"] == '# top\ntitle = "x"\n'
