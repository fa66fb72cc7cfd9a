"""Units of Python files."""

from __future__ import annotations

from support.outline import as_bytes, found, outline, pieces

from forkmerge.syntax.units import walk

MODULE = '''
    #!/usr/bin/env python
    # -*- coding: utf-8 -*-
    # Copyright 2020 Somebody
    """Doc."""
    # std
    import os

    # third
    import x
    from y import (
        a,
    )
    LIMIT = 1
    RATE: int = 2
    p, q = 1, 2

    # section

    # about f
    # more
    @dec(1)
    @dec2
    async def f(a, *,
          b=1,  # c
        ):
        """D."""
        def nested(q): pass
        local = 1

    class A(B):
        # field comment
        x = 1
        y: int

        def m(self): pass  # tail

        @property
        def p(self): pass
        @p.setter
        def p(self, v): pass
        class In:
            def deep(self): pass
    type T = int
'''


def test_python_module_is_taken_apart() -> None:
    assert outline("python", MODULE) == [
        "imports",
        "constant LIMIT",
        "constant RATE",
        "function f(a, *, b=1)",
        "  function f.nested(q)",
        "class A(B)",
        "  field A.x",
        "  field A.y",
        "  method A.m(self)",
        "  method A.p(self)",
        "  method A.p#1(self, v)",
        "  class A.In",
        "    method A.In.deep(self)",
        "type T",
    ]


def test_python_comments_and_decorators_belong_to_what_they_stand_above() -> None:
    found = pieces("python", MODULE)
    assert found["f"].startswith("# about f\n# more\n@dec(1)\n@dec2\nasync def f(a")
    assert found["A.x"] == "    # field comment\n    x = 1\n"
    assert found["A.m"] == "    def m(self): pass  # tail\n"
    assert found["A.p"] == "    @property\n    def p(self): pass\n"


def test_python_header_belongs_to_no_unit() -> None:
    found = pieces("python", MODULE)
    assert found["imports"].startswith("# std\nimport os")
    assert pieces("python", "# Copyright X\nimport os\n")["imports"] == "import os\n"
    assert pieces("python", "# Licence: MIT\ndef f(): pass\n")["f"] == "def f(): pass\n"
    assert pieces("python", "#!/usr/bin/python\n# adds\ndef f(): pass\n")["f"] == "# adds\ndef f(): pass\n"


def test_python_imports_in_a_row_are_one_unit() -> None:
    assert outline("python", "import a\n\nfrom b import c\nX = 1\nimport d\n") == [
        "imports",
        "constant X",
        "imports #1",
    ]


def test_python_comment_behind_a_statement_does_not_lead_the_next() -> None:
    assert pieces("python", "call()  # why\ndef f(): pass\n")["f"] == "def f(): pass\n"


def test_python_comment_after_a_blank_line_is_not_attached() -> None:
    assert pieces("python", "x()\n# section\n\ndef f(): pass\n")["f"] == "def f(): pass\n"


def test_python_indented_comment_below_a_function_stays_with_it() -> None:
    text = "def f():\n    pass\n    # left over\ndef g(): pass\n"
    assert pieces("python", text)["f"] == "def f():\n    pass\n    # left over\n"
    assert pieces("python", text)["g"] == "def g(): pass\n"


def test_python_definitions_in_branches_are_units() -> None:
    text = "try:\n    import a\n    def f(): pass\nexcept E:\n    X = 1\n    def f(): pass\n"
    assert outline("python", text) == ["function f()", "function f#1()"]


def test_python_wrapped_definition_names_the_inner_node_type() -> None:
    (unit,) = found("python", "@dec\nclass A: pass\n")
    assert (unit.kind, unit.node_type, unit.span.start) == ("class", "class_definition", 0)


def test_python_body_is_what_is_worked_on() -> None:
    data = as_bytes("def f(a):\n    return a\n")
    (unit,) = found("python", data)
    assert unit.body.of(data) == b"return a"


def test_python_windows_line_ends_and_no_final_newline() -> None:
    data = b"# a\r\ndef f(): pass\r\n\r\ndef g(): pass"
    f, g = found("python", data)
    assert f.span.of(data) == b"# a\r\ndef f(): pass\r\n"
    assert g.span.of(data) == b"def g(): pass"


def test_python_byte_order_mark_is_in_no_unit() -> None:
    data = b"\xef\xbb\xbfdef f(): pass\n"
    (unit,) = found("python", data)
    assert unit.span.of(data) == b"def f(): pass\n"


def test_broken_python_still_has_its_sound_units() -> None:
    names = [u.name for u in walk(found("python", "def f(): pass\n\ndef g(:\n\nclass A:\n    def m(self): pass\n"))]
    assert "f" in names
    assert "m" in names
