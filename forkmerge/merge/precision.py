"""How often each rule was right on real merges: (right, wrong) places, by ``python -m quality.calibrate``.

Measured on 600 conflict files, sample 600, seed 3; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "constants": (4, 1),
    "definitions": (8, 6),
    "delete-beside-change": (12, 14),
    "edit-over-reformat": (7, 1),
    "expression": (68, 22),
    "grafted": (4, 1),
    "imports": (17, 6),
    "list-elements": (48, 15),
    "members": (4, 6),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (99, 63),
    "same-change": (9, 3),
    "whitespace": (45, 1),
    "wrapped": (1, 2),
}
