"""How often each rule was right on real merges: (right, wrong) files, by ``python -m quality.calibrate``.

Measured on 3320 conflict files, sample all, seed 1; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "behind-a-deletion": (8, 9),
    "carried": (8, 6),
    "constants": (25, 21),
    "contained-change": (88, 34),
    "definitions": (62, 37),
    "delete-beside-change": (72, 33),
    "edit-over-reformat": (101, 65),
    "expression": (272, 140),
    "grafted": (6, 5),
    "imports": (101, 49),
    "list-elements": (182, 95),
    "members": (55, 54),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (559, 316),
    "registrations": (7, 4),
    "renamed": (9, 3),
    "same-change": (48, 16),
    "touching-lines": (33, 15),
    "whitespace": (222, 14),
    "words-apart": (45, 12),
    "wrapped": (4, 2),
    "written-anew": (4, 6),
}
