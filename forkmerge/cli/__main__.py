"""``python -m forkmerge.cli``: the same as the command ``forkmerge``."""

from __future__ import annotations

import sys

from forkmerge.cli.main import main

sys.exit(main())
