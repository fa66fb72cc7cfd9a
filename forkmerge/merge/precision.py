"""How often each rule was right on real merges: (right, wrong) places, by ``python -m quality.calibrate``.

Measured on 800 conflict files, sample 800, seed 1; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "carried": (7, 7),
    "constants": (6, 2),
    "contained-change": (20, 4),
    "definitions": (13, 8),
    "delete-beside-change": (14, 10),
    "edit-over-reformat": (36, 19),
    "expression": (106, 46),
    "grafted": (3, 2),
    "imports": (29, 6),
    "list-elements": (67, 27),
    "members": (11, 10),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (133, 75),
    "registrations": (1, 0),
    "same-change": (10, 0),
    "touching-lines": (6, 1),
    "whitespace": (52, 1),
    "words-apart": (110, 1),
    "wrapped": (2, 0),
}
