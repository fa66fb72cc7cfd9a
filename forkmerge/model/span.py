"""Half-open byte ranges."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Bytes ``start <= i < end`` of a file."""

    start: int
    end: int

    def of(self, data: bytes) -> bytes:
        """Return the bytes of ``data`` that this span covers."""
        return data[self.start : self.end]

    def __len__(self) -> int:
        return self.end - self.start

    def covers(self, other: Span) -> bool:
        """Return whether ``other`` lies within this span."""
        return self.start <= other.start and other.end <= self.end
