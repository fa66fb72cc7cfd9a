"""What ``propose`` is asked to do: ``app.propose.propose(request, progress) -> report.values.Proposals``."""

from __future__ import annotations

from dataclasses import dataclass, field

from forkmerge.app.settings import Settings


@dataclass(frozen=True, slots=True)
class ProposeRequest:
    """Bring ``upstream`` into ``fork`` in the repository at ``repository`` (any folder in it) with ``settings``.

    ``others`` are brought in after it, one by one; the tests of all of them stay required.
    ``wholesale`` asks for the tests of git's merge with its conflicts resolved to one side too (``app.wholesale``),
    ``diverse`` for so many fit offspring that behave differently; ``hold_out`` is the share of the required tests that
    the search isn't told of (``app.holdout``).
    """

    repository: str
    upstream: str
    fork: str = "HEAD"
    settings: Settings = field(default_factory=Settings)
    wholesale: bool = False
    diverse: int = 1
    hold_out: float = 0.0
    others: tuple[str, ...] = ()
