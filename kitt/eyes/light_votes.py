"""One colour per traffic light over time: single readings are wrong now and then, and lamps flicker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kitt.types import F32, F64, I64, LIGHT_UNKNOWN


@dataclass(frozen=True)
class VoteSettings:
    """agree, agree_s: readings in a row, or at least two over so many seconds, that confirm a colour; keep_s: how long
    a colour stands without being read again."""

    agree: int = 3
    agree_s: float = 0.2
    keep_s: float = 1.0


@dataclass
class _Vote:
    state: int = LIGHT_UNKNOWN
    state_t_ns: int = 0
    rival: int = LIGHT_UNKNOWN
    rival_t_ns: int = 0
    count: int = 0


class LightVotes:
    """One colour per track: it changes when enough readings in a row agree, and fades when none confirms it."""

    def __init__(self, settings: VoteSettings | None = None) -> None:
        self._set = settings or VoteSettings()
        self.reset()

    def reset(self) -> None:
        """Forget every track."""
        self._votes: dict[int, _Vote] = {}

    def update(self, ids: I64, t_ns: int, read_ids: I64, states: I64, confidence: F32 | F64) -> I64:
        """Voted state (N,) of each light in `ids`, after this frame's readings of `read_ids`; others are forgotten."""
        self._votes = {i: self._votes.get(i) or _Vote() for i in ids.tolist()}
        for track, state, sure in zip(read_ids.tolist(), states.tolist(), confidence.tolist(), strict=True):
            if state != LIGHT_UNKNOWN and sure > 0:
                self._count(self._votes[track], state, t_ns)
        for vote in self._votes.values():
            if t_ns - vote.state_t_ns > self._set.keep_s * 1e9:
                vote.state = LIGHT_UNKNOWN
        return np.array([v.state for v in self._votes.values()], np.int64)

    def _count(self, vote: _Vote, state: int, t_ns: int) -> None:
        if state == vote.state:
            vote.state_t_ns, vote.count = t_ns, 0
            return
        if state != vote.rival or not vote.count or t_ns - vote.rival_t_ns > self._set.keep_s * 1e9:
            vote.rival, vote.rival_t_ns, vote.count = state, t_ns, 0
        vote.count += 1
        if vote.count >= self._set.agree or (vote.count >= 2 and t_ns - vote.rival_t_ns >= self._set.agree_s * 1e9):
            vote.state, vote.state_t_ns, vote.count = state, t_ns, 0
