"""How often each rule was right on real merges: (right, wrong) files, by ``python -m quality.calibrate``.

Measured on 3675 conflict files, sample all, seed 1; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "behind-a-deletion": (10, 14),
    "carried": (5, 10),
    "constants": (26, 24),
    "contained-change": (110, 33),
    "definitions": (60, 40),
    "delete-beside-change": (76, 33),
    "edit-over-reformat": (98, 73),
    "embedded": (7, 6),
    "expression": (290, 145),
    "grafted": (10, 6),
    "imports": (118, 64),
    "list-elements": (188, 100),
    "members": (58, 51),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (604, 352),
    "registrations": (3, 2),
    "renamed": (9, 4),
    "same-change": (56, 17),
    "touching-lines": (35, 15),
    "whitespace": (239, 17),
    "words-apart": (53, 19),
    "wrapped": (5, 1),
    "written-anew": (4, 5),
}

ODDS: dict[str, float] = {
    "always": 2.258,
    "behind-a-deletion": -1.300,
    "carried": -2.214,
    "constants": -0.942,
    "contained-change": 0.227,
    "definitions": -0.822,
    "delete-beside-change": -0.055,
    "edit-over-reformat": -0.129,
    "embedded": 0.122,
    "expression": -0.016,
    "grafted": -0.442,
    "imports": 0.081,
    "list-elements": -0.280,
    "members": -0.891,
    "neighbouring-lines": 0.000,
    "neighbouring-statements": -0.592,
    "registrations": -0.151,
    "renamed": -0.922,
    "same-change": 0.626,
    "touching-lines": -0.529,
    "whitespace": 0.726,
    "words-apart": -0.421,
    "wrapped": 0.389,
    "written-anew": -2.587,
    "lines": -0.098,
    "share": -0.656,
}
"""What each rule, and each unit of change, adds to the log-odds that a merged file is people's (``merge.odds``)."""
