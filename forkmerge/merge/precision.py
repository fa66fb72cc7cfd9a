"""How often each rule was right on real merges: (right, wrong) files, by ``python -m quality.calibrate``.

Measured on 3675 conflict files, sample all, seed 1; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "behind-a-deletion": (10, 14),
    "carried": (5, 10),
    "constants": (26, 24),
    "contained-change": (109, 33),
    "definitions": (60, 40),
    "delete-beside-change": (76, 33),
    "edit-over-reformat": (98, 68),
    "embedded": (0, 0),
    "expression": (289, 141),
    "grafted": (10, 7),
    "imports": (118, 64),
    "list-elements": (188, 98),
    "members": (56, 50),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (600, 352),
    "registrations": (3, 2),
    "renamed": (9, 4),
    "same-change": (56, 17),
    "touching-lines": (36, 18),
    "whitespace": (239, 17),
    "words-apart": (57, 19),
    "wrapped": (5, 1),
    "written-anew": (4, 5),
}

ODDS: dict[str, float] = {
    "always": 2.214,
    "behind-a-deletion": -1.307,
    "carried": -2.199,
    "constants": -0.931,
    "contained-change": 0.235,
    "definitions": -0.814,
    "delete-beside-change": -0.083,
    "edit-over-reformat": -0.050,
    "embedded": 0.000,
    "expression": 0.001,
    "grafted": -0.749,
    "imports": 0.084,
    "list-elements": -0.254,
    "members": -0.956,
    "neighbouring-lines": 0.000,
    "neighbouring-statements": -0.579,
    "registrations": -0.146,
    "renamed": -0.897,
    "same-change": 0.630,
    "touching-lines": -0.469,
    "whitespace": 0.746,
    "words-apart": -0.259,
    "wrapped": 0.482,
    "written-anew": -2.583,
    "lines": -0.091,
    "share": -0.683,
}
"""What each rule, and each unit of change, adds to the log-odds that a merged file is people's (``merge.odds``)."""
