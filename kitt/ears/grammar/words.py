"""The network of pieces as a network of words, and the parse of a sentence in it.

A state is a place between two words; its arcs are (word, marks on the way, next state) in order of preference. Words
are formed by joining pieces up to the next space, so "light[s]" gives "light" and "lights".
"""

from __future__ import annotations

from collections.abc import Sequence

from kitt.ears.g2p.figures import FigureError
from kitt.ears.g2p.tokens import tokens
from kitt.ears.grammar.network import Network
from kitt.ears.grammar.nodes import SPACE, Mark
from kitt.ears.grammar.yaml_nodes import Text, Where

MOST_FORMS = 4096
"""Words that may begin at one place of a sentence and are made of glued parts."""

State = int | tuple[tuple[str, ...], int]
"""A node of the network, or the rest of a word that is read as several ("20%") and the node after it."""
Marks = tuple[Mark, ...]
Arc = tuple[str, Marks, State]
Slots = dict[str, str | int]


class WordNetwork:
    """The words of a grammar. Raises KittError for a sentence that may be spoken as nothing."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._arcs: dict[State, list[Arc]] = {}
        self._accepts: dict[State, Marks] = {}
        self._by_word: dict[State, dict[str, list[tuple[Marks, State]]]] = {}
        self._ends = frozenset(network.ends)
        self.where: dict[str, Where] = {}
        self.unused = network.unused
        self.starts: tuple[int, ...] = tuple(network.starts)
        for text, first, _ in network.sentences:
            if self._may_be_silent(first):
                raise text.where.error(f"can be spoken as nothing, every part is optional or silent, in: {text.text}")

    def arcs(self, state: State) -> list[Arc]:
        """What may be said at a state."""
        if state not in self._arcs:
            self._expand(state)
        return self._arcs[state]

    def accepts(self, state: State) -> bool:
        """Whether a sentence may end at a state."""
        if state not in self._arcs:
            self._expand(state)
        return state in self._accepts

    def parse(self, words: Sequence[str], intent: int) -> Slots | None:
        """The slots of a sentence of an intent, None when it has no such sentence; the first rule wins."""
        found = self._follow(words, self.starts[intent])
        return None if found is None else _slots(found)

    def sentence_of(self, words: Sequence[str], intent: int) -> Text:
        """The template that `words`, a sentence of `intent`, is parsed by."""
        own = (s for s in self._network.sentences if s[2] == self._network.ends[intent])
        return next(text for text, first, _ in own if self._follow(words, first) is not None)

    def _follow(self, words: Sequence[str], start: State) -> list[Marks] | None:
        """The marks along the first way from a state through all the words to an end."""
        seen = {(start, 0)}
        way: list[Marks] = [()]
        open_ways = [iter(self._ahead(start, words, 0))]
        if not words and self.accepts(start):
            return [self._accepts[start]]
        while open_ways:
            for marks, then in open_ways[-1]:
                i = len(open_ways)
                # A place that was come to before and left again leads nowhere.
                if (then, i) in seen:
                    continue
                seen.add((then, i))
                if i == len(words):
                    if self.accepts(then):
                        return [*way, marks, self._accepts[then]]
                    continue
                way.append(marks)
                open_ways.append(iter(self._ahead(then, words, i)))
                break
            else:
                open_ways.pop()
                way.pop()
        return None

    def _ahead(self, state: State, words: Sequence[str], i: int) -> Sequence[tuple[Marks, State]]:
        if i >= len(words):
            return ()
        table = self._by_word.get(state)
        if table is None:
            table = self._by_word[state] = {}
            for word, marks, then in self.arcs(state):
                table.setdefault(word, []).append((marks, then))
        return table.get(words[i], ())

    def _may_be_silent(self, first: int) -> bool:
        """Whether an end can be reached from a node without a word."""
        seen = {first}
        stack = [first]
        while stack:
            node = stack.pop()
            if node in self._ends:
                return True
            for label, then in self._network.edges[node]:
                if then not in seen and not (isinstance(label, str) and self._sounds(label.strip())):
                    seen.add(then)
                    stack.append(then)
        return False

    def _sounds(self, piece: str) -> bool:
        """Whether a piece has a word in it; one with digits may be half a word that cannot be read alone."""
        return any(c.isdecimal() for c in piece) or bool(self._tokens(piece))

    def _tokens(self, word: str, piece: str = "") -> tuple[str, ...]:
        """`piece`: the first of those that the word was made of. Raises KittError for digits that cannot be read."""
        try:
            return tokens(word, self._network.language)
        except FigureError as e:
            raise self._where(piece or word).error(str(e)) from None

    def _where(self, piece: str) -> Where:
        return self._network.where.get(piece) or Where("", 0)

    def _expand(self, state: State) -> None:
        arcs: list[Arc] = []
        self._arcs[state] = arcs
        if isinstance(state, tuple):
            (word, *rest), node = state
            arcs.append((word, (), (tuple(rest), node) if rest else node))
            return
        seen: set[tuple[int, str]] = set()
        # Depth first, so that arcs stand in the order of the rules; the first way to a place is the one that counts.
        stack: list[tuple[int, str, Marks, str]] = [(state, "", (), "")]
        while stack:
            node, word, marks, piece = stack.pop()
            if (node, word) in seen:
                continue
            seen.add((node, word))
            if len(seen) > MOST_FORMS * 16:
                where = self._network.where[piece] if piece else next(iter(self._network.where.values()))
                raise where.error(f"more than {MOST_FORMS} forms of one word ('{word}'); put spaces between its parts")
            if node in self._ends:
                self._say(word, node, marks, piece, arcs)
                if not self._tokens(word, piece):
                    self._accepts.setdefault(state, marks)
                continue
            ahead: list[tuple[int, str, Marks, str]] = []
            for label, then in self._network.edges[node]:
                if label is None:
                    ahead.append((then, word, marks, piece))
                elif isinstance(label, Mark):
                    ahead.append((then, word, (*marks, label), piece))
                elif label != SPACE:
                    ahead.append((then, word + label, marks, piece or label))
                elif not self._say(word, then, marks, piece, arcs):
                    ahead.append((then, "", marks, ""))
            stack += reversed(ahead)

    def _say(self, written: str, then: int, marks: Marks, piece: str, arcs: list[Arc]) -> bool:
        """Add the arc of a written word; False when it has no sound of its own."""
        said = self._tokens(written, piece)
        if not said:
            return False
        for word in said:
            self.where.setdefault(word, self._where(piece))
        arcs.append((said[0], marks, (said[1:], then) if said[1:] else then))
        return True


def _slots(found: Sequence[Marks]) -> Slots:
    slots: Slots = {}
    text: list[list[str]] = []
    number: list[int] = []
    sign: list[int] = []
    for mark in (m for marks in found for m in marks):
        if mark.kind == "set":
            slots[mark.slot] = mark.value
        elif mark.kind == "open":
            text.append([])
            number.append(0)
            sign.append(1)
        elif mark.kind == "say":
            for said in text:
                said.append(str(mark.value))
        elif mark.kind == "add":
            number[-1] += int(mark.value)
        elif mark.kind == "minus":
            sign[-1] = -1
        else:
            said = text.pop()
            value = sign.pop() * number.pop()
            slots[mark.slot] = value if mark.value == "number" else " ".join("".join(said).split())
    return slots
