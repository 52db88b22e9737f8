"""The nodes that a network of pieces of text is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kitt.ears.grammar.automaton import TooLargeError

MOST_NODES = 300_000
"""A grammar of this many pieces is a mistake, such as rules that double each other over and over."""


@dataclass(frozen=True)
class Mark:
    """What happens to slots at an edge.

    set: `slot` gets `value`; open: what follows is the value of `slot`; say, add, minus: the text, the number added,
    the sign of the innermost open slot; close: its value, a "text" or a "number", is complete.
    """

    kind: Literal["set", "open", "say", "add", "minus", "close"]
    slot: str = ""
    value: str | int = ""


SPACE = " "
Label = str | Mark | None
Edge = tuple[Label, int]


class Nodes:
    """A growing store of nodes in which nodes with the same edges are one; `edges[n]` are those of node n."""

    def __init__(self) -> None:
        self.edges: list[tuple[Edge, ...]] = []
        self._ids: dict[tuple[Edge, ...], int] = {}

    def node(self, edges: tuple[Edge, ...]) -> int:
        """The node with these edges. Raises TooLargeError above MOST_NODES."""
        if len(edges) == 1 and edges[0][0] is None:
            return edges[0][1]
        known = self._ids.get(edges)
        if known is None:
            known = self._ids[edges] = self.new(edges)
        return known

    def new(self, edges: tuple[Edge, ...]) -> int:
        """A node that is like no other. Raises TooLargeError above MOST_NODES."""
        if len(self.edges) >= MOST_NODES:
            raise TooLargeError
        self.edges.append(edges)
        return len(self.edges) - 1
