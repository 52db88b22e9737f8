"""Problems counted as they come by, told in a line each kind and place."""

from __future__ import annotations

from kitt.drive.records import Problem


class Tally:
    """Counts problems by place and kind and keeps the first of each; its size does not grow with the drive."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], Problem] = {}
        self._count: dict[tuple[str, str], int] = {}

    def add(self, problem: Problem) -> None:
        where = problem.where, problem.kind
        self._first.setdefault(where, problem)
        self._count[where] = self._count.get(where, 0) + 1

    def __len__(self) -> int:
        return sum(self._count.values())

    def counts(self) -> dict[str, int]:
        """How many problems of each kind; a kind is one of `PROBLEM_KINDS`."""
        out: dict[str, int] = {}
        for (_, kind), n in sorted(self._count.items()):
            out[kind] = out.get(kind, 0) + n
        return out

    def lines(self, start_ns: int = 0) -> list[str]:
        """One line a place and kind: the first problem, its time from `start_ns` on, and how many followed."""
        out = []
        for where, first in self._first.items():
            at = "" if first.t_ns is None else f" at {(first.t_ns - start_ns) / 1e9:.3f} s"
            more = self._count[where] - 1
            out.append(f"{first.where}{at}: {first.what}" + (f" (and {more} more like it)" if more else ""))
        return out
