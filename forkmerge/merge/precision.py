"""How often each rule was right on real merges: (right, wrong) places, by ``python -m quality.calibrate``.

Measured on 600 conflict files, sample 600, seed 3; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "constants": (5, 1),
    "definitions": (11, 5),
    "delete-beside-change": (6, 8),
    "edit-over-reformat": (10, 1),
    "expression": (68, 19),
    "grafted": (5, 13),
    "imports": (22, 9),
    "list-elements": (54, 11),
    "members": (6, 6),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (100, 53),
    "registrations": (0, 0),
    "same-change": (7, 1),
    "touching-lines": (6, 0),
    "whitespace": (45, 1),
    "words-apart": (109, 1),
    "wrapped": (1, 0),
}
