"""What ``propose`` is asked to do: ``app.propose.propose(request, progress) -> report.values.Proposals``."""

from __future__ import annotations

from dataclasses import dataclass, field

from forkmerge.app.settings import Settings


@dataclass(frozen=True, slots=True)
class ProposeRequest:
    """Bring ``upstream`` into ``fork`` in the repository at ``repository`` (any folder in it) with ``settings``.

    ``wholesale`` asks for the tests of git's merge with its conflicts resolved to one side too (``app.wholesale``).
    """

    repository: str
    upstream: str
    fork: str = "HEAD"
    settings: Settings = field(default_factory=Settings)
    wholesale: bool = False
