"""How often each rule was right on real merges: (right, wrong) files, by ``python -m quality.calibrate``.

Measured on 3320 conflict files, sample all, seed 1; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "behind-a-deletion": (9, 13),
    "carried": (8, 5),
    "constants": (25, 20),
    "contained-change": (93, 33),
    "definitions": (59, 34),
    "delete-beside-change": (71, 28),
    "edit-over-reformat": (99, 63),
    "expression": (275, 141),
    "grafted": (10, 6),
    "imports": (99, 50),
    "list-elements": (178, 89),
    "members": (47, 40),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (549, 307),
    "registrations": (6, 5),
    "same-change": (50, 16),
    "touching-lines": (22, 9),
    "whitespace": (219, 10),
    "words-apart": (46, 19),
    "wrapped": (5, 0),
}
