"""What follows every detector's heads: of all anchors the strongest leave the network.

Of some thousands a road needs a hundred, and what does not leave the network need not be decoded.
"""

from __future__ import annotations

from kitt.engine.convert.building import GraphBuilder

CANDIDATES = 512
"""Anchors that leave the network."""


def keep_strongest(builder: GraphBuilder, logits: str, anchored: list[str], count: int) -> tuple[str, list[str]]:
    """Names of `logits` (1, N, C) and of each of `anchored` (1, N, any) for the `count` anchors with the largest logit.

    Largest first, of equals the first; all values of an anchor stay together.
    """
    best = builder.node("ReduceMax", [logits], axes=[2], keepdims=0)
    rows = builder.top(best, count)
    kept, *others = (builder.node("Gather", [name, rows], axis=1) for name in (logits, *anchored))
    return kept, others
