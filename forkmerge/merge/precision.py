"""How often each rule was right on real merges: (right, wrong) places, by ``python -m quality.calibrate``.

Measured on 800 conflict files, sample 800, seed 1; written by the command with ``--write``.
"""

from __future__ import annotations

MEASURED: dict[str, tuple[int, int]] = {
    "behind-a-deletion": (0, 0),
    "carried": (7, 7),
    "constants": (6, 2),
    "contained-change": (31, 31),
    "definitions": (13, 8),
    "delete-beside-change": (17, 12),
    "edit-over-reformat": (36, 16),
    "expression": (108, 45),
    "grafted": (3, 2),
    "imports": (30, 6),
    "list-elements": (68, 28),
    "members": (11, 10),
    "neighbouring-lines": (0, 0),
    "neighbouring-statements": (139, 73),
    "registrations": (1, 0),
    "same-change": (11, 0),
    "touching-lines": (5, 1),
    "whitespace": (52, 1),
    "words-apart": (114, 0),
    "wrapped": (2, 0),
}
