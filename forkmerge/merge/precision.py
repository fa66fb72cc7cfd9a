"""How often each rule was right on real merges: (right, wrong) files, by ``python -m quality.calibrate``.

Measured on 3320 conflict files, sample all, seed 1; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "behind-a-deletion": (8, 9),
    "carried": (8, 6),
    "constants": (25, 21),
    "contained-change": (90, 34),
    "definitions": (62, 37),
    "delete-beside-change": (73, 33),
    "edit-over-reformat": (102, 65),
    "expression": (275, 139),
    "grafted": (10, 5),
    "imports": (101, 49),
    "list-elements": (177, 89),
    "members": (48, 45),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (562, 318),
    "registrations": (6, 5),
    "renamed": (24, 7),
    "same-change": (50, 16),
    "touching-lines": (25, 14),
    "whitespace": (218, 10),
    "words-apart": (46, 14),
    "wrapped": (2, 0),
}
