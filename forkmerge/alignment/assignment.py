"""Optimal assignment on a sparse bipartite graph: the heaviest one-to-one pairing.

The method is the shortest augmenting path with potentials (Jonker & Volgenant, "A shortest augmenting path algorithm
for dense and sparse linear assignment problems", Computing 38, 1987): rows enter one after the other, each by a
Dijkstra search over reduced costs that stops at the first free column.  Every row owns a dummy column of profit 0, so
that a row is left alone when that serves the whole better.  Searches stay inside a connected component, so the cost is
that of the components and not of the product of both sides.

Invariants: no row and no column is used twice; the sum of profits is the largest possible; profits are turned into
whole numbers first, so the answer does not depend on the order of additions.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCALE = 1_000_000


def assign(profits: Mapping[tuple[int, int], float]) -> dict[int, int]:
    """Return row -> column of the pairing with the largest sum of ``profits``; edges without profit are never used."""
    edges: dict[int, list[tuple[int, int]]] = {}
    for (row, column), profit in sorted(profits.items()):
        if profit > 0:
            edges.setdefault(row, []).append((column, -round(profit * _SCALE)))
    solver = _Solver(edges)
    for row in edges:
        solver.insert(row)
    return {row: column for column, row in sorted(solver.owner.items()) if column >= 0}


class _Solver:
    """The state of one run: potentials of rows and columns, and who owns which column (dummies are negative)."""

    def __init__(self, edges: dict[int, list[tuple[int, int]]]) -> None:
        self.edges = edges
        self.owner: dict[int, int] = {}
        self.holds: dict[int, int] = {}
        self.of_row: dict[int, int] = {row: min(cost for _, cost in out) for row, out in edges.items()}
        self.of_column: dict[int, int] = {}

    def insert(self, start: int) -> None:
        """Give ``start`` a column, moving others along the shortest augmenting path."""
        distance: dict[int, int] = {}
        came_from: dict[int, int] = {}
        heap: list[tuple[int, int]] = []
        scanned: list[int] = []
        row, travelled = start, 0
        while True:
            slack = travelled - self.of_row[row]
            for column, cost in (*self.edges[row], (-row - 1, 0)):
                through = slack + cost - self.of_column.get(column, 0)
                if column not in distance or through < distance[column]:
                    distance[column] = through
                    came_from[column] = row
                    heappush(heap, (through, column))
            while True:
                travelled, column = heappop(heap)
                if travelled == distance[column]:
                    break
            if column not in self.owner:
                break
            scanned.append(column)
            row = self.owner[column]
        self._reprice(start, scanned, distance, travelled)
        while True:
            row = came_from[column]
            given_up = self.holds.get(row)
            self.owner[column] = row
            self.holds[row] = column
            if given_up is None:
                return
            column = given_up

    def _reprice(self, start: int, scanned: list[int], distance: dict[int, int], travelled: int) -> None:
        self.of_row[start] += travelled
        for column in scanned:
            change = travelled - distance[column]
            self.of_column[column] = self.of_column.get(column, 0) - change
            self.of_row[self.owner[column]] += change
