"""How often each rule was right on real merges: (right, wrong) places, by ``python -m quality.calibrate``.

Measured on 800 conflict files, sample 800, seed 1; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "constants": (5, 1),
    "definitions": (13, 8),
    "delete-beside-change": (13, 8),
    "edit-over-reformat": (9, 4),
    "expression": (105, 45),
    "grafted": (3, 3),
    "imports": (30, 10),
    "list-elements": (67, 30),
    "members": (11, 11),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (132, 80),
    "registrations": (1, 1),
    "same-change": (10, 1),
    "touching-lines": (6, 1),
    "whitespace": (52, 1),
    "words-apart": (111, 1),
    "wrapped": (2, 0),
}
