"""A branch put before an ``if`` by one side, and the ``else`` below it taken away by the other.

``if (a) { x } else { y }`` became ``if (b) { z } else if (a) { x } else { y }`` here, and ``if (a) { return x } y``
there.  Joined line by line, what ``b`` leads to goes on into ``y``, which neither side did.  Invariant: only words are
counted, so the sides' order decides nothing.
"""

from __future__ import annotations

import re

_ELSE_IF = re.compile(rb"\b(?:else\s+if|elif|elsif|elseif)\b")
_ELSE = re.compile(rb"\belse\b(?!\s+if\b)")


def unchained(base: bytes, ours: bytes, theirs: bytes, result: bytes) -> bool:
    """Return whether one side made an ``if`` of the base go on from another, and the other took an ``else`` away."""
    del result
    if not _ELSE.search(base):
        return False
    chained, last = ([len(pattern.findall(x)) for x in (base, ours, theirs)] for pattern in (_ELSE_IF, _ELSE))
    return any(
        chained[one] > chained[0] and last[one] >= last[0] and last[other] < last[0] and chained[other] <= chained[0]
        for one, other in ((1, 2), (2, 1))
    )
