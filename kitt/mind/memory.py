"""What the warner remembers of each track: arrays of (events, tracks), kept aligned with the scene's ids."""

from __future__ import annotations

import numpy as np

from kitt.types import F64, I64, Bools

KEEP_S = 2.0
"""Longer than the tracker remembers an id of an object out of sight, so that one that comes back is not new."""
HELD, HOLDS, OVER, BEFORE, SINCE, BEFORE_M = range(6)
"""Fields: seconds that the event holds; 1 if it held when last looked at; seconds that it is over; that its `before`
holds; since that held for long enough; distance when it last held."""
FRESH = np.array([0.0, 0.0, 0.0, 0.0, np.inf, np.nan])


class Memory:
    """`ids`: int64 (M,), ascending. `fields`: float64 (6, events, M). `told`: bool (events, M), said and not over."""

    def __init__(self, events: int) -> None:
        self._events = events
        self.forget()

    def forget(self) -> None:
        """All tracks are new."""
        self.ids: I64 = np.zeros(0, np.int64)
        self.fields: F64 = np.zeros((len(FRESH), self._events, 0))
        self.told: Bools = np.zeros((self._events, 0), bool)
        self._seen_ns: I64 = np.zeros(0, np.int64)
        self._present_ns: I64 = np.zeros(0, np.int64)

    def align(self, ids: I64, seen: Bools, t_ns: int, longest_s: float) -> tuple[I64, F64]:
        """Columns of these ids (N,), and seconds since each was seen before: 0 if new, unseen now, or too long ago.

        An object not seen now keeps its memory as it is: no evidence, neither for nor against.
        """
        if not np.array_equal(ids, self.ids):
            recent = self.ids[t_ns - self._present_ns <= KEEP_S * 1e9]
            self._reshape(np.union1d(ids, recent))
        columns: I64 = np.searchsorted(self.ids, ids)
        before_ns = self._seen_ns[columns]
        gap_s = (t_ns - before_ns) / 1e9
        lost = gap_s > longest_s
        self.fields[HELD : HOLDS + 1, :, columns[lost]] = 0.0
        dt_s = np.where(seen & ~lost & (before_ns >= 0), gap_s, 0.0)
        self._present_ns[columns] = t_ns
        self._seen_ns[columns[seen]] = t_ns
        return columns, dt_s

    def _reshape(self, ids: I64) -> None:
        kept = np.isin(self.ids, ids)
        to = np.searchsorted(ids, self.ids[kept])
        fields = np.repeat(np.repeat(FRESH[:, None, None], self._events, 1), len(ids), 2)
        told = np.zeros((self._events, len(ids)), bool)
        seen_ns, present_ns = np.full(len(ids), -1, np.int64), np.zeros(len(ids), np.int64)
        fields[:, :, to], told[:, to] = self.fields[:, :, kept], self.told[:, kept]
        seen_ns[to], present_ns[to] = self._seen_ns[kept], self._present_ns[kept]
        self.ids, self.fields, self.told = ids, fields, told
        self._seen_ns, self._present_ns = seen_ns, present_ns
