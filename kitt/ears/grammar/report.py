"""What a grammar holds, for people: how many sentences, some of them, how they are spoken, what nobody uses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from kitt.ears.g2p.phones import decode
from kitt.ears.grammar.grammar import Grammar
from kitt.ears.grammar.words import Slots

_TRIES = 20


@dataclass(frozen=True)
class Example:
    """A sentence, the slots it is parsed to and its phones, the words parted by " . "."""

    text: str
    slots: Slots
    phones: str


@dataclass(frozen=True)
class IntentReport:
    """sentences: how many different ones the intent has; examples: some of them."""

    name: str
    sentences: int
    examples: tuple[Example, ...]


def intents(grammar: Grammar, examples: int) -> Iterator[IntentReport]:
    """Each intent with at most so many examples, the same ones every time."""
    counts = _counts(grammar)
    for i, name in enumerate(grammar.graph.intents):
        found = dict.fromkeys(tuple(_walk(grammar, i, counts, random.Random(n))) for n in range(examples * _TRIES))
        yield IntentReport(name, counts[0].get(i, 0), tuple(_example(grammar, name, w) for w in list(found)[:examples]))


def templates(grammar: Grammar) -> int:
    """The sentence templates that the files hold."""
    return sum(len(block.sentences) for intent in grammar.source.intents.values() for block in intent.blocks)


def ways(grammar: Grammar) -> list[tuple[str, tuple[str, ...]]]:
    """Each word and the ways to say it, by the alphabet."""
    return [(word, tuple(decode(p) for p in grammar.prons[word])) for word in sorted(grammar.graph.words)]


def _counts(grammar: Grammar) -> list[dict[int, int]]:
    """Of each place between words the sentences that go on from it, by intent."""
    counts: list[dict[int, int]] = [{} for _ in grammar.words.arcs]
    # Arcs point forward.
    for state in range(len(counts) - 1, -1, -1):
        here = dict.fromkeys(grammar.words.final[state], 1)
        for to in grammar.words.arcs[state].values():
            for intent, n in counts[to].items():
                here[intent] = here.get(intent, 0) + n
        counts[state] = here
    return counts


def _walk(grammar: Grammar, intent: int, counts: list[dict[int, int]], choose: random.Random) -> Iterator[str]:
    state = 0
    while True:
        ahead = [(word, to) for word, to in grammar.words.arcs[state].items() if intent in counts[to]]
        may_end = intent in grammar.words.final[state]
        if may_end and choose.randrange(len(ahead) + 1) == 0:
            return
        word, state = choose.choice(ahead)
        yield grammar.graph.words[word]


def _example(grammar: Grammar, intent: str, words: tuple[str, ...]) -> Example:
    parsed = grammar.parse(words, intent)
    phones = " . ".join(decode(grammar.prons[w][0]) for w in words)
    return Example(" ".join(words), parsed[1] if parsed else {}, phones)
