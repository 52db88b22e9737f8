"""Whether a sentence of the grammars may end where an utterance has come to: what the first pass is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from kitt.ears.acoustic import FirstPass
from kitt.ears.decoder import Decoder
from kitt.ears.search import Search
from kitt.types import F32

MARGIN = 20.0
"""How much less likely than its going on the end of a sentence may be. In 14,000 frames of pauses after which people's
commands were understood, in quiet and in noise, it was no less likely; in three of ten others it was."""


class SentenceEnd:
    """The first pass and a search in each grammar, over the utterance that is going on."""

    def __init__(self, first: FirstPass, decoders: Sequence[Decoder]) -> None:
        self._first, self._decoders = first, tuple(decoders)
        self._searches: list[Search] = []
        self.heard_until: int | None = None
        """The sample up to which the utterance was heard; None where there is none."""

    def forget(self) -> None:
        """No utterance is going on."""
        self.heard_until = None

    def hear(self, samples: F32, until: int) -> bool:
        """Take in more of the utterance, float32 (n,) up to sample `until`: whether a sentence may end there."""
        if self.heard_until is None:
            self._first.reset()
            self._searches = [decoder.start() for decoder in self._decoders]
        self.heard_until = until
        for posterior in self._first.push(samples):
            for search in self._searches:
                search.step(posterior)
        return any(search.frames and search.may_end(MARGIN) for search in self._searches)
